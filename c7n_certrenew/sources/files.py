"""PEM files on this machine."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from c7n_certrenew.core.candidate import Candidate, Material, assemble
from c7n_certrenew.core.template import TemplateError, check, fill, literal_prefix
from c7n_certrenew.core.x509 import printable
from c7n_certrenew.sources.base import (
    TEXT,
    Access,
    Need,
    Source,
    SourceError,
    schema_of,
    template_values,
)

if TYPE_CHECKING:
    from c7n_certrenew.core.plan import Stored

SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes read of a file: twice the longest chain that AWS takes."""


@dataclass(frozen=True)
class Files(Source):
    """Three PEM files (the chain is optional), or one `bundle`. Paths are templates."""

    type: ClassVar[str] = "files"
    schema: ClassVar[Mapping[str, Any]] = schema_of(
        "files", certificate=TEXT, private_key=TEXT, chain=TEXT, bundle=TEXT
    )

    certificate: str
    private_key: str = ""
    chain: str = ""

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Files:
        """Read `{certificate, private-key, chain}` or `{bundle}`. Raises SourceError."""
        bundle = options.get("bundle", "")
        apart = [k for k in ("certificate", "private-key", "chain") if k in options]
        if bundle and apart:
            raise SourceError(f"give bundle or {', '.join(apart)}, not both")
        if not bundle and not {"certificate", "private-key"}.issubset(apart):
            raise SourceError("give certificate and private-key (and chain), or bundle")
        source = cls(
            bundle or options["certificate"],
            options.get("private-key", ""),
            options.get("chain", ""),
        )
        for template in (source.certificate, source.private_key, source.chain):
            try:
                check(template)
            except TemplateError as error:
                raise SourceError(str(error)) from error
        return source

    def needs(self, key: bool) -> tuple[Need, ...]:
        """Return nothing: files are read on this machine."""
        return ()

    def find(self, old: Stored, access: Access) -> Candidate:
        """Read certificate and chain; the key only from a bundle, where it is beside them."""
        certificate = self._read(self.certificate, old)
        return assemble(certificate, self._chain(old), prefer=old.chain.certificates)

    def fetch(self, old: Stored, access: Access) -> Candidate:
        """Read everything."""
        certificate = self._read(self.certificate, old)
        key = self._read(self.private_key, old) if self.private_key else certificate
        return assemble(certificate, self._chain(old), key, old.chain.certificates)

    def _chain(self, old: Stored) -> Material | None:
        return self._read(self.chain, old) if self.chain else None

    def _read(self, template: str, old: Stored) -> Material:
        try:
            path = fill(template, template_values(old))
        except TemplateError as error:
            raise SourceError(str(error)) from error
        content = read_file(path, literal_prefix(template))
        if not content.strip():
            raise SourceError(f"{path}: the file is empty")
        return Material(path, content)


def read_file(path: str, prefix: Path | None = None) -> bytes:
    """Read a regular file, links included, that lies below `prefix`. Raises SourceError."""
    try:
        real = Path(path).resolve(strict=True)
        if prefix is not None and not real.is_relative_to(Path(prefix).resolve()):
            where = printable(str(real))
            raise SourceError(f"{path}: it leads out of {prefix} (to {where}); it must stay below")
        if not _opens(real.stat().st_mode):
            raise SourceError(f"{path}: not a regular file")
        with open(real, "rb", opener=_at_once) as file:
            content = file.read(SIZE_LIMIT + 1)
    except RuntimeError as error:  # so before Python 3.13
        raise SourceError(f"{path}: links that lead in a circle") from error
    except OSError as error:
        raise SourceError(f"{path}: {_why(error)}") from error
    except ValueError as error:
        raise SourceError(f"{path!r}: {error}") from error
    if len(content) > SIZE_LIMIT:
        del content  # it may be a key, and a traceback may show the locals of this frame
        raise SourceError(f"{path}: larger than {SIZE_LIMIT} bytes: not a PEM file")
    return content


def _opens(mode: int) -> bool:
    """Say whether opening returns at once: a pipe waits for ever, a directory is an error."""
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _at_once(path: str, flags: int) -> int:
    """Open what may have been changed for a pipe or a link since it was looked at."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


def _why(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return "no such file"
    return (error.strerror or type(error).__name__).lower()


SOURCE = Files
