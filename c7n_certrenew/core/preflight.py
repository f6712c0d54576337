"""Every reason, at once, why a candidate must not replace a certificate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from c7n_certrenew.core.chain import Chain
from c7n_certrenew.core.key_limits import unfit
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.retired import is_retired
from c7n_certrenew.core.target import Store
from c7n_certrenew.core.trusting import chain_complete, issued_as_asked, trusted
from c7n_certrenew.core.x509 import Certificate, covers, normal_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from c7n_certrenew.core.candidate import Candidate
    from c7n_certrenew.core.model import Listener

BODY_LIMIT = 16_384
"""Characters of a CertificateBody and of a PrivateKey (botocore model iam)."""
CHAIN_LIMIT = 2_097_152
"""Characters of a CertificateChain (botocore model iam)."""

_WEAK_HASHES = {"md5", "sha1"}
_NAME = re.compile(r"[!-\[\]-~]+")
"""A name as it may be served: no blank, and no backslash, as escapes begin with one."""


@dataclass(frozen=True)
class Rules:
    """What the policy asks of a candidate.

    `trust` is `same` (what chained to a public root must still; else to the old anchor) or
    `any`; `anchors` are the certificates of a bundle the policy names, which then decide
    alone. `issuers` are SHA-256 fingerprints of a CA that the chain verifies to, or patterns of
    the issuer's RFC 4514 name. `min_extension` None means the smaller of 7 days and a tenth of
    the lifetime, or 0 for a `rekey`: that asks for another public key and retires the old one.
    What is `going_back` to a certificate that was served before may expire sooner, have a weaker
    key and, with `trust` `any`, the chain with which IAM kept it.
    """

    trust: str = "same"
    anchors: tuple[Certificate, ...] = ()
    public_roots: tuple[Certificate, ...] = ()
    issuers: tuple[str, ...] = ()
    drop_names: frozenset[str] = frozenset()
    min_extension: timedelta | None = None
    rekey: bool = False
    going_back: bool = False


@dataclass(frozen=True)
class Case:
    """One candidate, held against the certificate it would replace.

    `retired` are the public keys that must not be served again, as `retired_keys` returns them.
    """

    old: Certificate
    old_chain: Chain
    candidate: Candidate
    listeners: tuple[Listener, ...]
    rules: Rules
    now: datetime
    retired: tuple[str, ...] = ()
    store: Store = Store.IAM

    @property
    def new(self) -> Certificate:
        """Return the candidate's leaf."""
        return self.candidate.leaf


def preflight(case: Case) -> tuple[Reason, ...]:
    """Return every reason to refuse the candidate, none when it may go live.

    Not checked here: whether AWS accepts it, whether it was revoked, and the key where the
    source does not show it to a plan (`candidate.key_matches` is None).
    """
    return tuple(reason for check in _CHECKS for reason in check(case))


def notes(case: Case) -> tuple[Reason, ...]:
    """Return what a person should know though it refuses nothing."""
    found = []
    if case.candidate.key_matches is None:
        found.append(Reason("key-not-checked", "the private key is checked at the renewal"))
    same = case.new.key_fingerprint == case.old.key_fingerprint
    if same and not is_retired(case.new.key_fingerprint, case.retired):
        found.append(Reason("same-key", "the public key stays the same"))
    if case.new.issuer != case.old.issuer:
        found.append(
            Reason("new-issuer", f"issued by {case.new.issuer} instead of {case.old.issuer}")
        )
    return tuple(found)


def _key(case: Case) -> Iterator[Reason]:
    if case.candidate.key_matches is False:
        yield Reason("key-mismatch", "the private key does not belong to the certificate")


def _retired(case: Case) -> Iterator[Reason]:
    new, old = case.new.key_fingerprint, case.old.key_fingerprint
    if not is_retired(new, case.retired):
        return
    if new == old:
        yield Reason(
            "same-key",
            "it has the public key of the one it would replace, which must not be served any more; "
            "have it issued with a new key",
        )
    else:
        yield Reason(
            "retired-key",
            "it has a public key that an earlier re-keying has retired; "
            "have it issued with a new key",
        )


