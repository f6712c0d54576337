"""Out of IAM: renewed certificates are imported into ACM, and again under the same ARN."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.conftest import SOURCE, Engine, renewing, served, writes

from c7n_certrenew.aws import acm
from c7n_certrenew.commands.granting import document, needed
from c7n_certrenew.commands.permissions import AUDIT, RENEW
from c7n_certrenew.core.candidate import CandidateError
from c7n_certrenew.renewal.rebinding import Rebinder
from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox, acm as acm_in_sandbox
from c7n_certrenew.sandbox.clock import Clock
from c7n_certrenew.sandbox.faults import Fault, Kind

HOME, FAR, THIRD = "us-east-1", "eu-west-1", "eu-central-1"
NAME = "www.example.com"
REBINDING = re.compile("Set|Modify|AddListener|RemoveListener|UpdateDistribution")
PACK = Path(__file__).parents[2] / "policies" / "renew"


@pytest.fixture(scope="module")
def line(authority: Authority) -> tuple[Issued, ...]:
    """Give a certificate that expires soon and two that renew it."""
    return lineage(authority, "p256")


def lineage(authority: Authority, key: str) -> tuple[Issued, ...]:
    """Issue a certificate that expires soon and two that renew it; RSA keys are slow to check."""
    return tuple(authority.issue(NAME, days=days, age=1, key=key) for days in (12, 100, 190))


@pytest.fixture
def old(near: Sandbox, line: tuple[Issued, ...], certs: Path) -> str:
    """Give the ARN of the certificate in IAM, below CloudFront's path, with the next at hand."""
    line[1].write(certs)
    return near.upload("web", line[0], path="/cloudfront/")


def to_acm(**options: Any) -> dict[str, Any]:
    """Return the policy that renews out of IAM."""
    return renewing(store="acm", **options)


def again(**options: Any) -> dict[str, Any]:
    """Return the policy that renews what is in ACM; underscores stand for hyphens."""
    options = {"source": dict(SOURCE), "propagation_timeout": 5, **options}
    action = {key.replace("_", "-"): value for key, value in options.items()}
    return {
        "name": "again",
        "resource": "aws.acm-certificate",
        "filters": [{"type": "expires-within", "days": 110}, {"type": "listener"}],
        "actions": [{"type": "replace-certificate", **action}],
    }


def tags(near: Sandbox, arn: str) -> dict[str, str]:
    """Return the tags of a certificate in ACM."""
    client = near.client("acm", arn.split(":")[3])
    answer = client.list_tags_for_certificate(CertificateArn=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in answer}


def arn_in(near: Sandbox, region: str) -> str:
    """Return the only ARN that ACM has in a region."""
    [arn] = near.acm(region)
    return arn


def rebound(near: Sandbox) -> list[str]:
    """Return the calls that changed which certificate something serves."""
    return [one for one in writes(near) if REBINDING.match(one)]


def imports(near: Sandbox) -> list[str]:
    """Return the regions of the imports, whether they were answered or not."""
    return [c.region for c in near.journal if c.operation == "ImportCertificate"]


