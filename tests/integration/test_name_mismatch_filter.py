"""What `name-mismatch` reads, what it says, and what it leaves alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from integration.conftest import Engine, Policy, filtering, writes
from moto.elbv2.models import FakeAction, FakeListenerRule, elbv2_backends

from c7n_certrenew.sandbox import Authority, Listener, Sandbox

HERE = "eu-central-1"


def naming(**options: Any) -> Policy:
    """Return a policy with this filter alone; underscores in `options` stand for hyphens."""
    asked = {key.replace("_", "-"): value for key, value in options.items()}
    return filtering({"type": "name-mismatch", **asked})


def answer_for(sandbox: Sandbox, balancer: str, *conditions: dict[str, Any]) -> None:
    """Put rules onto the one listener of a load balancer; moto refuses regular expressions."""
    backend = elbv2_backends[sandbox.account_id][HERE]
    [found] = [one for one in backend.load_balancers.values() if one.name == balancer]
    [listener] = found.listeners.values()
    answer = FakeAction({"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}})
    for condition in conditions:
        number = len(listener.rules)
        arn = f"{listener.arn.replace(':listener/', ':listener-rule/')}/{number:016x}"
        rule = FakeListenerRule(listener.arn, arn, [condition], number, [answer])
        listener.register(arn, rule)


def host(*values: str, field: str = "Values") -> dict[str, Any]:
    """Return a host-header condition."""
    return {"Field": "host-header", "HostHeaderConfig": {field: list(values)}}


@pytest.fixture
def account(near: Sandbox, authority: Authority) -> Sandbox:
    """Give an account where `web` is served in three ways, and `sni` and `idle` are not asked."""
    issued = {
        name: authority.issue(f"{name}.example.com", days=80, key="p256")
        for name in ("web", "sni", "old")
    }
    web, sni, old = (near.upload(name, issued[name]) for name in issued)
    near.upload("idle", issued["old"])
    near.classic(HERE, "legacy", Listener(443, "HTTPS", old), Listener(993, "SSL", old))
    near.network(HERE, "edge", Listener(443, "TLS", old))
    near.application(HERE, "api", Listener(443, "HTTPS", web, (sni,)))
    near.application(HERE, "plain", Listener(80, "HTTP"))
    return near


def calls(sandbox: Sandbox) -> Counter[str]:
    """Count the calls that this filter makes and a sweep does not."""
    own = ("DescribeRules", "GetServerCertificate", "DescribeCertificate")
    return Counter(call.operation for call in sandbox.journal if call.operation in own)


def test_it_reads_what_matters(account: Sandbox, engine: Engine) -> None:
    """Rules of HTTPS listeners, bodies of what must cover something, and no others."""
    answer_for(account, "api", host("web.example.com"))
    ran = engine(naming(nothing_known="exclude"))
    assert (ran.returncode, ran.found, writes(account)) == (0, [], [])
    assert calls(account) == {"DescribeRules": 1, "GetServerCertificate": 1}


def test_it_reads_what_is_beside_when_it_must(account: Sandbox, engine: Engine) -> None:
    """The certificates for SNI are read where the default does not cover a name."""
    answer_for(account, "api", host("web.example.com", "sni.example.com"))
    assert engine(naming(nothing_known="exclude")).found == []
    assert calls(account) == {"DescribeRules": 1, "GetServerCertificate": 2}


def test_no_certificate_is_read_twice(account: Sandbox, engine: Engine) -> None:
    """One that is a default here and for SNI there counts once."""
    web, sni = (account.certificates()[name] for name in ("web", "sni"))
    account.application(HERE, "two", Listener(443, "HTTPS", sni, (web,)))
    for balancer in ("api", "two"):
        answer_for(account, balancer, host("api.example.org"))
    assert engine(naming(nothing_known="exclude")).found == ["sni", "web"]
    assert calls(account) == {"DescribeRules": 2, "GetServerCertificate": 2}


def test_nothing_is_read_for_no_certificate(near: Sandbox, engine: Engine) -> None:
    """An account without certificates costs its listing alone."""
    assert engine(naming()).found == []
    called = {call.operation for call in near.journal} - {"GetCallerIdentity"}
    assert called == {"ListServerCertificates"}


def test_every_rule_counts(account: Sandbox, engine: Engine) -> None:
    """Also those beyond the first page, and every value of a condition."""
    conditions = [host("web.example.com", f"WEB.example.{n}") for n in ("com",) * 51]
    answer_for(account, "api", *conditions, host("web.example.com", "api.example.org"))
    [web] = engine(naming(nothing_known="exclude")).resources
    assert calls(account)["DescribeRules"] == 2
    shown = web["c7n:name-mismatch"]
    assert shown["Names"] == ["web.example.com"]
    [mismatched] = shown["Mismatched"]
    assert mismatched["UncoveredNames"] == ["api.example.org"]
    assert (mismatched["LoadBalancerName"], mismatched["Region"]) == ("api", HERE)
    assert "NothingKnown" not in shown
    assert "c7n:unread" not in web


def test_nothing_known_is_said(account: Sandbox, engine: Engine) -> None:
    """Whose listeners AWS says nothing of is found, or named in one warning."""
    answer_for(account, "api", host("web.example.com"))
    ran = engine(naming())
    [old] = ran.resources
    assert "does not say" not in ran.text
    shown = old["c7n:name-mismatch"]
    names = [(one["LoadBalancerName"], one["Port"]) for one in shown["NothingKnown"]]
    assert sorted(names) == [("edge", 443), ("legacy", 443), ("legacy", 993)]
    assert "Mismatched" not in shown
    assert "c7n:unread" not in old
    ran = engine(naming(nothing_known="exclude"))
    assert ran.found == []
    warning = next(line for line in ran.text.splitlines() if "does not say" in line)
    assert "policy:find name-mismatch: AWS does not say for which names these answer" in warning
    assert all(f"/{name}:" in warning for name in ("edge", "legacy"))


@pytest.mark.parametrize(
    "conditions",
    [
        [],
        [{"Field": "path-pattern", "Values": ["/*"]}],
        [host("^web.*", field="RegexValues")],
        [host("web.example.com"), host("^.*", field="RegexValues")],
    ],
    ids=["none", "of a path", "a regular expression", "one among others"],
)
def test_rules_that_say_nothing(
    account: Sandbox, engine: Engine, conditions: list[dict[str, Any]]
) -> None:
    """Without host names, and with regular expressions, it is not known what is answered."""
    answer_for(account, "api", *conditions)
    ran = engine(naming())
    assert ran.found == ["old", "web"]
    web = max(ran.resources, key=lambda one: str(one["ServerCertificateName"]))
    assert [one["LoadBalancerName"] for one in web["c7n:name-mismatch"]["NothingKnown"]] == ["api"]


def test_a_denial_is_of_what_it_concerns(account: Sandbox, engine: Engine) -> None:
    """Rules that may not be read leave alone a certificate that has none to fear."""
    account.deny("elbv2", "DescribeRules")
    ran = engine(naming(nothing_known="exclude"))
    assert ran.found == ["web"]
    [web] = ran.resources
    [unread] = web["c7n:unread"]
    assert unread["Reason"].startswith("api: DescribeRules answered AccessDenied")
    assert "what could not be looked at counts as found: elbv2 in eu-central-1" in ran.text


def test_what_is_beside_and_cannot_be_read(account: Sandbox, engine: Engine) -> None:
    """It may cover the name: so that is unknown, and not where nothing depends on it."""
    account.discard("sni")
    answer_for(account, "api", host("web.example.com"))
    assert engine(naming(nothing_known="exclude")).found == []
    answer_for(account, "api", host("sni.example.com"))
    [web] = engine(naming(nothing_known="exclude")).resources
    assert [scope["Service"] for scope in web["c7n:unread"]] == ["iam"]


def test_what_is_beside_and_need_not_be_read(account: Sandbox, engine: Engine) -> None:
    """One that cannot be read does not matter where another one covers the name."""
    certificates = account.certificates()
    beside = (certificates["idle"], certificates["sni"])
    account.application(HERE, "two", Listener(443, "HTTPS", certificates["old"], beside))
    account.discard("idle")
    answer_for(account, "two", host("sni.example.com"))
    assert engine(naming(nothing_known="exclude")).found == []


def test_a_declared_scope(account: Sandbox, engine: Engine) -> None:
    """Outside `regions` nothing is looked at, and that is no unread scope."""
    answer_for(account, "api", host("api.example.org"))
    assert engine(naming(nothing_known="exclude", regions=["eu-west-1"])).found == []
    assert engine(naming(nothing_known="exclude", regions=[HERE])).found == ["web"]


def test_a_listener_that_goes_meanwhile(account: Sandbox, engine: Engine) -> None:
    """It answers for nothing any more."""
    answer_for(account, "api", host("api.example.org"))
    balancers = account.client("elbv2", HERE).describe_load_balancers(Names=["api"])
    [balancer] = balancers["LoadBalancers"]
    account.before(
        "elbv2",
        "DescribeRules",
        lambda it: it.client("elbv2", HERE).delete_load_balancer(
            LoadBalancerArn=balancer["LoadBalancerArn"]
        ),
    )
    assert engine(naming(nothing_known="exclude")).found == []
