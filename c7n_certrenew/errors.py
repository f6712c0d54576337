"""Errors that end a policy, each one clear line without a traceback."""

from __future__ import annotations

from c7n.exceptions import PolicyExecutionError


class CertrenewError(PolicyExecutionError):  # type: ignore[misc]  # c7n is untyped
    """What ends a policy of ours; the message says what, where and what to do."""


class RenewalIncompleteError(CertrenewError):
    """A policy whose certificates were not all renewed; the message names them.

    Raised when everything has been written, so that the run exits non-zero and nothing is
    lost.
    """
