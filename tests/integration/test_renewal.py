"""A renewal from the policy to what clients are served."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from integration.conftest import (
    NAMES,
    SOURCE,
    Engine,
    filtering,
    read_run,
    renewing,
    served,
    writes,
)

from c7n_certrenew.aws import iam
from c7n_certrenew.core.lineage import generated_name
from c7n_certrenew.sandbox import Authority, Issued, Listener, LoadBalancer, Propagation, Sandbox


@dataclass(frozen=True)
class Fleet:
    """Every kind of listener in three regions; `web` is to be renewed, `other` stays."""

    sandbox: Sandbox
    web: str
    other: str
    balancers: tuple[LoadBalancer, ...]

    def bound(self) -> dict[str, tuple[str | None, tuple[str, ...]]]:
        """Return what every TLS listener holds."""
        return {
            f"{balancer.name}:{port}": self.sandbox.bound(balancer.name, balancer.region, port)
            for balancer in self.balancers
            for port in PORTS[balancer.name]
        }

    def served(self, issued: Issued) -> set[str]:
        """Return what clients of all listeners of `web` are served, by both names."""
        return {
            served(self.sandbox, balancer, issued, port, name)
            for balancer in self.balancers
            for port in PORTS[balancer.name]
            for name in NAMES
            if (balancer.name, port) != ("legacy", 9443)
        }

    def settings(self, replaced: str = "") -> str:
        """Return all that AWS tells about the listeners, with `web` in place of `replaced`."""
        shown = [_shown(self.sandbox, balancer) for balancer in self.balancers]
        text = json.dumps(shown, default=str)
        return text.replace(replaced, self.web) if replaced else text


PORTS = {"legacy": (443, 8443, 9443), "shop": (443, 8443), "edge": (443, 8443)}


def _shown(sandbox: Sandbox, balancer: LoadBalancer) -> list[Any]:
    if balancer.arn is None:
        elb, one = sandbox.client("elb", balancer.region), {"LoadBalancerName": balancer.name}
        described = elb.describe_load_balancers(LoadBalancerNames=[balancer.name])
        tags = elb.describe_tags(LoadBalancerNames=[balancer.name])["TagDescriptions"]
        attributes = elb.describe_load_balancer_attributes(**one)["LoadBalancerAttributes"]
        return [described["LoadBalancerDescriptions"], attributes, tags]
    elbv2, one = sandbox.client("elbv2", balancer.region), {"LoadBalancerArn": balancer.arn}
    listeners = elbv2.describe_listeners(**one)["Listeners"]
    described = elbv2.describe_load_balancers(LoadBalancerArns=[balancer.arn])["LoadBalancers"]
    attributes = elbv2.describe_load_balancer_attributes(**one)["Attributes"]
    lists = [
        sorted((not c["IsDefault"], c["CertificateArn"]) for c in pages["Certificates"])
        for pages in (
            elbv2.describe_listener_certificates(ListenerArn=listener["ListenerArn"])
            for listener in listeners
            if listener["Protocol"] != "HTTP"
        )
    ]
    return [described, attributes, listeners, lists]


def fleet_of(sandbox: Sandbox, authority: Authority, old: Issued) -> Fleet:
    """Create the load balancers."""
    web = sandbox.upload("web", old, tags={"team": "shop"})
    other = sandbox.upload("other", authority.issue("other.example.com", days=200, key="p256"))
    plain, both = Listener(80, "HTTP"), Listener(443, "HTTPS", web, sni=(web, other))
    balancers = (
        sandbox.classic(
            "eu-west-1",
            "legacy",
            plain,
            Listener(443, "HTTPS", web),
            Listener(8443, "SSL", web),
            Listener(9443, "HTTPS", other),
            tags={"owner": "a"},
        ),
        sandbox.application(
            "us-east-1", "shop", plain, both, Listener(8443, "HTTPS", other, sni=(web,))
        ),
        sandbox.network(
            "eu-central-1",
            "edge",
            Listener(443, "TLS", web),
            Listener(8443, "TLS", other, sni=(other, web)),
        ),
    )
    return Fleet(sandbox, web, other, balancers)


@pytest.fixture
def fleet(near: Sandbox, authority: Authority, old: Issued) -> Fleet:
    """Give the fleet in this process."""
    return fleet_of(near, authority, old)


def name_of(new: Issued, lineage: str = "web") -> str:
    """Return the name under which a renewed certificate is uploaded."""
    return generated_name(lineage, new.not_after, new.fingerprint)


def tags(sandbox: Sandbox, name: str) -> dict[str, str]:
    """Return the tags of a server certificate."""
    listed = sandbox.client("iam").list_server_certificate_tags(ServerCertificateName=name)
    return {tag["Key"]: tag["Value"] for tag in listed["Tags"]}


def test_stock_command_renews_every_binding(
    sandbox: Sandbox,
    custodian: Callable[..., Any],
    authority: Authority,
    old: Issued,
    new: Issued,
    certs: Path,
    tmp_path: Path,
) -> None:
    """`custodian run` renews HTTPS, SSL, TLS, default and SNI, in every region, once."""
    fleet = fleet_of(sandbox, authority, old)
    sandbox.propagation = Propagation(calls=1)
    assert fleet.served(old) == {old.fingerprint}
    policy = renewing()
    policy["filters"].append({"type": "replacement", "source": policy["actions"][0].pop("source")})
    (tmp_path / "renew.json").write_text(json.dumps({"policies": [policy]}))
    command = "run", "--cache-period=0", "-s", "out", "renew.json"
    new.write(certs)
    first = custodian(*command)
    ran = read_run(tmp_path / "out/renew", first.returncode, first.stderr)
    assert ran.returncode == 0, ran.text
    assert set(ran.states.values()) == {"VERIFIED"}
    assert fleet.served(new) == {new.fingerprint}
    arn, other = sandbox.certificates()[name_of(new)], fleet.other
    assert fleet.bound() == {
        "legacy:443": (arn, ()),
        "legacy:8443": (arn, ()),
        "legacy:9443": (other, ()),
        "shop:443": (arn, (other, arn)),
        "shop:8443": (other, (arn,)),
        "edge:443": (arn, ()),
        "edge:8443": (other, (other, arn)),
    }
    assert not [call for call in writes(sandbox) if call.startswith(("Delete", "Create"))]
    sandbox.clear_journal()
    second = custodian(*command)
    assert (second.returncode, writes(sandbox)) == (0, []), second.stderr


def test_only_the_certificate_changes(
    fleet: Fleet, engine: Engine, new: Issued, certs: Path
) -> None:
    """All else that AWS tells about listeners and load balancers is as before."""
    before = fleet.settings()
    new.write(certs)
    engine(renewing())
    arn = fleet.sandbox.certificates()[name_of(new)]
    assert arn in fleet.settings()
    assert fleet.settings(arn) == before


def test_second_run_changes_nothing(fleet: Fleet, engine: Engine, new: Issued, certs: Path) -> None:
    """What has been renewed is neither uploaded nor bound nor tagged again."""
    new.write(certs)
    engine(renewing())
    fleet.sandbox.clear_journal()
    again = engine(renewing())
    assert (again.returncode, again.found, writes(fleet.sandbox)) == (0, [], [])


def test_waits_while_the_source_has_nothing_new(
    fleet: Fleet, engine: Engine, old: Issued, certs: Path
) -> None:
    """A source that still holds the old certificate is no error: there is nothing to do yet."""
    old.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.outcome["State"], writes(fleet.sandbox)) == (0, "WAITING", [])


def test_three_renewals_by_one_policy(
    fleet: Fleet, engine: Engine, authority: Authority, certs: Path
) -> None:
    """Names do not grow and paths do not move: the lineage stays `web`."""
    names = ["web"]
    for days in (17, 23, 29):
        issued = authority.issue(*NAMES, days=days, key="p256")
        issued.write(certs)
        ran = engine(renewing())
        assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
        names.append(name_of(issued))
        assert fleet.served(issued) == {issued.fingerprint}
        assert tags(fleet.sandbox, names[-1]) == {
            "team": "shop",
            "certrenew:lineage": "web",
            "certrenew:replaces": names[-2],
        }
        assert tags(fleet.sandbox, names[-2])["certrenew:replaced-by"] == names[-1]
    assert sorted(fleet.sandbox.certificates()) == sorted([*names, "other"])


@pytest.mark.parametrize("delay", [Propagation(calls=3), Propagation(seconds=1)])
def test_waits_for_the_propagation(
    fleet: Fleet, engine: Engine, new: Issued, certs: Path, delay: Propagation
) -> None:
    """A region that does not know the new certificate yet is asked again (AWS row 1)."""
    fleet.sandbox.propagation = delay
    new.write(certs)
    ran = engine(renewing(propagation_timeout=20))
    answers = [c.error_code for c in fleet.sandbox.journal if c.operation in BINDING]
    assert answers.count("CertificateNotFound") >= 3
    assert set(answers) == {"CertificateNotFound", None}
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED")
    assert writes(fleet.sandbox).count("UploadServerCertificate") == 1


BINDING = (
    "SetLoadBalancerListenerSSLCertificate",
    "ModifyListener",
    "AddListenerCertificates",
    "RemoveListenerCertificates",
)


def test_order_of_calls_where_it_is_default_and_sni(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """The new one is added for SNI, made the default, then the old one is removed (AWS row 4)."""
    web = near.upload("web", old)
    near.application("us-east-1", "shop", Listener(443, "HTTPS", web, sni=(web,)))
    new.write(certs)
    engine(renewing())
    rebinding = [call for call in writes(near) if "Listener" in call]
    assert rebinding == ["AddListenerCertificates", "ModifyListener", "RemoveListenerCertificates"]


def test_certificate_that_is_in_iam_is_reused(
    fleet: Fleet, engine: Engine, new: Issued, certs: Path
) -> None:
    """The same fingerprint under any name is bound, not uploaded a second time."""
    there = fleet.sandbox.upload("by-hand", new)
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.outcome["NewArn"], ran.outcome["Uploaded"]) == (0, there, False)
    assert "UploadServerCertificate" not in writes(fleet.sandbox)
    assert fleet.sandbox.bound("legacy", "eu-west-1", 443) == (there, ())


def hide_from_the_plan(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let a certificate be uploaded by somebody else right after the plan was made."""
    listed = iam.list_certificates
    monkeypatch.setattr(
        iam, "list_certificates", lambda client: [c for c in listed(client) if c.name != name]
    )


