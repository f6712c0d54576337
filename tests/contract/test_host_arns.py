"""What we put right in Custodian's class of server certificates (decision 0015)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from c7n.cache import NullCache
from c7n.config import Config
from c7n.filters.core import ValueFilter
from c7n.policy import Policy, PolicyCollection
from c7n.query import DescribeSource, sources
from c7n.resources import load_resources
from c7n.resources.iam import ServerCertificate
from c7n.resources.securityhub import OtherResourcePostFinding
from c7n.utils import reset_session_cache

from c7n_certrenew.elements.certificate_source import CertificateSource, mentions_tags
from c7n_certrenew.elements.post_finding import PostFinding
from c7n_certrenew.register import CERTIFICATES, register
from c7n_certrenew.sandbox import Issued, Sandbox

ARN = "arn:aws:iam::123456789012:server-certificate/cloudfront/web"
WRONG = "arn:aws:iam::123456789012:server-certificate/web"
SHOWN = {"ServerCertificateName": "web", "Path": "/cloudfront/", "Arn": ARN}
FINDING = {"type": "post-finding", "title": "due", "types": ["Effects"]}


def loaded(*filters: Any, actions: tuple[Any, ...] = (), **options: Any) -> Policy:
    """Return a policy as c7n loads it."""
    load_resources(("aws.iam-certificate",))
    config = Config.empty(region="us-east-1", account_id="123456789012", **options)
    data = {"name": "one", "resource": "aws.iam-certificate", "filters": list(filters)}
    policies = {"policies": [{**data, "actions": list(actions)}]}
    [found] = PolicyCollection.from_data(policies, config)
    return found


@pytest.fixture
def near(sandboxes: Any, web: Issued, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Give an account with a certificate for CloudFront, in this process."""
    sandbox: Sandbox = sandboxes.open(regions=("us-east-1",), server=False)
    sandbox.upload("web", web, "/cloudfront/")
    for name, value in sandbox.environ.items():
        monkeypatch.setenv(name, value)
    reset_session_cache()
    return sandbox


def test_stock_has_neither_arn_nor_source() -> None:
    """Custodian without us knows no key of an ARN here and has no source of its own for tags."""
    program = (
        "from c7n.resources.iam import ServerCertificate as it;"
        "print(it.resource_type.arn, 'source_mapping' in vars(it),"
        " 'tag' in it.action_registry, 'marked-for-op' in it.filter_registry)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"C7N_CERTRENEW_AUTOLOAD": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["None", "False", "False", "False"]


def test_arn_has_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stock computes the ARN of another certificate; ours is the one that IAM shows."""
    manager = loaded().resource_manager
    assert manager.get_arns([SHOWN]) == [ARN]
    monkeypatch.setattr(ServerCertificate.resource_type, "arn", None)
    assert manager.get_arns([SHOWN]) == [WRONG]


def test_stock_finding_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """`post-finding` is ours, in place of what Custodian gives any resource (decision 0022)."""
    registry = ServerCertificate.action_registry
    assert registry.get("post-finding") is PostFinding
    monkeypatch.setitem(registry._factories, "post-finding", OtherResourcePostFinding)
    register(CERTIFICATES)
    assert registry.get("post-finding") is PostFinding


def test_stock_finding_has_what_ours_changes() -> None:
    """It takes an id and dates, and asks for the resource, its ARN from where IAM shows it."""
    action = loaded(actions=(FINDING,)).resource_manager.actions[0]
    finding = action.get_finding([SHOWN], "id", "then", "now")
    assert (finding["Id"], finding["CreatedAt"], finding["UpdatedAt"]) == ("id", "then", "now")
    assert finding["RecordState"] == "ACTIVE"
    assert finding["Resources"][0]["Id"] == ARN


def test_registering_again_changes_nothing() -> None:
    """And what Custodian may have of its own one day stays."""
    register(CERTIFICATES)
    assert ServerCertificate.source_mapping == {"describe": CertificateSource}
    assert ServerCertificate.resource_type.arn == "Arn"


def test_what_custodian_has_of_its_own_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of ARNs or a source that Custodian gives the class is not overwritten."""
    own: Any = {"describe": DescribeSource}
    monkeypatch.setattr(ServerCertificate, "source_mapping", own)
    monkeypatch.setattr(ServerCertificate.resource_type, "arn", "Own")
    register(CERTIFICATES)
    assert ServerCertificate.source_mapping is own
    assert ServerCertificate.resource_type.arn == "Own"


def test_another_finding_of_custodian_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `post-finding` that Custodian makes for server certificates is not replaced."""

    class Own(OtherResourcePostFinding):  # type: ignore[misc]  # c7n is untyped
        """Stand for it."""

    registry = ServerCertificate.action_registry
    monkeypatch.setitem(registry._factories, "post-finding", Own)
    register(CERTIFICATES)
    assert registry.get("post-finding") is Own


def test_manager_asks_its_class_for_a_source(tmp_path: Path) -> None:
    """It has its filters and actions by then; `source: config` is still Custodian's own.

    A cache that other policies filled has no tags: a policy that asks for them has none.
    """
    options = {"cache": str(tmp_path / "cache"), "cache_period": 15}
    plain = loaded({"Path": "/"}, **options).resource_manager
    tagged = loaded({"tag:a": "b"}, **options).resource_manager
    assert (type(plain.source), type(tagged.source)) == (CertificateSource, CertificateSource)
    assert (plain.source.tagged, tagged.source.tagged) == (False, True)
    assert not isinstance(plain._cache, NullCache)
    assert isinstance(tagged._cache, NullCache)
    assert set(tagged.get_permissions()) - set(plain.get_permissions()) == {
        "iam:ListServerCertificateTags"
    }
    assert isinstance(plain.get_source("config"), sources["config"])
    assert isinstance(loaded({"tag:a": "b"}).resource_manager.filters[0], ValueFilter)


MENTIONS: list[tuple[Any, bool]] = [
    ({"tag:a": "absent"}, True),
    ({"type": "value", "key": "tag:a"}, True),
    ({"or": [{"not": [{"tag:a": "absent"}]}]}, True),
    ({"type": "value", "key": "Tags[?Key=='a'].Value | [0]"}, True),
    ({"type": "reduce", "group-by": "tag:a"}, True),
    ({"type": "marked-for-op", "op": "delete"}, True),
    ("tag-count", True),
    ({"type": "post-finding", "types": ["Effects"]}, False),
    ({"type": "notify", "to": ["resource-owner"]}, True),
    ({"type": "notify", "to": ["slack://tag/channel"]}, True),
    ({"type": "tag", "tags": {"a": {"type": "resource", "default-value": "b"}}}, True),
    ({"type": "tag", "tags": {"a": {"type": "resource", "key": "Path"}}}, False),
    ({"type": "tag", "tag": "a", "value": "b"}, False),
    ({"type": "mark-for-op", "tag": "a", "op": "delete"}, False),
    ({"type": "remove-tag", "tags": ["tag:a"]}, False),
    ({"type": "value", "key": "ServerCertificateName", "value": "stage"}, False),
    ({"type": "replacement", "source": {"certificate": "<tag:a>.pem"}}, False),
    ({"type": "superseded", "keep-days": 3}, False),
    ("delete", False),
]


@pytest.mark.parametrize(("element", "mentioned"), MENTIONS)
def test_what_mentions_tags(element: Any, mentioned: bool) -> None:
    """An element that looks at tags makes the policy read them; setting and removing does not."""
    assert mentions_tags([{"Path": "/"}, element]) is mentioned
