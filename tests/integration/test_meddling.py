"""Somebody else changes a listener in the middle of its renewal (AWS row 17)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from crossing import Crossing
from integration.conftest import NAMES, Engine, renewing

from c7n_certrenew.sandbox import Authority, Issued, Listener, LoadBalancer, Sandbox
from c7n_certrenew.sandbox.clock import Clock
from c7n_certrenew.sandbox.request import Request

REGIONS = ("us-east-1", "eu-west-1")
READ_CLASSIC, SET = "DescribeLoadBalancers", "SetLoadBalancerListenerSSLCertificate"
READ, ADD, MODIFY, REMOVE = (
    "DescribeListenerCertificates",
    "AddListenerCertificates",
    "ModifyListener",
    "RemoveListenerCertificates",
)
DONE, KEPT, GONE = "API_VERIFIED", "SKIPPED", "FAILED"


@dataclass
class Somebody:
    """Has the right to change what the renewal changes."""

    sandbox: Sandbox
    balancers: dict[str, LoadBalancer]
    arns: dict[str, str]

    def default(self, name: str) -> None:
        """Make the third certificate the default of a listener."""
        if name == "legacy":
            self._elb.set_load_balancer_listener_ssl_certificate(
                LoadBalancerName=name, LoadBalancerPort=443, SSLCertificateId=self.arns["third"]
            )
        else:
            self._elbv2.modify_listener(**self._listener(name), **self._certificate("third"))

    def sni(self, name: str) -> None:
        """Put the third certificate on the list of a listener, in place of all others."""
        self.add(name)
        _, listed = self.sandbox.bound(name, self.balancers[name].region, 443)
        for arn in set(listed) - {self.arns["third"]} - {self._default(name)}:
            self._elbv2.remove_listener_certificates(
                **self._listener(name), Certificates=[{"CertificateArn": arn}]
            )

    def both(self, name: str) -> None:
        """Put the third certificate everywhere."""
        self.default(name)
        self.sni(name)

    def add(self, name: str) -> None:
        """Add the third certificate beside those that are there."""
        self._elbv2.add_listener_certificates(**self._listener(name), **self._certificate("third"))

    def delete(self, name: str) -> None:
        """Delete a load balancer."""
        if name == "legacy":
            self._elb.delete_load_balancer(LoadBalancerName=name)
        else:
            self._elbv2.delete_load_balancer(LoadBalancerArn=self.balancers[name].arn)

    def close(self, name: str) -> None:
        """Delete a listener."""
        if name == "legacy":
            self._elb.delete_load_balancer_listeners(LoadBalancerName=name, LoadBalancerPorts=[443])
        else:
            self._elbv2.delete_listener(**self._listener(name))

    def harden(self, name: str) -> None:
        """Give a listener another security policy."""
        self._elbv2.modify_listener(**self._listener(name), SslPolicy=HARD)

    def policy(self, name: str) -> str:
        """Return the security policy of a listener."""
        arn = self._listener(name)["ListenerArn"]
        [listener] = self._elbv2.describe_listeners(ListenerArns=[arn])["Listeners"]
        return str(listener["SslPolicy"])

    @property
    def _elb(self) -> Any:
        return self.sandbox.client("elb", "eu-west-1")

    @property
    def _elbv2(self) -> Any:
        return self.sandbox.client("elbv2", "us-east-1")

    def _default(self, name: str) -> str | None:
        return self.sandbox.bound(name, self.balancers[name].region, 443)[0]

    def _listener(self, name: str) -> dict[str, str]:
        arn = self.balancers[name].arn
        [listener] = self._elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]
        return {"ListenerArn": listener["ListenerArn"]}

    def _certificate(self, name: str) -> dict[str, Any]:
        return {"Certificates": [{"CertificateArn": self.arns[name]}]}


HARD = "ELBSecurityPolicy-TLS13-1-2-2021-06"
HELD = {
    "legacy": ("new", []),
    "alb": ("new", ["new"]),
    "named": ("other", ["new"]),
    "nlb": ("new", []),
}
"""What the listeners hold after a renewal that nobody disturbs."""

BINDINGS = (
    "legacy:443 default",
    "alb:443 default",
    "alb:443 sni",
    "named:443 sni",
    "nlb:443 default",
)


@dataclass(frozen=True)
class Case:
    """Before which call somebody does what, and how that listener ends.

    `held` are names, None for a listener that is gone; `states` are those of its default and of
    its SNI binding.
    """

    name: str
    before: str
    deed: Callable[[Somebody, str], None]
    held: tuple[str, list[str]] | None
    states: tuple[str, ...]


CASES = {
    "classic rebound": Case("legacy", READ_CLASSIC, Somebody.default, ("third", []), (KEPT,)),
    "classic closed": Case("legacy", READ_CLASSIC, Somebody.close, None, (GONE,)),
    "classic closed at its change": Case("legacy", SET, Somebody.close, None, (GONE,)),
    "classic deleted at its change": Case("legacy", SET, Somebody.delete, None, (GONE,)),
    "both rebound": Case("alb", READ, Somebody.both, ("third", ["third"]), (KEPT, KEPT)),
    "default rebound": Case("alb", READ, Somebody.default, ("third", ["new"]), (KEPT, DONE)),
    "SNI rebound": Case("named", READ, Somebody.sni, ("other", ["third"]), ("", KEPT)),
    "SNI rebound later": Case("named", REMOVE, Somebody.sni, ("other", ["third"]), ("", KEPT)),
    "SNI rebound between": Case(
        "named", ADD, Somebody.sni, ("other", ["new", "third"]), ("", DONE)
    ),
    "SNI added": Case("alb", ADD, Somebody.add, ("new", ["new", "third"]), (DONE, DONE)),
    "SNI added later": Case("alb", REMOVE, Somebody.add, ("new", ["new", "third"]), (DONE, DONE)),
    "default rebound later": Case(
        "alb", REMOVE, Somebody.default, ("third", ["new"]), (KEPT, DONE)
    ),
    "hardened": Case("alb", MODIFY, Somebody.harden, ("new", ["new"]), (DONE, DONE)),
    "deleted at the addition": Case("alb", ADD, Somebody.delete, None, (GONE, GONE)),
    "closed at the switch": Case("alb", MODIFY, Somebody.close, None, (GONE, GONE)),
    "closed at the removal": Case("alb", REMOVE, Somebody.close, None, (GONE, GONE)),
    "network rebound": Case("nlb", READ, Somebody.default, ("third", []), (KEPT,)),
    "network deleted": Case("nlb", READ, Somebody.delete, None, (GONE,)),
    "network closed at its change": Case("nlb", MODIFY, Somebody.close, None, (GONE,)),
}


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process, with two regions."""
    opened: Sandbox = sandboxes.open(regions=REGIONS, server=False)
    return opened


