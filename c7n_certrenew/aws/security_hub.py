"""Findings in Security Hub: which there are, and posting them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from c7n_certrenew.core.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Finding = dict[str, Any]
"""AWS's format of a finding (ASFF)."""

_ASKED = 20
"""Values that one filter takes (GetFindings, AwsSecurityFindingFilters)."""
POSTED = 100
"""Findings in one call, at most (BatchImportFindings, Findings)."""


def posted(client: Any, product: str, ids: Sequence[str]) -> dict[str, Finding]:
    """Return the findings of a product that Security Hub has under these ids, by id.

    Raises what botocore raises.
    """
    pages = client.get_paginator("get_findings")
    return {
        finding["Id"]: finding
        for some in _chunks(ids, _ASKED)
        for page in pages.paginate(
            Filters={"ProductArn": _equal([product]), "Id": _equal(some)},
        )
        for finding in page["Findings"]
        if finding["Id"] in some
    }


def post(client: Any, findings: Sequence[Finding], size: int = POSTED) -> dict[str, str]:
    """Post findings, so many in a call; return why Security Hub did not take some of them, by id.

    Raises what botocore raises.
    """
    return {
        refused["Id"]: plain(f"{refused['ErrorCode']}: {refused['ErrorMessage']}")
        for some in _chunks(findings, size)
        for refused in client.batch_import_findings(Findings=some)["FailedFindings"]
    }


def _equal(values: Sequence[str]) -> list[Mapping[str, str]]:
    return [{"Value": value, "Comparison": "EQUALS"} for value in values]


def _chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))
