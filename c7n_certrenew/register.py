"""The one place where this package meets Cloud Custodian's registries and loggers."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from c7n_certrenew.elements.certificate_source import CertificateSource
from c7n_certrenew.elements.expires_within import ExpiresWithin
from c7n_certrenew.elements.listener import ListenerFilter
from c7n_certrenew.elements.name_mismatch import NameMismatch
from c7n_certrenew.elements.post_finding import PostFinding
from c7n_certrenew.elements.prune import Prune
from c7n_certrenew.elements.replace_certificate import ReplaceCertificate
from c7n_certrenew.elements.replacement import Replacement
from c7n_certrenew.elements.require_replacement import RequireReplacement
from c7n_certrenew.elements.schemas import ACTION, FILTER, REQUIRE
from c7n_certrenew.elements.superseded import SupersededFilter
from c7n_certrenew.elements.tags import MarkedForOp, MarkForOp, RemoveTag, TagCertificate, TagCount
from c7n_certrenew.elements.x509 import X509
from c7n_certrenew.errors import CertrenewError

Elements = Mapping[str, type[Any]]

CERTIFICATES = "c7n.resources.iam"

FILTERS: Elements = {
    "expires-within": ExpiresWithin,
    "listener": ListenerFilter,
    "marked-for-op": MarkedForOp,
    "name-mismatch": NameMismatch,
    FILTER: Replacement,
    "superseded": SupersededFilter,
    "tag-count": TagCount,
    "x509": X509,
}
ACTIONS: Elements = {
    "mark-for-op": MarkForOp,
    "post-finding": PostFinding,
    "prune": Prune,
    "remove-tag": RemoveTag,
    ACTION: ReplaceCertificate,
    REQUIRE: RequireReplacement,
    "tag": TagCertificate,
}
ALIASES: Elements = {"mark": TagCertificate, "unmark": RemoveTag, "untag": RemoveTag}
"""Other names of actions, as Custodian has them on other resources."""
IN_ACM = "c7n.resources.acm"
IMPORTED_KEYS = (
    *("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096"),
    *("EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
)
"""What ACM imports (ACM guide, "Prerequisites for importing ACM certificates")."""
OWNERS: Mapping[str, str] = {
    "c7n.resources.elb": "ELB",
    "c7n.resources.appelb": "AppELB",
    "c7n.resources.cloudfront": "Distribution",
}
"""The classes, by host module, of what serves certificates."""
ACCOUNT = "c7n.resources.account"

log = logging.getLogger("custodian.certrenew")

_REPORTING = ("custodian.commands", "custodian.output")
"""The loggers on which c7n logs, with a traceback, the exception that ended a policy."""


def owners_filters() -> Elements:
    """Return the filters of what serves certificates, imported with these resources alone."""
    from c7n_certrenew.elements.server_certificate import ServerCertificateFilter

    return {"server-certificate": ServerCertificateFilter}


def account_filters() -> Elements:
    """Return the filters of the account, imported with it alone."""
    from c7n_certrenew.elements.server_certificate_quota import ServerCertificateQuota

    return {"server-certificate-quota": ServerCertificateQuota}


def register(*hosts: str) -> None:
    """Add our filters and actions to the resources of these host modules, of all if none is named.

    Calling it again changes nothing. A name that Custodian's own element has stays that one's, all
    but one that ours `replaces` (decision 0022).
    """
    for host in hosts or (CERTIFICATES, IN_ACM, *OWNERS, ACCOUNT):
        module = import_module(host)  # which may call this function
        if host == CERTIFICATES:
            _add(module.ServerCertificate.filter_registry, FILTERS)
            _add(module.ServerCertificate.action_registry, {**ACTIONS, **ALIASES})
            _correct(module.ServerCertificate)
        elif host == IN_ACM:
            for registry, elements in acm_elements(module.Certificate):
                _add(registry, elements)
            _list_every_key(module.Certificate)
        elif host == ACCOUNT:
            _add(module.Account.filter_registry, account_filters())
        else:
            _add(getattr(module, OWNERS[host]).filter_registry, owners_filters())
    for name in _REPORTING:
        logging.getLogger(name).addFilter(without_traceback)


def acm_elements(host: Any) -> Iterable[tuple[Any, Elements]]:
    """Yield what certificates in ACM get, by registry, imported with that resource alone."""
    from c7n_certrenew.elements import acm_certificate as acm

    filters = {
        "expires-within": acm.AcmExpiresWithin,
        "listener": acm.AcmListenerFilter,
        FILTER: acm.AcmReplacement,
    }
    yield host.filter_registry, filters
    yield host.action_registry, {ACTION: acm.AcmReplaceCertificate}


def _add(registry: Any, elements: Elements) -> None:
    for name, element in elements.items():
        if registry.get(name) in (None, element, getattr(element, "replaces", None)):
            registry.register(name, element)
        else:
            log.error("%s has its own %s: ours is left out", registry.plugin_type, name)


def _correct(host: Any) -> None:
    """Have a certificate called by the ARN that IAM shows, and its tags read (decision 0015)."""
    if host.resource_type.arn is None:
        host.resource_type.arn = "Arn"
    if "source_mapping" not in vars(host):
        host.source_mapping = {"describe": CertificateSource}


def _list_every_key(host: Any) -> None:
    """Have ACM list what it imports: Custodian's list lacks RSA_3072 (decision 0016)."""
    types: list[str] = host.resource_type.enum_spec[2]["Includes"]["keyTypes"]
    types += [one for one in IMPORTED_KEYS if one not in types]


def without_traceback(record: logging.LogRecord) -> bool:
    """Turn the traceback of our own errors into their one line; leave all else alone."""
    fault = record.exc_info[1] if record.exc_info else None
    if isinstance(fault, CertrenewError):
        record.msg, record.args = f"{record.getMessage()}: {fault}", ()
        record.exc_info = None
    return True
