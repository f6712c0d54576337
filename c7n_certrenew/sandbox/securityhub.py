"""Security Hub as AWS has it: off until it is switched on, and findings asked for by filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.securityhub.models import SecurityHubBackend

from .errors import AwsError
from .patching import PatchPoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .world import World

    _Filters = Mapping[str, list[Mapping[str, str]]]

_stock_get_findings = SecurityHubBackend.get_findings
_stock_batch_import_findings = SecurityHubBackend.batch_import_findings


def batch_import_findings(_world: World, backend: SecurityHubBackend, findings: list[Any]) -> Any:
    """Take findings where Security Hub is on."""
    _check_on(backend)
    return _stock_batch_import_findings(backend, findings)


def get_findings(
    _world: World, backend: SecurityHubBackend, filters: _Filters | None = None, **options: Any
) -> Any:
    """Return the findings that have one of the values that each filter names."""
    _check_on(backend)
    kept = backend.findings
    backend.findings = [one for one in kept if _meets(one.data, filters or {})]
    try:
        return _stock_get_findings(backend, filters=filters, **options)
    finally:
        backend.findings = kept


def _check_on(backend: SecurityHubBackend) -> None:
    if not backend.enabled:
        message = f"Account {backend.account_id} is not subscribed to AWS Security Hub"
        raise AwsError("InvalidAccessException", message)


def _meets(finding: Mapping[str, Any], filters: _Filters) -> bool:
    for name, tests in filters.items():
        if any(test["Comparison"] != "EQUALS" for test in tests) or name not in finding:
            raise AwsError("SandboxDefect", f"the sandbox does not know this filter: {name}")
        if finding[name] not in [test["Value"] for test in tests]:
            return False
    return True


POINTS = (
    PatchPoint(
        SecurityHubBackend,
        "batch_import_findings",
        batch_import_findings,
        "moto takes findings where Security Hub is off",
    ),
    PatchPoint(
        SecurityHubBackend,
        "get_findings",
        get_findings,
        "moto returns all findings, whatever is asked, and where Security Hub is off",
    ),
)
