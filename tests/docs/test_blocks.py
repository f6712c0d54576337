"""Every block of the pages is what it says it is: policies load, JSON and Python parse."""

from __future__ import annotations

import ast
import json
import re

import pytest
from pages import kinds
from pages.blocks import PAGES, ROOT, Block, blocks, blocks_of
from policies.harness import PACK

LANGUAGES = {"console", "hcl", "json", "python", "text", "yaml"}
_VAULT = re.compile(
    r'(path "[^"\n]+" \{\n  capabilities = \["(read|list|create|update)"\]\n\}\n?)+'
)
_SHIPPED = {path.read_text("utf-8").rstrip() for path in PACK.values()}
"""What gates of the rule pack check is not checked here again."""


def yaml_faults(block: Block) -> list[str]:
    """Return what is wrong with a block of YAML."""
    if block.text.rstrip() in _SHIPPED:
        return []
    data = kinds.read(block.text)
    kind = block.kind or kinds.kind_of(data)
    return [f"{block.place}: {fault}" for fault in kinds.faults(kind, data)]


def test_blocks_are_found() -> None:
    """Every fence of every page belongs to a block that is looked at, of a known language."""
    for page in PAGES:
        text = page.read_text("utf-8")
        fences = len(re.findall(r"^ *```", text, re.MULTILINE))
        assert fences == 2 * len(blocks_of(page, text)), page
    assert {f"{b.place}: {b.language}" for b in blocks() if b.language not in LANGUAGES} == set()


def test_yaml_is_valid() -> None:
    """Policies by Custodian's schema and their elements, others by the schema of their kind."""
    found = blocks("yaml")
    assert len(found) > 20
    assert [fault for block in found for fault in yaml_faults(block)] == []


def test_json_parses() -> None:
    """JSON is JSON."""
    for block in blocks("json"):
        json.loads(block.text)


def test_python_parses() -> None:
    """Python is Python; the how-to that it stands in has a test that runs it."""
    for block in blocks("python"):
        ast.parse(block.text)


def test_policies_of_vault_are_whole() -> None:
    """HCL is a policy of Vault: paths with capabilities."""
    for block in blocks("hcl"):
        assert _VAULT.fullmatch(block.text), block.place


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "policies: [{name: x, resource: aws.iam-certificate, filters: [{type: no-such}]}]",
            "no-such",
        ),
        (
            "policies: [{name: x, resource: aws.iam-certificate, "
            "filters: [{type: listener, services: [elb], count: 0}]}]",
            "would call unused",
        ),
        ("policies: [{name: x, resource: aws.elb, filterz: []}]", "filterz"),
        ("accounts: [{name: shop}]", "accounts/0"),
        ("some: thing", "no kind"),
    ],
)
def test_wrong_yaml_is_noticed(text: str, fault: str) -> None:
    """A filter that does not exist, one that is refused, each schema, and an unknown kind."""
    [block] = blocks_of(ROOT / "README.md", f"```yaml\n{text}\n```\n")
    assert fault in " ".join(yaml_faults(block))
