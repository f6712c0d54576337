"""Put a chain in order, and say where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509 import BasicConstraints, Certificate as X509Certificate, KeyUsage, Version
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from c7n_certrenew.core.x509 import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from c7n_certrenew.core.x509 import Certificate


DEEPEST = 8
"""How many issuers are followed: as many as cryptography's path builder does (webpki's limit)."""


@dataclass(frozen=True)
class Chain:
    """A leaf's issuers in order, each having signed the one before; the root is kept apart."""

    intermediates: tuple[Certificate, ...] = ()
    root: Certificate | None = None
    unrelated: tuple[Certificate, ...] = ()

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Return the issuers from the leaf's up, with the root where it is known."""
        return (*self.intermediates, *((self.root,) if self.root else ()))

    def top(self, leaf: Certificate) -> Certificate:
        """Return the last certificate that a server sends."""
        return self.intermediates[-1] if self.intermediates else leaf


def issued(certificate: Certificate, issuer: Certificate) -> bool:
    """Say whether `issuer`'s name and key stand behind `certificate`'s signature."""
    try:
        certificate.x509.verify_directly_issued_by(issuer.x509)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def order(
    leaf: Certificate, pool: Iterable[Certificate], prefer: Iterable[Certificate] = ()
) -> Chain:
    """Order the CAs that issued `leaf` and are in `pool`; what signed nothing is unrelated.

    Where several certificates of one key would do (cross-signed), one of `prefer` is taken (what
    clients were served before) unless it had expired when `leaf` began; else the root, else the
    one that lives longest. The order of `pool` does not matter. After `DEEPEST` issuers it ends.
    """
    known = {c.fingerprint for c in prefer if c.not_after > leaf.not_before}
    rest = {c.fingerprint: c for c in pool if c.fingerprint != leaf.fingerprint}
    intermediates: list[Certificate] = []
    top, root = leaf, None
    while len(intermediates) < DEEPEST and not is_root(top):
        namesakes = [c for c in rest.values() if c.subject == top.issuer and _may_issue(c)]
        namesakes.sort(
            key=lambda c: (c.fingerprint in known, is_root(c), c.not_after, c.fingerprint),
            reverse=True,
        )
        issuer = next((c for c in namesakes if issued(top, c)), None)
        if issuer is None:
            break
        top = issuer
        del rest[top.fingerprint]
        if is_root(top):
            root = top
        else:
            intermediates.append(top)
    unrelated = sorted(rest.values(), key=lambda c: c.fingerprint)
    return Chain(tuple(intermediates), root, tuple(unrelated))


def is_root(certificate: Certificate) -> bool:
    """Say whether it signed itself: a CA's new key may be signed by its old one, same name."""
    return certificate.self_issued and issued(certificate, certificate)


def _may_issue(certificate: Certificate) -> bool:
    """Say whether it is a CA; a root of X.509 version 1 has no field to say so."""
    old = certificate.x509.version is Version.v1
    return certificate.is_ca or (old and is_root(certificate))


def anchored(
    leaf: Certificate,
    intermediates: Sequence[Certificate],
    anchors: Sequence[Certificate],
    now: datetime,
) -> str | None:
    """Verify the way from `leaf` to one of `anchors`; return why it fails, or None.

    Signatures, validity, CA flags, key usage and path lengths of the issuers are checked by
    cryptography's path builder. The leaf's own dates, names and usage are not: they are
    checked, each with its own reason, elsewhere.
    """
    if not anchors:
        return "there is nothing to verify it against"
    moment = min(max(now, leaf.not_before), leaf.not_after)
    authority = (
        ExtensionPolicy.permit_all()
        .require_present(BasicConstraints, Criticality.AGNOSTIC, _must_be_ca)
        .may_be_present(KeyUsage, Criticality.AGNOSTIC, _must_sign)
    )
    verifier = (
        PolicyBuilder()
        .store(Store([anchor.x509 for anchor in anchors]))
        .time(moment)
        .extension_policies(ca_policy=authority, ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    try:
        verifier.verify(leaf.x509, [c.x509 for c in intermediates])
    except VerificationError as error:
        return printable(str(error)).removeprefix("validation failed: ")
    return None


def _must_be_ca(_policy: Policy, certificate: X509Certificate, basic: BasicConstraints) -> None:
    if not basic.ca:
        raise ValueError(f"{certificate.subject.rfc4514_string()} is not a CA")


def _must_sign(_policy: Policy, certificate: X509Certificate, usage: KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError(f"{certificate.subject.rfc4514_string()} may not sign certificates")
