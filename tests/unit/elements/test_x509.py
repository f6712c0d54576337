"""What `x509` refuses before it runs: keys that are none, and what would take the unread."""

from __future__ import annotations

from typing import Any

import pytest
from c7n.config import Config
from c7n.exceptions import PolicyValidationError
from c7n.policy import Policy, PolicyCollection
from c7n.resources import load_resources

from c7n_certrenew.core.candidate import Material, assemble
from c7n_certrenew.core.model import ServerCertificate
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.elements.x509 import ERROR, KEYS
from c7n_certrenew.report.certificates import certificate_shape
from c7n_certrenew.sandbox import Authority


def loaded(*filters: Any, **more: Any) -> Policy:
    """Return a policy with these filters."""
    data = {"name": "one", "resource": "aws.iam-certificate", "filters": list(filters), **more}
    load_resources(["aws.iam-certificate"])
    config = Config.empty(region="us-east-1", account_id="123456789012")
    [found] = PolicyCollection.from_data({"policies": [data]}, config)
    return found


def refusal(*filters: Any, **more: Any) -> str:
    """Return why a policy is refused, empty where it is not."""
    try:
        loaded(*filters, **more).validate()
    except PolicyValidationError as fault:
        return str(fault)
    return ""


def asking(key: Any = "KeySize", **options: Any) -> dict[str, Any]:
    """Return the filter."""
    return {"type": "x509", "key": key, "value": 1, **options}


GOOD = [
    "KeySize",
    "Chain[].NotAfter",
    "min(Chain[].NotAfter)",
    "Chain[?NotAfter < '2027'].Subject | [0]",
    "sort_by(Chain, &NotAfter)[0].Subject",
    'contains(DNSNames, `"www.example.com"`)',
    "DNSNames[0:2]",
    "@",
]
FITTING: list[dict[str, Any]] = [
    asking(value="absent"),
    asking(op="lt", value="{bits}"),
    asking(value_type="integer", value="2048"),
    asking("ChainEnd", op="regex", value="^p"),
    asking("ChainEnd", op="not-in", value=["public-root", "unknown"]),
    asking("Wildcard", value=False),
]


@pytest.mark.parametrize("key", GOOD)
def test_keys_and_expressions(key: str) -> None:
    """A key may be any JMESPath expression over the keys there are."""
    assert refusal(asking(key)) == ""


@pytest.mark.parametrize("asked", FITTING, ids=str)
def test_values_that_a_key_can_have(asked: dict[str, Any]) -> None:
    """A word of Custodian's, what is still to be expanded or converted, and what is there."""
    assert refusal(asked) == ""


BAD: list[tuple[dict[str, Any], str]] = [
    (asking("Keysize"), "no key Keysize; there are AuthorityKeyIdentifier, "),
    (asking("Chain[].NotBefor"), "no key NotBefor; "),
    (asking("tag:team"), "Parse error at column 3"),
    (asking("length("), "Incomplete expression"),
    (asking(7), "key must be of type string, not 7"),
    ({"type": "x509", "value": 1}, "key is missing"),
    ({"type": "x509", "key": "KeySize"}, "Missing 'value' in value filter"),
    (asking(op="grater-than"), "Invalid operator in value filter"),
    (asking(op="regex", value="("), "Invalid regex: "),
    (asking(op="regex"), "first argument must be string"),
    (asking(value_type="expires"), "value_type must be one of age, integer, "),
    (asking(value_type="resource_count", op="gt"), "value_type must be one of "),
    (asking(unread="skip"), "unread must be one of include, exclude, not 'skip'"),
    (asking(value_path="Subject"), "unknown key value_path; "),
    (asking(op="lt", value="2048"), "KeySize is a number, not '2048'"),
    (asking(op="in", value=[2048, "4096"]), "KeySize is a number, not '4096'"),
    (asking("Curve", op="not-in", value="secp256r1"), "not-in takes a list, not 'secp256r1'"),
    (asking("SelfSigned", value="true"), "SelfSigned is true or false, not 'true'"),
    (asking("ChainEnd", op="in", value=["public"]), "ChainEnd is one of public-root, "),
]


@pytest.mark.parametrize(("asked", "reason"), BAD, ids=str)
def test_refused(asked: dict[str, Any], reason: str) -> None:
    """A mistake that would find nothing or everything is one line that names policy and element."""
    said = refusal(asked)
    assert said.startswith("policy:one x509: ")
    assert reason in said
    assert "\n" not in said


@pytest.mark.parametrize("action", ["delete", {"type": "delete"}], ids=str)
def test_delete_takes_nothing_unread(action: Any) -> None:
    """Only certificates that were looked at may be deleted for what they say."""
    said = refusal({"not": [asking()]}, actions=[action])
    assert said.endswith("could not be read; add unread: exclude")
    assert refusal(asking(unread="exclude"), actions=[action]) == ""
    assert refusal(asking(), actions=[{"type": "webhook", "url": "https://example.com"}]) == ""


def test_lambda_modes_are_refused() -> None:
    """It needs a library that a Lambda function does not have."""
    more = {"mode": {"type": "periodic", "schedule": "rate(1 day)", "role": "r"}}
    [element] = loaded(asking(), **more).resource_manager.filters
    with pytest.raises(PolicyValidationError, match="Lambda modes are not supported yet"):
        element.validate()


def test_keys_are_those_that_are_written(authority: Authority) -> None:
    """No key can be asked for that is never there, and none is there that cannot be asked for."""
    written = set()
    for issued in (authority.issue("a.example", key="p256"), authority.issue("b.example")):
        made = assemble(Material("cert.pem", issued.certificate.encode()))
        kept = ServerCertificate("web", "arn", "/", issued.not_after)
        written |= set(certificate_shape(Stored(kept, made.leaf, made.chain), []))
    assert written | {ERROR} == KEYS
