"""Going back after a renewal: by a policy, lasting, and undone again by `retry: true`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from integration.conftest import NAMES, Engine, Policy, filtering, renewing, served, writes

from c7n_certrenew.core.lineage import generated_name
from c7n_certrenew.elements.permissions import RENEW
from c7n_certrenew.renewal.rebinding import Rebinder
from c7n_certrenew.sandbox import Authority, Issued, Listener, LoadBalancer, Sandbox
from c7n_certrenew.sources import make_source

EAST, WEST = "us-east-1", "eu-west-1"
REPLACED_BY, REJECTED = "certrenew:replaced-by", "certrenew:rejected"


@pytest.fixture(scope="module")
def first(authority: Authority) -> Issued:
    """Give what is served before the renewal, with a month left."""
    return authority.issue(*NAMES, days=29, age=60, key="p256")


@pytest.fixture(scope="module")
def second(authority: Authority) -> Issued:
    """Give its renewal, which nothing is wrong with but that somebody says so."""
    return authority.issue(*NAMES, days=89, age=1, key="p256")


def going_back(name: str, **options: Any) -> Policy:
    """Return a policy that puts back what a certificate has replaced."""
    policy = renewing({"type": "previous"}, **options)
    named = {"type": "value", "key": "ServerCertificateName", "value": name}
    return {**policy, **filtering(named, {"type": "listener"}, name="undo")}


def name_of(issued: Issued) -> str:
    """Return the name under which a renewal of `web` is uploaded."""
    return generated_name("web", issued.not_after, issued.fingerprint)


def serve(near: Sandbox, first: Issued) -> LoadBalancer:
    """Serve `web` as default and by SNI, on a classic load balancer, and by a distribution."""
    web = near.upload("web", first, path="/cloudfront/")
    both = near.application(EAST, "both", Listener(443, "HTTPS", web, sni=(web,)))
    near.classic(WEST, "classic", Listener(443, "HTTPS", web))
    near.distribution(*NAMES, certificate=web)
    return both


def everywhere(near: Sandbox, name: str) -> bool:
    """Say whether every binding is of the certificate with this name, and of no other."""
    arn = near.certificates()[name]
    iam = near.client("iam").get_server_certificate(ServerCertificateName=name)
    identity = iam["ServerCertificate"]["ServerCertificateMetadata"]["ServerCertificateId"]
    [edge] = near.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    elastic = near.bound("both", EAST, 443) == (arn, (arn,))
    classic = near.bound("classic", WEST, 443) == (arn, ())
    return elastic and classic and edge["ViewerCertificate"]["IAMCertificateId"] == identity


def tags(near: Sandbox, name: str) -> dict[str, str]:
    """Return a certificate's tags."""
    shown = near.client("iam").list_server_certificate_tags(ServerCertificateName=name)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in shown}


def test_going_back_lasts_until_somebody_says_otherwise(
    near: Sandbox, engine: Engine, first: Issued, second: Issued, certs: Path
) -> None:
    """Renew, undo by policy, and the scheduled renewal refuses; with retry it renews again."""
    both, new = serve(near, first), name_of(second)
    second.write(certs)
    assert engine(renewing()).returncode == 0
    assert everywhere(near, new)

    undone = engine(going_back(new))
    assert (undone.returncode, undone.outcome["State"]) == (0, "RENEWED"), undone.text
    assert everywhere(near, "web")
    assert served(near, both, first) == first.fingerprint
    assert "UploadServerCertificate" not in writes(near)[writes(near).index("ModifyListener") :]
    assert tags(near, "web") == {}
    assert tags(near, new)[REJECTED] == second.fingerprint
    assert tags(near, new)[REPLACED_BY] == "web"

    scheduled = engine(renewing())
    assert (scheduled.returncode != 0, scheduled.codes) == (True, ["rejected"])
    assert "say retry: true" in scheduled.text
    assert everywhere(near, "web")

    retried = engine(renewing(retry=True))
    assert (retried.returncode, retried.outcome["State"]) == (0, "RENEWED"), retried.text
    assert everywhere(near, new)
    assert {REJECTED, REPLACED_BY}.isdisjoint(tags(near, new))
    assert tags(near, "web")[REPLACED_BY] == new
    assert writes(near).count("UploadServerCertificate") == 1


