"""What renewals left behind: shown by `superseded`, deleted by `prune`, which looks again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.conftest import Engine, Policy, Ran, filtering, renewing, writes

from c7n_certrenew.commands.granting import document, needed
from c7n_certrenew.commands.permissions import AUDIT, CLEANUP
from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox
from c7n_certrenew.sandbox.faults import Fault, Kind

DELETE = "DeleteServerCertificate"
SUPERSEDED = {"type": "superseded"}
HTTPS = 443


def pruning(*filters: Any, **options: Any) -> Policy:
    """Return a policy that prunes; underscores in options stand for hyphens."""
    action = {key.replace("_", "-"): value for key, value in options.items()}
    policy = filtering(*(filters or (SUPERSEDED,)), name="prune")
    return {**policy, "actions": [{"type": "prune", **action}]}


def days_ago(days: int) -> str:
    """Return a date as a renewal writes it."""
    return f"{datetime.now(timezone.utc) - timedelta(days=days):%Y-%m-%d}"


def replaced(by: str = "new", days: int = 8) -> dict[str, str]:
    """Return the tags that a renewal leaves on the old certificate."""
    return {"certrenew:replaced-by": by, "certrenew:replaced-on": days_ago(days)}


def ends(ran: Ran) -> dict[str, str]:
    """Return how each certificate ended, as the policy's output has it."""
    ended = json.loads((ran.output / "action-prune").read_text())
    return {
        one["ServerCertificateName"]: ": ".join((one["State"], "; ".join(one["Reasons"])))
        .strip()
        .removesuffix(":")
        for one in ended
    }


@pytest.fixture
def account(near: Sandbox, authority: Authority, old: Issued, new: Issued) -> Sandbox:
    """Hold what is left behind, what is served, and the renewed one that took their place."""
    gone = authority.issue("www.example.com", days=-9, age=90, key="p256")
    near.upload("left", old, tags=replaced())
    near.upload("fresh", old, tags=replaced(days=6))
    near.upload("back", old, tags=replaced())
    near.upload("lost", old, tags=replaced("nobody"))
    near.upload("dead", gone)
    near.upload("spare", old)
    arn = near.upload("new", new)
    near.application("eu-central-1", "api", Listener(HTTPS, "HTTPS", arn))
    near.network(
        "us-east-1", "edge", Listener(HTTPS, "TLS", arn, sni=(near.certificates()["back"],))
    )
    near.clear_journal()
    return near


KEPT = {"fresh", "back", "lost", "dead", "spare", "new"}


def test_a_dry_run_shows_what_would_go(account: Sandbox, engine: Engine) -> None:
    """The filter matches what `prune` would delete, by what and when it was replaced."""
    ran = engine(pruning(), arguments=("--dryrun",))
    assert (ran.returncode, ran.found) == (0, ["left"])
    [left] = ran.resources
    assert left["c7n:superseded"] == {"ReplacedBy": "new", "ReplacedOn": days_ago(8)}
    assert engine(filtering({**SUPERSEDED, "keep-days": 6})).found == ["fresh", "left"]
    assert engine(filtering({**SUPERSEDED, "scope": "any"})).found == ["dead", "left"]
    assert engine(filtering({**SUPERSEDED, "scope": "any", "keep-days": 10})).found == []
    assert writes(account) == []


def test_tags_are_read_of_what_nobody_serves(account: Sandbox, engine: Engine) -> None:
    """One call for each of these and no other."""
    engine(filtering(SUPERSEDED))
    read = [c for c in account.journal if c.operation == "ListServerCertificateTags"]
    assert len(read) == len(KEPT | {"left"}) - len({"new", "back"})


def test_it_deletes_what_is_left_behind(account: Sandbox, engine: Engine) -> None:
    """And nothing that cannot be missed (AWS row 22); a second run has nothing to do."""
    ran = engine(pruning())
    assert (ran.returncode, ends(ran)) == (0, {"left": "PRUNED"})
    assert "INFO policy:prune certificate:left PRUNED" in ran.text
    assert set(account.certificates()) == KEPT
    assert engine(pruning()).found == []
    assert writes(account) == [DELETE]


