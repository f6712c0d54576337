"""The one place where this package meets Cloud Custodian's registries and loggers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from c7n_certrenew.elements.expires_within import ExpiresWithin
from c7n_certrenew.elements.listener import ListenerFilter
from c7n_certrenew.elements.replace_certificate import ReplaceCertificate
from c7n_certrenew.elements.replacement import Replacement
from c7n_certrenew.elements.schemas import ACTION, FILTER
from c7n_certrenew.elements.server_certificate import ServerCertificateFilter
from c7n_certrenew.elements.x509 import X509
from c7n_certrenew.errors import CertrenewError

Elements = Mapping[str, type[Any]]

FILTERS: Elements = {
    "expires-within": ExpiresWithin,
    "listener": ListenerFilter,
    FILTER: Replacement,
    "x509": X509,
}
ACTIONS: Elements = {ACTION: ReplaceCertificate}
OWNERS_FILTERS: Elements = {"server-certificate": ServerCertificateFilter}


@dataclass(frozen=True)
class Part:
    """What one resource of Custodian gets; `resource` is its class in the host module."""

    resource: str
    filters: Elements
    actions: Elements = field(default_factory=dict)


PARTS: Mapping[str, Part] = {
    "c7n.resources.iam": Part("ServerCertificate", FILTERS, ACTIONS),
    "c7n.resources.elb": Part("ELB", OWNERS_FILTERS),
    "c7n.resources.appelb": Part("AppELB", OWNERS_FILTERS),
    "c7n.resources.cloudfront": Part("Distribution", OWNERS_FILTERS),
}
"""By host module: the autoload's hook calls `register` with those that are imported."""

log = logging.getLogger("custodian.certrenew")

_REPORTING = ("custodian.commands", "custodian.output")
"""The loggers on which c7n logs, with a traceback, the exception that ended a policy."""


def register(*hosts: str) -> None:
    """Add every filter and action of these host modules, all if none is named, to their resource.

    Calling it again changes nothing. A name that Custodian's own element has stays that one's.
    """
    for host in hosts or PARTS:
        part = PARTS[host]
        resource = getattr(import_module(host), part.resource)  # which may call this function
        _add(resource.filter_registry, part.filters)
        _add(resource.action_registry, part.actions)
    for name in _REPORTING:
        logging.getLogger(name).addFilter(without_traceback)


def _add(registry: Any, elements: Elements) -> None:
    for name, element in elements.items():
        if registry.get(name) in (None, element):
            registry.register(name, element)
        else:
            log.error("%s has its own %s: ours is left out", registry.plugin_type, name)


def without_traceback(record: logging.LogRecord) -> bool:
    """Turn the traceback of our own errors into their one line; leave all else alone."""
    fault = record.exc_info[1] if record.exc_info else None
    if isinstance(fault, CertrenewError):
        record.msg, record.args = f"{record.getMessage()}: {fault}", ()
        record.exc_info = None
    return True
