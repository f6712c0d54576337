"""What one place of a source holds: PEM with every part in it, or a JSON object of PEM texts."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass, fields as fields_of
from typing import Any, ClassVar

from c7n_certrenew.core.candidate import Material
from c7n_certrenew.sources.base import TEXT, SourceError

SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes read of one place: twice the longest chain that AWS takes."""


@dataclass(frozen=True)
class Fields:
    """Under which names a JSON object has its parts; the chain under the first that is there."""

    certificate: tuple[str, ...] = ("certificate",)
    private_key: tuple[str, ...] = ("private_key",)
    chain: tuple[str, ...] = ("certificate_chain", "ca_chain")

    SCHEMA: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"certificate": TEXT, "private-key": TEXT, "chain": TEXT},
    }

    @classmethod
    def from_options(cls, options: Mapping[str, str]) -> Fields:
        """Read `{certificate, private-key, chain}`; what is left out keeps its usual name."""
        return cls(**{key.replace("-", "_"): (name,) for key, name in options.items()})


@dataclass(frozen=True)
class Parts:
    """What one place holds. PEM may have every part in it; of a JSON object, parts may be missing.

    Nothing here shows what it holds: it is on the frames of exceptions.
    """

    name: str
    certificate: Material | None
    private_key: Material | None
    chain: Material | None

    @classmethod
    def of_pem(cls, text: Material) -> Parts:
        """Take PEM as what may have every part."""
        return cls(text.name, text, text, text)

    @classmethod
    def of_text(cls, text: Material, fields: Fields) -> Parts:
        """Read PEM, or a JSON object of PEM texts. Raises SourceError, which quotes neither."""
        if not text.content.removeprefix(BOM_UTF8).lstrip().startswith(b"{"):
            return cls.of_pem(text)
        found = _json(text.content)
        if found is None:
            raise SourceError(f"{text.name}: neither PEM nor a JSON object")
        return cls.of_fields(text.name, text.version, found, fields)

    @classmethod
    def of_fields(cls, name: str, version: str, found: Mapping[str, Any], fields: Fields) -> Parts:
        """Take the parts out of an object's fields."""
        texts = (_text(found, getattr(fields, part.name)) for part in fields_of(fields))
        return cls(name, *(Material(name, text, version) if text else None for text in texts))

    def has(self, part: str) -> Material:
        """Return a part. Raises SourceError where it is missing."""
        found: Material | None = getattr(self, part)
        if found is None:
            raise SourceError(
                f"{self.name}: no {part.replace('_', ' ')} in its fields; the option fields says "
                "what they are called"
            )
        return found


def _json(text: bytes) -> dict[str, Any] | None:
    """Parse an object; None where it is none, as the errors of json quote all of the text."""
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(found: Mapping[str, Any], names: tuple[str, ...]) -> bytes:
    r"""Return the first field that is there, lists joined; a pasted `\n` is a line's end."""
    value = next((found[name] for name in names if found.get(name)), "")
    lines = value if isinstance(value, list) else [value]
    text = "\n".join(line for line in lines if isinstance(line, str))
    return text.replace("\\n", "\n").encode(errors="replace")


def not_empty(material: Material, what: str) -> Material:
    """Return what was read. Raises SourceError where it is blank."""
    if not material.content.strip():
        raise SourceError(f"{material.name}: the {what} is empty")
    return material
