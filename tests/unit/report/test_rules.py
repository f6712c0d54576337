"""What the rules of the pack found, as a person sees it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from c7n_certrenew.report.rules import Rule, rule_parts

WEAK = Rule(
    policy="iam-certificate-weak-key-or-signature",
    id="CERTRENEW-020",
    severity="high",
    title="Every server certificate in IAM has a key and a signature that are still strong enough",
    found=("shop-example-com", "promo-example-com", "portal-2023"),
    unknown=("api-example-com",),
)


@pytest.mark.parametrize("width", [60, 80, 104, 140, 240])
def test_no_name_is_folded(width: int) -> None:
    """Severity, id and names stay whole on a terminal of any width."""
    console = Console(width=width, file=io.StringIO())
    for part in rule_parts([WEAK]):
        console.print(part)
    words = console.file.getvalue().replace(",", " ").split()
    assert {"high", WEAK.id, *WEAK.found, *WEAK.unknown} <= {word.strip(":") for word in words}
