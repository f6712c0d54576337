"""SNI lists: full ones, both roles, many certificates, and RSA and ECDSA twins for one name."""

from __future__ import annotations

from pathlib import Path

import pytest
from integration.conftest import NAMES, Engine, renewing, served, writes

from c7n_certrenew.core.lineage import generated_name
from c7n_certrenew.sandbox import Authority, Fault, Issued, Kind, Listener, Propagation, Sandbox
from c7n_certrenew.sandbox.clock import Clock

REGION = "us-east-1"
LIST = ("AddListenerCertificates", "ModifyListener", "RemoveListenerCertificates")
GAP = "its SNI list was full: for a moment neither certificate was in it"


@pytest.fixture(scope="module")
def other(authority: Authority) -> Issued:
    """Give a certificate for another name, to fill lists with."""
    return authority.issue("other.example.com", days=200, key="p256")


def filled(near: Sandbox, other: Issued, number: int) -> tuple[str, ...]:
    """Upload certificates for other names, beyond the default quota."""
    near.quota = 100
    return tuple(near.upload(f"other-{n:02}", other) for n in range(number))


def name_of(issued: Issued, lineage: str = "web") -> str:
    """Return the name under which a renewed certificate is uploaded."""
    return generated_name(lineage, issued.not_after, issued.fingerprint)


def list_calls(near: Sandbox) -> list[str]:
    """Return the changes of listeners, with what was answered."""
    calls = [call for call in near.journal if call.operation in LIST]
    return [f"{c.operation}{f' {c.error_code}' if c.error_code else ''}" for c in calls]


ADD, SWITCH, REMOVE = LIST
FULL = f"{ADD} TooManyCertificates"


def test_full_list_is_kept(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, other: Issued, certs: Path
) -> None:
    """AWS row 5: while the old one is valid nothing is taken out; the run says what to do."""
    web, others = near.upload("web", old), filled(near, other, 25)
    near.application(REGION, "shop", Listener(443, "HTTPS", others[0], sni=(web, *others[1:])))
    new.write(certs)
    ran = engine(renewing())
    assert near.bound("shop", REGION, 443) == (others[0], (web, *others[1:]))
    assert list_calls(near) == [FULL]
    assert (ran.returncode, ran.states) == (2, {"shop:443 sni": "FAILED"})
    assert "take one of the load balancer's 25 out" in ran.reason("shop")
    assert "or say full-list: swap" in ran.text


def test_full_list_of_what_has_expired(
    near: Sandbox,
    engine: Engine,
    authority: Authority,
    new: Issued,
    other: Issued,
    certs: Path,
) -> None:
    """AWS row 5: an old one that has expired is nothing to lose, and goes first."""
    expired = authority.issue(*NAMES, days=-1, age=91, key="p256")
    web, others = near.upload("web", expired), filled(near, other, 25)
    near.application(REGION, "shop", Listener(443, "HTTPS", others[0], sni=(web, *others[1:])))
    new.write(certs)
    ran = engine(renewing())
    assert list_calls(near) == [FULL, REMOVE, ADD]
    assert (ran.returncode, list(ran.states)) == (0, ["shop:443 sni"])


def test_full_list_of_25(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, other: Issued, certs: Path
) -> None:
    """AWS row 5: with swap the old one goes first, and the outcome says that there was a gap."""
    web, others = near.upload("web", old), filled(near, other, 25)
    lb = near.application(REGION, "shop", Listener(443, "HTTPS", others[0], sni=(web, *others[1:])))
    new.write(certs)
    ran = engine(renewing(full_list="swap"))
    arn = near.certificates()[name_of(new)]
    assert near.bound("shop", REGION, 443) == (others[0], (*others[1:], arn))
    assert list_calls(near) == [FULL, REMOVE, ADD]
    assert (ran.returncode, ran.states) == (0, {"shop:443 sni": "VERIFIED"})
    assert ran.reason("shop") == GAP
    assert f"its SNI list is full, {web} is taken out to add {arn}" in ran.text
    assert served(near, lb, new) == new.fingerprint


def test_full_list_with_the_default_too(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, other: Issued, certs: Path
) -> None:
    """AWS row 5: the default is switched first and serves the names meanwhile."""
    web, others = near.upload("web", old), filled(near, other, 24)
    lb = near.network(REGION, "edge", Listener(443, "TLS", web, sni=(web, *others)))
    new.write(certs)
    shown: list[str] = []
    near.before("elbv2", ADD, lambda sandbox: shown.append(served(sandbox, lb, new)), call=2)
    ran = engine(renewing())
    arn = near.certificates()[name_of(new)]
    assert near.bound("edge", REGION, 443) == (arn, (*others, arn))
    assert list_calls(near) == [FULL, SWITCH, REMOVE, ADD]
    assert shown == [new.fingerprint]
    assert set(ran.states.values()) == {"VERIFIED"}
    [reason] = [b["Reason"] for b in ran.outcome["Bindings"] if "Reason" in b]
    assert reason == f"{GAP}, the default served their names meanwhile"


