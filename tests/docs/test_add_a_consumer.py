"""The how-to's consumer is found by its file alone, and keeps the contract of all consumers."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import places
import pytest
from contract import test_consumers as contract
from places import Place

from c7n_certrenew.aws import consumers
from c7n_certrenew.sandbox import Authority, Issued, Sandbox

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-consumer.md"
FILE, PLACE = re.findall(
    r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
)
SERVICE = "opensearch"
CHECKS = [
    check
    for name, check in vars(contract).items()
    if name.startswith("test_") and "place" in inspect.signature(check).parameters
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Put the page's file beside the consumers, and its place beside the places."""
    (tmp_path / f"{SERVICE}.py").write_text(FILE)
    with monkeypatch.context() as patch:
        patch.setattr(consumers, "__path__", [*consumers.__path__, str(tmp_path)])
        found = consumers.discover()
    assert set(found) == {*consumers.CONSUMERS, SERVICE}
    monkeypatch.setitem(consumers.CONSUMERS, SERVICE, found[SERVICE])
    names: dict[str, Any] = {**vars(places), "PLACES": {}}
    exec(PLACE, names)
    [made] = names["PLACES"].values()
    yield made
    del sys.modules[f"{consumers.__name__}.{SERVICE}"]


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    """Give a certificate."""
    return authority.issue(f"*.{places.DOMAIN}", key="p256")


def run(check: Callable[..., None], near: Sandbox, issued: Issued, place: Place) -> None:
    """Call a test of the contract with what it asks for."""
    near.reset()
    given = {"near": near, "place": place, "certificates": contract.upload(near, issued)}
    check(**{name: given[name] for name in inspect.signature(check).parameters})


def test_the_whole_contract_is_kept(sandboxes: Any, issued: Issued, place: Place) -> None:
    """Every test of the contract passes on the page's consumer, at the place the page gives it."""
    near = sandboxes.open(regions=("eu-west-1",), server=False)
    held = [check for check in CHECKS if check is not contract.test_what_cannot_be_rebound_says_why]
    assert len(held) >= 15
    for check in held:
        run(check, near, issued, place)


def test_a_consumer_without_a_place_is_noticed(place: Place) -> None:
    """The contract's suite fails while a consumer has no place."""
    with pytest.raises(AssertionError):
        contract.test_no_consumer_is_left_out()
