"""Our own check of an element's options: every fault, in one line, with what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from c7n.exceptions import PolicyValidationError
from c7n.filters.core import OPERATORS

from c7n_certrenew.elements.counting import COMPARISONS
from c7n_certrenew.elements.options import check_options
from c7n_certrenew.register import ACTIONS, FILTERS
from c7n_certrenew.sources import SOURCES
from c7n_certrenew.sources.files import Files

UNDERSTOOD = {
    "$ref",
    "additionalProperties",
    "anyOf",
    "enum",
    "exclusiveMinimum",
    "items",
    "maximum",
    "minItems",
    "minimum",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "type",
}
SAY_NOTHING = {"default", "description", "max", "min"}
"""Annotations of JSON Schema, and what Custodian writes beside it, which jsonschema passes over."""
ACTION = ACTIONS["replace-certificate"].schema
FINDING = ACTIONS["post-finding"].schema
WITHIN = FILTERS["expires-within"].schema
LISTENER = FILTERS["listener"].schema
UNCOUNTABLE = (
    *("glob", "regex", "regex-case", "in", "ni", "not-in"),
    *("contains", "difference", "intersect", "mod"),
)
FILES = {"type": "files", "certificate": "c.pem", "private-key": "k.pem"}


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield a schema and all that is in it."""
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from subschemas(inner)
    for inner in (
        *schema.get("oneOf", ()),
        *schema.get("anyOf", ()),
        schema.get("items"),
        schema.get("additionalProperties"),
    ):
        if isinstance(inner, dict):
            yield from subschemas(inner)


def faults(data: dict[str, Any], schema: Any) -> str:
    """Return what the check says, empty where it is content."""
    try:
        check_options("web", data, schema)
    except PolicyValidationError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", [*FILTERS, *ACTIONS])
def test_every_keyword_of_a_schema_is_understood(name: str) -> None:
    """A schema may say nothing that the check would pass over in silence."""
    schema = ({**FILTERS, **ACTIONS})[name].schema
    assert {key for inner in subschemas(schema) for key in inner} <= UNDERSTOOD | SAY_NOTHING


GOOD: list[tuple[Any, dict[str, Any]]] = [
    (ACTION, {}),
    (ACTION, {"source": FILES}),
    (ACTION, {"source": {"type": "files", "bundle": "b.pem"}, "canary": 0, "max-bindings": 1}),
    (ACTION, {"trust": "any"}),
    (ACTION, {"trust": {"bundle": "roots.pem"}}),
    (ACTION, {"propagation-timeout": 0.5, "min-extension": 0, "retry": True}),
    (ACTION, {"tags": {"team": "shop"}, "services": ["elb", "elbv2"], "regions": []}),
    (ACTION, {"regions": ["eu-west-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"]}),
    (LISTENER, {"regions": ["{region}"]}),
    (ACTION, {"order": ["eu-west-1", ["us-east-1", "{region}"], "*"], "publish": {"ssm": "/a"}}),
    (WITHIN, {"days": 0}),
    (WITHIN, {"days": 7.5, "lifetime-fraction": "1/3", "expired": "only"}),
    (WITHIN, {"lifetime-fraction": 1}),
    (LISTENER, {"attrs": [{"Port": 443}], "count": 0, "count_op": "gte"}),
]


@pytest.mark.parametrize(("schema", "options"), GOOD)
def test_good_options(schema: Any, options: dict[str, Any]) -> None:
    """What c7n's own validation takes, the check takes."""
    data = {"type": schema["properties"]["type"]["enum"][0], **options}
    assert faults(data, schema) == ""
    plain = {**schema, "properties": {**schema["properties"], "attrs": {}}}
    jsonschema.validate(data, plain)


OF_FILES = {
    "type": "object",
    "properties": {"type": ACTION["properties"]["type"], "source": Files.schema},
}

