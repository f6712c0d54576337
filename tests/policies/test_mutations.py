"""No part of a policy is idle: without it, or with another value, a case ends otherwise."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from c7n.exceptions import PolicyValidationError
from jmespath.exceptions import JMESPathError
from policies.harness import PACK, Bench, Case, Data, Table, policy_data
from policies.mutants import mutants
from policies.tables import TABLES

from c7n_certrenew.errors import CertrenewError

EQUIVALENT = (
    ("*", "no filters.*.days 30", "the filter's own default, written out to be tuned"),
    ("*", "no filters.?.keep-days 7", "the filter's own default, written out to be tuned"),
    ("*", "no filters.?.percent 80", "the filter's own default, written out to be tuned"),
    ("*", "no filters.?.alarm-days 14", "the action's own default, written out to be tuned"),
    ("*", "*.source.private-key is *", "a plan reads no key; test_renewal does"),
    ("iam-certificate-unused", "filters.0.op is gt", "an age is never met to the microsecond"),
    ("iam-certificate-inventory", "*count_op*", "whom it lists says the filter beside it"),
)
"""Policy, mutant and the reason why it judges nothing otherwise; patterns as of file names."""


def is_equivalent(stem: str, title: str) -> bool:
    """Say whether a mutant is known to judge as its policy does."""
    return any(
        fnmatchcase(stem, policy) and fnmatchcase(title, mutant) for policy, mutant, _ in EQUIVALENT
    )


def is_caught(mutated: Data, table: Table, cases: list[Case], bench: Bench) -> bool:
    """Say whether a mutant is refused or a case ends otherwise; that case is asked first then."""
    for case in cases:
        try:
            caught = bool(bench.contradicts(mutated, table.base, case))
        except (PolicyValidationError, CertrenewError, JMESPathError):
            caught = True
        if caught:
            cases.remove(case)
            cases.insert(0, case)
            return True
    return False


@pytest.mark.parametrize("stem", PACK)
def test_mutants_are_caught(stem: str, bench: Bench) -> None:
    """Each fails a case, or is refused as wrong, unless it is listed as equivalent."""
    table = TABLES[stem]
    cases = list(table.cases)
    survivors = {
        title
        for title, mutated in mutants(policy_data(stem))
        if not is_caught(mutated, table, cases, bench)
    }
    assert {title for title in survivors if not is_equivalent(stem, title)} == set()


def test_every_equivalent_mutant_is_one() -> None:
    """The list names no policy and no mutant that is not there."""
    every = [(stem, title) for stem in PACK for title, _ in mutants(policy_data(stem))]
    for policy, mutant, reason in EQUIVALENT:
        assert reason
        assert any(fnmatchcase(s, policy) and fnmatchcase(t, mutant) for s, t in every)


def test_every_filter_is_mutated() -> None:
    """The mutants of a policy reach its filters inside blocks as well, and their options."""
    titles = [title for title, _ in mutants(policy_data("iam-certificate-inventory"))]
    assert titles == [
        "no filters.0",
        "filters.0.or is and",
        "no filters.0.or.0",
        "no filters.0.or.0.count 0",
        "filters.0.or.0.count is -1",
        "filters.0.or.0.count is 1",
        "no filters.0.or.0.count_op ge",
        "filters.0.or.0.count_op is gt",
        "no filters.0.or.1",
        "no filters.0.or.1.key Arn",
        "filters.0.or.1.key is ArnOther",
        "no filters.0.or.1.value present",
        "filters.0.or.1.value is absent",
    ]
