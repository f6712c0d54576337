"""Renewals that bind what AWS holds already: out of IAM, and out of each region's ACM."""

from __future__ import annotations

from typing import Any

import pytest
from integration.conftest import NAMES, Engine, renewing, served, writes

from c7n_certrenew.sandbox import Authority, Fault, Issued, Kind, Listener, Sandbox
from c7n_certrenew.sandbox.clock import Clock

EAST, WEST, CENTRAL = "us-east-1", "eu-west-1", "eu-central-1"
IAM, ACM = {"type": "iam"}, {"type": "acm"}


def tags(near: Sandbox, name: str) -> dict[str, str]:
    """Return a server certificate's tags."""
    shown = near.client("iam").list_server_certificate_tags(ServerCertificateName=name)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in shown}


def acm_tags(near: Sandbox, region: str, arn: str) -> dict[str, str]:
    """Return the tags of one in ACM."""
    shown = near.client("acm", region).list_tags_for_certificate(CertificateArn=arn)["Tags"]
    return {tag["Key"]: tag.get("Value", "") for tag in shown}


def test_newer_one_in_iam_is_bound(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, authority: Authority
) -> None:
    """WAITING without one; then what somebody else uploaded is bound, and says what it replaced.

    It is held to the same rules: one from somebody else's authority is refused.
    """
    near.classic(WEST, "lb", Listener(443, "HTTPS", near.upload("web", old)))
    waiting = engine(renewing(IAM))
    assert (waiting.returncode, waiting.outcome["State"]) == (0, "WAITING"), waiting.text

    foreign = Authority("Other").issue(*NAMES, days=95, key="p256")
    near.upload("web-20300101-00000000", foreign)
    refused = engine(renewing(IAM))
    assert (refused.returncode, refused.codes) == (2, ["chain-incomplete", "untrusted"])
    near.discard("web-20300101-00000000")

    arn = near.upload("summer", new)
    renewed = engine(renewing({**IAM, "pattern": "summ*"}))
    assert (renewed.returncode, renewed.outcome["State"]) == (0, "RENEWED"), renewed.text
    assert near.bound("lb", WEST, 443) == (arn, ())
    assert "UploadServerCertificate" not in writes(near)
    assert tags(near, "summer") == {
        "certrenew:lineage": "web",
        "certrenew:replaces": "web",
    }
    assert tags(near, "web")["certrenew:replaced-by"] == "summer"


def test_each_region_gets_its_own_of_acm(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, authority: Authority
) -> None:
    """Load balancers and a distribution move; a region without one is named and keeps the old.

    With one there, imported or issued, the next run completes.
    """
    web = near.upload("web", old, path="/cloudfront/")
    alb = near.application(WEST, "alb", Listener(443, "HTTPS", web, sni=(web,)))
    near.network(CENTRAL, "nlb", Listener(443, "TLS", web))
    edge = near.distribution(*NAMES, certificate=web)
    west = near.import_acm(new, WEST)
    east = near.issue_acm(authority.issue(*NAMES, days=60, key="p256"), EAST)

    ran = engine(renewing(ACM))
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE"), ran.text
    assert near.bound("alb", WEST, 443) == (west, (west,))
    assert served(near, alb, new) == new.fingerprint
    assert near.bound("nlb", CENTRAL, 443) == (web, ())
    assert f"ACM in {CENTRAL} has no certificate for" in ran.reason("nlb")
    assert "request or import one there" in ran.reason("nlb")
    [item] = near.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    assert (item["Id"], item["ViewerCertificate"]["ACMCertificateArn"]) == (edge.id, east)
    assert tags(near, "web") == {}

    central = near.issue_acm(new, CENTRAL)
    again = engine(renewing(ACM))
    assert (again.returncode, again.outcome["State"]) == (0, "RENEWED"), again.text
    assert near.bound("nlb", CENTRAL, 443) == (central, ())
    assert {"UploadServerCertificate", "ImportCertificate"}.isdisjoint(writes(near))
    assert acm_tags(near, CENTRAL, central) == {"certrenew:replaces": web}
    assert tags(near, "web")["certrenew:replaced-by"] == central


@pytest.mark.parametrize("load_balancer", ["classic", "application"])
def test_what_a_service_does_not_take_from_acm_is_not_bound(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, load_balancer: str
) -> None:
    """A classic load balancer serves no elliptic curve from ACM, as its guide says."""
    web = near.upload("web", old)
    getattr(near, load_balancer)(WEST, "lb", Listener(443, "HTTPS", web))
    arn = near.import_acm(new, WEST)
    ran = engine(renewing(ACM))
    bound = web if load_balancer == "classic" else arn
    assert near.bound("lb", WEST, 443)[0] == bound
    assert ("have it in IAM for this load balancer" in ran.text) is (load_balancer == "classic")


