"""Findings in Security Hub: one for each certificate, however often and from where it is posted."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from integration.conftest import Engine, Policy
from policies.harness import policy_data

from c7n_certrenew.commands.granting import document, loaded, needed_by
from c7n_certrenew.commands.permissions import AUDIT, NOTIFY
from c7n_certrenew.pack import shipped
from c7n_certrenew.sandbox import Issued, Listener, Sandbox
from c7n_certrenew.sandbox.faults import Fault, Kind

POST, ARCHIVE = "iam-certificate-expiring-post-finding", "iam-certificate-replaced-archive-finding"
HOSTILE = "c7n.FindingId=a,b@c+--"
ARN = "arn:aws:iam::123456789012:server-certificate"
WEB, CDN = f"{ARN}/web", f"{ARN}/cloudfront/{HOSTILE}"
IMPORT, GET = "BatchImportFindings", "GetFindings"


def posting(name: str = POST, **options: Any) -> Policy:
    """Return a policy of the pack, its action with other options."""
    policy = copy.deepcopy(policy_data(name))
    policy["actions"][0].update(options)
    return policy


@pytest.fixture
def account(near: Sandbox, old: Issued) -> Sandbox:
    """Hold two certificates in use, one of them for CloudFront; Security Hub is on."""
    near.classic("eu-west-1", "front", Listener(443, "HTTPS", near.upload("web", old)))
    cdn = near.upload(HOSTILE, old, "/cloudfront/")
    near.distribution("cdn.example.com", certificate=cdn)
    for region in ("us-east-1", "eu-west-1"):
        near.client("securityhub", region).enable_security_hub()
    near.clear_journal()
    return near


def findings(sandbox: Sandbox, region: str = "us-east-1") -> dict[str, Any]:
    """Return the findings that Security Hub has in a region, by the ARNs they are on."""
    listed = sandbox.client("securityhub", region).get_findings()["Findings"]
    found = {one["Resources"][0]["Id"]: one for one in listed}
    assert len(found) == len(listed)
    return found


def test_one_finding_a_certificate(account: Sandbox, engine: Engine) -> None:
    """A second run, of a policy that was changed, updates it, and says what is different now."""
    assert engine(posting()).returncode == 0
    first = findings(account)
    account.network("eu-central-1", "edge", Listener(443, "TLS", WEB))
    assert engine(posting(severity_label="CRITICAL", confidence=90)).returncode == 0
    second = findings(account)
    assert set(first) == set(second) == {WEB, CDN}
    for arn, then in first.items():
        now = second[arn]
        assert [now[key] for key in ("Id", "CreatedAt")] == [then["Id"], then["CreatedAt"]]
        assert now["UpdatedAt"] > then["UpdatedAt"]
        rated = [one["FindingProviderFields"] for one in (then, now)]
        assert [one["Severity"]["Label"] for one in rated] == ["HIGH", "CRITICAL"]
        assert [one.get("Confidence") for one in rated] == [None, 90]
    [old], [new] = first[WEB]["Resources"], second[WEB]["Resources"]
    shown = [one["Details"]["Other"]["c7n:listeners"] for one in (old, new)]
    assert shown == [
        "eu-west-1 CLB front:443 (default)",
        f"eu-central-1 NLB edge:443 (default); {shown[0]}",
    ]
    called = {(call.service, call.operation) for call in account.journal}
    assert not {one for one in called if "Tag" in one[1] and one[0] == "iam"}


def test_what_a_finding_says(account: Sandbox, engine: Engine) -> None:
    """AWS's format, with the certificate's own ARN, within what Security Hub takes."""
    many = [Listener(443 + number, "HTTPS", WEB) for number in range(60)]
    account.classic("us-east-1", "big", *many)
    assert engine(posting()).returncode == 0
    finding = findings(account)[CDN]
    assert finding["AwsAccountId"] == "123456789012"
    assert finding["ProductArn"].startswith("arn:aws:securityhub:us-east-1::product/")
    assert (finding["Compliance"], finding["RecordState"]) == ({"Status": "FAILED"}, "ACTIVE")
    [resource] = finding["Resources"]
    assert (resource["Type"], resource["Region"]) == ("Other", "us-east-1")
    details = resource["Details"]["Other"]
    assert details["ServerCertificateName"] == HOSTILE
    assert details["c7n:listeners"].startswith("CloudFront ")
    assert (details["Path"], details["c7n:days-left"]) == ("/cloudfront/", "11")
    details = findings(account)[WEB]["Resources"][0]["Details"]["Other"]
    assert details["c7n:listeners"].startswith("61 in all: ")
    assert all(isinstance(v, str) and len(v) <= 1024 for v in details.values())
    assert len(details) <= 50
    assert len(json.dumps(finding)) < 32_000


def test_region(account: Sandbox, engine: Engine) -> None:
    """The run's first region takes findings, or the one that `region` names, whatever runs."""
    assert engine(posting(), arguments=("-r", "eu-west-1", "-r", "us-east-1")).returncode == 0
    assert (len(findings(account)), len(findings(account, "eu-west-1"))) == (0, 2)
    for region in ("us-east-1", "eu-west-1"):
        fixed = posting(region="us-east-1")
        assert engine(fixed, arguments=("-r", region)).returncode == 0
    assert {one["Resources"][0]["Region"] for one in findings(account).values()} == {"us-east-1"}


