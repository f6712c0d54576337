"""PEM files on this machine."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from c7n_certrenew.core.candidate import Material
from c7n_certrenew.core.template import literal_prefix
from c7n_certrenew.core.x509 import printable
from c7n_certrenew.sources.base import TEXT, Access, Need, SourceError, filled, schema_of
from c7n_certrenew.sources.kept import Kept
from c7n_certrenew.sources.parts import SIZE_LIMIT, Parts, not_empty

if TYPE_CHECKING:
    from c7n_certrenew.core.plan import Stored


@dataclass(frozen=True, kw_only=True)
class Files(Kept):
    """Three PEM files (the chain is optional), or one `bundle`. Paths are templates."""

    type: ClassVar[str] = "files"
    schema: ClassVar[Mapping[str, Any]] = schema_of(
        "files", certificate=TEXT, private_key=TEXT, chain=TEXT, bundle=TEXT
    )

    def needs(self, key: bool) -> tuple[Need, ...]:
        """Return nothing: files are read on this machine."""
        return ()

    def parts(self, template: str, old: Stored, access: Access) -> Parts:
        """Read one file, which lies below the literal part of its path. Raises SourceError."""
        path = filled(template, old)
        text = not_empty(Material(path, read_file(path, literal_prefix(template))), "file")
        return Parts.of_pem(text)


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
