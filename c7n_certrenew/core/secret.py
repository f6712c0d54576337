"""A private key that cannot be shown."""

from __future__ import annotations

from typing import NoReturn

REDACTED = "<private key>"


class PrivateKey(str):
    """A PEM private key whose repr, str and format never show it.

    It stays a `str`, so that botocore can serialize it into UploadServerCertificate. Every
    logger, debugger and traceback shows a value by its repr, so this holds for botocore's
    DEBUG lines ("Making request ... with params") whatever logger, handler or level the host
    has set up; a logging filter would miss child loggers. It cannot be pickled, which is how c7n
    caches and how processes talk.

    Not promised: `json.dumps`, slices and `"".join` of it are plain text, as of any `str`.
    """

    __slots__ = ()

    def __new__(cls, pem: str) -> PrivateKey:
        """Keep the text as it is, even of another PrivateKey (whose `str()` shows nothing)."""
        return super().__new__(cls, str.__str__(pem))

    def __repr__(self) -> str:
        return REDACTED

    def __str__(self) -> str:
        return REDACTED

    def __format__(self, spec: str) -> str:
        return format(REDACTED, spec)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a private key is not pickled")