def test_out_of_iam_and_then_under_the_same_arn(
    near: Sandbox,
    engine: Engine,
    clock: Clock,
    authority: Authority,
    certs: Path,
) -> None:
    """First every listener is rebound, at the next renewal none: all of them serve the new one.

    From ACM a classic load balancer serves RSA alone.
    """
    line = lineage(authority, "rsa2048")
    line[1].write(certs)
    old = near.upload("web", line[0], path="/cloudfront/")
    other = near.upload("other", authority.issue("other.example.com", key="p256"))
    fronts = {
        "legacy": near.classic(HOME, "legacy", Listener(443, "HTTPS", old)),
        "alb": near.application(FAR, "alb", Listener(443, "HTTPS", old, sni=(old,))),
        "nlb": near.network(THIRD, "nlb", Listener(443, "TLS", other, sni=(old,))),
        "cdn": near.distribution(NAME, certificate=old),
    }
    near.client("iam").tag_server_certificate(
        ServerCertificateName="web", Tags=[{"Key": "team", "Value": "shop"}]
    )
    first = engine(to_acm())
    assert (first.returncode, first.outcome["State"]) == (0, "RENEWED"), first.text
    assert set(first.states.values()) == {"VERIFIED"}
    arns = {region: arn_in(near, region) for region in (HOME, FAR, THIRD)}
    assert sorted(first.outcome["NewArns"]) == sorted(arns.values())
    assert near.bound("alb", FAR, 443) == (arns[FAR], (arns[FAR],))
    assert near.bound("nlb", THIRD, 443) == (other, (arns[THIRD],))
    assert list(near.certificates()) == ["web", "other"]
    assert tags(near, arns[FAR]) == {
        "certrenew:lineage": "web",
        "certrenew:replaces": "web",
        "Name": "web",
        "team": "shop",
    }
    iam = near.client("iam").list_server_certificate_tags(ServerCertificateName="web")["Tags"]
    [by] = [tag["Value"] for tag in iam if tag["Key"] == "certrenew:replaced-by"]
    assert by in arns.values()

    line[2].write(certs)
    near.clear_journal()
    for region in arns:
        ran = engine(again(), arguments=("-r", region), out=region)
        assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
        assert set(ran.states.values()) == {"VERIFIED"}
        assert ran.outcome["NewArn"] == arns[region]
    assert (rebound(near), len(imports(near))) == ([], 3)
    assert {served(near, front, line[2], name=NAME) for front in fronts.values()} == {
        line[2].fingerprint
    }
    assert arns == {region: arn_in(near, region) for region in arns}

    near.clear_journal()
    assert engine(again(), arguments=("-r", FAR), out="last").resources == []
    assert writes(near) == []


def test_region_without_the_right_to_import_is_completed_by_the_next_run(
    near: Sandbox, engine: Engine, clock: Clock, old: str, line: tuple[Issued, ...]
) -> None:
    """The others are renewed and the run fails; then it is imported there alone."""
    near.application(HOME, "legacy", Listener(443, "HTTPS", old))
    near.application(FAR, "alb", Listener(443, "HTTPS", old))
    near.application(THIRD, "api", Listener(443, "HTTPS", old))
    near.deny("acm", "ImportCertificate", FAR)
    near.deny("acm", "ListCertificates", THIRD)
    ran = engine(to_acm(verify="api"))
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE"), ran.text
    assert ran.states["legacy:443 default"] == "API_VERIFIED"
    assert ran.states["alb:443 default"] == ran.states["api:443 default"] == "FAILED"
    assert "not imported into ACM in eu-west-1: ImportCertificate answered" in ran.reason("alb")
    assert "ListCertificates answered AccessDenied" in ran.reason("api")
    assert [
        near.bound(name, region, 443)[0] for name, region in (("alb", FAR), ("api", THIRD))
    ] == [
        old,
        old,
    ]
    near.clear_faults()
    near.clear_journal()
    ran = engine(to_acm(verify="api"), out="second")
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
    assert sorted(imports(near)) == [THIRD, FAR]
    assert {near.bound(n, r, 443)[0] for n, r in (("alb", FAR), ("api", THIRD))} == {
        arn_in(near, FAR),
        arn_in(near, THIRD),
    }


def test_full_region_says_so(near: Sandbox, engine: Engine, clock: Clock, old: str) -> None:
    """A quota of ACM is a reason of its region, and nothing is changed there.

    Nor is a region asked that a tag has made up.
    """
    near.application(FAR, "alb", Listener(443, "HTTPS", old))
    by = "arn:aws:acm:evil-north-1:999999999999:certificate/1"
    tag = {"Key": "certrenew:replaced-by", "Value": by}
    near.client("iam").tag_server_certificate(ServerCertificateName="web", Tags=[tag])
    near.acm_quota = 0
    ran = engine(to_acm(verify="api"))
    assert (ran.returncode, ran.outcome["State"]) == (2, "REFUSED"), ran.text
    assert "LimitExceededException" in ran.text
    assert "evil-north-1" not in {call.region for call in near.journal}
    assert near.bound("alb", FAR, 443) == (old, ())