def test_region_of_acm_that_cannot_be_read_keeps_what_it_has(
    near: Sandbox, engine: Engine, old: Issued, new: Issued
) -> None:
    """The others are renewed, and the run fails naming the region."""
    web = near.upload("web", old)
    for region in (WEST, CENTRAL):
        near.application(region, "lb", Listener(443, "HTTPS", web))
        near.import_acm(new, region)
    near.inject(Fault("acm", "GetCertificate", Kind.DENIED, region=WEST, times=None))
    ran: Any = engine(renewing(ACM))
    assert ran.returncode == 2
    assert f"ACM in {WEST} could not be read: GetCertificate answered AccessDenied" in ran.text
    assert near.bound("lb", WEST, 443) == (web, ())
    assert near.bound("lb", CENTRAL, 443) != (web, ())


def test_one_bad_region_says_nothing_of_the_certificates_of_others(
    near: Sandbox,
    engine: Engine,
    clock: Clock,
    old: Issued,
    new: Issued,
    authority: Authority,
) -> None:
    """An owner there is told which one to take; they are different certificates."""
    web = near.upload("web", old)
    near.application(WEST, "bad", Listener(443, "HTTPS", web))
    near.front_ends.reject(near.import_acm(authority.issue(*NAMES, days=60, key="p256"), WEST))
    stack = {"aws:cloudformation:stack-name": "shop"}
    near.application(CENTRAL, "owned", Listener(443, "HTTPS", web), tags=stack)
    good = near.import_acm(new, CENTRAL)
    ran = engine(renewing(ACM))
    assert ran.states == {"bad:443 default": "UNDONE", "owned:443 default": "MANAGED"}
    assert f"in its template to {good}" in ran.reason("owned")


def test_one_of_acm_that_is_shown_bad_is_put_back_and_not_taken_again(
    near: Sandbox, engine: Engine, old: Issued, new: Issued
) -> None:
    """Its tag in ACM keeps later runs from it, until retry."""
    web = near.upload("web", old)
    near.application(WEST, "lb", Listener(443, "HTTPS", web))
    arn = near.import_acm(new, WEST)
    near.inject(
        Fault(
            "elbv2",
            "ModifyListener",
            Kind.ERROR,
            code="UnsupportedCertificate",
            times=1,
        )
    )
    ran = engine(renewing(ACM))
    assert (ran.returncode, ran.outcome["State"]) == (2, "UNDONE"), ran.text
    assert acm_tags(near, WEST, arn)["certrenew:rejected"] == new.fingerprint
    again = engine(renewing(ACM))
    assert again.returncode == 2
    assert "was shown bad by an earlier run; say retry: true" in again.text
    assert near.bound("lb", WEST, 443) == (web, ())
    retried = engine(renewing(ACM, retry=True))
    assert (retried.returncode, retried.outcome["State"]) == (0, "RENEWED"), retried.text
    assert "certrenew:rejected" not in acm_tags(near, WEST, arn)


def test_one_that_is_exchanged_while_it_is_looked_at_is_not_bound(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, authority: Authority
) -> None:
    """What was read is what is bound, or nothing: another of its name was held to no rule."""
    web = near.upload("web", old)
    near.classic(WEST, "lb", Listener(443, "HTTPS", web))
    near.upload("web-20300101-00000000", new)

    def exchange(sandbox: Sandbox) -> None:
        sandbox.discard("web-20300101-00000000")
        other = authority.issue("other.example.com", days=89, key="p256")
        sandbox.upload("web-20300101-00000000", other)

    near.before("iam", "GetServerCertificate", exchange, call=3)
    ran = engine(renewing(IAM, verify="api"))
    assert (ran.returncode, ran.codes) == (2, ["no-candidate"]), ran.text
    assert "web-20300101-00000000 is another certificate than a moment ago" in ran.text
    assert near.bound("lb", WEST, 443) == (web, ())


def test_domain_name_of_appsync_is_told_of_the_region_whose_acm_it_takes(
    near: Sandbox, engine: Engine, old: Issued
) -> None:
    """That of CloudFront, wherever its API is."""
    near.domain(WEST, NAMES[1], near.upload("web", old, path="/cloudfront/"))
    ran = engine(renewing(ACM))
    assert (ran.returncode, ran.codes) == (2, ["no-candidate"])
    assert f"ACM in {EAST} has no certificate for" in ran.text
