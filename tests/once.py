"""What each run and client would work out anew, worked out once a process: most of their time."""

from __future__ import annotations

import copy
import inspect
import os
from collections.abc import Callable
from functools import cache, partial
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import botocore.hooks
import botocore.parsers
import pytest
import xmltodict
from botocore.auth import SigV4Auth
from botocore.hooks import EventAliaser
from botocore.loaders import JSONFileLoader, Loader
from botocore.useragent import UserAgentString
from botocore.utils import parse_timestamp
from c7n import cli, schema
from c7n.resources import aws
from c7n.schema import JsonSchemaValidator
from moto.ec2 import utils as ec2
from moto.ec2.models import EC2Backend


def work_out_once(patch: pytest.MonkeyPatch) -> None:
    """Parse botocore's models, check a policy and find a service's regions once a process.

    A client of S3 changes its model, so that each session needs one of its own. What a client
    calls itself, which takes a tenth of a run, is the same for all.
    """
    _parse_once(patch)
    _list_once(patch)
    _hook_quickly(patch)
    _pass_once(patch)
    _forget_quickly(patch)
    patch.setattr(cli, "setup_parser", cache(cli.setup_parser))
    patch.setattr(JsonSchemaValidator, "check_schema", _once(JsonSchemaValidator.check_schema))
    patch.setattr(aws, "get_service_region_map", _once(aws.get_service_region_map))
    patch.setattr(UserAgentString, "to_string", lambda _: "certrenew-tests")
    patch.setattr(botocore.parsers, "DEFAULT_TIMESTAMP_PARSER", cache(parse_timestamp))
    patch.setattr(xmltodict, "_validate_name", cache(xmltodict._validate_name))
    # The sandbox reads who signed and for which region; nobody checks what was signed.
    patch.setattr(SigV4Auth, "canonical_request", lambda *_: "")
    patch.setattr(SigV4Auth, "signature", lambda *_: "0" * 64)


def _parse_once(patch: pytest.MonkeyPatch) -> None:
    stock = JSONFileLoader.load_file
    parse = cache(partial(stock, JSONFileLoader()))

    def load(loader: JSONFileLoader, path: str) -> Any:
        return stock(loader, path) if "s3" in Path(path).parts else parse(path)

    patch.setattr(JSONFileLoader, "load_file", load)


def _list_once(patch: pytest.MonkeyPatch) -> None:
    stock = Loader.list_available_services
    listed: dict[tuple[str, ...], list[str]] = {}

    def services(loader: Loader, type_name: str) -> list[str]:
        key = (type_name, *loader.search_paths)
        if key not in listed:
            listed[key] = stock(loader, type_name)
        return list(listed[key])

    patch.setattr(Loader, "list_available_services", services)


def _hook_quickly(patch: pytest.MonkeyPatch) -> None:
    """Share what events are called, and look whether a hook takes keywords where Python has it."""
    stock, make = botocore.hooks.accepts_kwargs, EventAliaser.__init__
    names: dict[str, str] = {}

    def accepts(hook: Callable[..., Any]) -> object:
        code = getattr(hook, "__code__", None)
        return code.co_flags & inspect.CO_VARKEYWORDS if code else stock(hook)

    def init(aliaser: EventAliaser, *given: Any, **named: Any) -> None:
        make(aliaser, *given, **named)
        aliaser._alias_name_cache = names

    patch.setattr(botocore.hooks, "accepts_kwargs", accepts)
    patch.setattr(EventAliaser, "__init__", init)


def _pass_once(patch: pytest.MonkeyPatch) -> None:
    """Take policies for good that have been found good under the same schema."""
    stock, good = schema.validate, set[str]()

    def validate(data: Any, given: Any = None, resource_types: Any = ()) -> Any:
        if given is not None:
            return stock(data, given, resource_types)
        made = schema.generate(resource_types)
        key = repr((data, made))
        if key in good:
            return []
        JsonSchemaValidator.check_schema(made)
        if not (errors := stock(data, made, resource_types)):
            good.add(key)
        return errors

    patch.setattr(schema, "validate", validate)


def _forget_quickly(patch: pytest.MonkeyPatch) -> None:
    """Make the networks of a region when one asks for them, not also where they are dropped."""
    subnets = IPv4Network.subnets
    split = cache(lambda *given, **named: tuple(subnets(*given, **named)))
    patch.setattr(EC2Backend, "reset", lambda _: None)
    patch.setattr(ec2, "random_resource_id", lambda size=8: os.urandom(size).hex()[:size])
    patch.setattr(IPv4Network, "subnets", lambda *given, **named: iter(split(*given, **named)))


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    answers: dict[str, Any] = {}

    def answer(*given: Any) -> Any:
        key = repr(given)
        if key not in answers:
            answers[key] = function(*given)
        return copy.deepcopy(answers[key])

    return answer