def test_it_trusts_no_filter(account: Sandbox, engine: Engine) -> None:
    """Whatever is handed to it, each certificate is judged by itself, with every reason."""
    ran = engine(pruning({"type": "value", "key": "Arn", "value": "present"}))
    assert ran.returncode == 0
    assert ends(ran) == {
        "left": "PRUNED",
        "fresh": f"KEPT: it was replaced on {days_ago(6)} and is kept for 7 days",
        "back": "KEPT: elbv2/edge:443 in us-east-1 (sni) serves it",
        "lost": "KEPT: nobody, which replaced it, is not in IAM",
        **dict.fromkeys(("dead", "spare", "new"), "KEPT: no renewal replaced it"),
    }
    assert "WARNING policy:prune certificate:back KEPT: elbv2/edge:443 in us-east-1" in ran.text
    assert set(account.certificates()) == KEPT


def test_any_must_be_said(account: Sandbox, engine: Engine) -> None:
    """Then what expired long ago goes too; what is valid stays, served or not."""
    ran = engine(pruning(scope="any"))
    assert ends(ran) == {"left": "PRUNED", "dead": "PRUNED"}
    assert set(account.certificates()) == KEPT - {"dead"}


UNREAD: list[tuple[tuple[str, str, str | None], str]] = [
    (("elbv2", "DescribeListenerCertificates", "us-east-1"), "elbv2 in us-east-1: "),
    (("elb", "*", "eu-west-1"), "elb in eu-west-1: "),
    (("ec2", "DescribeRegions", None), "ec2 in *: "),
    (("iam", "ListServerCertificateTags", None), "iam in *: "),
]


def test_while_anything_is_unread_nothing_goes(account: Sandbox, engine: Engine) -> None:
    """The filter shows what may be left behind, and says what was not looked at."""
    for denied, scope in UNREAD:
        account.clear_faults()
        account.deny(*denied)
        ran = engine(pruning())
        [left] = [r for r in ran.resources if r["ServerCertificateName"] == "left"]
        [reason] = left["c7n:superseded"]["Kept"]
        assert reason.startswith(f"not looked at: {scope}")
        assert [s["Service"] for s in left["c7n:unread"]] == [denied[0]]
        expected = "FAILED: ListServerCertificateTags answered" if denied[0] == "iam" else "KEPT"
        assert ends(ran)["left"].startswith(expected)
        assert ran.returncode == (2 if denied[0] == "iam" else 0)
    assert DELETE not in writes(account)


def test_it_looks_again(account: Sandbox, engine: Engine) -> None:
    """What was bound, tagged or exchanged since the filter looked is seen by the action."""
    arn = account.certificates()["left"]

    def bind(sandbox: Sandbox) -> None:
        sandbox.classic("eu-west-1", "late", Listener(HTTPS, "HTTPS", arn))

    account.before("elb", "DescribeLoadBalancers", bind, call=4)
    assert ends(engine(pruning())) == {
        "left": "KEPT: elb/late:443 in eu-west-1 (default) serves it"
    }


CHANGES: list[tuple[Callable[[Sandbox], Any], str]] = [
    (
        lambda s: s.client("iam").untag_server_certificate(
            ServerCertificateName="left", TagKeys=["certrenew:replaced-by"]
        ),
        "KEPT: no renewal replaced it",
    ),
    (lambda s: s.discard("new"), "KEPT: new, which replaced it, is not in IAM"),
    (lambda s: s.discard("left"), "PRUNED: it was gone already"),
]


@pytest.mark.parametrize(("change", "end"), CHANGES)
def test_each_is_read_right_before(
    account: Sandbox, engine: Engine, change: Callable[[Sandbox], Any], end: str
) -> None:
    """Its tags and the list of certificates are those of the moment, not the filter's."""
    account.before("iam", "ListServerCertificateTags", change, call=6)
    ran = engine(pruning())
    assert ran.returncode == 0
    assert ends(ran)["left"].startswith(end)