@pytest.mark.parametrize("renewed", ["out of IAM", "in ACM"])
def test_answer_that_was_lost_is_no_second_import(
    near: Sandbox,
    engine: Engine,
    clock: Clock,
    old: str,
    line: tuple[Issued, ...],
    renewed: str,
) -> None:
    """What was imported without an answer is found there, tagged, and served."""
    arn = near.import_acm(line[0], FAR, tags={"certrenew:lineage": "web"})
    serving, policy = (old, to_acm()) if renewed == "out of IAM" else (arn, again())
    alb = near.application(FAR, "alb", Listener(443, "HTTPS", serving))
    lost = Fault("acm", "ImportCertificate", Kind.RESET, after_effect=True)
    near.inject(lost)
    ran = engine(policy, arguments=("-r", FAR))
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
    assert ran.states == {"alb:443 default": "VERIFIED"}
    assert imports(near) == [FAR]
    assert served(near, alb, line[1], name=NAME) == line[1].fingerprint
    assert list(near.acm(FAR).values()).count(line[1].certificate) == 1


def test_import_of_which_nothing_is_known_is_called_so(
    near: Sandbox, engine: Engine, clock: Clock, old: str
) -> None:
    """Neither an answer nor a second look: the run fails, and the next one finds it there."""
    near.application(FAR, "alb", Listener(443, "HTTPS", old))
    near.inject(
        Fault("acm", "ImportCertificate", Kind.RESET, after_effect=True),
        Fault("acm", "ListCertificates", Kind.DENIED, times=None, skip=2),
    )
    ran = engine(to_acm(verify="api"))
    assert (ran.returncode, ran.codes) == (2, ["upload-unknown"]), ran.text
    assert near.bound("alb", FAR, 443) == (old, ())
    near.clear_faults()
    ran = engine(to_acm(verify="api"), out="second")
    assert (ran.returncode, ran.outcome["Uploaded"]) == (0, False), ran.text
    assert (imports(near), near.bound("alb", FAR, 443)[0]) == ([FAR], arn_in(near, FAR))


