"""The how-to's rule is valid, its tests pass, and fail when a filter of the rule is missing."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import jsonschema
import pytest
import yaml
from c7n import cli as stock
from c7n.utils import reset_session_cache
from integration.conftest import _kept_client, _main
from policies.harness import make_policy

from c7n_certrenew.aws.inventory import forget_everything
from c7n_certrenew.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/write-and-test-your-own-rule.md").read_text("utf-8")
SCHEMA = ROOT / "c7n_certrenew/report/schema/policy-metadata-v1.json"
[RULE] = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
[TESTS] = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
FILE = "shop-on-classic.yml"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Give what the page's module defines, with `custodian` in this process."""

    def run(command: list[str], env: Mapping[str, str], check: bool) -> None:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        reset_session_cache()
        forget_everything()
        code, text = _main(command[1:])
        assert (code, check) == (0, True), text

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(boto3.Session, "client", _kept_client)
    monkeypatch.setattr(stock, "setproctitle", lambda title: None)
    logging.getLogger("custodian").setLevel(logging.INFO)
    made: dict[str, Any] = {}
    exec(compile(TESTS, "page", "exec"), made)  # the page is the module
    made["subprocess"] = SimpleNamespace(run=run)
    return made


@pytest.fixture
def aws(sandboxes: Any) -> Sandbox:
    """Give the page's account, in this process."""
    sandbox: Sandbox = sandboxes.open(regions=("us-east-1", "eu-west-1"), server=False)
    return sandbox


def carried_out(page: Mapping[str, Any], aws: Sandbox, rule: Mapping[str, Any], out: Path) -> int:
    """Run the page's tests on a rule and return how many fail."""
    Path(FILE).write_text(yaml.safe_dump(rule))
    tests = [each for name, each in page.items() if name.startswith("test_")]
    assert len(tests) == 2
    failed = 0
    for number, test in enumerate(tests):
        try:
            test(aws, out / str(number))
        except (AssertionError, KeyError):
            failed += 1
    return failed


def test_rule_is_valid() -> None:
    """Custodian takes it, and its metadata is what the pack's schema asks for."""
    [policy] = yaml.safe_load(RULE)["policies"]
    assert make_policy(policy).name == policy["name"]
    jsonschema.validate(policy["metadata"], yaml.safe_load(SCHEMA.read_text("utf-8")))


def test_tests_of_the_page_pass(page: dict[str, Any], aws: Sandbox, tmp_path: Path) -> None:
    """As they are shown."""
    assert carried_out(page, aws, yaml.safe_load(RULE), tmp_path / "whole") == 0


@pytest.mark.parametrize("dropped", [0, 1])
def test_tests_of_the_page_notice(
    page: dict[str, Any], aws: Sandbox, tmp_path: Path, dropped: int
) -> None:
    """Without a filter a test of the page fails, as the page promises."""
    rule = yaml.safe_load(RULE)
    del rule["policies"][0]["filters"][dropped]
    assert carried_out(page, aws, rule, tmp_path / "without") > 0
