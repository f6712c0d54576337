"""What a server certificate says, as JSON in AWS's spelling."""

from __future__ import annotations

from collections.abc import Iterable

from c7n_certrenew.core.baseline import exceeds_lifetime_limit, lifetime_limit
from c7n_certrenew.core.chain import is_root
from c7n_certrenew.core.particulars import Particulars, chain_end, particulars
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.core.x509 import Certificate
from c7n_certrenew.report.bindings import Shape


def certificate_shape(stored: Stored, public_roots: Iterable[Certificate]) -> Shape:
    """Return what a certificate and its chain say; a list stays where it is empty.

    Dates are ISO 8601. Raises ValueError where an extension is malformed.
    """
    leaf, more = stored.leaf, particulars(stored.leaf)
    shape = {
        **_identity(leaf, more),
        **_validity(leaf),
        **_key(leaf, more),
        **_usage(leaf, more),
        "Chain": [_link(link) for link in stored.chain.certificates],
        "ChainUnrelated": [_link(link) for link in stored.chain.unrelated],
        "ChainEnd": chain_end(leaf, stored.chain, public_roots),
    }
    return {key: value for key, value in shape.items() if value not in ("", None)}


def _identity(leaf: Certificate, more: Particulars) -> Shape:
    return {
        "Subject": leaf.subject,
        "Issuer": leaf.issuer,
        "SerialNumber": more.serial_number,
        "FingerprintSHA256": leaf.fingerprint,
        "CommonName": more.common_name,
        "DNSNames": list(more.dns_names),
        "IPAddresses": list(more.ip_addresses),
        "Wildcard": any("*" in name for name in leaf.names),
        "SelfSigned": is_root(leaf),
        "SubjectKeyIdentifier": more.subject_key_identifier,
        "AuthorityKeyIdentifier": more.authority_key_identifier,
    }


def _validity(leaf: Certificate) -> Shape:
    limit = lifetime_limit(leaf.not_before)
    return {
        "NotBefore": leaf.not_before.isoformat(),
        "NotAfter": leaf.not_after.isoformat(),
        "LifetimeDays": leaf.lifetime.days,
        "LifetimeLimitDays": limit.days if limit else None,
        "ExceedsLifetimeLimit": exceeds_lifetime_limit(leaf.not_before, leaf.not_after),
    }


def _key(leaf: Certificate, more: Particulars) -> Shape:
    return {
        "KeyAlgorithm": leaf.key.algorithm,
        "KeySize": leaf.key.size or None,
        "Curve": leaf.key.curve,
        "SignatureAlgorithm": more.signature_algorithm,
        "SignatureHash": leaf.signature_hash,
    }


def _usage(leaf: Certificate, more: Particulars) -> Shape:
    return {
        "IsCA": leaf.is_ca,
        "KeyUsage": list(more.key_usage),
        "ExtendedKeyUsage": list(more.extended_key_usage),
        "MustStaple": leaf.must_staple,
    }


def _link(certificate: Certificate) -> Shape:
    return {
        "Subject": certificate.subject,
        "Issuer": certificate.issuer,
        "NotAfter": certificate.not_after.isoformat(),
    }