def test_run_that_is_killed_before_it_rebinds_is_completed(
    near: Sandbox, engine: Engine, clock: Clock, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it imported is taken by the next run, in every region, and imported no more."""
    near.application(HOME, "legacy", Listener(443, "HTTPS", old))
    near.application(FAR, "alb", Listener(443, "HTTPS", old))
    with monkeypatch.context() as patch:
        patch.setattr(Rebinder, "change", lambda *_: sys.exit(9))
        assert engine(to_acm(verify="api")).returncode == 9
    assert (sorted(imports(near)), rebound(near)) == ([FAR, HOME], [])
    ran = engine(to_acm(verify="api"), out="second")
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
    assert len(imports(near)) == 2
    assert near.bound("alb", FAR, 443)[0] == arn_in(near, FAR)


def test_what_is_shown_bad_in_one_region_is_put_back_in_all(
    near: Sandbox, engine: Engine, clock: Clock, old: str, line: tuple[Issued, ...]
) -> None:
    """Both serve IAM's again, both of ACM's are tagged rejected, and `retry` takes them again."""
    first = near.application(HOME, "aaa", Listener(443, "HTTPS", old))
    near.application(FAR, "alb", Listener(443, "HTTPS", old))
    near.before("elbv2", "ModifyListener", lambda s: s.front_ends.reject(arn_in(s, FAR)))
    ran = engine(to_acm())
    assert (ran.returncode, ran.outcome["State"]) == (2, "UNDONE"), ran.text
    assert set(ran.states.values()) == {"UNDONE"}
    assert {near.bound(n, r, 443)[0] for n, r in (("aaa", HOME), ("alb", FAR))} == {old}
    assert served(near, first, line[0], name=NAME) == line[0].fingerprint
    for region in (HOME, FAR):
        bad = tags(near, arn_in(near, region))
        assert bad["certrenew:rejected"] == line[1].fingerprint
    near.front_ends._behaviour.rejected.clear()
    refused = engine(to_acm(), out="second")
    assert (refused.codes, len(imports(near))) == (["rejected"], 2)
    retried = engine(to_acm(retry=True), out="third")
    assert (retried.returncode, retried.outcome["State"]) == (0, "RENEWED"), retried.text
    assert len(imports(near)) == 2


def test_another_certificate_of_the_lineage_is_left_alone(
    near: Sandbox, engine: Engine, clock: Clock, old: str, line: tuple[Issued, ...]
) -> None:
    """Its listeners would get the new one without a canary: the new one has an ARN of its own.

    And of one that a renewal has replaced by one in ACM it is said that it went back.
    """
    other = near.import_acm(line[2], FAR, tags={"certrenew:lineage": "web"})
    alb = near.application(FAR, "alb", Listener(443, "HTTPS", old))
    assert engine(to_acm(verify="api")).returncode == 0
    assert near.acm(FAR)[other] == line[2].certificate
    [new] = set(near.acm(FAR)) - {other}
    assert near.bound("alb", FAR, 443) == (new, ())

    elbv2 = near.client("elbv2", FAR)
    [listener] = elbv2.describe_listeners(LoadBalancerArn=alb.arn)["Listeners"]
    elbv2.modify_listener(
        ListenerArn=listener["ListenerArn"], Certificates=[{"CertificateArn": old}]
    )
    ran = engine(to_acm(verify="api"), out="second")
    assert (ran.returncode, ran.states) == (2, {"alb:443 default": "REVERTED"})
    assert f"was replaced by {new}" in ran.reason("alb")
    assert imports(near) == [FAR]


def test_bad_one_under_the_same_arn_is_loud_and_its_former_one_goes_back(
    near: Sandbox, engine: Engine, clock: Clock, line: tuple[Issued, ...], certs: Path
) -> None:
    """It cannot be undone: the run fails and says what to do, which a next run then does."""
    arn = near.import_acm(line[0], FAR, tags={"certrenew:lineage": "web"})
    alb = near.application(FAR, "alb", Listener(443, "HTTPS", arn))
    line[1].write(certs)
    near.before("acm", "ImportCertificate", lambda s: s.front_ends.reject(arn))
    ran = engine(again(), arguments=("-r", FAR))
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE"), ran.text
    assert ran.states == {"alb:443 default": "FAILED"}
    assert ran.codes == ["shown-bad"]
    assert "it is not put back by itself, as ACM shows no private key" in ran.reason("alb")
    assert tags(near, arn)["certrenew:rejected"] == line[1].fingerprint
    again_bad = engine(again(), arguments=("-r", FAR), out="bad")
    assert (again_bad.returncode, again_bad.codes) == (2, ["rejected"]), again_bad.text

    near.front_ends._behaviour.rejected.clear()
    line[0].write(certs)
    back = engine(again(), arguments=("-r", FAR), out="second")
    assert (back.returncode, back.outcome["State"]) == (0, "RENEWED"), back.text
    assert served(near, alb, line[0], name=NAME) == line[0].fingerprint
    line[1].write(certs)
    assert engine(again(), arguments=("-r", FAR), out="third").codes == ["rejected"]

    retried = again(retry=True, verify="api")
    assert engine(retried, arguments=("-r", FAR), out="fourth").returncode == 0
    assert "certrenew:rejected" not in tags(near, arn)
    line[0].write(certs)
    assert engine(again(), arguments=("-r", FAR), out="fifth").codes == ["expires-sooner"]


def test_what_one_arn_shows_bad_comes_under_no_other(
    near: Sandbox, engine: Engine, clock: Clock, line: tuple[Issued, ...], certs: Path
) -> None:
    """Two ARNs of a lineage: the second keeps the old one, in the next run too.

    Where tags are not allowed both say so, and of the old key as well.
    """
    tagged = {"certrenew:lineage": "web"}
    arns = sorted(near.import_acm(line[0], FAR, tags=tagged) for _ in range(2))
    for name, arn in zip(("one", "two"), arns, strict=True):
        near.application(FAR, name, Listener(443, "HTTPS", arn))
    line[1].write(certs)
    near.before("acm", "ImportCertificate", lambda s: s.front_ends.reject(arns[0]))
    ran = engine(again(), arguments=("-r", FAR))
    assert [one["State"] for one in ran.record["Outcomes"]] == ["REFUSED", "INCOMPLETE"], ran.text
    assert (imports(near), near.acm(FAR)[arns[1]]) == ([FAR], line[0].certificate)
    ran = engine(again(), arguments=("-r", FAR), out="second")
    assert [one["Reasons"][0]["Code"] for one in ran.record["Outcomes"]] == ["rejected"] * 2

    for arn in arns:
        near.discard_acm(arn)
    arn = near.import_acm(line[0], FAR, tags=tagged)
    near.application(FAR, "three", Listener(443, "HTTPS", arn))
    near.deny("acm", "AddTagsToCertificate", FAR)
    near.before("acm", "ImportCertificate", lambda s: s.front_ends.reject(arn))
    ran = engine(again(rekey=True), arguments=("-r", FAR), out="third")
    assert "could not be tagged certrenew:retired-keys" in ran.text
    assert "it could not be tagged as rejected" in ran.text


def test_two_of_one_lineage_are_imported_once(
    near: Sandbox,
    engine: Engine,
    clock: Clock,
    authority: Authority,
    old: str,
    line: tuple[Issued, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both take the same ARN, and one that held something bad before is no worse for it.

    A region whose certificate cannot be parsed keeps the others from nothing.
    """
    twin = near.upload("web-20261205-0a1b2c3d", authority.issue(NAME, days=20, key="p256"))
    near.application(FAR, "alb", Listener(443, "HTTPS", old, sni=(twin,)))
    near.application(HOME, "api", Listener(443, "HTTPS", old))
    near.application(THIRD, "odd", Listener(443, "HTTPS", old))
    tagged = {"certrenew:lineage": "web"}
    good = near.import_acm(line[1], HOME, tags={**tagged, "certrenew:rejected": "ab" * 32})
    odd = near.import_acm(line[1], THIRD, tags=tagged)

    def read(client: Any, certificate: Any, tags: Any, _read: Any = acm.read_body) -> Any:
        if certificate.arn == odd:
            raise CandidateError("not a certificate")
        return _read(client, certificate, tags)

    monkeypatch.setattr(acm, "read_body", read)
    ran = engine(to_acm(verify="api"))
    ended = {o["ServerCertificateName"]: o["State"] for o in ran.record["Outcomes"]}
    assert ended == {"web": "INCOMPLETE", "web-20261205-0a1b2c3d": "RENEWED"}, ran.text
    assert imports(near) == [FAR]
    new = arn_in(near, FAR)
    assert near.bound("alb", FAR, 443) == (new, (new,))
    assert near.bound("api", HOME, 443) == (good, ())
    assert near.bound("odd", THIRD, 443) == (old, ())


def test_listener_that_lags_is_not_called_verified(
    near: Sandbox, engine: Engine, clock: Clock, line: tuple[Issued, ...], certs: Path
) -> None:
    """Served at the deadline still, the old one leaves it UNCONFIRMED and the run INCOMPLETE."""
    arn = near.import_acm(line[0], FAR, tags={"certrenew:lineage": "web"})
    near.application(FAR, "alb", Listener(443, "HTTPS", arn))
    line[1].write(certs)
    near.front_ends.lag(3600)
    ran = engine(again(), arguments=("-r", FAR))
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE"), ran.text
    assert ran.states == {"alb:443 default": "UNCONFIRMED"}
    assert near.acm(FAR)[arn] == line[1].certificate


def test_what_amazon_issued_and_what_waits_is_not_imported(
    near: Sandbox, engine: Engine, clock: Clock, line: tuple[Issued, ...], certs: Path
) -> None:
    """One is refused, as Amazon renews it; of the other the source has nothing new."""
    tagged = {"certrenew:lineage": "web"}
    issued, imported = near.issue_acm(line[0], FAR, tags=tagged), near.import_acm(line[0], FAR)
    near.application(FAR, "alb", Listener(443, "HTTPS", issued, sni=(imported,)))
    line[1].write(certs)
    line[0].write(certs.with_name(NAME))
    ran = engine(again(), arguments=("-r", FAR))
    states = {one["Arn"]: one["State"] for one in ran.record["Outcomes"]}
    assert states == {issued: "REFUSED", imported: "WAITING"}, ran.text
    assert (ran.returncode, imports(near)) == (2, [])
    assert "it was not imported: Amazon has issued it, and renews it" in ran.text


def test_who_else_uses_it_gets_it_too(
    near: Sandbox,
    engine: Engine,
    clock: Clock,
    line: tuple[Issued, ...],
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What no look at listeners finds counts as served, is named, and stops nothing."""
    api = f"arn:aws:apigateway:{FAR}::/domainnames/{NAME}"
    monkeypatch.setattr(acm_in_sandbox, "users_of", lambda *_: [api])
    arn = near.import_acm(line[0], FAR, tags={"certrenew:lineage": "web"})
    line[1].write(certs)
    ran = engine(again(), arguments=("-r", FAR))
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
    assert ran.resources[0]["c7n:unread"] == [
        {"Service": "apigateway", "Region": FAR, "Reason": f"{api} uses it"}
    ]
    assert f"{api} uses it too" in ran.text
    assert near.acm(FAR)[arn] == line[1].certificate


@pytest.mark.parametrize(
    ("verify", "ended", "state"),
    [("auto", (0, "RENEWED"), "VERIFIED"), ("api", (2, "INCOMPLETE"), "UNKNOWN")],
)
def test_clients_tell_of_an_import_that_nothing_else_is_known_of(
    near: Sandbox,
    engine: Engine,
    clock: Clock,
    line: tuple[Issued, ...],
    certs: Path,
    verify: str,
    ended: tuple[int, str],
    state: str,
) -> None:
    """Neither an answer nor a second look under the same ARN: handshakes are as good as both."""
    arn = near.import_acm(line[0], FAR, tags={"certrenew:lineage": "web"})
    near.application(FAR, "alb", Listener(443, "HTTPS", arn))
    line[1].write(certs)
    near.inject(Fault("acm", "ImportCertificate", Kind.RESET, after_effect=True))
    near.before("acm", "ImportCertificate", lambda s: s.deny("acm", "GetCertificate", FAR))
    ran = engine(again(verify=verify), arguments=("-r", FAR))
    assert (ran.returncode, ran.outcome["State"]) == ended, ran.text
    assert ran.states == {"alb:443 default": state}
    assert ("is not known: " in ran.text) is (state == "UNKNOWN")


def test_no_name_is_dropped_from_what_could_not_be_looked_at(
    near: Sandbox,
    engine: Engine,
    clock: Clock,
    authority: Authority,
    line: tuple[Issued, ...],
    certs: Path,
) -> None:
    """A distribution that is not seen would get it at once, for a name that it does not cover."""
    wide = authority.issue(NAME, "api.example.com", days=12, key="p256")
    arn = near.import_acm(wide, HOME, tags={"certrenew:lineage": "web"})
    near.distribution("api.example.com", certificate=arn)
    line[1].write(certs)
    near.deny("cloudfront", "ListDistributions")
    ran = engine(again(drop_names=["api.example.com"]))
    assert (ran.returncode, ran.codes, imports(near)) == (2, ["fewer-names"], []), ran.text


def test_certificate_that_somebody_else_imports_meanwhile_is_theirs(
    near: Sandbox, engine: Engine, clock: Clock, line: tuple[Issued, ...], certs: Path
) -> None:
    """ACM is read again right before the import: the candidate is taken, another is left."""
    arn = near.import_acm(line[0], FAR, tags={"certrenew:lineage": "web"})
    near.application(FAR, "alb", Listener(443, "HTTPS", arn))
    line[1].write(certs)
    near.before("acm", "GetCertificate", lambda s: s.import_acm(line[2], FAR, arn), call=2)
    ran = engine(again(verify="api"), arguments=("-r", FAR))
    assert (ran.returncode, ran.codes, imports(near)) == (2, ["changed"], []), ran.text
    near.import_acm(line[0], FAR, arn)
    near.before("acm", "GetCertificate", lambda s: s.import_acm(line[1], FAR, arn), call=2)
    ran = engine(again(verify="api"), arguments=("-r", FAR), out="second")
    assert (ran.returncode, ran.outcome["State"], imports(near)) == (0, "UNCHANGED", []), ran.text


def granted(near: Sandbox, policy: str, *less: str) -> None:
    """Let the account's user do what a shipped policy needs, less some actions."""
    wanted = needed([PACK / f"{policy}.yml"]) - set(less)
    near.restrict(document(wanted, role=AUDIT), document(wanted, role=RENEW))


def test_what_the_policies_may_do_is_enough_and_needed(
    near: Sandbox,
    engine: Engine,
    clock: Clock,
    old: str,
    line: tuple[Issued, ...],
) -> None:
    """The shipped policies run with exactly their permissions, and say what is missing."""
    near.application(FAR, "alb", Listener(443, "HTTPS", old))
    out, under = "iam-certificate-expiring-to-acm", "acm-certificate-imported-expiring-renew"
    granted(near, out)
    first = engine(shipped(out))
    assert (first.returncode, first.outcome["State"]) == (0, "RENEWED"), first.text
    arn = arn_in(near, FAR)
    near.import_acm(line[0], FAR, arn)
    for less in ("ImportCertificate", "GetCertificate", "ListTagsForCertificate", ""):
        granted(near, under, f"acm:{less}")
        ran = engine(shipped(under), arguments=("-r", FAR), out=less or "all")
        assert (ran.returncode == 0) is (not less), ran.text
        assert less in ran.text
        assert (near.acm(FAR)[arn] == line[1].certificate) is (not less)


def shipped(name: str) -> dict[str, Any]:
    """Return a policy of the pack, without handshakes."""
    [policy] = yaml.safe_load((PACK / f"{name}.yml").read_text())["policies"]
    policy["actions"][0]["verify"] = "api"
    return dict(policy)


def test_a_plan_lists_each_region_once(
    near: Sandbox, engine: Engine, clock: Clock, old: str, line: tuple[Issued, ...], certs: Path
) -> None:
    """However many certificates it is for, and it imports nothing."""
    line[1].write(certs.with_name("twin"))
    near.application(FAR, "alb", Listener(443, "HTTPS", old, sni=(near.upload("twin", line[0]),)))
    near.application(HOME, "api", Listener(443, "HTTPS", old))
    ran = engine(shipped("iam-certificate-expiring-to-acm"), arguments=("--dryrun",))
    assert [r["c7n:replacement"]["Verdict"] for r in ran.resources] == ["ready"] * 2, ran.text
    listed = [c.region for c in near.journal if c.operation == "ListCertificates"]
    assert (sorted(listed), writes(near)) == ([FAR, HOME], [])
