"""Registration works in whatever order the modules are imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

FIRST = [
    "c7n_certrenew.register",
    "c7n_certrenew.elements.listener",
    "c7n_certrenew.cli",
    "c7n.resources.iam",
    "c7n.resources.ec2",
]


@pytest.mark.parametrize("first", FIRST)
def test_any_module_may_be_imported_first(first: str) -> None:
    """Custodian knows the filters and nothing is logged, whichever import comes first."""
    program = (
        f"import {first}; from c7n.resources.iam import ServerCertificate as it; "
        "print('listener' in it.filter_registry, 'replace-certificate' in it.action_registry)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("True True\n", "")