def test_what_is_in_acm_now(account: Sandbox, engine: Engine, new: Issued, old: Issued) -> None:
    """A replacement may be in ACM: it is looked for there, where a tag names one of the account."""
    parts = {"Certificate": new.certificate, "PrivateKey": new.private_key}
    arn = account.client("acm", "eu-west-1").import_certificate(**parts)["CertificateArn"]
    for name, by in (
        ("moved", arn),
        ("gone", f"{arn}0"),
        ("odd", "arn:aws:acm:evil.example.com:123456789012:certificate/1"),
        ("alien", "arn:aws:acm:eu-west-1:210987654321:certificate/1"),
    ):
        account.upload(name, old, tags=replaced(by))
    ran = engine(pruning())
    assert (ran.returncode, ends(ran)) == (0, {"left": "PRUNED", "moved": "PRUNED"})


def test_tag_is_not_taken_for_a_replacement(
    account: Sandbox, engine: Engine, authority: Authority, old: Issued, new: Issued
) -> None:
    """What anybody who may tag can name must cover the names, and be good: one must stay."""
    other = authority.issue("other.example.com", days=300, key="p256")
    twin = authority.issue("www.example.com", "api.example.com", days=300, key="rsa2048")
    for by, issued in (("other", other), ("twin", twin)):
        account.upload(by, issued)
        account.upload(f"of-{by}", old, tags=replaced(by))
    parts = {"Certificate": other.certificate, "PrivateKey": other.private_key}
    arn = account.client("acm", "eu-west-1").import_certificate(**parts)["CertificateArn"]
    account.upload("of-acm", old, tags=replaced(arn))
    bad = {"certrenew:rejected": new.fingerprint}
    account.upload("bad", new, tags=bad)
    for name, by in (("bad", "bad"), ("bad-acm", account.import_acm(new, tags=bad))):
        account.upload(f"of-{name}", old, tags=replaced(by))
    assert engine(filtering(SUPERSEDED)).found == ["left"]
    ran = engine(pruning({"type": "value", "key": "Arn", "value": "present"}))
    ended, lack = ends(ran), "does not cover api.example.com, www.example.com"
    assert ended["of-other"] == f"KEPT: other, which replaced it, {lack}"
    assert ended["of-acm"] == f"KEPT: {arn}, which replaced it, {lack}"
    assert ended["of-twin"] == "KEPT: twin has another kind of key"
    assert ended["of-bad"] == "KEPT: bad, which replaced it, was shown bad since"
    assert ended["of-bad-acm"] == f"KEPT: {by}, which replaced it, was shown bad since"
    assert account.certificates().keys() >= {"of-other", "of-acm", "of-twin"}
    account.deny("iam", "GetServerCertificate")
    account.upload("left", old, tags=replaced())
    unread = engine(pruning(), out="unread")
    assert ends(unread)["left"].startswith("KEPT: not looked at: iam in *: GetServerCertificate")


def test_another_of_its_name_stays(account: Sandbox, engine: Engine, old: Issued) -> None:
    """A certificate that took the name meanwhile is not the one that was looked at."""

    def exchange(sandbox: Sandbox) -> None:
        sandbox.discard("left")
        sandbox.upload("left", old, tags=replaced())

    account.before("iam", "ListServerCertificateTags", exchange, call=6)
    assert ends(engine(pruning())) == {"left": "KEPT: it is another certificate than a moment ago"}


def test_a_conflict_is_evidence(account: Sandbox, engine: Engine) -> None:
    """What AWS says is used stays, by whom is said, and the next run tries again (AWS row 10)."""
    arn = account.certificates()["left"]
    account.detach_lag = 3600
    front = account.application("eu-west-1", "front", Listener(HTTPS, "HTTPS", arn))
    elbv2 = account.client("elbv2", "eu-west-1")
    elbv2.delete_load_balancer(LoadBalancerArn=front.arn)
    ran = engine(pruning())
    said = f"AWS says that {front.arn} uses it (DeleteConflict), or did until some hours ago"
    assert (ran.returncode, ends(ran)) == (0, {"left": f"KEPT: {said}"})
    account.advance(3601)
    assert ends(engine(pruning(), out="again")) == {"left": "PRUNED"}


