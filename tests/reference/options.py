"""The options of a filter or action, by its JSON schema and what its docstring says of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reference.markdown import code, table

Schema = Mapping[str, Any]

_NAMED = {
    r"^[1-9][0-9]*/[1-9][0-9]*$": "a fraction: `1/3`",
    "^[^=]": "a tag: `KEY` or `KEY=VALUE`",
}
_OF_CUSTODIAN = {
    "list_item_attrs": "filters over what is listed, as in Custodian's `list-item`",
    "value_from": "where the values come from, as in Custodian's value filter",
    "value": "any value",
    "comparison_operators": "an operator of Custodian's value filter",
}


def options_table(schema: Schema, docstring: str) -> str:
    """Return the table of an element's options, in the order of its schema."""
    required = set(schema.get("required", ()))
    rows = [
        (code(name), _shape(one), default(name, one, docstring, name in required))
        for name, one in schema["properties"].items()
        if name != "type"
    ]
    return table(("option", "takes", "default"), rows) if rows else "It has no options.\n\n"


def default(name: str, schema: Schema, docstring: str, required: bool) -> str:
    """Return an option's default as the docstring states it, nothing where it does not."""
    if required:
        return "required"
    said = " ".join(docstring.split())
    option = re.escape(name)
    values = "|".join(re.escape(str(value)) for value in schema.get("enum", ())) or r"\w+"
    patterns = (
        rf"`{option}` \((?:[^()`]*, )?(\d+)[,:)]",
        rf"`{option}: (\d+)` \(the default\)",
        rf"`{option}: ({values})(?:` \([^()]*\) `)? \|",  # of alternatives the first
        rf"`{option}`[^`]*`({values})` \(default\)",
    )
    found = next(filter(None, (re.search(pattern, said) for pattern in patterns)), None)
    return code(found[1]) if found else ""


def _shape(schema: Schema) -> str:
    if "$ref" in schema:
        return _OF_CUSTODIAN[schema["$ref"].rpartition("/")[2]]
    if "oneOf" in schema:
        return "; or ".join(dict.fromkeys(map(_shape, schema["oneOf"])))
    if "enum" in schema:
        return _choice(list(map(str, schema["enum"])))
    if isinstance(schema.get("type"), list):
        return " or ".join(_TYPES[one] for one in schema["type"])
    return _SHAPES.get(schema["type"], _simple)(schema)


def _choice(values: list[str]) -> str:
    shown = list(dict.fromkeys(values))
    return (
        code(shown[0])
        if len(shown) == 1
        else " or ".join((", ".join(map(code, shown[:-1])), code(shown[-1])))
    )


def _simple(schema: Schema) -> str:
    if "pattern" in schema:
        return _NAMED.get(schema["pattern"]) or _region(schema["pattern"])
    bounds = [
        f"{word} {schema[key]}"
        for key, word in (("minimum", "from"), ("exclusiveMinimum", "above"), ("maximum", "to"))
        if key in schema
    ]
    return " ".join((_TYPES[schema["type"]], *bounds))


def _region(pattern: str) -> str:
    assert "[a-z]+)+-[0-9]+" in pattern, f"no words for {pattern}"
    return "a region, or `*` for all others" if r"\*" in pattern else "a region"


def _list(schema: Schema) -> str:
    return f"a list: {_shape(schema['items'])}" if schema.get("items") else "a list"


def _mapping(schema: Schema) -> str:
    named = schema.get("properties", {})
    inner = schema.get("additionalProperties")
    if set(named) == {"type"}:
        return "a [source](../sources/index.md)"
    if named:
        return f"a mapping with {', '.join(code(name) for name in named)}"
    return f"a mapping to {_shape(inner)}" if isinstance(inner, Mapping) else "a mapping"


_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "a mapping",
}
_SHAPES = {"array": _list, "object": _mapping}
