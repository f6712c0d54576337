"""Out of IAM: renewed certificates are imported into ACM, and again under the same ARN."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.conftest import SOURCE, Engine, Ran, renewing, served, writes

from c7n_certrenew.renewal.rebinding import Rebinder
from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox
from c7n_certrenew.sandbox.clock import Clock
from c7n_certrenew.sandbox.faults import Fault, Kind

HOME, FAR, THIRD = "us-east-1", "eu-west-1", "eu-central-1"
NAME = "www.example.com"
REBINDING = re.compile("Set|Modify|AddListener|RemoveListener|UpdateDistribution")
PACK = Path(__file__).parents[2] / "policies" / "renew"


@pytest.fixture(scope="module")
def line(authority: Authority) -> tuple[Issued, ...]:
    """Give a certificate that expires soon and two that renew it, with RSA keys of one size."""
    return tuple(
        authority.issue(NAME, days=days, age=1, key="rsa2048") for days in (12, 100, 190)
    )


@pytest.fixture
def old(near: Sandbox, line: tuple[Issued, ...], certs: Path) -> str:
    """Give the ARN of the certificate in IAM, below CloudFront's path, with the next at hand."""
    line[1].write(certs)
    return near.upload("web", line[0], path="/cloudfront/")


def to_acm(**options: Any) -> dict[str, Any]:
    """Return the policy that renews out of IAM."""
    return renewing(store="acm", **options)


def again(**options: Any) -> dict[str, Any]:
    """Return the policy that renews what is in ACM; underscores stand for hyphens."""
    options = {"source": dict(SOURCE), "propagation_timeout": 5, **options}
    action = {key.replace("_", "-"): value for key, value in options.items()}
    return {
        "name": "again",
        "resource": "aws.acm-certificate",
        "filters": [{"type": "expires-within", "days": 110}, {"type": "listener"}],
        "actions": [{"type": "replace-certificate", **action}],
    }


def tags(near: Sandbox, arn: str) -> dict[str, str]:
    """Return the tags of a certificate in ACM."""
    client = near.client("acm", arn.split(":")[3])
    answer = client.list_tags_for_certificate(CertificateArn=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in answer}


def arn_in(near: Sandbox, region: str) -> str:
    """Return the only ARN that ACM has in a region."""
    [arn] = near.acm(region)
    return arn


def rebound(near: Sandbox) -> list[str]:
    """Return the calls that changed which certificate something serves."""
    return [one for one in writes(near) if REBINDING.match(one)]


def imports(near: Sandbox) -> list[str]:
    """Return the regions of the imports, whether they were answered or not."""
    return [c.region for c in near.journal if c.operation == "ImportCertificate"]


def test_out_of_iam_and_then_under_the_same_arn(
    near: Sandbox,
    engine: Engine,
    clock: Clock,
    authority: Authority,
    old: str,
    line: tuple[Issued, ...],
    certs: Path,
) -> None:
    """First every listener is rebound, at the next renewal none: all of them serve the new one."""
    other = near.upload("other", authority.issue("other.example.com", key="p256"))
    fronts = {
        "legacy": near.classic(HOME, "legacy", Listener(443, "HTTPS", old)),
        "alb": near.application(FAR, "alb", Listener(443, "HTTPS", old, sni=(old,))),
        "nlb": near.network(THIRD, "nlb", Listener(443, "TLS", other, sni=(old,))),
        "cdn": near.distribution(NAME, certificate=old),
    }
    near.client("iam").tag_server_certificate(
        ServerCertificateName="web", Tags=[{"Key": "team", "Value": "shop"}]
    )
    first = engine(to_acm())
    assert (first.returncode, first.outcome["State"]) == (0, "RENEWED"), first.text
    assert set(first.states.values()) == {"VERIFIED"}
    arns = {region: arn_in(near, region) for region in (HOME, FAR, THIRD)}
    assert sorted(first.outcome["NewArns"]) == sorted(arns.values())
    assert near.bound("alb", FAR, 443) == (arns[FAR], (arns[FAR],))
    assert near.bound("nlb", THIRD, 443) == (other, (arns[THIRD],))
    assert list(near.certificates()) == ["web", "other"]
    assert tags(near, arns[FAR]) == {
        "certrenew:lineage": "web",
        "certrenew:replaces": "web",
        "Name": "web",
        "team": "shop",
    }
    iam = near.client("iam").list_server_certificate_tags(ServerCertificateName="web")["Tags"]
    [by] = [tag["Value"] for tag in iam if tag["Key"] == "certrenew:replaced-by"]
    assert by in arns.values()

    line[2].write(certs)
    near.clear_journal()
    for region in arns:
        ran = engine(again(), arguments=("-r", region), out=region)
        assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
        assert set(ran.states.values()) == {"VERIFIED"}
        assert ran.outcome["NewArn"] == arns[region]
    assert (rebound(near), len(imports(near))) == ([], 3)
    assert {served(near, front, line[2], name=NAME) for front in fronts.values()} == {
        line[2].fingerprint
    }
    assert arns == {region: arn_in(near, region) for region in arns}

    near.clear_journal()
    assert engine(again(), arguments=("-r", FAR), out="last").resources == []
    assert writes(near) == []
