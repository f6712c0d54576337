"""What a certificate says beside what a renewal depends on: for rules about certificates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import NameOID

from c7n_certrenew.core.chain import Chain, is_root, issued
from c7n_certrenew.core.x509 import Certificate, extension, normal_name, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_USES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "contentCommitment",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}


@dataclass(frozen=True)
class Particulars:
    """The rest of a certificate. Text is printable, identifiers are lower-case hex.

    Usages and the signature algorithm are called as RFC 5280 calls them, by their number where
    they have no name. `dns_names` are A-labels; the common name is not among them. What the
    certificate lacks is empty.
    """

    serial_number: str
    common_name: str
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    signature_algorithm: str
    key_usage: tuple[str, ...]
    extended_key_usage: tuple[str, ...]
    subject_key_identifier: str
    authority_key_identifier: str


def particulars(certificate: Certificate) -> Particulars:
    """Read the rest of a certificate. Raises ValueError where an extension is malformed."""
    body = certificate.x509
    names = extension(body, x509.SubjectAlternativeName) or x509.SubjectAlternativeName([])
    subject = extension(body, x509.SubjectKeyIdentifier)
    authority = extension(body, x509.AuthorityKeyIdentifier)
    dns = names.get_values_for_type(x509.DNSName)
    addresses = names.get_values_for_type(x509.IPAddress)
    return Particulars(
        serial_number=f"{body.serial_number:x}",
        common_name=_common_name(body),
        dns_names=tuple(sorted(normal_name(printable(name)) for name in dns)),
        ip_addresses=tuple(sorted(str(address) for address in addresses)),
        signature_algorithm=_name(body.signature_algorithm_oid),
        key_usage=tuple(_key_usage(body)),
        extended_key_usage=tuple(_name(o) for o in extension(body, x509.ExtendedKeyUsage) or ()),
        subject_key_identifier=subject.digest.hex() if subject else "",
        authority_key_identifier=((authority and authority.key_identifier) or b"").hex(),
    )


def chain_end(leaf: Certificate, chain: Chain, public_roots: Iterable[Certificate]) -> str:
    """Say where a chain ends.

    `self-signed`: at the leaf itself; `public-root`: below or at one of `public_roots`;
    `private-root`: at a root that is stored in the chain; `unknown`: below an issuer that is
    neither, a missing intermediate as well as a private root that clients hold.
    """
    if is_root(leaf):
        return "self-signed"
    top = chain.top(leaf)
    roots = (root for root in public_roots if root.x509.subject == top.x509.issuer)
    if any(issued(top, root) for root in roots):
        return "public-root"
    return "private-root" if chain.root else "unknown"


def _common_name(body: x509.Certificate) -> str:
    names = body.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return printable(str(names[0].value)) if names else ""


def _key_usage(body: x509.Certificate) -> Iterator[str]:
    usage = extension(body, x509.KeyUsage)
    return (name for use, name in _USES.items() if usage is not None and getattr(usage, use))


def _name(oid: x509.ObjectIdentifier) -> str:
    name: str = oid._name  # cryptography's one way to a name
    return oid.dotted_string if name == "Unknown OID" else name