def test_undo_that_is_killed_is_completed_and_not_undone(
    near: Sandbox,
    engine: Engine,
    first: Issued,
    second: Issued,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After the canary it dies: a renewal brings nothing back, pruning takes nothing."""
    serve(near, first)
    new = name_of(second)
    second.write(certs)
    assert engine(renewing()).returncode == 0

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Rebinder, "change_all", killed)
        with pytest.raises(KeyboardInterrupt):
            engine(going_back(new))
    assert not everywhere(near, "web")
    assert not everywhere(near, new)
    assert REPLACED_BY not in tags(near, "web")

    scheduled = engine(renewing())
    assert (scheduled.returncode != 0, scheduled.codes) == (True, ["rejected"])
    again = engine(going_back(new))
    assert (again.returncode, again.outcome["State"]) == (0, "RENEWED"), again.text
    assert everywhere(near, "web")


def test_going_back_needs_what_it_says_and_is_no_accident(
    near: Sandbox, engine: Engine, first: Issued, second: Issued, certs: Path
) -> None:
    """With a renewal's rights and those of the source it works, and whoever renews again at once
    is not told that somebody put the old certificate back.
    """
    near.classic(WEST, "classic", Listener(443, "HTTPS", near.upload("web", first)))
    second.write(certs)
    assert engine(renewing()).returncode == 0
    needs = make_source({"type": "previous"}).needs(key=True)
    near.restrict(allow(*RENEW, *(need.action for need in needs)))
    undone = engine(going_back(name_of(second)))
    assert (undone.returncode, "could not be" in undone.text) == (0, False), undone.text
    near.restrict(allow("*"))
    assert tags(near, "web") == {}
    again = engine(renewing(retry=True))
    assert (again.returncode, again.outcome["State"]) == (0, "RENEWED"), again.text


def allow(*actions: str) -> dict[str, Any]:
    """Return a policy that allows actions everywhere."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_way_into_acm_leads_back_region_by_region(
    near: Sandbox, engine: Engine, authority: Authority, certs: Path
) -> None:
    """From ACM to the certificate in IAM that was served before; the other region stays in ACM."""
    before, after = (authority.issue(*NAMES, days=days, age=60, key="p256") for days in (29, 89))
    web = near.upload("web", before)
    for region in (EAST, WEST):
        near.application(region, "lb", Listener(443, "HTTPS", web, sni=(web,)))
    after.write(certs)
    assert engine(renewing(store="acm")).returncode == 0
    [east], [west] = (tuple(near.acm(region)) for region in (EAST, WEST))
    assert near.bound("lb", WEST, 443) == (west, (west,))

    policy = {**going_back("web"), "resource": "aws.acm-certificate"}
    policy["filters"] = [{"CertificateArn": west}, {"type": "listener"}]
    undone = engine(policy, arguments=("-r", WEST))
    assert (undone.returncode, undone.outcome["State"]) == (0, "RENEWED"), undone.text
    assert near.bound("lb", WEST, 443) == (web, (web,))
    assert near.bound("lb", EAST, 443) == (east, (east,))
    assert tags(near, "web") == {}
    shown = near.client("acm", WEST).list_tags_for_certificate(CertificateArn=west)["Tags"]
    said = {tag["Key"]: tag["Value"] for tag in shown}
    assert (said[REJECTED], said[REPLACED_BY]) == (after.fingerprint, "web")

    scheduled = engine(renewing(store="acm"))
    assert scheduled.returncode == 2
    assert "say retry: true" in scheduled.text
    assert near.bound("lb", WEST, 443) == (web, (web,))
    retried = engine(renewing(store="acm", retry=True))
    assert (retried.returncode, retried.outcome["State"]) == (0, "RENEWED"), retried.text
    assert near.bound("lb", WEST, 443) == (west, (west,))
    assert {EAST: list(near.acm(EAST)), WEST: list(near.acm(WEST))} == {EAST: [east], WEST: [west]}


