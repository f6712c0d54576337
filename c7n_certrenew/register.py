"""The one place where this package meets Cloud Custodian's registries and loggers."""

from __future__ import annotations

import logging
from typing import Any

from c7n_certrenew.elements.expires_within import ExpiresWithin
from c7n_certrenew.elements.listener import ListenerFilter
from c7n_certrenew.elements.replace_certificate import ReplaceCertificate
from c7n_certrenew.elements.replacement import Replacement
from c7n_certrenew.elements.schemas import ACTION, FILTER
from c7n_certrenew.elements.x509 import X509
from c7n_certrenew.errors import CertrenewError

FILTERS: dict[str, type[Any]] = {
    "expires-within": ExpiresWithin,
    "listener": ListenerFilter,
    FILTER: Replacement,
    "x509": X509,
}
ACTIONS: dict[str, type[Any]] = {ACTION: ReplaceCertificate}

_REPORTING = ("custodian.commands", "custodian.output")
"""The loggers on which c7n logs, with a traceback, the exception that ended a policy."""


def register() -> None:
    """Add every filter and action to `aws.iam-certificate`; calling it again changes nothing."""
    from c7n.resources.iam import ServerCertificate  # importing it may call this function

    for name, filter_class in FILTERS.items():
        ServerCertificate.filter_registry.register(name, filter_class)
    for name, action_class in ACTIONS.items():
        ServerCertificate.action_registry.register(name, action_class)
    for name in _REPORTING:
        logging.getLogger(name).addFilter(without_traceback)


def without_traceback(record: logging.LogRecord) -> bool:
    """Turn the traceback of our own errors into their one line; leave all else alone."""
    fault = record.exc_info[1] if record.exc_info else None
    if isinstance(fault, CertrenewError):
        record.msg, record.args = f"{record.getMessage()}: {fault}", ()
        record.exc_info = None
    return True
