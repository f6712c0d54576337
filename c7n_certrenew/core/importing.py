"""What ACM asks of a certificate that it is to import, and of one that takes another's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.target import Store
from c7n_certrenew.core.x509 import extension

if TYPE_CHECKING:
    from collections.abc import Iterator

    from c7n_certrenew.core.target import Target
    from c7n_certrenew.core.x509 import Certificate

_RSA = {1024, 2048, 3072, 4096}
_CURVES = {"secp256r1", "secp384r1", "secp521r1"}
"""What ACM imports (ACM guide, "Prerequisites for importing ACM certificates")."""
_KEY_LIMIT = 5_120
"""Bytes of a private key (botocore model acm.ImportCertificate)."""

_CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)


def import_refusals(target: Target, old: Certificate) -> tuple[Reason, ...]:
    """Return what ACM has against a target, none where nothing is imported.

    `old` is what the target's ARN holds where it is to be imported again. Not checked: what the
    first certificate under that ARN allowed, which ACM goes by and does not show.
    """
    if target.store is not Store.ACM or target.existing:
        return ()
    new, key = target.candidate.leaf, target.candidate.private_key
    found = []
    if new.key.size not in _RSA if new.key.algorithm == "RSA" else new.key.curve not in _CURVES:
        found.append(Reason("key-unfit", f"ACM imports no key of type {new.key}"))
    if key and len(key.encode()) > _KEY_LIMIT:
        found.append(Reason("too-long", f"ACM takes a private key of {_KEY_LIMIT} bytes at most"))
    return (*found, *(_changed(old, new) if target.renews else ()))


def _changed(old: Certificate, new: Certificate) -> Iterator[Reason]:
    """Yield what must stay under an ARN and does not (ACM guide, "Reimporting a certificate")."""
    if new.key.algorithm == old.key.algorithm and new.key != old.key:
        yield Reason(
            "reimport-key",
            f"its key is {new.key}; ACM takes only {old.key} again under this ARN: have it issued "
            "with such a key, or import it under an ARN of its own",
        )
    gone = {*_key_usages(old)} - {*_key_usages(new)}
    lost = {*_purposes(old)} - {*_purposes(new), _CLIENT_AUTH.dotted_string}
    if gone or lost:
        named = ", ".join(sorted((*gone, *lost)))
        yield Reason("reimport-usage", f"it lacks {named}; ACM lets no key usage go under an ARN")


def _key_usages(certificate: Certificate) -> tuple[str, ...]:
    usage = extension(certificate.x509, x509.KeyUsage)
    return tuple(name for name in _USAGES if getattr(usage, name)) if usage else ()


def _purposes(certificate: Certificate) -> tuple[str, ...]:
    usage = extension(certificate.x509, x509.ExtendedKeyUsage)
    return tuple(one.dotted_string for one in usage) if usage else ()
