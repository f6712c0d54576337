"""The conformance page is what the tests say, and what they say is evidence."""

from __future__ import annotations

import re
from functools import cache

import botocore.session
import conformance
import pytest
from conformance import Behaviour, Module

MODULES = conformance.modules()
SERVICES = ("acm", "appsync", "cloudfront", "ec2", "elb", "elbv2", "iam", "sts")
EVIDENCE = sorted({text for m in MODULES for found in m.behaviours for text in found.evidence})


@cache
def names(service: str) -> frozenset[str]:
    """Return the operations, shapes and error codes of a service's model."""
    model = botocore.session.get_session().get_service_model(service)
    codes = {error.error_code for error in model.error_shapes}
    return frozenset({*model.operation_names, *model.shape_names, *codes})


def test_page_is_up_to_date() -> None:
    """The page is what `python tests/conformance.py` writes."""
    assert conformance.PAGE.read_text("utf-8") == conformance.page(), "run the command above"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.path.stem)
def test_every_behaviour_says_what_it_rests_on(module: Module) -> None:
    """A test of what the sandbox does as AWS has evidence; one about the sandbox may have none."""
    bare = [found.test for found in module.behaviours if not found.evidence]
    assert not bare or module.path.stem.removeprefix("test_sandbox_") in conformance.ITSELF


def test_evidence_is_of_a_known_kind() -> None:
    """Evidence is a kind and a text; a thread is named as owner/repository#number."""
    for evidence in EVIDENCE:
        kind, _, text = evidence.partition(": ")
        assert kind in conformance.KINDS, evidence
        assert text, evidence
        assert kind != "thread" or re.match(r"[\w.-]+/[\w.-]+#\d+", text), evidence


def test_models_have_what_is_named() -> None:
    """A model is that of a service, and what follows the service's name is in it."""
    for evidence in (text for text in EVIDENCE if text.startswith("model: ")):
        first = evidence.removeprefix("model: ").replace(".", " ").replace(",", " ").split()[0]
        assert first in {*SERVICES, "botocore"}, evidence
        for service, name in re.findall(rf"\b({'|'.join(SERVICES)})[. ]([A-Z]\w+)", evidence):
            assert name in names(service), evidence


def test_no_behaviour_is_stated_twice_in_a_module() -> None:
    """Two tests of a module that state the same could not be told apart on the page."""
    for module in MODULES:
        stated = [found.statement for found in module.behaviours if found.evidence]
        assert len(stated) == len(set(stated)), module.path.name


def test_rows_are_links_and_cells() -> None:
    """A thread is linked, and a stroke does not end a cell."""
    found = Behaviour("test_it", "a | b", ("thread: owner/some.repo#12",))
    link = "[owner/some.repo#12](https://github.com/owner/some.repo/issues/12)"
    assert found.row == f"| a \\| b | thread: {link} | `test_it` |\n"
