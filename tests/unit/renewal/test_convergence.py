"""How one listener comes from the old certificate to the new one, against a scripted ELB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from c7n_certrenew.aws import budget as budget_module
from c7n_certrenew.aws.budget import GRACE_SECONDS, Budget, RunTimeoutError
from c7n_certrenew.aws.consumers import Serving
from c7n_certrenew.core.model import Listener, Role
from c7n_certrenew.renewal import convergence as convergence_module
from c7n_certrenew.renewal.convergence import Convergence
from c7n_certrenew.renewal.exchange import Change

LISTENER = Listener("elbv2", "eu-west-1", "shop", 443, "HTTPS", arn="listener")
LIMIT = 25
OTHERS = tuple(f"other-{number}" for number in range(LIMIT - 1))
UNKNOWN, DENIED = "CertificateNotFound", "AccessDenied"
REJECTED, FULL, LOST = "UnsupportedCertificate", "TooManyCertificates", "lost"


@dataclass
class Elb:
    """One listener. `refusals` are answers to come, by operation and certificate.

    `seen` is what it held after each change, `clock` how many seconds were waited.
    """

    default: str
    sni: list[str]
    refusals: dict[str, list[str]] = field(default_factory=dict)
    seen: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    clock: float = 0.0

    def get_paginator(self, operation: str) -> Any:
        held = [(self.default, True), *((arn, False) for arn in self.sni)]
        page = [{"CertificateArn": arn, "IsDefault": default} for arn, default in held]
        return SimpleNamespace(paginate=lambda **_: [{"Certificates": page}])

    def add_listener_certificates(self, **given: Any) -> Any:
        return self._answer("add", given, self._add)

    def modify_listener(self, **given: Any) -> Any:
        return self._answer("modify", given, lambda arn: setattr(self, "default", arn))

    def remove_listener_certificates(self, **given: Any) -> Any:
        return self._answer("remove", given, self._remove)

    def _answer(self, operation: str, given: Any, effect: Any) -> Any:
        arn = given["Certificates"][0]["CertificateArn"]
        call = f"{operation} {arn}"
        self.calls.append(call)
        refusal = self._refusal(call)
        if refusal and refusal != LOST:
            raise ClientError({"Error": {"Code": refusal}}, operation)
        effect(arn)
        self.seen.append((self.default, frozenset(self.sni)))
        if refusal:
            raise ConnectionClosedError(endpoint_url="https://elb.test")
        return {"ResponseMetadata": {"RequestId": str(len(self.calls))}}

    def _refusal(self, call: str) -> str:
        left = self.refusals.get(call, [])
        return left.pop(0) if left else ""

    def _add(self, arn: str) -> None:
        if arn not in self.sni:
            if len(self.sni) >= LIMIT:
                raise ClientError({"Error": {"Code": FULL}}, "AddListenerCertificates")
            self.sni.append(arn)

    def _remove(self, arn: str) -> None:
        if arn == self.default:
            raise ClientError({"Error": {"Code": "OperationNotPermitted"}}, "remove")
        self.sni = [one for one in self.sni if one != arn]

    @property
    def gap(self) -> bool:
        """Say whether at any moment neither served the names, as default or for SNI."""
        return any(
            not {"old", "new"} & sni and default not in ("old", "new") for default, sni in self.seen
        )


@dataclass
class Run:
    """Converges a scripted listener."""

    elb: Elb
    budget: Budget = field(default_factory=Budget)

    def converge(
        self, old: str = "old", new: str = "new", within: float = 900, may_swap: bool = True
    ) -> Change:
        """Exchange the certificates within some seconds."""
        clients: Any = SimpleNamespace(get=lambda *_: self.elb, budget=self.budget)
        change = Change(may_swap=may_swap)
        held = Convergence(clients).converge(LISTENER, old, new, change, self.elb.clock + within)
        assert held == Serving(self.elb.default, tuple(self.elb.sni))
        return change


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make runs whose waits take no time."""

    def make(default: str, sni: list[str], **refusals: list[str]) -> Run:
        elb = Elb(default, sni, {key.replace("_", " "): v for key, v in refusals.items()})

        def sleep(seconds: float) -> None:
            elb.clock += seconds

        for module in (convergence_module, budget_module):
            clock = SimpleNamespace(monotonic=lambda: elb.clock, sleep=sleep)
            monkeypatch.setattr(module, "time", clock)
        return Run(elb)

    return make