def test_full_list_that_takes_neither_back(
    near: Sandbox,
    engine: Engine,
    old: Issued,
    new: Issued,
    other: Issued,
    certs: Path,
    clock: Clock,
) -> None:
    """AWS row 5: it is tried as long as the run may take, then an ERROR says what is missing."""
    web, others = near.upload("web", old), filled(near, other, 25)
    near.application(REGION, "shop", Listener(443, "HTTPS", others[0], sni=(web, *others[1:])))
    full = {"code": "TooManyCertificates", "times": None, "skip": 1}
    near.inject(Fault("elbv2", ADD, Kind.ERROR, message="no", **full))
    new.write(certs)
    begun = clock.monotonic()
    ran = engine(renewing(timeout=300, full_list="swap"))
    assert 300 <= clock.monotonic() - begun <= 400
    assert (ran.returncode, ran.states) == (2, {"shop:443 sni": "FAILED"})
    said = f"web was taken out and neither {name_of(new)} nor web could be added"
    assert said in ran.reason("shop")
    assert f"the list lacks both; add {name_of(new)} to it" in ran.text
    assert "ERROR" in ran.text


def test_full_list_put_back(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, other: Issued, certs: Path
) -> None:
    """A certificate that is shown bad leaves a full list as it was."""
    web, others = near.upload("web", old), filled(near, other, 25)
    near.application(REGION, "shop", Listener(443, "HTTPS", others[0], sni=(web, *others[1:])))
    near.front_ends.reject(f"arn:aws:iam::{near.account_id}:server-certificate/{name_of(new)}")
    new.write(certs)
    ran = engine(renewing(full_list="swap"))
    assert (ran.returncode, ran.states) == (2, {"shop:443 sni": "UNDONE"})
    assert near.bound("shop", REGION, 443) == (others[0], (*others[1:], web))


def test_nothing_is_taken_out_before_the_region_knows_the_new_one(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, other: Issued, certs: Path
) -> None:
    """AWS rows 1 and 5: a list is left alone until the new certificate may be added."""
    web, others = near.upload("web", old), filled(near, other, 25)
    near.application(REGION, "shop", Listener(443, "HTTPS", others[0], sni=(web, *others[1:])))
    near.propagation = Propagation(calls=2)
    new.write(certs)
    assert engine(renewing(full_list="swap")).returncode == 0
    unknown = f"{ADD} CertificateNotFound"
    assert list_calls(near) == [unknown, unknown, FULL, REMOVE, ADD]


@pytest.fixture(scope="module")
def rsa(authority: Authority) -> Issued:
    """Give the RSA twin, which expires."""
    return authority.issue(*NAMES, days=12, age=78, key="rsa2048")


@pytest.fixture(scope="module")
def renewed(authority: Authority) -> Issued:
    """Give its renewal."""
    return authority.issue(*NAMES, days=89, age=1, key="rsa2048")


@pytest.fixture(scope="module")
def ecdsa(authority: Authority) -> Issued:
    """Give the ECDSA twin, which every usual client is served."""
    return authority.issue(*NAMES, days=60, age=30, key="p256")


class TestTwins:
    """An RSA and an ECDSA certificate for the same names on one listener."""

    @pytest.mark.parametrize("default", ["other", "rsa"])
    def test_one_is_renewed(
        self,
        near: Sandbox,
        engine: Engine,
        rsa: Issued,
        renewed: Issued,
        ecdsa: Issued,
        other: Issued,
        tmp_path: Path,
        default: str,
    ) -> None:
        """The plan, the listener and the handshakes are about that twin; the other stays."""
        arns = {"rsa": near.upload("rsa", rsa), "ecdsa": near.upload("ecdsa", ecdsa)}
        arns["other"] = near.upload("other", other)
        twins = arns["ecdsa"], arns["rsa"]
        lb = near.application(REGION, "shop", Listener(443, "HTTPS", arns[default], sni=twins))
        renewed.write(tmp_path / "certs" / "rsa")
        ran = engine(renewing())
        arn = near.certificates()[name_of(renewed, "rsa")]
        [plan] = ran.record["Plans"]
        assert {b["From"] for b in plan["Bindings"]} == {arns["rsa"]}
        assert (ran.returncode, set(ran.states.values())) == (0, {"VERIFIED"}), ran.text
        expected = arn if default == "rsa" else arns[default]
        assert near.bound("shop", REGION, 443) == (expected, (arns["ecdsa"], arn))
        assert served(near, lb, ecdsa) == ecdsa.fingerprint

    def test_one_that_lags(
        self,
        near: Sandbox,
        engine: Engine,
        rsa: Issued,
        renewed: Issued,
        ecdsa: Issued,
        clock: Clock,
        tmp_path: Path,
    ) -> None:
        """What clients of the twin still see is not hidden by the one that is preferred."""
        twins = near.upload("ecdsa", ecdsa), near.upload("rsa", rsa)
        near.application(REGION, "shop", Listener(443, "HTTPS", twins[0], sni=twins))
        near.front_ends.lag(60)
        renewed.write(tmp_path / "certs" / "rsa")
        ran = engine(renewing(propagation_timeout=30))
        assert (ran.returncode, ran.states) == (2, {"shop:443 sni": "UNCONFIRMED"})
        assert "(RSA alone) still serves the old certificate" in ran.reason("shop")

    def test_the_other_kind_of_key_is_no_renewal(
        self, near: Sandbox, engine: Engine, rsa: Issued, ecdsa: Issued, tmp_path: Path
    ) -> None:
        """An ECDSA certificate at the source of the RSA lineage is refused."""
        web = near.upload("rsa", rsa)
        near.application(REGION, "shop", Listener(443, "HTTPS", web))
        ecdsa.write(tmp_path / "certs" / "rsa")
        ran = engine(renewing())
        assert (ran.returncode, writes(near)) == (2, [])
