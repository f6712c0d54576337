"""The pages of what is written as JSON: `certrenew.json` and what commands print."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import c7n_certrenew
from reference.markdown import GENERATED, code, heading, paragraph, table

SCHEMAS = Path(c7n_certrenew.__file__).parent / "report" / "schema"
Schema = Mapping[str, Any]

_PAGES = {
    "certrenew": ("certrenew-json", "certrenew.json"),
    "audit": ("audit-json", "certrenew audit --json"),
    "status": ("status-json", "certrenew status --json"),
    "plan": ("plan-json", "certrenew plan --json"),
}


def pages() -> Iterator[tuple[str, str]]:
    """Yield the path and text of each page."""
    for name, (page, title) in _PAGES.items():
        file = f"{name}-v1.json"
        schema = json.loads((SCHEMAS / file).read_text("utf-8"))
        yield f"docs/reference/{page}.md", _page(title, schema, file)


def _page(title: str, schema: Schema, file: str) -> str:
    link = f"[JSON schema](../../c7n_certrenew/report/schema/{file})"
    parts = [heading(title), GENERATED, paragraph(schema["description"])]
    parts += paragraph(f"Its shape is version 1 and published as {link}. Times are UTC.")
    parts += heading("The whole", 2), _fields(schema)
    for name, one in schema["definitions"].items():
        fields = one.get("items", one)
        if _properties(fields):
            about = paragraph(_sentence(one["description"])) if "description" in one else ""
            each = paragraph("A list; each has:") if fields is not one else ""
            parts += heading(name, 2), about, each, _fields(fields)
    return "".join(parts).rstrip() + "\n"


def _fields(schema: Schema) -> str:
    rows = [(code(path), kind, always, text) for path, kind, always, text in _walk(schema, "")]
    return table(("field", "type", "always there", "meaning"), rows)


def _walk(schema: Schema, where: str) -> Iterator[tuple[str, str, str, str]]:
    required = {name for one in _all(schema) for name in one.get("required", ())}
    for name, one in _properties(schema).items():
        path = f"{where}{name}"
        always = "yes" if name in required else ""
        yield path, kind(one), always, _meaning(one)
        yield from _walk(one, f"{path}.")
        if "items" in one:
            yield from _walk(one["items"], f"{path}[].")


def kind(schema: Schema) -> str:
    """Return the type of a value in words, a link for what has a table of its own."""
    if "$ref" in schema:
        return _defined(schema["$ref"])
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return ", ".join(code("null" if one is None else one) for one in schema["enum"])
    if "oneOf" in schema:
        return " or ".join(map(kind, schema["oneOf"]))
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'])}" if "items" in schema else "list"
    for one in schema.get("allOf", ()):
        return kind(one)
    return _typed(schema)


def _typed(schema: Schema) -> str:
    types = schema.get("type", "any")
    shown = " or ".join(types) if isinstance(types, list) else str(types)
    inner = schema.get("additionalProperties")
    return f"{shown} of {kind(inner)}" if isinstance(inner, Mapping) else shown


_LEAVES = {"time": "time", "store": "`acm`", "renews": "string"}


def _defined(reference: str) -> str:
    name = reference.rpartition("/")[2]
    return _LEAVES.get(name) or f"[{name}](#{name})"


def _properties(schema: Schema) -> Mapping[str, Any]:
    return {name: one for each in _all(schema) for name, one in each.get("properties", {}).items()}


def _all(schema: Schema) -> list[Schema]:
    return [schema, *(one for one in schema.get("allOf", ()) if "$ref" not in one)]


def _meaning(schema: Schema) -> str:
    return str(schema.get("description", ""))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")