ADD, SWITCH, REMOVE = "add new", "modify new", "remove old"
AT_ONCE: list[tuple[str, str, list[str], list[str]]] = [
    ("default", "old", [], [SWITCH]),
    ("SNI, with room", "other", ["old"], [ADD, REMOVE]),
    ("both, with room", "old", ["old"], [ADD, SWITCH, REMOVE]),
    ("SNI, the last but one", "other", ["old", *OTHERS[:-1]], [ADD, REMOVE]),
    ("default beside a full list", "old", [*OTHERS, "more"], [SWITCH]),
    ("new is there already", "other", ["old", "new"], [ADD, REMOVE]),
]


@pytest.mark.parametrize(("default", "sni", "calls"), [c[1:] for c in AT_ONCE], ids=lambda v: "")
def test_never_without_where_there_is_room(
    run: Any, default: str, sni: list[str], calls: list[str]
) -> None:
    """The new one is there before the old one goes (AWS rows 2 and 4)."""
    one = run(default, sni)
    change = one.converge()
    assert one.elb.calls == calls
    assert (one.elb.gap, change.swapped) == (False, False)


def test_full_list_whose_default_is_the_old_one_too(run: Any) -> None:
    """The default is switched first: their names are served all the time (AWS row 5)."""
    one = run("old", ["old", *OTHERS])
    change = one.converge(may_swap=False)
    assert one.elb.calls == [ADD, SWITCH, REMOVE, ADD]
    assert (one.elb.default, sorted(one.elb.sni)) == ("new", sorted(["new", *OTHERS]))
    assert (one.elb.gap, change.swapped, change.bridged) == (False, True, True)


def test_full_list_whose_default_is_the_new_one(run: Any) -> None:
    """A run before this one has switched the default: it serves the names meanwhile."""
    one = run("new", ["old", *OTHERS])
    change = one.converge(may_swap=False)
    assert one.elb.calls == [ADD, REMOVE, ADD]
    assert (one.elb.gap, change.bridged) == (False, True)


def test_full_list_is_kept(run: Any) -> None:
    """Nothing is taken out where that could leave neither; AWS's answer is final (AWS row 5)."""
    one = run("other", ["old", *OTHERS])
    change = one.converge(may_swap=False)
    assert one.elb.calls == [ADD]
    assert sorted(one.elb.sni) == sorted(["old", *OTHERS])
    assert (change.swapped, FULL in str(change.fault)) == (False, True)


def test_full_list(run: Any) -> None:
    """The old one goes, the new one comes: for a moment neither is there (AWS row 5)."""
    one = run("other", ["old", *OTHERS])
    change = one.converge()
    assert one.elb.calls == [ADD, REMOVE, ADD]
    assert sorted(one.elb.sni) == sorted(["new", *OTHERS])
    assert (change.swapped, change.bridged, change.fault) == (True, False, None)
    assert len(change.request_ids) == 2


def test_nothing_is_taken_out_for_what_the_region_does_not_know(run: Any) -> None:
    """While the first answer is that the new one is unknown, the list stays (AWS rows 1 and 5)."""
    one = run("other", ["old", *OTHERS], add_new=[UNKNOWN] * 3)
    one.converge()
    assert one.elb.calls == [ADD] * 3 + [ADD, REMOVE, ADD]


def test_unknown_only_when_the_old_one_is_out(run: Any) -> None:
    """If the limit is checked first, the old one is back at once and the next try takes time."""
    one = run("other", ["old", *OTHERS], add_new=[FULL, UNKNOWN, FULL, UNKNOWN])
    one.converge()
    again = [ADD, REMOVE, ADD, "add old"]
    assert one.elb.calls == again * 2 + [ADD, REMOVE, ADD]
    assert one.elb.clock >= 2 * 60
    assert "new" in one.elb.sni


