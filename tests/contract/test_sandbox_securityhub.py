"""The sandbox's Security Hub: off until it is switched on, and asked by filters."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import Sandbox

PRODUCT = "arn:aws:securityhub:us-east-1::product/cloud-custodian/cloud-custodian"


@pytest.fixture
def hub(sandboxes: Any) -> Any:
    """Give a client of Security Hub, which is off."""
    sandbox: Sandbox = sandboxes.open(regions=("us-east-1",), server=False)
    return sandbox.client("securityhub")


def finding(identity: str, **fields: Any) -> dict[str, Any]:
    """Return a finding."""
    now = "2026-01-01T00:00:00Z"
    resource = {"Type": "Other", "Id": "arn:aws:iam::123456789012:server-certificate/web"}
    return {
        "SchemaVersion": "2018-10-08",
        "Id": identity,
        "ProductArn": PRODUCT,
        "GeneratorId": "test",
        "AwsAccountId": "123456789012",
        "CreatedAt": now,
        "UpdatedAt": now,
        "Title": "one",
        "Description": "one",
        "Resources": [resource],
        **fields,
    }


@pytest.mark.evidence(
    "model: botocore securityhub.BatchImportFindings, GetFindings: InvalidAccessException"
)
def test_off(hub: Any) -> None:
    """Findings are neither taken nor shown where Security Hub is not switched on."""
    for call in (lambda: hub.batch_import_findings(Findings=[finding("a")]), hub.get_findings):
        with pytest.raises(ClientError, match="InvalidAccessException"):
            call()


@pytest.mark.evidence("model: botocore securityhub.GetFindings: Filters, Id, ProductArn")
@pytest.mark.evidence('guide: Security Hub, "BatchImportFindings for finding providers"')
def test_findings_are_updated_by_id(hub: Any) -> None:
    """What has the id of a finding updates it; a filter takes any of its values, of each filter."""
    hub.enable_security_hub()
    posted = [finding("a"), finding("b"), finding("a", Title="two")]
    answer = hub.batch_import_findings(Findings=posted)
    assert (answer["SuccessCount"], answer["FailedCount"], answer["FailedFindings"]) == (3, 0, [])

    def found(**filters: list[str]) -> dict[str, str]:
        tests = {
            key: [{"Value": value, "Comparison": "EQUALS"} for value in values]
            for key, values in filters.items()
        }
        return {one["Id"]: one["Title"] for one in hub.get_findings(Filters=tests)["Findings"]}

    assert found() == found(Id=["a", "b", "c"], ProductArn=[PRODUCT]) == {"a": "two", "b": "one"}
    assert found(Id=["b"]) == {"b": "one"}
    assert found(Id=["b"], ProductArn=["other"]) == {}
