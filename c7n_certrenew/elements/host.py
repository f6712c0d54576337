"""What our elements ask of Cloud Custodian's manager and policy."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from botocore.exceptions import ClientError
from c7n.cache import NullCache
from c7n.exceptions import PolicyValidationError
from c7n.utils import local_session

from c7n_certrenew.core.model import Unread
from c7n_certrenew.elements.certificates import arn_of, in_acm
from c7n_certrenew.elements.options import check_options
from c7n_certrenew.errors import CertrenewError
from c7n_certrenew.report.bindings import unread_shape
from c7n_certrenew.report.places import scopes

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients

UNREAD = "c7n:unread"
PULL = "pull"
_SAID = 5
"""How many services and reasons a warning names."""

log = logging.getLogger("custodian.certrenew")

_warned: set[str] = set()
_Element = TypeVar("_Element", bound=Any)


def adopt(element: _Element, check: Callable[[], None]) -> _Element:
    """Check an element as `validate()` must, and have its policy list certificates live.

    c7n keeps what it lists for 15 minutes, across runs: a certificate that was uploaded or
    deleted meanwhile would be missing from an inventory, or judged though it is gone. Where AWS
    refuses, the policy ends with that one line, and so it does where a variable is left that no
    account has set: a filter by it would find nothing.

    Raises PolicyValidationError. `c7n-org run` would turn that into a warning and exit 0, so
    there the policy fails when it runs, or before it is deployed where it has a Lambda mode.
    """
    manager = element.manager
    manager._cache = NullCache(manager.config)
    manager.resources = partial(_list, element, manager.resources)
    try:
        check_options(policy_name(manager), _with_type(element), element.schema)
        check()
    except PolicyValidationError as fault:
        if not _run_by_c7n_org(manager):
            raise
        manager.resources = refuse = partial(_refuse, str(fault))
        if _mode(manager) != PULL:
            manager.ctx.policy.get_execution_mode = refuse
    return element


def _with_type(element: _Element) -> dict[str, Any]:
    """Return an element's options; c7n leaves those of an action empty that is a name alone."""
    return {"type": element.type, **element.data}


class RefusedError(CertrenewError, ClientError):
    """What AWS answered in place of resources; still what c7n-org knows as a denial."""


def _list(element: Any, resources: Callable[..., Any], *given: Any, **named: Any) -> Any:
    try:
        policy = policy_name(element.manager)
        check_options(policy, _with_type(element), element.schema, expanded=True)
        return resources(*given, **named)
    except PolicyValidationError as fault:
        raise CertrenewError(str(fault)) from fault
    except ClientError as fault:
        raise RefusedError(fault.response, fault.operation_name) from fault


def _refuse(reason: str, *_: object, **__: object) -> NoReturn:
    raise CertrenewError(reason)


def _run_by_c7n_org(manager: Any) -> bool:
    conditions = getattr(manager.ctx.policy, "conditions", None)
    return conditions is not None and "account" in conditions.env_vars


def policy_name(manager: Any) -> str:
    """Return the name of the policy that an element stands in."""
    return str(manager.data.get("name") or manager.ctx.policy.name)


def clients_for(manager: Any, resources: Sequence[Mapping[str, Any]]) -> Clients:
    """Return clients on the policy's session, for the account that owns the certificates."""
    from c7n_certrenew.aws.clients import Clients

    _, partition, _, _, account_id, _ = arn_of(resources[0]).split(":", 5)
    return Clients(local_session(manager.session_factory), account_id, partition)


def reject(manager: Any, element: str, reason: str) -> NoReturn:
    """Raise a PolicyValidationError that names the policy and the element."""
    raise PolicyValidationError(f"policy:{policy_name(manager)} {element}: {reason}")


def reject_lambda(element: Any) -> None:
    """Raise a PolicyValidationError where the policy is to run in AWS Lambda."""
    if _mode(element.manager) != PULL:
        reject(
            element.manager,
            element.type,
            "runs with custodian run or c7n-org run; Lambda modes are not supported yet",
        )


def _mode(manager: Any) -> str:
    return str((manager.data.get("mode") or {}).get("type", PULL))


def is_negated(manager: Any, element: Any) -> bool:
    """Say whether a filter stands inside a `not`, at any depth."""
    return any(found is element and negated for found, negated in _walk(manager.filters, False))


def _walk(filters: Iterable[Any], negated: bool) -> Iterator[tuple[Any, bool]]:
    for found in filters:
        yield found, negated
        if found.type in ("and", "or", "not"):
            yield from _walk(found.filters, negated or found.type == "not")


def options_of(manager: Any, kind: str) -> list[Mapping[str, Any]]:
    """Return the options of each filter or action of a type, at any depth."""
    everything = (*(found for found, _ in _walk(manager.filters, False)), *manager.actions)
    return [found.data for found in everything if found.type == kind]


def joined_options(
    manager: Any, filter_type: str, action_type: str, shared: Iterable[str]
) -> dict[str, Any]:
    """Return the options of a filter and an action as one: the filter shows what the action does.

    Raises PolicyValidationError if they differ in what they share, or if either stands in the
    policy twice.
    """
    asked, done = _only(manager, filter_type), _only(manager, action_type)
    for key in shared:
        if key in asked and key in done and asked[key] != done[key]:
            reject(manager, action_type, f"{key} is not what the {filter_type} filter says")
    return {**asked, **done}


def _only(manager: Any, kind: str) -> Mapping[str, Any]:
    found = options_of(manager, kind)
    if len(found) > 1:
        reject(manager, kind, "stands twice in the policy; make it two policies")
    return found[0] if found else {}


def annotate_unread(resource: dict[str, Any], unread: Iterable[Unread]) -> None:
    """Write `c7n:unread`, over what was written of the same services before."""
    found = [unread_shape(scope) for scope in unread]
    of_iam = {scope["Service"] for scope in found} == {"iam"}
    kept = [s for s in resource.pop(UNREAD, []) if (s["Service"] == "iam") is not of_iam]
    if kept or found:
        resource[UNREAD] = [*kept, *found]


def count_unread(manager: Any, number: int) -> None:
    """Put the number of unread scopes into the policy's metrics, where it has any."""
    metrics = getattr(manager.ctx, "metrics", None)
    if metrics and number:
        metrics.put_metric("UnreadScopes", number, "Count", Scope="Policy")


def say_unread(manager: Any, unread: Iterable[Unread]) -> None:
    """Count what could not be looked at, and say it in one warning.

    Where nothing matches for it, resources.json is as empty as where all is well.
    """
    found = tuple(dict.fromkeys(unread))
    count_unread(manager, len(found))
    if found:
        said = scopes(map(unread_shape, found))
        more = f"; and {len(said) - _SAID} more" if len(said) > _SAID else ""
        log.warning(
            "policy:%s what could not be looked at counts as found: %s%s",
            policy_name(manager),
            "; ".join(said[:_SAID]),
            more,
        )


def warn_when_repeated(manager: Any) -> None:
    """Warn once when c7n-org runs a policy in every region because it has no condition."""
    policy = manager.ctx.policy
    if (
        _run_by_c7n_org(manager)
        and not in_acm(manager)
        and not policy.data.get("conditions")
        and policy.name not in _warned
    ):
        _warned.add(policy.name)
        log.warning(
            "policy:%s has no conditions: c7n-org runs it once per region, though it looks at "
            "every region each time; copy the conditions of the shipped policies",
            policy.name,
        )
