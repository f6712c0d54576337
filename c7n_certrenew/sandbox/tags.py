"""The tags of a resource, whatever its service, for policies that ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.cloudfront.models import cloudfront_backends
from moto.elb.models import elb_backends
from moto.elbv2.models import elbv2_backends
from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from .acm_certificate import find
from .certificates import stored

if TYPE_CHECKING:
    from collections.abc import Mapping


def tags_of(arn: str) -> Mapping[str, str]:
    """Return the tags of a resource, none where there is no such resource or it is ``*``.

    A listener has tags of its own, not those of its load balancer. Raises NotImplementedError for
    services whose tags the sandbox does not read.
    """
    if arn == "*":
        return {}
    _, partition, service, region, account_id, name = arn.split(":", 5)
    if service == "iam":
        kept = stored(iam_backends[account_id][partition]).values()
        return next((c.tags for c in kept if c.arn == arn), {})
    if service == "elasticloadbalancing":
        return _load_balancing(account_id, region, name, arn)
    if service == "cloudfront":
        distributions = cloudfront_backends[account_id][partition]
        return distributions.tagger.get_tag_dict_for_resource(arn)
    if service == "acm":
        certificate = find(account_id, region, arn)
        return {k: v or "" for k, v in certificate.tags.items()} if certificate else {}
    if service == "secretsmanager":
        secret = secretsmanager_backends[account_id][region].secrets.get(arn)
        return {tag["Key"]: tag["Value"] for tag in (secret and secret.tags) or ()}
    if service == "ssm":
        tags: Mapping[str, Mapping[str, str]]
        tags = ssm_backends[account_id][region]._resource_tags.get("Parameter", {})
        path = name.removeprefix("parameter")
        return tags.get(path) or tags.get(path.lstrip("/"), {})
    raise NotImplementedError(f"the sandbox does not read the tags of {arn}")


def _load_balancing(account_id: str, region: str, name: str, arn: str) -> Mapping[str, str]:
    if name.count("/") > 1:
        tagging = elbv2_backends[account_id][region].tagging_service
        return tagging.get_tag_dict_for_resource(arn)
    balancer = elb_backends[account_id][region].load_balancers.get(name.split("/")[1])
    return balancer.tags if balancer else {}