def test_what_cannot_be_said_by_tags_is_said_in_the_log(
    near: Sandbox, engine: Engine, first: Issued, second: Issued
) -> None:
    """It goes back even so, and says what a person must do that the next renewal does not undo."""
    near.upload("web", first, tags={REPLACED_BY: "web-20300101-00000000"})
    new = near.upload("web-20300101-00000000", second, tags={"certrenew:replaces": "web"})
    near.classic(WEST, "classic", Listener(443, "HTTPS", new))
    for operation in ("TagServerCertificate", "UntagServerCertificate"):
        near.deny("iam", operation)
    ran = engine(going_back("web-20300101-00000000"))
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
    assert "take it out of the source, or the next renewal brings it back" in ran.text
    assert f"certificate:web could not be freed of its tag {REPLACED_BY}" in ran.text


def test_one_of_acm_is_put_back_in_its_own_region(
    near: Sandbox, engine: Engine, first: Issued, second: Issued
) -> None:
    """Listeners elsewhere are told why they keep what they have; with none there it is refused."""
    new = near.upload("web-20300101-00000000", second)
    near.application(WEST, "lb", Listener(443, "HTTPS", new))
    before = near.import_acm(first, EAST)
    policy = going_back("web-20300101-00000000", verify="api")
    policy["actions"][0]["source"]["name"] = before
    refused = engine(policy)
    assert (refused.returncode, refused.codes) == (2, ["no-candidate"]), refused.text
    assert tags(near, "web-20300101-00000000") == {}
    near.application(EAST, "east", Listener(443, "HTTPS", new))
    ran = engine(policy)
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE"), ran.text
    assert (
        ran.reason("lb") == f"{before} is of {EAST}, and no listener of another region can serve it"
    )
    assert near.bound("east", EAST, 443) == (before, ())
    assert near.bound("lb", WEST, 443) == (new, ())


def test_what_was_served_last_is_gone_back_to(
    near: Sandbox, engine: Engine, first: Issued, second: Issued, authority: Authority
) -> None:
    """After two steps back and one forward again the newest says what it has replaced now."""
    near.upload("web", first)
    between = authority.issue(*NAMES, days=60, age=1, key="p256")
    middle, last = "web-20290101-00000000", "web-20300101-00000000"
    near.upload(middle, between, tags={"certrenew:replaces": "web", REJECTED: "x"})
    said = {"certrenew:replaces": middle, REJECTED: "x"}
    near.upload(last, second, tags=said)
    near.classic(WEST, "lb", Listener(443, "HTTPS", near.certificates()["web"]))
    retried = engine(renewing({"type": "iam"}, retry=True, verify="api"))
    assert (retried.returncode, retried.outcome["State"]) == (0, "RENEWED"), retried.text
    assert tags(near, last) == {"certrenew:replaces": "web"}
    undone = engine(going_back(last, verify="api"))
    assert (undone.returncode, undone.outcome["State"]) == (0, "RENEWED"), undone.text
    assert near.bound("lb", WEST, 443) == (near.certificates()["web"], ())


def test_retired_key_is_known_by_either_side(
    near: Sandbox, engine: Engine, first: Issued, second: Issued, certs: Path
) -> None:
    """Undo leads back over no re-keying, though somebody took the tag off the new one."""
    near.classic(WEST, "lb", Listener(443, "HTTPS", near.upload("web", first)))
    second.write(certs)
    assert engine(renewing(rekey=True, verify="api")).returncode == 0
    near.client("iam").untag_server_certificate(
        ServerCertificateName=name_of(second), TagKeys=["certrenew:retired-keys"]
    )
    ran = engine(going_back(name_of(second), verify="api"))
    assert (ran.returncode, ran.codes) == (2, ["retired-key"]), ran.text
