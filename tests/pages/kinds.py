"""What a block of YAML is, and whether it is a right one of its kind.

Pipelines to copy are files, not blocks: the linters of all files check them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema
import yaml
from c7n import schema
from c7n.resources import load_resources
from c7n_org.cli import CONFIG_SCHEMA
from policies.harness import make_policy

RESOURCES = (
    *("aws.iam-certificate", "aws.acm-certificate"),
    *("aws.elb", "aws.app-elb", "aws.distribution", "aws.account"),
)
Check = Callable[[Any], Iterator[str]]


def kind_of(data: Any) -> str:
    """Return what a document is by its keys, empty where these do not tell."""
    keys = set(data) if isinstance(data, Mapping) else set()
    for kind, needed in _KEYS.items():
        if needed <= keys:
            return kind
    return ""


def faults(kind: str, data: Any) -> Iterator[str]:
    """Yield what is wrong with a document of a kind, or that there is no such kind."""
    check = _CHECKS.get(kind)
    if check is None:
        yield f"no kind {kind!r}: say one of {', '.join(_CHECKS)} in a comment above"
    else:
        yield from check(data)


_KEYS: Mapping[str, set[Any]] = {
    "policies": {"policies"},
    "accounts": {"accounts"},
    "mailer": {"queue_url"},
}


def _policies(data: Any) -> Iterator[str]:
    yield from _errors(_validator(), {"policies": data["policies"]})
    for policy in data["policies"]:
        try:
            make_policy(policy)
        except Exception as error:  # c7n's elements raise what they like
            yield f"{policy.get('name')}: {error}"


@cache
def _validator() -> Any:
    load_resources(RESOURCES)
    return jsonschema.Draft7Validator(schema.generate(RESOURCES))


def _accounts(data: Any) -> Iterator[str]:
    yield from _errors(jsonschema.Draft7Validator(CONFIG_SCHEMA), data)


def _mailer(data: Any) -> Iterator[str]:
    from c7n_mailer.cli import CONFIG_SCHEMA as MAILER

    yield from _errors(jsonschema.Draft7Validator(MAILER), data)


_CHECKS: Mapping[str, Check] = {
    "policies": _policies,
    "accounts": _accounts,
    "mailer": _mailer,
}


def _errors(validator: Any, data: Any) -> Iterator[str]:
    for error in validator.iter_errors(data):
        where = "/".join(map(str, error.absolute_path))
        yield f"{where}: {jsonschema.exceptions.best_match([error]).message}"


def read(text: str) -> Any:
    """Return a document of YAML."""
    return yaml.safe_load(text)
