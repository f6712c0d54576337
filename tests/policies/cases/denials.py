"""What may be denied to a policy, and what it must then say is unread."""

from __future__ import annotations

import re
from typing import Any

NO_LIST = (("iam", "ListServerCertificates", None),)
NO_REGIONS = (("ec2", "DescribeRegions", None),)
NO_ELBV2 = (("elbv2", "*", "eu-central-1"),)
NO_CLOUDFRONT = (("cloudfront", "ListDistributions", None),)
NO_APPSYNC = (("appsync", "ListDomainNames", None),)
NO_CLASSIC = (("elb", "DescribeLoadBalancers", None),)


def unread(*scopes: tuple[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Return the annotation that names these services and regions as denied."""
    reason = re.compile("answered (AccessDenied(Exception)?|UnauthorizedOperation): ")
    return {"c7n:unread": [{"Service": s, "Region": r, "Reason": reason} for s, r in scopes]}


ELBV2 = unread(("elbv2", "eu-central-1"))
SNI = unread(("elbv2", "us-east-1"))
REGIONS = unread(("ec2", "*"))
CLASSIC = unread(("elb", "eu-central-1"), ("elb", "eu-west-1"), ("elb", "us-east-1"))
LIST = {"error": re.compile("AccessDenied.*ListServerCertificates")}
CLOUDFRONT = unread(("cloudfront", "us-east-1"))
APPSYNC = unread(*(("appsync", region) for region in ("eu-central-1", "eu-west-1", "us-east-1")))
