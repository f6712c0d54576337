"""What every policy of the pack must have: cases, metadata, a name, the stock tools' consent."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from policies.harness import ACCOUNT, PACK, Verdict, policy_data
from policies.tables import TABLES

TEXT: dict[str, Any] = {"type": "string", "minLength": 10, "pattern": "^[A-Z0-9]"}
METADATA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "id",
        "title",
        "severity",
        "risk",
        "violation",
        "fix",
        "citation",
        "false-positives",
        "controls",
    ],
    "properties": {
        "id": {"type": "string", "pattern": "^CERTRENEW-[0-9]{3}$"},
        "title": {**TEXT, "maxLength": 100, "pattern": r"[^.\n]$"},
        "severity": {"enum": ["informational", "low", "medium", "high", "critical"]},
        "risk": TEXT,
        "violation": TEXT,
        "fix": TEXT,
        "citation": TEXT,
        "remediation-policy": {"type": "string"},
        "false-positives": TEXT,
        "controls": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "pattern": "^[a-z0-9.-]+/[A-Za-z0-9.()-]+$"},
        },
    },
}
FOLDERS = {"detect", "renew", "cleanup", "fleet"}
ACCOUNTS = f"""
accounts:
  - account_id: "{ACCOUNT}"
    name: shop
    role: arn:aws:iam::{ACCOUNT}:role/certrenew
"""

every_policy = pytest.mark.parametrize("stem", PACK)


def wanted_verdicts(stem: str) -> set[Verdict]:
    """Return the verdicts that a table must show; an inventory lists and judges nothing."""
    judges = policy_data(stem)["metadata"]["severity"] != "informational"
    return {Verdict.PASS, Verdict.FAIL} if judges else {Verdict.LISTED}


def changes_something(data: dict[str, Any]) -> bool:
    """Say whether a policy has an action that does more than to fail."""
    return any(one["type"] != "require-replacement" for one in data.get("actions", ()))


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
    assert PACK[stem].parent.name in FOLDERS
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


def test_ids_are_unique() -> None:
    """No two policies have one id."""
    ids = Counter(policy_data(stem)["metadata"]["id"] for stem in PACK)
    assert [one for one, times in ids.items() if times > 1] == []


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


def command(name: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a stock command of this environment, without AWS."""
    executable = Path(sys.executable).with_name(name)
    return subprocess.run(
        [executable, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120
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
