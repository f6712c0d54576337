"""Small accounts to judge policies by: a base, and what one field of it can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import ClassVar

from c7n_certrenew.core.candidate import Material, read_certificates
from c7n_certrenew.core.lineage import REPLACES_TAG
from c7n_certrenew.core.retired import retire, retired_tag
from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

REGIONS = ("us-east-1", "eu-west-1", "eu-central-1")
PAGE = 2
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
LIFETIME = 90 * DAY

Denial = tuple[str, str, str | None]


@dataclass(frozen=True)
class World:
    """One kind of certificate, who serves it, what may not be read and what replaces it.

    `expires` counts from the moment of judgement, `copies` are alike, `served` is a key of
    SERVED, `candidate` one of CANDIDATES.
    """

    expires: timedelta = 20 * DAY
    path: str = "/"
    copies: int = 1
    served: str = "by a classic load balancer"
    denied: tuple[Denial, ...] = ()
    candidate: str = "none"

    key: ClassVar[str] = "ServerCertificateName"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the certificates that are judged."""
        return tuple(f"shop{number}" for number in range(self.copies))

    def build(self, site: Site) -> dict[str, str]:
        """Fill the empty sandbox and the directory; return the ARNs by name."""
        old = self.issued(site)
        other = issue(site.authority, "other.example.com", site.now + 300 * DAY)
        arns = {name: site.sandbox.upload(name, old, path=self.path) for name in self.names}
        spare = site.sandbox.upload("other", other)
        for number, arn in enumerate(arns.values()):
            SERVED[self.served](site.sandbox, f"-{number}", arn, spare)
        for name in arns:
            CANDIDATES[self.candidate](site, old, site.directory / "certs" / name)
        for denial in self.denied:
            site.sandbox.deny(*denial)
        return arns

    def issued(self, site: Site) -> Issued:
        """Issue what is judged."""
        return issue(site.authority, "shop.example.com", site.now + self.expires)


@dataclass(frozen=True)
class Site:
    """Where a world is built, and the moment at which it is judged."""

    sandbox: Sandbox
    authority: Authority
    directory: Path
    now: datetime


def issue(authority: Authority, name: str, end: datetime) -> Issued:
    """Issue a certificate that ends at a moment."""
    return authority.issue(name, not_before=end - LIFETIME, not_after=end, key="p256")


def _nobody(sandbox: Sandbox, suffix: str, arn: str, other: str) -> None:
    sandbox.application("eu-west-1", "api" + suffix, Listener(443, "HTTPS", other))


def _http(sandbox: Sandbox, suffix: str, arn: str, other: str) -> None:
    sandbox.classic("eu-west-1", "front" + suffix, Listener(80, "HTTP"))
    sandbox.application("eu-central-1", "api" + suffix, Listener(80, "HTTP"))
    sandbox.network("us-east-1", "edge" + suffix, Listener(80, "TCP"))


def _classic(sandbox: Sandbox, suffix: str, arn: str, other: str) -> None:
    sandbox.classic("eu-west-1", "front" + suffix, Listener(443, "HTTPS", arn))


def _classic_ssl(sandbox: Sandbox, suffix: str, arn: str, other: str) -> None:
    sandbox.classic("us-east-1", "mail" + suffix, Listener(993, "SSL", arn))


def _application(sandbox: Sandbox, suffix: str, arn: str, other: str) -> None:
    sandbox.application("eu-central-1", "api" + suffix, Listener(443, "HTTPS", arn))


def _network_sni(sandbox: Sandbox, suffix: str, arn: str, other: str) -> None:
    sandbox.network("us-east-1", "edge" + suffix, Listener(443, "TLS", other, sni=(arn,)))


def _network_sni_denied(sandbox: Sandbox, suffix: str, arn: str, other: str) -> None:
    _network_sni(sandbox, suffix, arn, other)
    sandbox.deny("elbv2", "DescribeListenerCertificates", "us-east-1")


def _many(sandbox: Sandbox, suffix: str, arn: str, other: str) -> None:
    for number in range(2 * PAGE + 1):
        _classic(sandbox, f"{suffix}-{number}", arn, other)


def _everywhere(sandbox: Sandbox, suffix: str, arn: str, other: str) -> None:
    for build in (_classic, _application, _network_sni):
        build(sandbox, suffix, arn, other)


def _distribution(sandbox: Sandbox, suffix: str, arn: str, other: str) -> None:
    """Move the certificate to where CloudFront takes it from, and have it served there."""
    name, iam = arn.rpartition("/")[2], sandbox.client("iam")
    iam.update_server_certificate(ServerCertificateName=name, NewPath="/cloudfront/")
    sandbox.distribution(f"cdn{suffix}.example.com", certificate=sandbox.certificates()[name])


