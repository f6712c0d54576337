"""The record keeps its published shape and is on disk before anything is changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from c7n_certrenew.core.candidate import Material, assemble
from c7n_certrenew.core.lineage import lineage_of
from c7n_certrenew.core.model import (
    AcmCertificate,
    Binding,
    Inventory,
    Listener,
    Role,
    ServerCertificate,
    Unread,
)
from c7n_certrenew.core.outcome import (
    BindingOutcome,
    BindingState,
    CertificateOutcome,
    CertificateState,
    Published,
)
from c7n_certrenew.core.plan import Plan, Stored, Surroundings, make_plan
from c7n_certrenew.core.preflight import Rules
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.room import Room
from c7n_certrenew.core.target import Store, Target
from c7n_certrenew.core.waves import Order
from c7n_certrenew.report.record import Execution, Record, digest
from c7n_certrenew.sandbox import Authority

NOW = datetime.now(timezone.utc)
ARN = "arn:aws:iam::123456789012:server-certificate/shop"
LISTENER = Listener("elbv2", "eu-west-1", "shop", 443, "HTTPS", arn="arn:listener")
SCHEMA = json.loads(
    files("c7n_certrenew").joinpath("report/schema/certrenew-v1.json").read_text("utf-8")
)


@pytest.fixture(scope="module")
def plan(authority: Authority) -> Plan:
    """Give the plan of a certificate that is served by one listener, one region unread."""
    issued = [authority.issue("shop.example.com", days=days) for days in (10, 90)]
    old, new = (
        assemble(
            Material("cert.pem", one.certificate.encode()),
            Material("chain.pem", one.chain.encode()),
            Material("key.pem", one.private_key.encode()),
        )
        for one in issued
    )
    stored = Stored(
        ServerCertificate("shop", ARN, "/", old.leaf.not_after),
        old.leaf,
        old.chain,
        lineage=lineage_of("shop", {}),
    )
    inventory = Inventory(
        (Binding(LISTENER, Role.DEFAULT, ARN),), (Unread("elb", "eu-west-1", "denied"),)
    )
    return make_plan(
        stored,
        [Target(new, "shop-new")],
        Surroundings(inventory),
        Rules(),
        datetime.now(timezone.utc),
    )


def record(path: Path) -> Record:
    """Return a record that is written to a file."""
    execution = Execution("id", {"name": "renew"}, "123456789012", "aws", "us-east-1", "", NOW)
    return Record(execution, path.write_text)


def written(path: Path) -> Any:
    """Return what is on disk, held against the published schema."""
    found = json.loads(path.read_text())
    jsonschema.validate(found, SCHEMA, jsonschema.Draft7Validator)
    return found


def test_plan_is_on_disk_before_any_outcome(tmp_path: Path, plan: Plan) -> None:
    """The plan with the prior state of every binding is written first, and keeps to the schema."""
    kept = record(tmp_path / "certrenew.json")
    kept.planned([plan])
    found = written(tmp_path / "certrenew.json")
    assert found["Outcomes"] == []
    assert found["Finished"] == ""
    (binding,) = found["Plans"][0]["Bindings"]
    assert binding["From"] == ARN
    assert binding["To"].startswith("shop-")
    assert found["Plans"][0]["Unread"] == [
        {"Service": "elb", "Region": "eu-west-1", "Reason": "denied"}
    ]


@pytest.mark.parametrize("state", list(CertificateState))
@pytest.mark.parametrize("bound", list(BindingState))
def test_every_state_keeps_to_the_schema(
    tmp_path: Path, plan: Plan, state: CertificateState, bound: BindingState
) -> None:
    """Each outcome is added as it happens, whatever it is."""
    kept = record(tmp_path / "certrenew.json")
    kept.planned([plan])
    ended = BindingOutcome(Binding(LISTENER, Role.SNI, ARN), bound, "why", ("request",))
    kept.ended(
        CertificateOutcome(plan, state, (ARN,), True, (ended,), (Reason("code", "message"),))
    )
    assert written(tmp_path / "certrenew.json")["Outcomes"][0]["State"] == state.value
    kept.finished(NOW + timedelta(seconds=1))
    assert written(tmp_path / "certrenew.json")["Finished"]


def test_what_regions_get_and_what_is_published_keeps_to_the_schema(
    tmp_path: Path, plan: Plan
) -> None:
    """A target a region, versions, the order, the room of the run, parameters, several ARNs."""
    [target] = plan.targets
    read = replace(target.candidate, versions=(("s3://bucket/key", "v1"),))
    regional = replace(target, candidate=read, store=Store.ACM, region=LISTENER.region)
    renews = AcmCertificate("arn:aws:acm:eu-west-1:123456789012:certificate/1", "shop", NOW)
    elsewhere = replace(regional, region="us-east-1", renews=renews)
    order, where = Order((("us-east-1",),)), ((LISTENER.region, "/certs/shop"),)
    plan = replace(plan, targets=(regional, elsewhere), order=order, publishes=where)
    kept = record(tmp_path / "certrenew.json")
    kept.planned([plan], Room(19, 20, 1, 2, ("left",)))
    done = (Published(LISTENER.region, "/certs/shop", 3),)
    arns = (ARN, renews.arn)
    kept.ended(CertificateOutcome(plan, CertificateState.RENEWED, arns, published=done))
    kept.ended(CertificateOutcome(plan, CertificateState.REFUSED))
    found = written(tmp_path / "certrenew.json")
    assert found["Quota"]["PruneFirst"] == ["left"]
    [shown], [ended, refused] = found["Plans"], found["Outcomes"]
    assert [(one["Region"], one["Store"]) for one in shown["Targets"]] == [
        (LISTENER.region, "acm"),
        ("us-east-1", "acm"),
    ]
    assert shown["Targets"][0]["Candidate"]["Versions"] == {"s3://bucket/key": "v1"}
    assert shown["Targets"][1]["Renews"] == renews.arn
    assert (shown["Bindings"][0]["Wave"], shown["Publishes"][0]["Name"]) == (2, "/certs/shop")
    assert (ended["NewArns"], ended["Published"][0]["Version"]) == (list(arns), 3)
    assert not {"NewArn", "NewName", "NewArns"} & refused.keys()


def test_no_private_key_is_recorded(tmp_path: Path, plan: Plan) -> None:
    """Neither the key nor the word for it stands in the record."""
    record(tmp_path / "certrenew.json").planned([plan])
    assert "PRIVATE KEY" not in (tmp_path / "certrenew.json").read_text()


def test_digest_follows_the_policy_and_not_the_order_of_its_keys() -> None:
    """A policy's digest changes with its content alone."""
    assert digest({"name": "a", "resource": "b"}) == digest({"resource": "b", "name": "a"})
    assert digest({"name": "a"}) != digest({"name": "b"})
