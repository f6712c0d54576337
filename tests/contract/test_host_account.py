"""What we take for granted of Custodian's account, and what our filter must be there."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.session import Session
from c7n.exceptions import PolicyValidationError
from c7n.resources import load_resources
from c7n.resources.account import Account
from c7n.schema import ElementSchema, generate
from jsonschema import Draft7Validator
from policies.harness import ACCOUNT, make_policy, open_bench
from policies.quotas import Room

from c7n_certrenew.elements.server_certificate_quota import ServerCertificateQuota
from c7n_certrenew.sandbox import Authority

load_resources(("aws.account",))
NAME = "server-certificate-quota"
FOUND = f"c7n:{NAME}"


def policy(*filters: Any) -> dict[str, Any]:
    """Return a policy on the account."""
    return {"name": "one", "resource": "aws.account", "filters": list(filters)}


def test_filter_is_registered_and_described() -> None:
    """Its name is what `type` takes, c7n's schema is valid, and the docstring's policy loads."""
    assert Account.filter_registry.get(NAME) is ServerCertificateQuota
    schema = ServerCertificateQuota.schema
    assert schema["properties"]["type"]["enum"] == [NAME]
    assert schema["additionalProperties"] is False
    generated = generate(["aws.account"])
    Draft7Validator.check_schema(generated)
    assert NAME in generated["definitions"]["resources"]["aws.account"]["filters"]
    text = ElementSchema.doc(ServerCertificateQuota) + "\n"
    [block] = re.findall(r"code-block:: yaml\n\n((?: +.*\n|\n)+)", text)
    [shown] = yaml.safe_load(textwrap.dedent(block))["policies"]
    assert make_policy(shown).data["name"].startswith("account-")


def test_permissions_are_operations_of_aws() -> None:
    """Ours and those of Custodian's own listing are API operations that botocore knows."""
    found = make_policy(policy({"type": NAME})).get_permissions()
    assert found == {"iam:ListAccountAliases", *ServerCertificateQuota.permissions}
    known = Session().get_service_model("iam").operation_names
    assert {one.removeprefix("iam:") for one in found} <= set(known)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (policy({"type": NAME, "percent": 0}), "percent is too small: 0"),
        (policy({"type": NAME, "percent": 101}), "percent must be at most 100"),
        (policy({"type": NAME, "days": 30}), "unknown key days"),
        (policy({"not": [{"type": NAME}]}), "would pass over what could not be read"),
        (policy({"not": [{"or": [{"type": NAME}]}]}), "would pass over what could not be read"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(data: dict[str, Any], message: str) -> None:
    """What would find nothing, or pass over what is not known, ends in one line."""
    with pytest.raises(PolicyValidationError, match=message):
        make_policy(data)


def test_account_is_one_resource(
    sandboxes: Any, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Custodian lists the account itself, by its number; the default is 80 percent of the quota.

    What has expired is named, the longest ago first, and asked for only where there is a finding.
    """
    bench = open_bench(sandboxes, authority, tmp_path, monkeypatch)
    bench.build(Room(expired=2))
    [found] = bench.run(policy({"type": NAME}))
    assert found["account_id"] == ACCOUNT
    assert found[FOUND] == {"Used": 80, "Quota": 100, "Percent": 80.0, "Expired": ["old1", "old0"]}
    bench.sandbox.clear_journal()
    assert bench.run(policy({"type": NAME, "percent": 80.5})) == []
    asked = [call.operation for call in bench.sandbox.journal]
    assert asked == ["ListAccountAliases", "GetAccountSummary"]