def test_upload_lost_a_race_to_the_same_certificate(
    fleet: Fleet, engine: Engine, new: Issued, certs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EntityAlreadyExists with the same body means that it is there (AWS row 8)."""
    there = fleet.sandbox.upload(name_of(new), new)
    hide_from_the_plan(monkeypatch, name_of(new))
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.outcome["NewArn"], ran.outcome["Uploaded"]) == (0, there, False)


def test_upload_lost_a_race_to_another_certificate(
    fleet: Fleet,
    engine: Engine,
    old: Issued,
    new: Issued,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """EntityAlreadyExists with another body is refused: nothing is bound (AWS row 8)."""
    fleet.sandbox.upload(name_of(new), old)
    hide_from_the_plan(monkeypatch, name_of(new))
    new.write(certs)
    before = fleet.bound()
    ran = engine(renewing())
    assert (ran.returncode, ran.outcome["State"]) == (2, "REFUSED")
    assert ran.codes == ["upload-failed"]
    assert "EntityAlreadyExists" in ran.text
    assert fleet.bound() == before


def test_name_that_is_taken_is_refused_before_the_upload(
    fleet: Fleet, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """Names are unique whatever the case: another certificate's name is no place to upload."""
    fleet.sandbox.upload(name_of(new).upper(), old)
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.codes, writes(fleet.sandbox)) == (2, ["name-taken"], [])


