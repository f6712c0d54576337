"""What every policy of the pack must have: cases, metadata, a name, the stock tools' consent."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from policies.harness import ACCOUNT, PACK, ROOT, Verdict, policy_data
from policies.tables import TABLES

from c7n_certrenew.report.controls import controls
from c7n_certrenew.variables import variables as pack_variables

SCHEMA = ROOT / "c7n_certrenew/report/schema/policy-metadata-v1.json"
METADATA: dict[str, Any] = json.loads(SCHEMA.read_text())
TEXT = METADATA["definitions"]["text"]
LEDGER = Path(__file__).with_name("ids.txt").read_text()
NUMBERS = {"detect": "0", "renew": "1", "cleanup": "2", "fleet": "3"}
HARMLESS = {"require-replacement", "notify", "webhook", "post-finding"}
ACCOUNTS = f"""
accounts:
  - account_id: "{ACCOUNT}"
    name: shop
    role: arn:aws:iam::{ACCOUNT}:role/certrenew
"""

FIXED = {
    "acm-certificate-renewal-failing": "states in ACM's own words",
}
"""Why numbers or lists of a policy are no variables: with others it would be another rule."""

every_policy = pytest.mark.parametrize("stem", PACK)


def wanted_verdicts(stem: str) -> set[Verdict]:
    """Return the verdicts that a table must show; an inventory lists and judges nothing."""
    judges = policy_data(stem)["metadata"]["severity"] != "informational"
    return {Verdict.PASS, Verdict.FAIL} if judges else {Verdict.LISTED}


def changes_something(data: dict[str, Any]) -> bool:
    """Say whether a policy has an action that does more than to fail or to tell others."""
    return any(one["type"] not in HARMLESS for one in data.get("actions", ()))


def test_pack_and_tables_agree() -> None:
    """Each policy has a table of cases, and each table a policy."""
    assert PACK
    assert set(TABLES) == set(PACK)


@every_policy
def test_cases_show_every_verdict(stem: str) -> None:
    """A table has each verdict that its policy can come to, and no other."""
    shown = {case.verdict for case in TABLES[stem].cases}
    assert shown == {*wanted_verdicts(stem), Verdict.UNKNOWN}


@every_policy
def test_cases_change_one_field(stem: str) -> None:
    """A case changes one field of the base to another value; the base itself is a finding."""
    table = TABLES[stem]
    known = {field.name for field in fields(table.base)}
    bases = [case for case in table.cases if not case.change]
    assert [case.verdict for case in bases] in ([Verdict.FAIL], [Verdict.LISTED])
    assert all(set(case.change) <= known and len(case.change) < 2 for case in table.cases)


@every_policy
def test_cases_give_reasons(stem: str) -> None:
    """A case that is not a PASS says by what the finding is explained."""
    unexplained = [
        case.title
        for case in TABLES[stem].cases
        if (case.verdict is Verdict.PASS) is bool(case.because)
    ]
    assert unexplained == []


@every_policy
def test_case_titles_are_unique(stem: str) -> None:
    """No two cases of a table have one title."""
    titles = Counter(case.title for case in TABLES[stem].cases)
    assert [title for title, times in titles.items() if times > 1] == []


@every_policy
def test_file_is_named_like_its_policy(stem: str) -> None:
    """One policy a file, in a folder of the pack, short enough for a Lambda's name."""
    assert policy_data(stem)["name"] == stem
    assert PACK[stem].parent.name in NUMBERS
    assert len(stem) < 54


def test_stems_are_unique() -> None:
    """No two folders of the pack have a file of one name."""
    root = PACK["iam-certificate-inventory"].parents[1]
    assert len(list(root.rglob("*.y*ml"))) == len(PACK)


@every_policy
def test_metadata_is_complete(stem: str) -> None:
    """A policy says what is wrong, why, how to fix it, and who asks for it."""
    data = policy_data(stem)
    jsonschema.validate(data["metadata"], METADATA)
    jsonschema.validate(data["description"], TEXT)


@every_policy
def test_ids_say_what_kind_it_is(stem: str) -> None:
    """An id is the pack's, and its number is one of those for the folder."""
    number = NUMBERS[PACK[stem].parent.name]
    assert re.fullmatch(f"CERTRENEW-{number}[0-9]{{2}}", policy_data(stem)["metadata"]["id"])


def test_ids_are_in_the_ledger() -> None:
    """Every policy has its line there, every line its policy but those of retired ones."""
    current, _, _ = LEDGER.partition("# Retired")
    given = {f"{policy_data(stem)['metadata']['id']} {stem}" for stem in PACK}
    assert given == set(entries(current))


