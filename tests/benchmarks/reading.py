"""Read who serves which certificate from what each candidate left in its directory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .worlds import Binding


def resources(directory: Path) -> list[dict[str, Any]]:
    """Return what a policy's run matched, nothing where it did not come so far."""
    file = directory / "resources.json"
    return list(json.loads(file.read_text())) if file.exists() else []


def printed(directory: Path) -> Iterator[Binding]:
    """Yield what was printed with tabs between: certificate ARN, then the rest of a binding."""
    for line in (directory / "stdout").read_text().splitlines():
        arn, service, region, balancer, port, role = line.split("\t")
        yield Binding(_name(arn), service, region, balancer, int(port), role)


def annotated(directory: Path) -> Iterator[Binding]:
    """Yield the listeners that our one policy wrote on each certificate."""
    for certificate in _of_all_policies(directory):
        for one in certificate.get("c7n:listeners", ()):
            place = (one["Service"], one["Region"], one["LoadBalancerName"], one["Port"])
            yield Binding(certificate["ServerCertificateName"], *place, one["Role"])


def unread(directory: Path) -> set[tuple[str, str]]:
    """Return the services and regions that our one policy names as unread."""
    scopes = (s for c in _of_all_policies(directory) for s in c.get("c7n:unread", ()))
    return {(scope["Service"], scope["Region"]) for scope in scopes}


def matched(directory: Path) -> Iterator[Binding]:
    """Yield the default certificates that the stock policies matched, region by region."""
    for region in sorted((directory / "out").iterdir()):
        for balancer in resources(region / "classic"):
            for one in balancer["ListenerDescriptions"]:
                listener = one["Listener"]
                if arn := listener.get("SSLCertificateId"):
                    place = (
                        region.name,
                        balancer["LoadBalancerName"],
                        listener["LoadBalancerPort"],
                    )
                    yield Binding(_name(arn), "elb", *place, "default")
        for balancer in resources(region / "elastic"):
            for listener in balancer["c7n:MatchedListeners"]:
                arn = listener["Certificates"][0]["CertificateArn"]
                place = (region.name, balancer["LoadBalancerName"], listener["Port"])
                yield Binding(_name(arn), "elbv2", *place, "default")


def nothing(directory: Path) -> Iterator[Binding]:
    """Yield no binding: not what the candidate is there for."""
    return iter(())


def _of_all_policies(directory: Path) -> list[dict[str, Any]]:
    return [r for policy in (directory / "out").glob("*") for r in resources(policy)]


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
