"""CloudFront distributions: one certificate each, by its id in IAM (below /cloudfront/) or ARN."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from c7n_certrenew.aws.consumers.base import (
    NOTHING_KNOWN,
    Call,
    Consumer,
    Known,
    Serving,
    Tags,
    tag_map,
    whole,
)
from c7n_certrenew.aws.faults import code, explain
from c7n_certrenew.aws.verbatim import Verbatim, changed, keep_verbatim
from c7n_certrenew.core.model import (
    CLOUDFRONT_PATH,
    AnyCertificate,
    Binding,
    Listener,
    Role,
    ServerCertificate,
    Unread,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudfront.type_defs import (
        DistributionSummaryTypeDef,
        ViewerCertificateTypeDef,
    )

    from c7n_certrenew.aws.clients import Clients

_ENDPOINTS = {"aws": ("us-east-1",), "aws-cn": ("cn-northwest-1",)}
"""The region of CloudFront's endpoint (botocore's endpoint data); GovCloud has no CloudFront."""
_CHANGED = "PreconditionFailed"
_DEPRECATED = ("Certificate", "CertificateSource")
_IAM_FIELD, _ACM_FIELD = "IAMCertificateId", "ACMCertificateArn"


class Distributions(Consumer):
    """The API version 2020-05-31. It is global: one region's endpoint shows everything."""

    service = "cloudfront"
    reads = ("cloudfront:ListDistributions", "cloudfront:ListTagsForResource")
    writes = (
        "cloudfront:GetDistribution",
        "cloudfront:GetDistributionConfig",
        "cloudfront:UpdateDistribution",
    )
    arns = "arn:{partition}:cloudfront::*:distribution/*"

    def regions(self, clients: Clients, enabled: Sequence[str]) -> Sequence[str]:
        """Return the region of the partition's endpoint, whatever is enabled or declared."""
        return _ENDPOINTS.get(clients.partition, ())

    def takes(self, certificate: ServerCertificate) -> bool:
        """Say whether it is below /cloudfront/; one that was moved away later may be served."""
        return certificate.path.startswith(CLOUDFRONT_PATH)

    def reference(self, certificate: AnyCertificate) -> str:
        """Return the certificate's id in IAM (AWS row 12), its ARN in ACM."""
        return certificate.id if isinstance(certificate, ServerCertificate) else certificate.arn

    def read(
        self, client: CloudFrontClient, region: str, known: Known = NOTHING_KNOWN
    ) -> Iterator[Binding | Unread]:
        """Yield the binding of each distribution that has a certificate: one call a page of 100."""
        with whole():
            for page in client.get_paginator("list_distributions").paginate():
                for distribution in page["DistributionList"].get("Items", []):
                    yield from _read(distribution, region)

    def tags(self, client: CloudFrontClient, listeners: Collection[Listener]) -> Tags:
        """Read the distributions' tags, one call each."""
        found: dict[Listener, dict[str, str]] = {}
        with whole():
            for one in dict.fromkeys(listeners):
                answer = client.list_tags_for_resource(Resource=one.load_balancer_arn)
                found[one] = tag_map(answer["Tags"].get("Items", []))
        return found

    def serving(self, client: CloudFrontClient, listener: Listener) -> Serving:
        """Read one distribution live; until it is Deployed some edges serve what was before."""
        with whole():
            found = client.get_distribution(Id=listener.load_balancer_name)["Distribution"]
            viewer = found["DistributionConfig"].get("ViewerCertificate", {})
            return Serving(_certificate(viewer), settled=found["Status"] == "Deployed")

    def rebind(
        self,
        client: CloudFrontClient,
        listener: Listener,
        roles: Collection[Role],
        old: str,
        new: str,
        call: Call,
    ) -> None:
        """Write the whole configuration back with the other certificate (AWS row 12).

        When somebody else wrote meanwhile it is read again, once, and the change is made to what
        they wrote, unless they took another certificate.
        """
        try:
            _update(client, listener.load_balancer_name, old, new, call)
        except ClientError as fault:
            if code(fault) != _CHANGED:
                raise
            _update(client, listener.load_balancer_name, old, new, call)


def _update(client: CloudFrontClient, identity: str, old: str, new: str, call: Call) -> None:
    """Exchange the certificate in the configuration as it is now, if it is still the old one."""
    keep_verbatim(client, "GetDistributionConfig", "UpdateDistribution", "DistributionConfig")
    with whole():
        answer = client.get_distribution_config(Id=identity)
        config, version = cast("Verbatim", answer["DistributionConfig"]), answer["ETag"]
    viewer = config.get("ViewerCertificate", {})
    if _certificate(viewer) == old:
        call(
            client.update_distribution,
            Id=identity,
            IfMatch=version,
            DistributionConfig=_exchanged(config, viewer, new),
        )


def _read(distribution: DistributionSummaryTypeDef, region: str) -> Iterator[Binding | Unread]:
    try:
        yield from _bindings(distribution, region)
    except ResponseParserError as fault:
        name = distribution.get("Id", "")
        yield Unread(Distributions.service, region, f"{name}: {explain(fault)}", name)


@whole()
def _bindings(distribution: DistributionSummaryTypeDef, region: str) -> list[Binding]:
    """Return a distribution's one binding, none where it serves CloudFront's own certificate."""
    certificate = _certificate(distribution["ViewerCertificate"])
    listener = Listener(
        service=Distributions.service,
        region=region,
        load_balancer_name=distribution["Id"],
        port=443,
        protocol="HTTPS",
        dns_name=distribution["DomainName"],
        scheme="internet-facing",
        load_balancer_arn=distribution["ARN"],
        aliases=tuple(distribution["Aliases"].get("Items", [])),
    )
    return [Binding(listener, Role.DEFAULT, certificate)] if certificate else []


def _certificate(viewer: Any) -> str:
    """Return the id in IAM or the ARN in ACM, empty for CloudFront's own certificate."""
    named = viewer.get(_IAM_FIELD) or viewer.get(_ACM_FIELD)
    return str(named or viewer.get("Certificate", ""))


def _exchanged(config: Verbatim, viewer: ViewerCertificateTypeDef, new: str) -> Verbatim:
    """Return the same configuration for another certificate, without the deprecated fields.

    One of ACM's stands in a field of its own; protocol and support method stay as they are.
    """
    field = _ACM_FIELD if new.startswith("arn:") else _IAM_FIELD
    without = tuple({_ACM_FIELD, _IAM_FIELD} - {field}) + _DEPRECATED
    kept = {key: value for key, value in viewer.items() if key not in without}
    body = changed(config.body, "ViewerCertificate", {field: new}, without)
    return Verbatim({**config, "ViewerCertificate": {**kept, field: new}}, body)


CONSUMER = Distributions()