def test_no_id_and_no_name_is_given_again() -> None:
    """The ledger has each id and each name once, the retired ones included."""
    words = Counter(word for entry in entries(LEDGER) for word in entry.split())
    assert [word for word, times in words.items() if times > 1] == []


def entries(ledger: str) -> list[str]:
    """Return the lines of a ledger that give an id to a name."""
    return [line for line in ledger.splitlines() if line and not line.startswith("#")]


def test_controls_are_those_that_are_named() -> None:
    """Each control that a policy names is described, and each that is described is named."""
    named = {one for stem in PACK for one in policy_data(stem)["metadata"]["controls"]}
    assert named == set(controls())


def test_publishers_name_rules_that_say_so() -> None:
    """A mapping that is called the publisher's is of a rule that names the control."""
    for name, control in controls().items():
        assert bool(control.published_for) == bool(control.source)
        for stem in control.published_for:
            assert name in policy_data(stem)["metadata"]["controls"]


@every_policy
def test_what_may_be_tuned_is_a_variable(stem: str) -> None:
    """Each number and list that filters and actions take is taken from `vars` by alias."""
    text = PACK[stem].read_text()
    tree = yaml.compose(text, yaml.SafeLoader)
    [policy] = child(tree, "policies").value
    ours = {id(node) for _, value in child(tree, "vars").value for node in below(value)}
    written = [
        node
        for block in ("filters", "actions")
        for node in below(child(policy, block))
        if id(node) not in ours
    ]
    numbers = [node.value for node in written if node.tag.endswith((":int", ":float"))]
    thresholds = [number for number in numbers if number != "0"]
    lists = [
        [one.value for one in child(node, key).value]
        for node in written
        for key in ("value", "to")
        if isinstance(child(node, key), yaml.SequenceNode) and id(child(node, key)) not in ours
    ]
    assert bool(thresholds or lists) == (stem in FIXED)


@every_policy
def test_variables_are_explained_and_used(stem: str) -> None:
    """Each has a comment that is a sentence, a name in kebab-case, and is taken somewhere."""
    text = PACK[stem].read_text()
    for one in pack_variables(text):
        assert re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)*", one.name)
        assert re.search(r"^[A-Z].{20,}\.$", one.comment), one.name
        assert re.search(rf"^  {one.name}: &{one.name}\b", text, re.MULTILINE)
        assert len(re.findall(rf"\*{one.name}\b", text)) > 0, one.name


def child(node: yaml.Node, key: str) -> yaml.Node:
    """Return what a mapping has below a key, an empty mapping if it has nothing there."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    found = [value for name, value in pairs if name.value == key]
    return found[0] if found else yaml.MappingNode("", [])


def below(node: yaml.Node) -> Iterator[yaml.Node]:
    """Yield a node and all below it; of a mapping the values."""
    yield node
    if isinstance(node, yaml.ScalarNode):
        return
    for one in node.value:
        yield from below(one[1] if isinstance(one, tuple) else one)


@every_policy
def test_remediation_renews(stem: str) -> None:
    """The remediation that a policy names is in the pack and acts; what acts itself names none."""
    data = policy_data(stem)
    remedy = data["metadata"].get("remediation-policy")
    assert remedy is None or (changes_something(policy_data(remedy)) and "actions" not in data)


@every_policy
def test_only_acting_policies_are_limited(stem: str) -> None:
    """A policy that changes something stops at a number of certificates; a report never does."""
    data = policy_data(stem)
    assert ("max-resources" in data) == changes_something(data)


@every_policy
def test_strings_have_no_braces(stem: str) -> None:
    """c7n expands braces in every string; the pack leaves them to its users' variables."""
    assert not re.search(r"[{}]", PACK[stem].read_text())


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a stock command of this environment, without AWS."""
    script = Path(__file__).with_name("validating.py")
    return subprocess.run(
        [sys.executable, script, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120
    )


def test_custodian_accepts_the_pack(tmp_path: Path) -> None:
    """Stock `custodian validate` takes every file."""
    run = command("custodian", "validate", *map(str, PACK.values()), cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stderr.count("Configuration valid") == len(PACK)


def test_c7n_org_accepts_the_pack(tmp_path: Path) -> None:
    """Stock `c7n-org validate --per-account` finds nothing unexpanded in the whole pack."""
    pack = {"policies": [policy_data(stem) for stem in PACK]}
    (tmp_path / "pack.yml").write_text(yaml.safe_dump(pack))
    (tmp_path / "accounts.yml").write_text(ACCOUNTS)
    arguments = ("validate", "--per-account", "-c", "accounts.yml", "-u", "pack.yml")
    run = command("c7n-org", *arguments, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert f"Validating {len(PACK)} policies across 1 accounts" in run.stderr