def _validity(case: Case) -> Iterator[Reason]:
    new, now = case.new, case.now
    if now < new.not_before:
        yield Reason("not-yet-valid", f"it is not valid before {_date(new.not_before)}")
    if now >= new.not_after:
        yield Reason("expired", f"it expired on {_date(new.not_after)}")
    for issuer in case.candidate.chain.intermediates:
        if not issuer.not_before <= now < issuer.not_after:
            yield Reason("chain-expired", f"{issuer.subject} in its chain is not valid now")


def _extension(case: Case) -> Iterator[Reason]:
    new, old, rules = case.new, case.old, case.rules
    least = rules.min_extension
    if least is None:
        least = timedelta() if rules.rekey else min(timedelta(days=7), new.lifetime / 10)
    if new.not_after - old.not_after < least and not rules.going_back:
        word = "sooner than" if new.not_after < old.not_after else "hardly later than"
        hint = "; say min-extension: -N to let it end N days sooner" if rules.rekey else ""
        yield Reason(
            "expires-sooner",
            f"it expires on {_date(new.not_after)}, {word} the one it would replace "
            f"({_date(old.not_after)}){hint}",
        )


def _names(case: Case) -> Iterator[Reason]:
    odd = sorted(name for name in case.new.names if not _NAME.fullmatch(name))
    if odd and case.new.has_san:
        quoted = ", ".join(f'"{name}"' for name in odd)
        yield Reason("odd-name", f"it holds {quoted}, which is no name of a server")
    if case.old.has_san and not case.new.has_san:
        yield Reason(
            "no-san",
            "it has no subject alternative names, as the old one has; clients look at no other",
        )
        return
    wanted = case.old.names.difference(map(normal_name, case.rules.drop_names))
    missing = sorted(name for name in wanted if not covers(case.new.names, name))
    if missing:
        yield Reason(
            "fewer-names",
            f"it does not cover {', '.join(missing)}; get one that does, or list in "
            "drop-names what may go",
        )
    for listener in case.listeners:
        aliases = [a for a in listener.aliases if not covers(case.new.names, normal_name(a))]
        if aliases:
            yield Reason(
                "alias-uncovered",
                f"{listener} answers to {', '.join(aliases)}, which it does not cover",
            )


def _usage(case: Case) -> Iterator[Reason]:
    if case.new.is_ca:
        yield Reason("ca-certificate", "it is a CA certificate, not a server certificate")
    if not case.new.serves_tls:
        yield Reason("no-server-auth", "its extended key usage lacks serverAuth")
    if case.old.handshakes and not case.new.handshakes:
        yield Reason("key-usage", "its key usage allows no TLS handshake (digitalSignature)")
    if case.new.must_staple and not case.old.must_staple:
        yield Reason("must-staple", "it asks for OCSP stapling, which load balancers do not do")


def _strength(case: Case) -> Iterator[Reason]:
    new, old = case.new.key, case.old.key
    if new.algorithm != old.algorithm:
        yield Reason("key-algorithm", f"its key is {new}, the old one {old}: they are two lineages")
    elif new.strength < old.strength and not case.rules.going_back:
        yield Reason("weaker-key", f"its key ({new}) is weaker than the old one ({old})")
    if case.new.signature_hash in _WEAK_HASHES:
        yield Reason("weak-signature", f"it is signed with {case.new.signature_hash}")


def _consumers(case: Case) -> Iterator[Reason]:
    for listener in case.listeners:
        if why := unfit(listener, case.new.key, case.store):
            yield Reason("key-unfit", why)


def _sizes(case: Case) -> Iterator[Reason]:
    key = case.candidate.private_key
    sizes = (
        ("certificate", len(case.candidate.body_pem), BODY_LIMIT),
        ("private key", len(key.encode()) if key else 0, BODY_LIMIT),
        ("chain", len(case.candidate.chain_pem), CHAIN_LIMIT),
    )
    for part, size, limit in sizes:
        if size > limit:
            yield Reason("too-long", f"its {part} has {size} characters, AWS takes {limit}")


_CHECKS: tuple[Callable[[Case], Iterable[Reason]], ...] = (
    _key,
    _retired,
    _validity,
    _extension,
    _names,
    _usage,
    _strength,
    _consumers,
    _sizes,
    chain_complete,
    trusted,
    issued_as_asked,
)


def _date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