def test_two_certificates_of_one_run_do_not_wait_for_each_others_faults(
    near: Sandbox, engine: Engine, authority: Authority, tmp_path: Path, old: Issued, new: Issued
) -> None:
    """One that is refused does not stop the other; the run fails and names the refused one."""
    shop = near.classic("eu-west-1", "shop", Listener(443, "HTTPS", near.upload("web", old)))
    near.classic("eu-west-1", "bare", Listener(443, "HTTPS", near.upload("bare", old)))
    new.write(tmp_path / "certs/web")
    ran = engine(renewing())
    states = {o["ServerCertificateName"]: o["State"] for o in ran.record["Outcomes"]}
    assert states == {"web": "RENEWED", "bare": "REFUSED"}
    assert ran.returncode == 2
    assert "not renewed: bare REFUSED" in ran.text
    assert served(near, shop, new) == new.fingerprint


def test_dry_run_shows_the_plan_and_changes_nothing(
    fleet: Fleet, engine: Engine, new: Issued, certs: Path
) -> None:
    """`--dryrun` shows candidate and bindings, from what to what, without reading the key."""
    new.write(certs)
    (certs / "key.pem").unlink()
    ran = engine(plan_only(), arguments=["--dryrun"])
    [found] = ran.resources
    plan = found["c7n:replacement"]
    assert (plan["Available"], plan["Verdict"], plan["Upload"]) == (True, "ready", True)
    assert plan["Candidate"]["Fingerprint"] == new.fingerprint
    assert {(b["From"], b["To"]) for b in plan["Bindings"]} == {(fleet.web, name_of(new))}
    assert len(plan["Bindings"]) == 7
    assert "key-not-checked" in [note["Code"] for note in plan["Notes"]]
    assert (ran.returncode, writes(fleet.sandbox)) == (0, [])


