"""What we take for granted of Custodian's certificates in ACM, and what ours must be there."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import pytest
import yaml
from botocore.session import Session
from c7n.exceptions import PolicyValidationError
from c7n.resources import load_resources
from c7n.resources.acm import Certificate
from c7n.schema import ElementSchema
from policies.harness import make_policy

from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.core.model import AcmCertificate
from c7n_certrenew.register import IMPORTED_KEYS, acm_elements, register
from c7n_certrenew.renewal.reimport_planning import others

load_resources(("aws.acm-certificate",))
ELEMENTS: dict[str, Any] = {
    name: element for _, found in acm_elements(Certificate) for name, element in found.items()
}
SOURCE = {"type": "files", "bundle": "certs/<lineage>.pem"}
every_element = pytest.mark.parametrize("name", ELEMENTS)


def policy(*filters: Any, **action: Any) -> dict[str, Any]:
    """Return a policy on certificates in ACM."""
    actions = [{"type": "replace-certificate", **action}] if action else []
    data = {"name": "one", "resource": "aws.acm-certificate", "filters": list(filters)}
    return {**data, "actions": actions}


@every_element
def test_words_are_registered_and_described(name: str) -> None:
    """The registered name is what `type` takes, and the docstring's policies are valid."""
    element = ELEMENTS[name]
    kind = Certificate.action_registry if name == "replace-certificate" else None
    assert (kind or Certificate.filter_registry).get(name) is element
    assert element.schema["properties"]["type"]["enum"] == [name]
    assert element.schema["additionalProperties"] is False
    text = ElementSchema.doc(element) + "\n"
    [block] = re.findall(r"code-block:: yaml\n\n((?: +.*\n|\n)+)", text)
    [shown] = yaml.safe_load(textwrap.dedent(block))["policies"]
    assert make_policy(shown).data["name"].startswith("acm-certificate-")


@every_element
def test_permissions_are_operations_of_aws(name: str) -> None:
    """Every permission is an API operation that botocore knows."""
    also = {"elasticloadbalancing": ("elb", "elbv2")}
    for permission in ELEMENTS[name].permissions:
        service, _, operation = permission.partition(":")
        models = map(Session().get_service_model, also.get(service, (service,)))
        assert any(operation in model.operation_names for model in models), permission


def test_every_key_that_acm_imports_is_listed() -> None:
    """Custodian's list is asked for each type, once, however often we register."""
    register("c7n.resources.acm")
    types = Certificate.resource_type.enum_spec[2]["Includes"]["keyTypes"]
    assert sorted(types) == sorted(IMPORTED_KEYS)
    assert Certificate.resource_type.id == "CertificateArn"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (policy(source={"type": "acm"}), "source acm: has no private keys"),
        (policy(source=SOURCE, canary=1), "unknown key canary"),
        (policy(source=SOURCE, store="acm"), "unknown key store"),
        (policy({"type": "listener", "regions": ["eu-west-1"]}), "unknown key regions"),
        (policy({"not": [{"type": "listener"}]}), "not: .listener. would match"),
        (policy(trust="any"), "source is missing"),
    ],
    ids=str,
)
def test_what_makes_no_sense_in_acm_is_refused(data: dict[str, Any], message: str) -> None:
    """Options of rebinding, of other regions and of sources without keys end in one line."""
    with pytest.raises(PolicyValidationError, match=message):
        make_policy(data)


def test_store_acm_needs_a_key() -> None:
    """What AWS holds already cannot be imported out of IAM."""
    data = policy(source={"type": "iam"}, store="acm") | {"resource": "aws.iam-certificate"}
    with pytest.raises(PolicyValidationError, match="source iam: has no private keys"):
        make_policy(data)


def test_users_that_no_look_at_listeners_finds() -> None:
    """Other services, and load balancers of AWS's own accounts, stand behind an API."""
    mine, theirs = "123456789012", "999999999999"
    arn = f"arn:aws:acm:eu-west-1:{mine}:certificate/1"
    elb = "arn:aws:elasticloadbalancing:eu-west-1"
    users = (
        f"{elb}:{mine}:loadbalancer/app/web/1",
        f"arn:aws:cloudfront::{mine}:distribution/E1",
        f"{elb}:{theirs}:loadbalancer/net/api/1",
        "arn:aws:apigateway:eu-west-1::/domainnames/x",
        "nonsense",
    )
    certificate = AcmCertificate(arn, "x", None)  # type: ignore[arg-type]
    assert others(certificate, users) == users[2:]
    assert set(CONSUMERS) == {"appsync", "cloudfront", "elb", "elbv2"}
