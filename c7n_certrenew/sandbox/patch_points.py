"""Every place where the sandbox replaces moto, in one table.

moto is pinned exactly; when the pin moves, what these points replace must be read again.
"""

from __future__ import annotations

from . import (
    acm,
    appsync,
    authentication,
    cloudfront,
    elb,
    elbv2,
    elbv2_certificates,
    elbv2_listeners,
    gate,
    iam,
    regions,
    routers,
    s3,
    securityhub,
    speed,
    ssm,
    sts,
)

PATCH_POINTS = (
    *gate.POINTS,
    *routers.POINTS,
    *s3.POINTS,
    *speed.POINTS,
    *authentication.POINTS,
    *sts.POINTS,
    *regions.POINTS,
    *iam.POINTS,
    *elb.POINTS,
    *elbv2.POINTS,
    *elbv2_certificates.POINTS,
    *elbv2_listeners.POINTS,
    *cloudfront.POINTS,
    *appsync.POINTS,
    *acm.POINTS,
    *ssm.POINTS,
    *securityhub.POINTS,
)