def plan_only(**options: Any) -> dict[str, Any]:
    """Return a policy whose filter names the source, for the action as well."""
    policy = renewing()
    source = policy["actions"][0].pop("source")
    policy["filters"].append({"type": "replacement", "source": source, **options})
    return policy


@pytest.mark.parametrize(
    ("available", "with_file", "found"),
    [
        (True, True, ["web"]),
        (True, False, []),
        (False, True, []),
        (False, False, ["web"]),
        (None, True, ["web"]),
        (None, False, ["web"]),
    ],
)
def test_replacement_finds_by_what_the_source_has(
    fleet: Fleet,
    engine: Engine,
    new: Issued,
    certs: Path,
    available: bool | None,
    with_file: bool,
    found: list[str],
) -> None:
    """`available` keeps those with an acceptable candidate, or those without one."""
    if with_file:
        new.write(certs)
    given = {} if available is None else {"available": available}
    due = {"type": "expires-within", "days": 30}
    ran = engine(filtering(due, {"type": "replacement", "source": SOURCE, **given}))
    assert (ran.returncode, ran.found) == (0, found)


def test_action_and_filter_must_not_contradict_each_other(
    fleet: Fleet, engine: Engine, new: Issued, certs: Path
) -> None:
    """A plan that is not what the action would do is refused before anything is read."""
    new.write(certs)
    policy = plan_only(issuers=["CN=A"])
    policy["actions"][0]["issuers"] = ["CN=B"]
    ran = engine(policy)
    assert ran.returncode != 0
    assert "issuers is not what the replacement filter says" in ran.text
    assert fleet.sandbox.journal == []


@pytest.mark.parametrize(
    ("narrowing", "same"),
    [
        ({"role": "sni"}, False),
        ({"services": ["elb"]}, False),
        ({"regions": ["eu-west-1"]}, False),
        ({"services": ["elb"]}, True),
        ({"regions": ["eu-west-1"]}, True),
    ],
)
def test_narrowing_listener_filter_is_refused_unless_the_action_says_it_too(
    fleet: Fleet, engine: Engine, new: Issued, certs: Path, narrowing: dict[str, Any], same: bool
) -> None:
    """The action replaces every binding, so a filter that hides some is an error."""
    new.write(certs)
    policy = renewing(**(narrowing if same else {}))
    policy["filters"][1] |= narrowing
    ran = engine(policy)
    if same:
        assert ran.returncode == 0, ran.text
        assert {b["Service"] for b in ran.outcome["Bindings"]} == {"elb"}
    else:
        assert ran.returncode != 0
        assert f"the listener filter narrows {next(iter(narrowing))}" in ran.text
        assert writes(fleet.sandbox) == []


def test_certificate_that_nobody_serves_is_left_alone(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """There is nothing to rebind, so nothing is uploaded."""
    near.upload("web", old)
    new.write(certs)
    policy = renewing()
    del policy["filters"][1]
    ran = engine(policy)
    assert (ran.returncode, ran.outcome["State"], writes(near)) == (0, "UNUSED", [])


def test_tags_may_be_forbidden(fleet: Fleet, engine: Engine, new: Issued, certs: Path) -> None:
    """Where tags are not allowed names alone must do (AWS row 15)."""
    fleet.sandbox.deny("iam", "TagServerCertificate")
    fleet.sandbox.fail("iam", "UploadServerCertificate", "AccessDenied", "iam:TagServerCertificate")
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED")
    assert name_of(new) in fleet.sandbox.certificates()
    assert tags(fleet.sandbox, name_of(new)) == {}


def test_plan_is_on_disk_before_the_first_change(
    fleet: Fleet, engine: Engine, new: Issued, certs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the upload is called, certrenew.json has every binding with what it holds."""
    seen: list[dict[str, Any]] = []
    upload = iam.upload

    def look(*arguments: Any) -> Any:
        seen.append(json.loads((certs.parents[1] / "out/renew/certrenew.json").read_text()))
        return upload(*arguments)

    monkeypatch.setattr(iam, "upload", look)
    new.write(certs)
    engine(renewing())
    [record] = seen
    assert record["Outcomes"] == []
    assert len(record["Plans"][0]["Bindings"]) == 7
