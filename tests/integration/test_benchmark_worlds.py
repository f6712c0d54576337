"""The benchmarks' accounts: what they hold is known beforehand, and so is what reading it takes."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from benchmarks.filling import fill
from benchmarks.worlds import Binding, World, world

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.inventory import forget_everything, read_inventory
from c7n_certrenew.sandbox import Authority, Sandbox


@pytest.fixture
def small() -> World:
    """Give the small world."""
    return world("small")


@pytest.fixture
def filled(
    small: World, sandboxes: Any, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Sandbox:
    """Give a sandbox in this process that holds the small world."""
    sandbox: Sandbox = sandboxes.open(regions=small.regions, server=False)
    for name, value in sandbox.environ.items():
        monkeypatch.setenv(name, value)
    fill(sandbox, small, authority)
    return sandbox


def test_the_truth_is_what_the_sandbox_holds(small: World, filled: Sandbox) -> None:
    """Every listener holds the certificates that the world says, and nothing else."""
    arns = filled.certificates()
    for balancer in small.balancers:
        for listener in balancer.listeners:
            default, sni = filled.bound(balancer.name, balancer.region, listener.port)
            assert default == (arns[listener.certificate] if listener.certificate else None)
            assert sni == tuple(arns[name] for name in listener.sni)


def test_an_inventory_is_the_truth_in_the_fewest_calls(small: World, filled: Sandbox) -> None:
    """The inventory finds every binding in the calls of the formula, but for IAM and tags."""
    forget_everything()
    inventory = read_inventory(Clients(boto3.Session(), filled.account_id))

    assert not inventory.unread
    assert {
        Binding(
            binding.certificate.rsplit("/")[-1],
            binding.listener.service,
            binding.listener.region,
            binding.listener.load_balancer_name,
            binding.listener.port,
            binding.role.value,
        )
        for binding in inventory.bindings
    } == small.truth
    from_cloudfront, from_iam = 1, 1
    assert len(filled.journal) == small.calls - small.tagged - from_iam + from_cloudfront


@pytest.mark.parametrize(
    ("name", "calls"), [("small", 32), ("medium", 411), ("large-hub", 3433), ("large-even", 3436)]
)
def test_a_world_is_the_same_each_time(name: str, calls: int) -> None:
    """A world does not change from run to run, and reading it takes the calls it was made for."""
    assert world(name) == world(name)
    assert world(name).calls == calls
