"""AppSync custom domain names: they are read, but nothing can be rebound (AWS row 20)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from botocore.parsers import ResponseParserError

from c7n_certrenew.aws.consumers.base import (
    NOTHING_KNOWN,
    Consumer,
    Known,
    Serving,
    Tags,
    whole,
)
from c7n_certrenew.aws.faults import explain
from c7n_certrenew.core.model import Binding, Listener, Role, Unread

if TYPE_CHECKING:
    from mypy_boto3_appsync import AppSyncClient
    from mypy_boto3_appsync.type_defs import DomainNameConfigTypeDef

    from c7n_certrenew.aws.clients import Clients


class DomainNames(Consumer):
    """The API version 2017-07-25. UpdateDomainName changes the description alone."""

    service = "appsync"
    reads = ("appsync:ListDomainNames",)
    obstacle = (
        "AppSync cannot change the certificate of a domain name: create the domain name anew "
        "with the renewed certificate, or use ACM"
    )

    def regions(self, clients: Clients, enabled: Sequence[str]) -> Sequence[str]:
        """Return the enabled regions but those where AppSync is not offered.

        botocore's endpoint data say where it is; a region that they do not know is looked at.
        """
        session, partition = clients.session, clients.partition
        offered = session.get_available_regions(self.service, partition)
        missing = {*session.get_available_regions("ec2", partition)}.difference(offered)
        return [region for region in enabled if region not in missing]

    def read(
        self, client: AppSyncClient, region: str, known: Known = NOTHING_KNOWN
    ) -> Iterator[Binding | Unread]:
        """Yield the binding of each domain name: one call a page of 25."""
        with whole():
            for domain in _domains(client):
                yield from _read(domain, region)

    def tags(self, client: AppSyncClient, listeners: Collection[Listener]) -> Tags:
        """Read the tags that the list of domain names shows."""
        with whole():
            found = {one["domainName"]: one.get("tags", {}) for one in _domains(client)}
        return {one: found.get(one.load_balancer_name, {}) for one in listeners}

    def serving(self, client: AppSyncClient, listener: Listener) -> Serving:
        """Read one domain name live, from the list, which takes no further permission."""
        for bound in self.read(client, listener.region):
            if isinstance(bound, Binding) and bound.listener == listener:
                return Serving(bound.certificate)
        raise LookupError(f"{listener} is gone")


def _domains(client: AppSyncClient) -> Iterator[DomainNameConfigTypeDef]:
    for page in client.get_paginator("list_domain_names").paginate():
        yield from page["domainNameConfigs"]


def _read(domain: DomainNameConfigTypeDef, region: str) -> Iterator[Binding | Unread]:
    try:
        yield _binding(domain, region)
    except ResponseParserError as fault:
        reason = f"{domain.get('domainName', '')}: {explain(fault)}"
        yield Unread(DomainNames.service, region, reason)


@whole()
def _binding(domain: DomainNameConfigTypeDef, region: str) -> Binding:
    listener = Listener(
        service=DomainNames.service,
        region=region,
        load_balancer_name=domain["domainName"],
        port=443,
        protocol="HTTPS",
        dns_name=domain.get("appsyncDomainName", ""),
        scheme="internet-facing",
        load_balancer_arn=domain.get("domainNameArn", ""),
    )
    return Binding(listener, Role.DEFAULT, domain["certificateArn"])


CONSUMER = DomainNames()
