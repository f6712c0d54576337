"""Every case of every policy, run by c7n's engine in a sandbox."""

from __future__ import annotations

import pytest
from policies.harness import PACK, Bench, Case, policy_data
from policies.tables import TABLES

CASES = [
    pytest.param(name, case, id=f"{name}: {case.title}")
    for name, table in TABLES.items()
    for case in table.cases
]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_case(name: str, case: Case, bench: Bench) -> None:
    """The policy says of the changed base what the table says, for the reason it gives."""
    assert name in PACK
    assert not bench.contradicts(policy_data(name), TABLES[name].base, case)