BAD: list[tuple[Any, dict[str, Any], str]] = [
    (FINDING, {"types": []}, "types must have at least 1"),
    (ACTION, {"max-binding": 1}, "unknown key max-binding; did you mean max-bindings?"),
    (ACTION, {"max_bindings": 1}, "unknown key max_bindings; did you mean max-bindings?"),
    (ACTION, {1: 2}, "unknown key 1; there are alarm-days, canary, "),
    (ACTION, {"max-bindings": 0}, "max-bindings is too small: 0"),
    (ACTION, {"max-bindings": 1.5}, "max-bindings must be of type integer, not 1.5"),
    (ACTION, {"max-bindings": "1"}, "max-bindings must be of type integer, not '1'"),
    (ACTION, {"max-bindings": True}, "max-bindings must be of type integer, not True"),
    (ACTION, {"max-bindings": None}, "max-bindings must be of type integer, not None"),
    (ACTION, {"order": "eu-west-1"}, "order must be of type array, not 'eu-west-1'"),
    (ACTION, {"order": ["Ireland"]}, "order[0] must look like "),
    (ACTION, {"order": [["*"]]}, "order[0][0] must look like "),
    (ACTION, {"publish": {"sms": "/a"}}, "unknown key publish.sms; did you mean ssm?"),
    (ACTION, {"retry": 1}, "retry must be of type boolean, not 1"),
    (ACTION, {"retry": "true"}, "retry must be of type boolean, not 'true'"),
    (ACTION, {"verify": "tsl"}, "verify must be one of auto, api, tls, not 'tsl'"),
    (ACTION, {"verify": []}, "verify must be one of auto, api, tls, not []"),
    (ACTION, {"services": "elb"}, "services must be of type array, not 'elb'"),
    (ACTION, {"services": ["elb", "ec2"]}, "services[1] must be one of "),
    (ACTION, {"regions": [None]}, "regions[0] must be of type string, not None"),
    (ACTION, {"tags": {"a": 1}}, "tags.a must be of type string, not 1"),
    (ACTION, {"tags": ["a"]}, "tags must be of type object, not ['a']"),
    (ACTION, {"trust": "sane"}, "trust must be one of same, any, not 'sane'"),
    (ACTION, {"trust": {}}, "trust.bundle is missing"),
    (ACTION, {"trust": {"bundel": "a"}}, "unknown key trust.bundel; did you mean bundle?"),
    (ACTION, {"trust": {"bundle": 1}}, "trust.bundle must be of type string, not 1"),
    (ACTION, {"source": "files"}, "source must be of type object, not 'files'"),
    (ACTION, {"source": {}}, "source.type is missing"),
    (ACTION, {"source": {"type": "file"}}, "source.type must be one of "),
    (
        OF_FILES,
        {"source": {**FILES, "private_key": "k.pem"}},
        "unknown key source.private_key; did you mean private-key?",
    ),
    (OF_FILES, {"source": {**FILES, "chain": ["c"]}}, "source.chain must be of type string"),
    (WITHIN, {"days": -1}, "days is too small: -1"),
    (WITHIN, {"days": 3650000}, "days must be at most 36500, not 3650000"),
    (WITHIN, {"days": "30"}, "days must be of type number, not '30'"),
    (WITHIN, {"lifetime-fraction": 0}, "lifetime-fraction is too small: 0"),
    (WITHIN, {"lifetime-fraction": 1.1}, "lifetime-fraction must be at most 1, not 1.1"),
    (WITHIN, {"lifetime-fraction": "third"}, "lifetime-fraction must look like "),
    (WITHIN, {"lifetime-fraction": []}, "lifetime-fraction must be of type "),
    (WITHIN, {"expired": "no"}, "expired must be one of include, only, exclude, not 'no'"),
    (LISTENER, {"role": "SNI"}, "role must be one of default, sni, not 'SNI'"),
    (LISTENER, {"count": "0"}, "count must be of type number, not '0'"),
    (LISTENER, {"count_op": "=="}, "count_op must be one of "),
    *((LISTENER, {"count_op": op}, "count_op must be one of ") for op in UNCOUNTABLE),
    (LISTENER, {"regions": ["eu west"]}, "regions[0] must look like "),
    (LISTENER, {"regions": ["eu-west-1", "us-east-1a"]}, "regions[1] must look like "),
    (ACTION, {"regions": [""]}, "regions[0] must look like "),
    (ACTION, {"regions": ["*"]}, "regions[0] must look like "),
]


@pytest.mark.parametrize(("schema", "options", "says"), BAD)
def test_bad_options(schema: Any, options: dict[Any, Any], says: str) -> None:
    """Policy, element and fault are named in one line; jsonschema finds fault as well."""
    element = schema["properties"]["type"]["enum"][0]
    said = faults({"type": element, **options}, schema)
    assert said.startswith(f"policy:web {element}: {says}")
    assert "\n" not in said
    plain = {**schema, "properties": {**schema["properties"], "attrs": {}}}
    if all(isinstance(key, str) for key in options):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"type": element, **options}, plain)


def test_all_faults_at_once() -> None:
    """A user corrects everything in one go."""
    data = {"type": "replace-certificate", "canary": -1, "verfy": "api", "source": {"type": "x"}}
    assert faults(data, ACTION) == (
        "policy:web replace-certificate: canary is too small: -1; "
        "unknown key verfy; did you mean verify?; "
        f"source.type must be one of {', '.join(SOURCES)}, not 'x'"
    )


def test_operators_that_compare_numbers_are_all_that_are_left() -> None:
    """Every operator of c7n is either taken for `count_op` or known not to fit a number."""
    assert {*COMPARISONS, *UNCOUNTABLE} == set(OPERATORS)
    assert {OPERATORS[op](1, 0) for op in COMPARISONS} == {True, False}


@pytest.mark.parametrize("value", ["{days}", "{ account.days }"])
def test_what_custodian_has_still_to_expand(value: str) -> None:
    """A variable is not a value yet: it is left alone until it is one."""
    assert faults({"type": "expires-within", "days": value}, WITHIN) == ""
    assert faults({"type": "expires-within", "days": f"{value} days"}, WITHIN) != ""


def test_what_custodian_has_not_expanded_in_the_end() -> None:
    """A variable that is still there when all are expanded is a value of the wrong type."""
    with pytest.raises(PolicyValidationError, match=r"role must be one of .*; services"):
        check_options("web", {"role": "{r}", "services": ["{s}"]}, LISTENER, expanded=True)


LOOKUP = {
    "properties": {
        "value": {
            "oneOf": [
                {"type": "object", "anyOf": [{"required": ["key"]}, {"required": ["default"]}]},
                {"type": ["string", "number", "boolean"]},
            ]
        }
    }
}
"""As Custodian 0.9.53 has it for the value of a tag."""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a", ""),
        (2, ""),
        (True, ""),
        ({"key": "Path"}, ""),
        ({"default": "b"}, ""),
        ({}, "value.key is missing"),
        (["a"], "value must be of type "),
    ],
)
def test_several_types_and_one_of_several_keys(value: object, said: str) -> None:
    """A value may be of any type of a list, and need one key of several."""
    found = faults({"value": value}, LOOKUP)
    assert said in found
    assert bool(found) is bool(said)
