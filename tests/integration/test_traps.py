"""Where a renewal could break a listener, or call something clean that is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from integration.conftest import NAMES, Engine, renewing, with_text, writes
from integration.test_failures import bound, name_of, serve, shown_bad

from c7n_certrenew.aws.consumers import CONSUMERS, Serving
from c7n_certrenew.core.model import Listener as ListenerSeen
from c7n_certrenew.elements.replace_certificate import ReplaceCertificate
from c7n_certrenew.renewal.rebinding import Rebinder
from c7n_certrenew.sandbox import Authority, Issued, Listener, Propagation, Sandbox
from c7n_certrenew.sandbox.clock import Clock


@pytest.fixture
def web(near: Sandbox, old: Issued) -> str:
    """Give the old certificate, served by three load balancers in three regions."""
    return serve(near, old)


def tags_of(sandbox: Sandbox, name: str) -> dict[str, str]:
    """Return the tags of a certificate in IAM."""
    client = sandbox.client("iam")
    return {
        tag["Key"]: tag["Value"]
        for tag in client.list_server_certificate_tags(ServerCertificateName=name)["Tags"]
    }


def test_a_copy_without_its_chain_is_not_reused(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """Clients need the chain that was checked: the same leaf without it is another certificate."""
    near.upload("manual", with_text(new, chain=""))
    new.write(certs)
    assert engine(renewing()).returncode == 0
    assert set(bound(near).values()) == {name_of(new)}
    held = near.client("iam").get_server_certificate(ServerCertificateName=name_of(new))
    assert held["ServerCertificate"]["CertificateChain"].strip() == new.chain.strip()


def test_a_generated_name_with_another_chain_is_refused(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """The name is taken by the same leaf without its chain: nothing is bound to that."""
    near.upload(name_of(new), with_text(new, chain=""))
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.outcome["State"]) == (2, "REFUSED")
    assert "with another certificate or chain" in ran.text
    assert writes(near) == []


def test_the_old_one_is_back_where_the_new_one_stood_before(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """An earlier run had added the new one for SNI: undoing still leaves the old one there."""
    web, there = near.upload("web", old), near.upload(name_of(new), new)
    near.application("us-east-1", "alb", Listener(443, "HTTPS", web, sni=(web, there)))
    shown_bad(near, new)
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, set(ran.states.values())) == (2, {"UNDONE"})
    assert near.bound("alb", "us-east-1", 443) == (web, (web,))


def test_a_change_by_somebody_else_while_waiting_is_kept(
    near: Sandbox,
    engine: Engine,
    web: str,
    authority: Authority,
    new: Issued,
    certs: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The listener is read again before each attempt, also while the region does not know it."""
    other = near.upload("other", authority.issue(*NAMES, days=200, key="p256"))
    near.propagation = Propagation(seconds=20)
    refused: list[int] = []

    def sleep(seconds: float) -> None:
        """Wait, and meddle the first time when that is for the region to know the certificate."""
        known = all(call.error_code != "CertificateNotFound" for call in near.journal)
        if not known and not refused:
            refused.append(len(near.journal))
            near.client("elb", "eu-west-1").set_load_balancer_listener_ssl_certificate(
                LoadBalancerName="legacy", LoadBalancerPort=443, SSLCertificateId=other
            )
        clock.advance(seconds)

    monkeypatch.setattr(clock, "sleep", sleep)
    new.write(certs)
    ran = engine(renewing(propagation_timeout=200))
    assert refused
    assert ran.states["legacy:443 default"] == "SKIPPED"
    assert bound(near) == {"legacy": "other", "alb": name_of(new), "nlb": name_of(new)}


