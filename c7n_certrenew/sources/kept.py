"""What sources with keys share: places that are templates, one for each part or one for all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from c7n_certrenew.core.candidate import Candidate, assemble
from c7n_certrenew.sources.base import Access, Source, SourceError, checked
from c7n_certrenew.sources.parts import Parts

if TYPE_CHECKING:
    from typing_extensions import Self

    from c7n_certrenew.core.plan import Stored

_APART = ("certificate", "private-key", "chain")
_PLACEHOLDER = re.compile(r"<[^<>]*>")
_OPEN = re.compile(r"<[^<>]*>|\{[^{}]*\}")


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
            checked(template)
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


def check_literal(options: Mapping[str, Any], *keys: str) -> None:
    """Raise SourceError where an option has a placeholder that only a user may fill.

    Whoever may tag or name a certificate would else choose the bucket, the host or the account.
    """
    for key in keys:
        if _PLACEHOLDER.search(str(options.get(key, ""))):
            raise SourceError(f"{key} takes no placeholder: no certificate has a say in it")


def literal(template: str) -> str:
    """Return what a template says without its placeholders."""
    return _PLACEHOLDER.sub("", template)


def anything(template: str) -> str:
    """Return what IAM calls all that a template, or a variable of Custodian's, may stand for."""
    return _OPEN.sub("*", template)
