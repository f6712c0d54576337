"""What several sources share: certificate, key and chain in places of their own, or all in one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields as fields_of
from typing import TYPE_CHECKING, Any, ClassVar

from c7n_certrenew.core.candidate import Candidate, Material, assemble
from c7n_certrenew.core.template import TemplateError, check, fill
from c7n_certrenew.sources.base import TEXT, Access, Source, SourceError, template_values

if TYPE_CHECKING:
    from typing_extensions import Self

    from c7n_certrenew.core.plan import Stored

SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes read of one place: twice the longest chain that AWS takes."""

_APART = ("certificate", "private-key", "chain")
_PLACEHOLDER = re.compile(r"<[^<>]*>")
_OPEN = re.compile(r"<[^<>]*>|\{[^{}]*\}")


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
        if not text.content.lstrip().startswith(b"{"):
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


@dataclass(frozen=True, kw_only=True)
class Kept(Source):
    """A source whose places are templates: one for each part, or one for all of them.

    `certificate` is the place of all where `private_key` has none of its own.
    """

    WHOLE: ClassVar[str] = "bundle"
    """The option that names one place for all."""

    certificate: str
    private_key: str = ""
    chain: str = ""

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read `{certificate, private-key, chain}` or one place for all. Raises SourceError."""
        whole, apart = options.get(cls.WHOLE, ""), [k for k in _APART if k in options]
        if whole and apart:
            raise SourceError(f"give {cls.WHOLE} or {', '.join(apart)}, not both")
        if not whole and not {"certificate", "private-key"}.issubset(apart):
            raise SourceError(f"give certificate and private-key (and chain), or {cls.WHOLE}")
        source = cls(
            certificate=whole or options["certificate"],
            private_key=options.get("private-key", ""),
            chain=options.get("chain", ""),
            **cls.settings(options),
        )
        for template in source.places(key=True):
            check_template(template)
        return source

    @classmethod
    def settings(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the other options, by their field. Raises SourceError."""
        return {}

    def places(self, key: bool) -> tuple[str, ...]:
        """Return the templates of the places that `find` reads, or, with the key, `fetch`."""
        places = (self.certificate, self.chain, self.private_key if key else "")
        return tuple(place for place in places if place)

    def find(self, old: Stored, access: Access) -> Candidate:
        """Read certificate and chain; the key only where it is in one place with them."""
        return self._assemble(old, access, with_key=not self.private_key)

    def fetch(self, old: Stored, access: Access) -> Candidate:
        """Read everything."""
        return self._assemble(old, access, with_key=True)

    def parts(self, template: str, old: Stored, access: Access) -> Parts:
        """Read one place. Raises SourceError."""
        raise NotImplementedError

    def _assemble(self, old: Stored, access: Access, with_key: bool) -> Candidate:
        one = self.parts(self.certificate, old, access)
        chain = self.parts(self.chain, old, access).has("chain") if self.chain else one.chain
        certificate, key = one.has("certificate"), None
        if with_key:
            other = self.parts(self.private_key, old, access) if self.private_key else one
            key = other.has("private_key")
        return assemble(
            certificate, None if chain is certificate else chain, key, old.chain.certificates
        )


def check_template(template: str) -> None:
    """Raise SourceError for a placeholder that does not exist."""
    try:
        check(template)
    except TemplateError as error:
        raise SourceError(str(error)) from error


def check_literal(options: Mapping[str, Any], *keys: str) -> None:
    """Raise SourceError where an option has a placeholder that only a user may fill.

    Whoever may tag or name a certificate would else choose the bucket, the host or the account.
    """
    for key in keys:
        if _PLACEHOLDER.search(str(options.get(key, ""))):
            raise SourceError(f"{key} takes no placeholder: no certificate has a say in it")


def filled(template: str, old: Stored) -> str:
    """Fill a template with what is known of a certificate. Raises SourceError."""
    try:
        return fill(template, template_values(old))
    except TemplateError as error:
        raise SourceError(str(error)) from error


def literal(template: str) -> str:
    """Return what a template says without its placeholders."""
    return _PLACEHOLDER.sub("", template)


def anything(template: str) -> str:
    """Return what IAM calls all that a template, or a variable of Custodian's, may stand for."""
    return _OPEN.sub("*", template)


def not_empty(material: Material, what: str) -> Material:
    """Return what was read. Raises SourceError where it is blank."""
    if not material.content.strip():
        raise SourceError(f"{material.name}: the {what} is empty")
    return material