@pytest.fixture
def somebody(near: Sandbox, authority: Authority, old: Issued) -> Somebody:
    """Give the one who meddles, beside three load balancers that serve `web`."""
    third = authority.issue(*NAMES, days=200, key="p256")
    other = near.upload("other", authority.issue("other.example.com", days=200, key="p256"))
    web = near.upload("web", old)
    balancers = (
        near.classic("eu-west-1", "legacy", Listener(443, "HTTPS", web)),
        near.application("us-east-1", "alb", Listener(443, "HTTPS", web, sni=(web,))),
        near.application("us-east-1", "named", Listener(443, "HTTPS", other, sni=(web,))),
        near.network("us-east-1", "nlb", Listener(443, "TLS", web)),
    )
    arns = {"web": web, "third": near.upload("third", third)}
    return Somebody(near, {one.name: one for one in balancers}, arns)


def meddling(somebody: Somebody, case: Case) -> Callable[[Request], None]:
    """Return what does the deed once, before the call, when the upload has been made."""
    done: list[str] = []

    def watch(request: Request) -> None:
        uploaded = len(somebody.sandbox.certificates()) == 4
        where = case.name in str(dict(request.parameters))
        if uploaded and where and request.operation == case.before and not done:
            done.append(case.name)
            case.deed(somebody, case.name)

    return watch


def held(somebody: Somebody, name: str) -> tuple[str, list[str]] | None:
    """Return what a listener holds, by names, None where it is gone."""
    names = {arn: name for name, arn in somebody.sandbox.certificates().items()}
    try:
        default, sni = somebody.sandbox.bound(name, somebody.balancers[name].region, 443)
    except LookupError:
        return None
    short = {arn: "new" if name.startswith("web-") else name for arn, name in names.items()}
    return short[str(default)], sorted(short[arn] for arn in sni)


@pytest.mark.parametrize("kind", CASES)
def test_what_somebody_else_changed_is_kept(
    somebody: Somebody,
    clock: Clock,
    engine: Engine,
    new: Issued,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """It stays, the outcome of that listener is true, and the others are renewed."""
    case = CASES[kind]
    Crossing(somebody.sandbox).stand(monkeypatch).each(meddling(somebody, case))
    new.write(certs)
    ran = engine(renewing(verify="api", propagation_timeout=60))
    assert {name: held(somebody, name) for name in HELD} == {**HELD, case.name: case.held}
    roles = zip(("default", "sni"), case.states, strict=False)
    meddled = {f"{case.name}:443 {role}": state for role, state in roles if state}
    assert ran.states == {**dict.fromkeys(BINDINGS, DONE), **meddled}, ran.text
    assert ran.returncode == (2 if GONE in case.states else 0)
    if case.deed is Somebody.harden:
        assert somebody.policy(case.name) == HARD