def _domain(sandbox: Sandbox, suffix: str, arn: str, other: str) -> None:
    sandbox.domain("eu-central-1", f"graph{suffix}.example.com", arn)


SERVED: Mapping[str, Callable[[Sandbox, str, str, str], None]] = {
    "by nobody": _nobody,
    "by nobody, listeners are HTTP and TCP": _http,
    "by a classic load balancer": _classic,
    "by a classic load balancer with SSL": _classic_ssl,
    "by an application load balancer": _application,
    "by a network load balancer, SNI only": _network_sni,
    "in an SNI list that may not be read": _network_sni_denied,
    "by more load balancers than fit on a page": _many,
    "by a distribution": _distribution,
    "by a domain name of AppSync": _domain,
    "in every region": _everywhere,
}


def _none(site: Site, old: Issued, directory: Path) -> None:
    return None


def _renewed(site: Site, old: Issued, directory: Path) -> None:
    issue(site.authority, "shop.example.com", site.now + 80 * DAY).write(directory)


def _same(site: Site, old: Issued, directory: Path) -> None:
    old.write(directory)


def _other_name(site: Site, old: Issued, directory: Path) -> None:
    issue(site.authority, "blog.example.com", site.now + 80 * DAY).write(directory)


def _sooner(site: Site, old: Issued, directory: Path) -> None:
    issue(site.authority, "shop.example.com", site.now + 10 * DAY).write(directory)


def _foreign(site: Site, old: Issued, directory: Path) -> None:
    issue(Authority("Stranger"), "shop.example.com", site.now + 80 * DAY).write(directory)


def _wrong_key(site: Site, old: Issued, directory: Path) -> None:
    _renewed(site, old, directory)
    (directory / "key.pem").write_text(old.private_key)


def _no_key(site: Site, old: Issued, directory: Path) -> None:
    _renewed(site, old, directory)
    (directory / "key.pem").unlink()


def _worst(site: Site, old: Issued, directory: Path) -> None:
    issue(Authority("Stranger"), "blog.example.com", site.now + 10 * DAY).write(directory)


def _same_end(site: Site, old: Issued, directory: Path) -> None:
    issue(site.authority, "shop.example.com", old.not_after).write(directory)


def _same_key(site: Site, old: Issued, directory: Path) -> None:
    end = old.not_after + 80 * DAY
    again = site.authority.issue("shop.example.com", not_after=end, age=1, key=old.private_key)
    again.write(directory)


def _former(site: Site, old: Issued, directory: Path) -> None:
    _replaced(site, directory.name, issue(site.authority, "shop.example.com", site.now + 20 * DAY))


def _former_expired(site: Site, old: Issued, directory: Path) -> None:
    _replaced(site, directory.name, issue(site.authority, "shop.example.com", site.now - DAY))


def _former_retired(site: Site, old: Issued, directory: Path) -> None:
    former = issue(site.authority, "shop.example.com", site.now + 20 * DAY)
    [leaf] = read_certificates(Material("former", former.certificate.encode()))
    tag = retired_tag(retire(leaf.key_fingerprint, ()))
    _replaced(site, directory.name, former, **tag)


def _former_gone(site: Site, old: Issued, directory: Path) -> None:
    _former(site, old, directory)
    site.sandbox.discard("former")


def _replaced(site: Site, name: str, former: Issued, **tags: str) -> None:
    """Upload what a certificate has replaced, and say so on it as a renewal does."""
    site.sandbox.upload("former", former)
    said = {REPLACES_TAG: "former", **tags}
    site.sandbox.client("iam").tag_server_certificate(
        ServerCertificateName=name, Tags=[{"Key": key, "Value": said[key]} for key in said]
    )


CANDIDATES: Mapping[str, Callable[[Site, Issued, Path], None]] = {
    "none": _none,
    "renewed": _renewed,
    "the old one": _same,
    "for another name": _other_name,
    "expiring sooner": _sooner,
    "of another authority": _foreign,
    "with the old key": _wrong_key,
    "without its key": _no_key,
    "wrong in every way": _worst,
    "with the same end": _same_end,
    "of the old key": _same_key,
    "in IAM, it was replaced": _former,
    "in IAM, it was replaced and has expired": _former_expired,
    "in IAM, its key was retired": _former_retired,
    "gone from IAM": _former_gone,
}


def moment() -> datetime:
    """Return now, to the second as certificates have it."""
    return datetime.now(timezone.utc).replace(microsecond=0)