def test_what_was_renamed_stays(account: Sandbox, engine: Engine) -> None:
    """A listener that names a certificate by its former ARN keeps all that it may be."""
    account.classic("eu-west-1", "legacy", Listener(HTTPS, "HTTPS", account.certificates()["left"]))
    account.client("iam").update_server_certificate(ServerCertificateName="left", NewPath="/a/")
    ran = engine(pruning())
    assert "which IAM does not list: perhaps its former name" in ends(ran)["left"]
    assert "left" in account.certificates()


def test_one_that_cannot_be_deleted_fails_the_run(
    account: Sandbox, engine: Engine, old: Issued
) -> None:
    """One line says which and why, the others are deleted, and all of it is written."""
    account.upload("also", old, tags=replaced())
    account.inject(Fault("iam", DELETE, Kind.DENIED, times=1))
    ran = engine(pruning())
    assert ran.returncode == 2
    assert "not pruned: also; action-prune says why" in ran.text
    assert "Traceback" not in ran.text
    assert ends(ran)["also"].startswith(f"FAILED: {DELETE} answered AccessDenied")
    assert ends(ran)["left"] == "PRUNED"
    assert set(account.certificates()) == KEPT | {"also"}


def test_an_answer_that_is_lost(account: Sandbox, engine: Engine, clock: object) -> None:
    """It is looked whether the certificate is gone; what is there is FAILED, never PRUNED."""
    account.inject(Fault("iam", DELETE, Kind.RESET, times=9, after_effect=True))
    assert ends(engine(pruning())) == {"left": "PRUNED"}


def test_a_renewal_and_its_clean_up(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Any
) -> None:
    """What `replace-certificate` leaves behind is what `prune` takes, a week later."""
    near.classic("eu-west-1", "front", Listener(HTTPS, "HTTPS", near.upload("web", old)))
    new.write(certs)
    assert engine(renewing(verify="api")).returncode == 0
    assert engine(pruning()).found == []
    assert ends(engine(pruning(keep_days=0), out="now")) == {"web": "PRUNED"}
    [left] = near.certificates()
    assert left.startswith("web-")


def shipped() -> Policy:
    """Return the shipped policy that prunes what was replaced."""
    [path] = (Path(__file__).parents[2] / "policies/cleanup").glob("*-superseded-prune.yml")
    [policy] = yaml.safe_load(path.read_text())["policies"]
    return dict(policy)


def test_it_needs_two_roles(account: Sandbox, engine: Engine) -> None:
    """The shipped policy runs with `audit` and `cleanup`; without the latter a line names it."""
    audit, cleanup = (document(needed([]), role=role) for role in (AUDIT, CLEANUP))
    account.restrict(audit)
    ran = engine(shipped())
    assert ran.returncode == 2
    assert "certificate:left FAILED: DeleteServerCertificate answered AccessDenied" in ran.text
    account.restrict(audit, cleanup)
    ran = engine(shipped(), out="again")
    assert (ran.returncode, ends(ran)) == (0, {"left": "PRUNED"})
    assert "AccessDenied" not in ran.text


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (filtering({"not": [SUPERSEDED]}), "would match what is not known"),
        ({**filtering(SUPERSEDED), "actions": ["delete"]}, "use prune"),
        (pruning({**SUPERSEDED, "keep-days": 3}, keep_days=4), "not what the superseded filter"),
        (pruning(SUPERSEDED, SUPERSEDED), "superseded: stands twice"),
        (pruning(regions=["eu-west-1"]), "unknown key regions"),
        (pruning(keep_days=-1), "keep-days is too small"),
        (filtering({**SUPERSEDED, "scope": "all"}), "scope must be one of replaced, any"),
        ({**pruning(), "mode": {"type": "periodic"}}, "Lambda modes are not supported"),
    ],
)
def test_what_is_refused(policy: Policy, why: str) -> None:
    """What would delete blindly, contradict itself, or narrow where it looks."""
    from c7n.config import Config
    from c7n.exceptions import PolicyValidationError
    from c7n.policy import PolicyCollection

    config = Config.empty(region="", account_id=None)
    [made] = PolicyCollection.from_data({"policies": [policy]}, config)
    with pytest.raises(PolicyValidationError, match=why):
        made.validate()
