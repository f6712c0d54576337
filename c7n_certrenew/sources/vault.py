"""Secrets of HashiCorp Vault's KV engine, version 2."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import shorten
from typing import TYPE_CHECKING, Any, ClassVar

from c7n_certrenew.aws.secrecy import without_frames
from c7n_certrenew.core.text import plain
from c7n_certrenew.sources.base import (
    TEXT,
    Access,
    Need,
    SourceError,
    checked,
    filled,
    schema_of,
)
from c7n_certrenew.sources.kept import Kept, check_literal
from c7n_certrenew.sources.parts import SIZE_LIMIT, Fields, Parts
from c7n_certrenew.sources.vault_session import open_session, patience

if TYPE_CHECKING:
    from c7n_certrenew.core.plan import Stored

_LEGIBLE = 300
"""Characters of what Vault says."""
_USER = re.compile(r"(?<=//)[^/\s]*@")
"""Who asks, and with which password, as an address may say it."""


@dataclass(frozen=True, kw_only=True)
class Vault(Kept):
    """One secret with PEM in its fields, at `path`; the key may be in another one.

    Where Vault is, and what it is asked with, are the variables of Vault's own command.
    """

    type: ClassVar[str] = "vault"
    schema: ClassVar[Mapping[str, Any]] = schema_of(
        "vault",
        ("path",),
        path=TEXT,
        private_key_path=TEXT,
        mount_point=TEXT,
        version={"type": "integer", "minimum": 1},
        url={"type": "string", "pattern": r"^https?://|^\{[^{}]+\}$"},
        fields=Fields.SCHEMA,
    )

    url: str = ""
    mount_point: str = "secret"
    version: int | None = None
    fields: Fields = field(default_factory=Fields)

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Vault:
        """Read `{path, private-key-path, …}`. Raises SourceError."""
        check_literal(options, "url", "mount-point")
        if "version" in options and "private-key-path" in options:
            raise SourceError("version is one secret's: leave private-key-path out")
        source = cls(
            certificate=options["path"],
            private_key=options.get("private-key-path", ""),
            url=options.get("url", ""),
            mount_point=options.get("mount-point", "secret"),
            version=options.get("version"),
            fields=Fields.from_options(options.get("fields", {})),
        )
        for template in source.places(key=True):
            checked(template)
        return source

    def needs(self, key: bool) -> tuple[Need, ...]:
        """Return nothing: Vault's own policies say who may read it."""
        return ()

    def parts(self, template: str, old: Stored, access: Access) -> Parts:
        """Read one secret. Raises SourceError, with one line for whatever Vault answers."""
        path = filled(template, old)
        left = access.clients.budget.left
        if not left:
            raise SourceError(f"{self._called(path)}: the run's time-out is over")
        read = without_frames(lambda: _legible(self._read(path, left)))
        if isinstance(read, str):
            raise SourceError(f"{self._called(path)}: {read}")
        return read

    def _read(self, path: str, left: float) -> Parts | str:
        """Return a secret's parts, or why there are none.

        What requests and hvac raise has the answer and the token in its attributes and frames:
        none of it leaves here.
        """
        hvac, requests = _clients()
        with open_session(requests, left) as session:
            client = self._client(hvac, session, left)
            try:
                answer = client.secrets.kv.v2.read_secret_version(
                    path, self.version, self.mount_point, raise_on_deleted_version=True
                )
            except hvac.exceptions.InvalidPath:
                return f"no such secret, or no such version of it, at {client.url}"
            except hvac.exceptions.VaultError as error:
                return f"{client.url} answered {type(error).__name__}{_said(error)}"
            except (requests.exceptions.InvalidHeader, UnicodeError):  # they quote the token
                return "VAULT_TOKEN or VAULT_NAMESPACE has characters that no header may have"
            except OSError as error:
                return f"{client.url} does not answer: {type(error).__name__}: {error}"
            except (TypeError, ValueError) as error:  # of an address or an answer that is none
                return f"{client.url} does not answer as Vault does: {type(error).__name__}"
        return self._parts(path, answer)

    def _client(self, hvac: Any, session: Any, left: float) -> Any:
        return hvac.Client(
            url=self.url or os.environ.get("VAULT_ADDR") or "https://127.0.0.1:8200",
            token=os.environ.get("VAULT_TOKEN", "").strip(),
            namespace=os.environ.get("VAULT_NAMESPACE"),
            session=session,
            timeout=patience(left),
            allow_redirects=False,
        )

    def _parts(self, path: str, answer: Any) -> Parts | str:
        data = answer.get("data") if isinstance(answer, Mapping) else None
        found = data.get("data") if isinstance(data, Mapping) else None
        if not isinstance(data, Mapping) or not isinstance(found, Mapping):
            return "what answered is no secret of a KV engine of version 2"
        if sum(len(str(value)) for value in found.values()) > SIZE_LIMIT:
            return f"larger than {SIZE_LIMIT} bytes: not a PEM text"
        about = data.get("metadata")
        version = str(about.get("version", "")) if isinstance(about, Mapping) else ""
        return Parts.of_fields(self._called(path), version, found, self.fields)

    def _called(self, path: str) -> str:
        return f"vault:{self.mount_point}/{path}"


def _said(error: Any) -> str:
    """Return the errors that Vault itself names.

    No other text is shown: what stands before Vault may quote the request, or pass on a secret.
    """
    errors = error.errors if isinstance(error.errors, list) else []
    said = [one for one in errors if isinstance(one, str) and "-----" not in one]
    return f": {'; '.join(said)}" if said else ""


def _legible(read: Parts | str) -> Parts | str:
    """Return a text on one line, without the token, and without who an address says is asking."""
    if not isinstance(read, str):
        return read
    token = os.environ.get("VAULT_TOKEN", "").strip()
    shown = _USER.sub("", read.replace(token, "[token]") if token else read)
    return plain(shorten(shown, _LEGIBLE, placeholder=" …"))


def _clients() -> tuple[Any, Any]:
    """Return hvac and what it is built on. Raises SourceError where they are not installed."""
    try:
        import hvac
        import requests
    except ImportError as error:
        raise SourceError(
            "source vault needs hvac, which is not installed: pip install 'c7n-certrenew[vault]'"
        ) from error
    return hvac, requests


SOURCE = Vault
