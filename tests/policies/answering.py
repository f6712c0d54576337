"""Small accounts to judge certificates by the names for which their listeners answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from policies.bodies import Body
from policies.worlds import DAY, SERVED, Site, issue

from c7n_certrenew.sandbox import Listener

REGION = "eu-central-1"
NAME, OTHER, UNCOVERED = "shop.example.com", "other.example.com", "api.example.org"


@dataclass(frozen=True)
class Answering(Body):
    """Certificates for `dns`, who serves them and answers for what: `served` is one of ANSWERS."""

    served: str = "rules for a name that it does not cover"

    def serve(self, site: Site, suffix: str, arn: str, other: str) -> None:
        """Have a certificate served."""
        ANSWERS[self.served](site, suffix, arn, other)


def rules(
    *hosts: str, acm: str = "", beside: bool = False
) -> Callable[[Site, str, str, str], None]:
    """Return who builds a listener with a rule for each host.

    `beside` it there are a certificate of IAM for SNI and, if named, one of ACM.
    """

    def build(site: Site, suffix: str, arn: str, other: str) -> None:
        sni = (other,) if beside else ()
        if acm:
            sni += (site.sandbox.import_acm(issue(site.authority, acm, site.now + DAY), REGION),)
        _application(site, suffix, Listener(443, "HTTPS", arn, sni), *hosts)

    return build


def _application(site: Site, suffix: str, listener: Listener, *hosts: str) -> None:
    made = site.sandbox.application(REGION, "api" + suffix, listener)
    client = site.sandbox.client("elbv2", REGION)
    [shown] = client.describe_listeners(LoadBalancerArn=made.arn)["Listeners"]
    paths = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}
    for number, host in enumerate(hosts, start=1):
        named = {"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}
        client.create_rule(
            ListenerArn=shown["ListenerArn"],
            Priority=number,
            Conditions=[named if host else paths],
            Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
        )


def _for_sni(site: Site, suffix: str, arn: str, other: str) -> None:
    _application(site, suffix, Listener(443, "HTTPS", other, (arn,)), OTHER)


def _distribution(*aliases: str) -> Callable[[Site, str, str, str], None]:
    def build(site: Site, suffix: str, arn: str, other: str) -> None:
        site.sandbox.distribution(*aliases, certificate=arn)

    return build


def _domain(name: str) -> Callable[[Site, str, str, str], None]:
    return lambda site, suffix, arn, other: site.sandbox.domain(REGION, name, arn) and None


def _as_in_worlds(served: str) -> Callable[[Site, str, str, str], None]:
    return lambda site, *rest: SERVED[served](site.sandbox, *rest)


def _denied(
    build: Callable[[Site, str, str, str], None], service: str, operation: str
) -> Callable[[Site, str, str, str], None]:
    def built(site: Site, suffix: str, arn: str, other: str) -> None:
        build(site, suffix, arn, other)
        site.sandbox.deny(service, operation)

    return built


_SILENT = (
    "by nobody",
    "by a classic load balancer",
    "by a network load balancer, SNI only",
)
ANSWERS: Mapping[str, Callable[[Site, str, str, str], None]] = {
    "rules for a name that it does not cover": rules(UNCOVERED),
    "rules for its name": rules(NAME),
    "rules for its name and another": rules(NAME, UNCOVERED),
    "a pattern that means its name": rules("*.example.com"),
    "a pattern that means others": rules("*.example.org"),
    "no host": rules(""),
    "a name that one beside it covers": rules(OTHER, beside=True),
    "a name that one in ACM beside it covers": rules(UNCOVERED, acm=UNCOVERED),
    "a name that nothing beside it covers": rules(UNCOVERED, acm=OTHER, beside=True),
    "one in ACM beside it, which may not be asked": _denied(
        rules(UNCOVERED, acm=UNCOVERED), "acm", "DescribeCertificate"
    ),
    "for SNI alone": _for_sni,
    "a distribution with its name": _distribution(NAME),
    "a distribution with another name": _distribution(NAME, UNCOVERED),
    "a distribution without names": _distribution(),
    "its name in AppSync": _domain(NAME),
    "another name in AppSync": _domain(UNCOVERED),
    "a network load balancer": lambda site, suffix, arn, other: (
        site.sandbox.network(REGION, "edge" + suffix, Listener(443, "TLS", arn)) and None
    ),
    **{served: _as_in_worlds(served) for served in _SILENT},
}
"""Who serves it, and answers for what."""
