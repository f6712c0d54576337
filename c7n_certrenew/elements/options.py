"""Check an element's options without jsonschema: `c7n-org run` and Lambda check nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from c7n.exceptions import PolicyValidationError

Schema = Mapping[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
}
_PLACEHOLDER = re.compile(r"\{[^{}]+\}")


def check_options(
    policy: str, data: Mapping[str, Any], schema: Schema, expanded: bool = False
) -> None:
    """Raise PolicyValidationError with every fault of an element's options in one line.

    Understands what our schemas use: type, enum, minimum, exclusiveMinimum, maximum, pattern,
    items, minItems, properties, required, additionalProperties, oneOf, anyOf. What c7n has still to
    expand (`{days}`) is left alone until all is `expanded`, and always what `$ref` names.
    """
    faults = list(_faults(data, schema, "", expanded))
    if faults:
        raise PolicyValidationError(f"policy:{policy} {data.get('type')}: {'; '.join(faults)}")


def _faults(value: Any, schema: Schema, where: str, expanded: bool) -> Iterator[str]:
    unknown = not expanded and isinstance(value, str) and _PLACEHOLDER.fullmatch(value)
    if "$ref" in schema or unknown:
        return
    if "oneOf" in schema:
        choices = [list(_faults(value, choice, where, expanded)) for choice in schema["oneOf"]]
        if all(choices):
            yield min(choices, key=lambda faults: (_wrong_type(faults, where), len(faults)))[0]
        return
    missed = [list(_faults(value, one, where, expanded)) for one in schema.get("anyOf", ())]
    if missed and all(missed):
        yield missed[0][0]
    if not _has_type(value, schema.get("type")):
        yield f"{where or 'options'} must be of type {schema['type']}, not {value!r}"
        return
    yield from _limits(value, schema, where)
    if isinstance(value, dict):
        yield from _keys(value, schema, where, expanded)
    for position, entry in enumerate(value if isinstance(value, list) else ()):
        yield from _faults(entry, schema.get("items", {}), f"{where}[{position}]", expanded)


def _keys(value: Mapping[str, Any], schema: Schema, where: str, expanded: bool) -> Iterator[str]:
    known: Mapping[str, Schema] = schema.get("properties", {})
    extra = schema.get("additionalProperties", True)
    for key, entry in value.items():
        path = f"{where}.{key}".lstrip(".")
        if key in known:
            yield from _faults(entry, known[key], path, expanded)
        elif extra is False:
            close = get_close_matches(str(key), known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"
            yield f"unknown key {path}; {hint}"
        elif isinstance(extra, Mapping):
            yield from _faults(entry, extra, path, expanded)
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{f'{where}.{key}'.lstrip('.')} is missing"


def _limits(value: Any, schema: Schema, where: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} must be one of {', '.join(map(str, schema['enum']))}, not {value!r}"
    if value_below(value, schema):
        yield f"{where} is too small: {value!r}"
    if "maximum" in schema and value > schema["maximum"]:
        yield f"{where} must be at most {schema['maximum']}, not {value!r}"
    if "minItems" in schema and len(value) < schema["minItems"]:
        yield f"{where} must have at least {schema['minItems']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where} must look like {schema['pattern']}, not {value!r}"


def value_below(value: Any, schema: Schema) -> bool:
    """Say whether a number is below a schema's minimum or not above its exclusive one."""
    if "minimum" in schema and value < schema["minimum"]:
        return True
    return "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]


def _has_type(value: Any, wanted: str | list[str] | None) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, list):
        return any(_has_type(value, one) for one in wanted)
    if isinstance(value, bool) and wanted != "boolean":
        return False
    return isinstance(value, _TYPES[wanted])


def _wrong_type(faults: list[str], where: str) -> bool:
    return faults[0].startswith(f"{where} must be of type")
