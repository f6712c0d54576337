"""Templates in angle brackets, filled with one safe path segment each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

PLACEHOLDERS = ("lineage", "name", "account_id", "not_after", "fingerprint8", "tag:Key")
_PLACEHOLDER = re.compile(r"<([^<>]*)>")
_SEGMENT = re.compile(r"[\w+=,.@ :-]+", re.ASCII)


class TemplateError(ValueError):
    """A template that cannot be filled; the message says which part and why."""


def check(template: str, known: Sequence[str] = PLACEHOLDERS) -> None:
    """Raise TemplateError for a placeholder that does not exist.

    >>> check("certs/<linage>/cert.pem")
    Traceback (most recent call last):
    ...
    c7n_certrenew.core.template.TemplateError: unknown placeholder <linage> in \
'certs/<linage>/cert.pem'; there are <lineage>, <name>, <account_id>, <not_after>, \
<fingerprint8>, <tag:Key>
    """
    for name in _PLACEHOLDER.findall(template):
        if name not in known and not re.fullmatch(r"tag:.+", name):
            there = ", ".join(f"<{one}>" for one in known)
            raise TemplateError(f"unknown placeholder <{name}> in {template!r}; there are {there}")


def fill(template: str, values: Mapping[str, str], known: Sequence[str] = PLACEHOLDERS) -> str:
    """Fill a template; each value must be one safe path segment.

    IAM allows a certificate called `..`, so a value is never trusted to be a file name.
    Raises TemplateError.

    >>> fill("certs/<lineage>/cert.pem", {"lineage": ".."})
    Traceback (most recent call last):
    ...
    c7n_certrenew.core.template.TemplateError: '..' for <lineage> in \
'certs/<lineage>/cert.pem' is not a safe path segment; name another path for this certificate, \
or tag it certrenew:lineage
    """
    check(template, known)

    def segment(match: re.Match[str]) -> str:
        value = values.get(match[1], "")
        if not _SEGMENT.fullmatch(value) or value.strip(". ") == "":
            raise TemplateError(
                f"{value!r} for <{match[1]}> in {template!r} is not a safe path segment; name "
                "another path for this certificate, or tag it certrenew:lineage"
            )
        return value

    return _PLACEHOLDER.sub(segment, template)


def literal_prefix(template: str) -> Path | None:
    """Return the folder that a filled template must stay below, None without placeholders."""
    head, bracket, _ = template.partition("<")
    folder, slash, _ = head.rpartition("/")
    return Path(folder or slash or ".") if bracket else None
