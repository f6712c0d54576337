"""Profiles: how unforgiving the sandbox is to begin with."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import (
    CALM,
    HOSTILE,
    Authority,
    Issued,
    Listener,
    Propagation,
    Rate,
    Sandbox,
    Throttle,
)

REGIONS = ("us-east-1", "eu-west-1")


@pytest.fixture(scope="module")
def web(authority: Authority) -> Issued:
    """Give a good certificate."""
    return authority.issue("www.example.com", key="p256")


@pytest.fixture
def hostile(sandboxes: Any) -> Sandbox:
    """Give a hostile account whose clock stands still."""
    opened: Sandbox = sandboxes.open(regions=REGIONS, server=False, profile=HOSTILE)
    opened.clock.stop()
    return opened


def test_a_calm_account_does_everything_at_once(aws: Sandbox) -> None:
    """Without a profile nothing is late, little or refused."""
    assert (aws.propagation, aws.throttle, aws.detach_lag) == (Propagation(), None, 0)
    for name in "abc":
        aws.application("eu-west-1", name)
    describe = aws.client("elbv2", "eu-west-1").describe_load_balancers
    assert [len(describe()["LoadBalancers"]) for _ in range(50)] == [3] * 50


def test_a_hostile_account_gives_short_pages(hostile: Sandbox) -> None:
    """Two entries a page: what stops at the first page misses some."""
    for name in "abc":
        hostile.application("eu-west-1", name)
    pages = hostile.client("elbv2", "eu-west-1").get_paginator("describe_load_balancers")
    assert [len(page["LoadBalancers"]) for page in pages.paginate()] == [2, 1]


def test_a_hostile_account_throttles(hostile: Sandbox) -> None:
    """After a handful of calls at once ELB refuses more, and the clock brings them back."""
    describe = hostile.client("elbv2", "eu-west-1").describe_load_balancers
    for _ in range(4):
        describe()
    with pytest.raises(ClientError, match=r"\(Throttling\)"):
        describe()
    hostile.advance(1)
    describe()


def test_a_hostile_account_learns_of_certificates_late(hostile: Sandbox, web: Issued) -> None:
    """A certificate that was uploaded is unknown to ELB for a while (AWS row 1)."""
    hostile.classic("eu-west-1", "lb", Listener(443, "HTTPS", hostile.upload("old", web)))
    uploaded = hostile.client("iam").upload_server_certificate(
        ServerCertificateName="new", CertificateBody=web.certificate, PrivateKey=web.private_key
    )
    arn = uploaded["ServerCertificateMetadata"]["Arn"]
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        hostile.client("elb", "eu-west-1").set_load_balancer_listener_ssl_certificate(
            LoadBalancerName="lb", LoadBalancerPort=443, SSLCertificateId=arn
        )


def test_a_region_that_is_off_stays_off(hostile: Sandbox) -> None:
    """Regions that are not opted in are listed on demand, and refuse every call (AWS row 14)."""
    listed = hostile.client("ec2").describe_regions(AllRegions=True)["Regions"]
    off = {r["RegionName"] for r in listed if r["OptInStatus"] == "not-opted-in"}
    assert off.isdisjoint(REGIONS)
    with pytest.raises(ClientError, match=r"\(InvalidClientTokenId\)"):
        hostile.client("elb", min(off)).describe_load_balancers()


def test_explicit_settings_win(sandboxes: Any) -> None:
    """A profile is what holds unless something else is asked for."""
    free = Throttle(reads=Rate(100, 100), services=frozenset({"iam"}))
    mixed = sandboxes.open(
        regions=REGIONS, server=False, profile=HOSTILE, throttle=free, addresses=1, latency=0
    )
    assert (mixed.throttle, mixed.propagation) == (free, HOSTILE.propagation)
    balancer = mixed.application("eu-west-1", "lb", Listener(443, "HTTPS", "arn"))
    assert len(mixed.front_ends.addresses(balancer.dns_name, 443)) == 1


def test_a_reset_brings_the_profile_back(hostile: Sandbox) -> None:
    """What was changed in between is as it was at first."""
    hostile.propagation, hostile.throttle, hostile.detach_lag = Propagation(), None, 0
    hostile.reset()
    after = hostile.propagation, hostile.throttle, hostile.detach_lag
    assert after == (HOSTILE.propagation, HOSTILE.throttle, HOSTILE.detach_lag)


def test_settings_that_are_not_given_are_the_profiles() -> None:
    """None is no setting, 0 is one."""
    assert CALM.but(latency=None, page_size=None) == CALM
    assert HOSTILE.but(latency=0).latency == 0
