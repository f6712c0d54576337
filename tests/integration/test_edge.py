"""Renewals at CloudFront's edge: late knowledge, slow deployments, what cannot be rebound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from integration.conftest import Engine, filtering, renewing, served, writes

from c7n_certrenew.sandbox import Authority, Issued, Listener, Propagation, Sandbox
from c7n_certrenew.sandbox.clock import Clock

NAME = "www.example.com"
EDGE = "/cloudfront/"


@pytest.fixture
def pair(authority: Authority, certs: Path) -> tuple[Issued, Issued]:
    """Give a certificate that expires soon, and its renewal at the source."""
    old = authority.issue(NAME, days=12, age=78, key="p256")
    new = authority.issue(NAME, days=89, age=1, key="p256")
    new.write(certs)
    return old, new


def on_edge(near: Sandbox, old: Issued, **more: Any) -> Any:
    """Have a distribution serve `web`, and return it."""
    arn = near.upload("web", old, path=EDGE)
    return near.distribution(NAME, certificate=arn, **more)


def test_distribution_is_renewed_when_it_is_deployed(
    near: Sandbox, engine: Engine, clock: Clock, pair: tuple[Issued, Issued]
) -> None:
    """It knows the upload late, deploys for minutes, and is verified after (AWS rows 1, 12, 19)."""
    old, new = pair
    distribution = on_edge(near, old)
    near.propagation, near.deployment = Propagation(seconds=10), 30
    ran = engine(renewing(propagation_timeout=900))
    assert ran.returncode == 0, ran.text
    assert ran.outcome["State"] == "RENEWED"
    assert set(ran.states.values()) == {"VERIFIED"}
    assert served(near, distribution, new, name=NAME) == new.fingerprint
    assert "UpdateDistribution" in writes(near)
    tags = near.client("iam").list_server_certificate_tags(ServerCertificateName="web")["Tags"]
    assert "certrenew:replaced-by" in {tag["Key"] for tag in tags}


def test_without_a_deployment_in_time_it_is_not_called_verified(
    near: Sandbox, engine: Engine, clock: Clock, pair: tuple[Issued, Issued]
) -> None:
    """An edge that still serves the old one at the deadline is UNCONFIRMED, not undone (row 19)."""
    distribution = on_edge(near, pair[0])
    near.deployment = 3600
    near.front_ends.lag(3600)
    ran = engine(renewing(propagation_timeout=15))
    assert ran.returncode != 0
    assert set(ran.states.values()) == {"UNCONFIRMED"}
    assert writes(near).count("UpdateDistribution") == 1
    assert served(near, distribution, pair[0], name=NAME) == pair[0].fingerprint


def test_certificate_that_was_moved_is_not_called_unused(
    near: Sandbox, engine: Engine, pair: tuple[Issued, Issued]
) -> None:
    """A distribution keeps what is not below /cloudfront/ any more; the plan says so (row 12)."""
    on_edge(near, pair[0])
    near.client("iam").update_server_certificate(ServerCertificateName="web", NewPath="/")
    ran = engine(renewing())
    assert ran.returncode != 0
    assert ran.codes == ["path-unfit"]
    assert "UploadServerCertificate" not in writes(near)


def test_domain_name_of_appsync_stays_open(
    near: Sandbox, engine: Engine, pair: tuple[Issued, Issued]
) -> None:
    """Nothing is rebound, the old certificate is not called replaced (AWS row 20)."""
    near.domain("eu-west-1", NAME, near.upload("web", pair[0]))
    ran = engine(renewing())
    assert ran.returncode != 0
    assert ran.outcome["State"] == "INCOMPLETE"
    assert "create the domain name anew" in ran.reason(NAME)
    tags = near.client("iam").list_server_certificate_tags(ServerCertificateName="web")["Tags"]
    assert tags == []
    assert "web" not in engine(filtering({"type": "listener", "count": 0})).found


def test_full_account_is_not_told_to_delete_what_the_edge_serves(
    near: Sandbox, engine: Engine, authority: Authority, pair: tuple[Issued, Issued]
) -> None:
    """What has expired and only a distribution serves, by its id, must stay (AWS rows 9 and 22)."""
    near.quota = 3
    gone = authority.issue("cdn.example.com", days=-3, age=90, key="p256")
    kept = near.upload("kept", gone, path=EDGE)
    near.distribution("cdn.example.com", certificate=kept)
    near.upload("dead", gone)
    near.classic("eu-west-1", "lb", Listener(443, "HTTPS", near.upload("web", pair[0])))
    policy = renewing()
    policy["filters"].append({"ServerCertificateName": "web"})
    [reason] = engine(policy).outcome["Reasons"]
    assert reason["Message"].endswith("; prune first: dead")
    narrowed = {"services": ["elb"]}
    policy["filters"][1].update(narrowed)
    policy["actions"][0].update(narrowed)
    [reason] = engine(policy).outcome["Reasons"]
    assert "prune first" not in reason["Message"]