def test_unknown_until_the_deadline(run: Any) -> None:
    """Then the old one is there, and the answer says why."""
    one = run("other", ["old", *OTHERS], add_new=[FULL, UNKNOWN] * 99)
    change = one.converge(within=300)
    assert one.elb.clock <= 300
    assert one.elb.calls.count(REMOVE) <= 6
    assert "old" in one.elb.sni
    assert UNKNOWN in str(change.fault)


@pytest.mark.parametrize("refusal", [DENIED, REJECTED])
def test_refused_when_the_old_one_is_out(run: Any, refusal: str) -> None:
    """Whatever is refused then, the old one is back by the same attempt, and that was it."""
    one = run("other", ["old", *OTHERS], add_new=[FULL, refusal])
    change = one.converge()
    assert one.elb.calls == [ADD, REMOVE, ADD, "add old"]
    assert refusal in str(change.fault)


@pytest.mark.parametrize("call", ["remove_old", "add_new"])
def test_answer_that_is_lost_half_way(run: Any, call: str) -> None:
    """What happened is found by looking: in the end the new one is in the list."""
    refusals = {call: [LOST] if call == "remove_old" else [FULL, LOST]}
    one = run("other", ["old", *OTHERS], **refusals)
    change = one.converge()
    assert sorted(one.elb.sni) == sorted(["new", *OTHERS])
    assert change.roles == {Role.SNI}


def test_removal_that_is_denied(run: Any) -> None:
    """Nothing was taken out: the old one stays."""
    one = run("other", ["old", *OTHERS], remove_old=[DENIED])
    change = one.converge()
    assert "old" in one.elb.sni
    assert DENIED in str(change.fault)


def test_default_that_is_refused_before_anything_is_taken_out(run: Any) -> None:
    """Where the switch of the default is denied the full list is left alone."""
    one = run("old", ["old", *OTHERS], modify_new=[DENIED])
    one.converge()
    assert one.elb.calls == [ADD, SWITCH]


def test_neither_is_taken_for_a_while(run: Any) -> None:
    """It is tried until one of both is in the list again."""
    one = run("other", ["old", *OTHERS], add_new=[FULL, *[DENIED] * 9], add_old=[FULL] * 2)
    one.converge()
    assert "old" in one.elb.sni
    one = run("other", ["old", *OTHERS], add_new=[FULL] * 4, add_old=[FULL] * 3)
    one.converge()
    assert "new" in one.elb.sni


def test_neither_is_taken_any_more(run: Any) -> None:
    """It is tried as long as the run may take, and a little longer."""
    one = run("other", ["old", *OTHERS], add_new=[FULL] * 999, add_old=[FULL] * 999)
    one.budget.start(600)
    change = one.converge()
    assert 600 <= one.elb.clock <= 600 + GRACE_SECONDS
    assert (change.swapped, FULL in str(change.fault)) == (True, True)
    assert not {"old", "new"} & set(one.elb.sni)


def test_putting_back_into_a_full_list(run: Any) -> None:
    """The way back is the same."""
    one = run("other", ["new", *OTHERS])
    change = one.converge(old="new", new="old")
    assert one.elb.calls == ["add old", "remove new", "add old"]
    assert change.swapped


def test_nothing_is_begun_when_the_time_is_over(run: Any) -> None:
    """A listener that was only read is left as it is."""
    one = run("old", [])
    one.budget.start(0)
    with pytest.raises(RunTimeoutError):
        one.converge()
    assert one.elb.calls == []


def test_interrupted_when_the_old_one_is_out(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C leaves no name without its certificate."""
    one = run("other", ["old", *OTHERS])
    add = one.elb.add_listener_certificates

    def interrupted(**given: Any) -> Any:
        if len(one.elb.calls) == 2:
            one.elb.calls.append("Ctrl-C")
            raise KeyboardInterrupt
        return add(**given)

    monkeypatch.setattr(one.elb, "add_listener_certificates", interrupted)
    with pytest.raises(KeyboardInterrupt):
        one.converge()
    assert one.elb.calls == [ADD, REMOVE, "Ctrl-C", "add old"]
    assert "old" in one.elb.sni