def test_a_surprise_at_one_listener_does_not_keep_others_from_being_put_back(
    near: Sandbox,
    engine: Engine,
    web: str,
    new: Issued,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error that nobody foresaw is one binding's, is recorded, and undoing is still done."""
    elbv2: Any = CONSUMERS["elbv2"]
    stock = elbv2.serving

    def serving(client: Any, listener: ListenerSeen) -> Serving:
        if listener.load_balancer_name == "nlb":
            raise TypeError("nobody foresaw this")
        return stock(client, listener)

    monkeypatch.setattr(elbv2, "serving", serving)
    shown_bad(near, new)
    new.write(certs)
    ran = engine(renewing(canary=0))
    assert ran.states["nlb:443 default"] == "FAILED"
    assert "nobody foresaw this" in ran.reason("nlb")
    assert ran.states["alb:443 default"] == ran.states["legacy:443 default"] == "UNDONE"
    assert set(bound(near).values()) == {"web"}
    assert "certrenew:rejected" in tags_of(near, name_of(new))


def test_a_canary_that_is_half_changed_proves_nothing(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """Nobody has seen it served: the next listener is a canary too, and all are put back."""
    web = near.upload("web", old)
    near.application("us-east-1", "alb", Listener(443, "HTTPS", web, sni=(web,)))
    for number in "123":
        near.network("eu-central-1", f"nlb{number}", Listener(443, "TLS", web))
    near.fail("elbv2", "RemoveListenerCertificates", "AccessDenied", "no", times=1)
    shown_bad(near, new)
    new.write(certs)
    ran = engine(renewing())
    changed = [c for c in near.journal if c.operation == "ModifyListener" and not c.error_code]
    assert len({call.parameters["ListenerArn"] for call in changed}) == 2
    assert sorted(ran.states.values()).count("DEFERRED") == 2
    assert near.bound("alb", "us-east-1", 443) == (web, (web,))
    assert {near.bound(f"nlb{n}", "eu-central-1", 443)[0] for n in "123"} == {web}


def test_a_bad_certificate_breaks_no_second_listener_when_the_old_one_expired(
    near: Sandbox, engine: Engine, authority: Authority, new: Issued, certs: Path
) -> None:
    """It is marked as rejected though nothing could be put back: the next run refuses it."""
    serve(near, authority.issue(*NAMES, days=-1, age=90, key="p256"))
    shown_bad(near, new)
    new.write(certs)
    engine(renewing())
    before = bound(near)
    assert list(before.values()).count(name_of(new)) == 1
    again = engine(renewing(), out="again")
    assert (again.returncode, again.outcome["State"]) == (2, "REFUSED")
    assert bound(near) == before


def test_a_bad_certificate_that_cannot_be_marked_says_what_to_do(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """Without the right to tag, the reason says to take it out of the source."""
    near.deny("iam", "TagServerCertificate")
    shown_bad(near, new)
    new.write(certs)
    ran = engine(renewing())
    assert "could not be tagged as rejected: take it out of the source" in ran.text


def test_a_certificate_shown_bad_is_not_tried_for_another(
    near: Sandbox, engine: Engine, web: str, old: Issued, new: Issued, certs: Path
) -> None:
    """Two certificates of one lineage have one replacement: bad for one, bad for both."""
    twin = near.upload("twin", old, tags={"certrenew:lineage": "web"})
    near.classic("eu-west-1", "twin", Listener(443, "HTTPS", twin))
    shown_bad(near, new)
    new.write(certs)
    ran = engine(renewing())
    states = [one["State"] for one in ran.record["Outcomes"]]
    assert sorted(states) == ["REFUSED", "UNDONE"]
    changed = [c for c in near.journal if c.operation.startswith(("Set", "Modify"))]
    assert len(changed) == 2


def test_putting_back_that_fails_is_not_called_undone(
    near: Sandbox,
    engine: Engine,
    web: str,
    new: Issued,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One listener still serves the bad certificate: INCOMPLETE, and the reason says so."""
    put_back = Rebinder._put_back

    def denied(self: Rebinder, listener: ListenerSeen) -> Any:
        near.deny("elb", "SetLoadBalancerListenerSSLCertificate")
        return put_back(self, listener)

    monkeypatch.setattr(Rebinder, "_put_back", denied)
    shown_bad(near, new)
    new.write(certs)
    ran = engine(renewing(canary=0))
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE")
    assert "not put back" in ran.reason("legacy")


def test_what_was_narrowed_is_not_called_replaced(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """With `services` the others still serve the old certificate: it is not tagged replaced."""
    policy = renewing(services=["elb"])
    policy["filters"][1] = {"type": "listener", "services": ["elb"]}
    new.write(certs)
    assert engine(policy).returncode == 0
    assert bound(near) == {"legacy": name_of(new), "alb": "web", "nlb": "web"}
    assert "certrenew:replaced-by" not in tags_of(near, "web")


def test_a_listener_added_since_the_filters_looked_is_renewed(
    near: Sandbox,
    engine: Engine,
    web: str,
    new: Issued,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The action looks for itself before it calls a certificate renewed."""
    process = ReplaceCertificate.process

    def later(self: ReplaceCertificate, resources: list[dict[str, Any]]) -> Any:
        near.application("us-east-1", "added", Listener(443, "HTTPS", web))
        return process(self, resources)

    monkeypatch.setattr(ReplaceCertificate, "process", later)
    new.write(certs)
    assert engine(renewing()).returncode == 0
    assert near.bound("added", "us-east-1", 443)[0] == near.certificates()[name_of(new)]


@pytest.mark.parametrize("near", [{"addresses": 2}], indirect=True)
def test_an_address_that_was_not_seen_is_not_verified(
    near: Sandbox,
    engine: Engine,
    web: str,
    new: Issued,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One of two addresses does not answer: the API's word is all there is for it."""
    first, *others = near.environ["CERTRENEW_RESOLVE"].split()
    dead = ":".join([*first.rsplit(":", 2)[0:1], "127.0.0.1", "1"])
    entries = " ".join([dead, *others])
    monkeypatch.setattr(Sandbox, "environ", {**near.environ, "CERTRENEW_RESOLVE": entries})
    new.write(certs)
    ran = engine(renewing())
    assert sorted(ran.states.values()) == ["API_VERIFIED", "VERIFIED", "VERIFIED"]
    assert ran.returncode == 0


def test_a_served_certificate_that_expired_does_not_wait_quietly(
    near: Sandbox, engine: Engine, authority: Authority, certs: Path
) -> None:
    """The source still holds the expired one: WAITING, and the run fails."""
    gone = authority.issue(*NAMES, days=-1, age=90, key="p256")
    serve(near, gone)
    gone.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.outcome["State"]) == (2, "WAITING")


def test_a_certificate_that_waits_is_read_once(
    near: Sandbox, engine: Engine, web: str, old: Issued, certs: Path
) -> None:
    """What the source still holds is known to be in IAM: it is not asked for again."""
    old.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.outcome["State"]) == (0, "WAITING")
    assert [c.operation for c in near.journal].count("GetServerCertificate") == 1
