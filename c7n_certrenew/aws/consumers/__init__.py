"""The AWS services that serve certificates, one file each."""

from __future__ import annotations

from c7n_certrenew.aws.consumers import elb, elbv2
from c7n_certrenew.aws.consumers.base import Call, Consumer, Known, Part, Serving

CONSUMERS: dict[str, Consumer] = {
    consumer.service: consumer for consumer in (elb.ClassicLoadBalancers(), elbv2.LoadBalancers())
}

__all__ = ["CONSUMERS", "Call", "Consumer", "Known", "Part", "Serving"]