def test_two_policies(account: Sandbox, engine: Engine) -> None:
    """Those with one title share their findings; without one, each policy has its own."""
    assert engine(posting()).returncode == 0
    assert engine({**posting(), "name": "other"}).returncode == 0
    assert len(findings(account)) == 2
    untitled = posting()
    del untitled["actions"][0]["title"]
    assert engine(untitled).returncode == 0
    listed = account.client("securityhub").get_findings()["Findings"]
    assert len({one["Id"] for one in listed}) == len(listed) == 4


def test_archiving(account: Sandbox, engine: Engine, old: Issued) -> None:
    """What nobody serves any more is archived once; what had no finding gets none."""
    account.upload("spare", old)
    assert engine(posting()).returncode == 0
    assert engine(posting(ARCHIVE)).found == ["spare"]
    assert {one["RecordState"] for one in findings(account).values()} == {"ACTIVE"}
    account.client("elb", "eu-west-1").delete_load_balancer(LoadBalancerName="front")
    account.inject(Fault("elbv2", "DescribeLoadBalancers", Kind.DENIED))
    assert engine(posting(ARCHIVE)).found == []
    for _ in range(2):
        assert engine(posting(ARCHIVE)).found == ["spare", "web"]
    found = findings(account)
    assert {arn: one["RecordState"] for arn, one in found.items()} == {
        WEB: "ARCHIVED",
        CDN: "ACTIVE",
    }
    assert found[WEB]["Compliance"] == {"Status": "PASSED"}
    imports = [call for call in account.journal if call.operation == IMPORT]
    assert len(imports) == 2
    account.classic("us-east-1", "again", Listener(443, "HTTPS", WEB))
    assert engine(posting()).returncode == 0
    assert findings(account)[WEB]["RecordState"] == "ACTIVE"


def test_refusals(account: Sandbox, engine: Engine) -> None:
    """Security Hub is off, or denies: one clear line, and the run fails."""
    account.client("securityhub").disable_security_hub()
    off = engine(posting())
    assert "is not subscribed to AWS Security Hub" in off.text
    account.client("securityhub").enable_security_hub()
    for operation in (GET, IMPORT):
        account.inject(Fault("securityhub", operation, Kind.DENIED))
        ran = engine(posting())
        assert ran.returncode == 2
        said = (
            f"not posted to Security Hub in us-east-1: {operation} answered AccessDeniedException"
        )
        assert said in ran.text
        assert "Traceback" not in ran.text
    assert off.returncode == 2
    assert findings(account) == {}


def test_findings_that_are_not_taken(
    account: Sandbox, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the answer counts as failed is no success; the others are posted."""
    from moto.securityhub.models import SecurityHubBackend

    take = SecurityHubBackend.batch_import_findings

    def refuse(backend: Any, findings: list[Any]) -> Any:
        wrong = [one for one in findings if one["Resources"][0]["Id"] == WEB]
        _, taken, _ = take(backend, [one for one in findings if one not in wrong])
        why = {"ErrorCode": "InvalidInput", "ErrorMessage": "no\n\x1b[2Jgood"}
        return len(wrong), taken, [{"Id": one["Id"], **why} for one in wrong]

    monkeypatch.setattr(SecurityHubBackend, "batch_import_findings", refuse)
    ran = engine(posting())
    assert ran.returncode == 2
    assert rf"in us-east-1: {WEB}: InvalidInput: no\n\x1b[2Jgood" in ran.text
    assert list(findings(account)) == [CDN]


@pytest.mark.parametrize("name", [POST, ARCHIVE])
def test_declared_permissions_are_enough(name: str, account: Sandbox, engine: Engine) -> None:
    """What `certrenew permissions` prints for audit and notify is enough; audit alone is not."""
    [path] = [one.path for one in shipped("fleet") if one.name == name]
    needed = needed_by(loaded([path]))
    audit, notify = (document(needed, role=role) for role in (AUDIT, NOTIFY))
    assert [one["Action"] for one in notify["Statement"]] == [
        ["securityhub:BatchImportFindings", "securityhub:GetFindings"]
    ]
    account.restrict(audit, notify)
    assert engine(posting(name)).returncode == 0
    account.restrict(audit)
    assert engine(posting()).returncode == 2


def test_options_are_checked() -> None:
    """Keys and types are checked without a schema too, as c7n-org checks none."""
    from c7n.config import Config
    from c7n.exceptions import PolicyValidationError
    from c7n.policy import PolicyCollection

    for wrong, why in (
        ({"titel": "a"}, "unknown key titel; did you mean title?"),
        ({"severity_label": "WORST"}, "severity_label"),
        ({"types": ["Nonsense"]}, "Finding types must be"),
    ):
        data = {"policies": [posting(**wrong)]}
        [policy] = PolicyCollection.from_data(data, Config.empty(region="", account_id=None))
        with pytest.raises(PolicyValidationError, match=why):
            policy.validate()
