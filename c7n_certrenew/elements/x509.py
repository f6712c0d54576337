"""The filter `x509`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from c7n.exceptions import PolicyValidationError
from c7n.filters.core import VALUE_TYPES, ValueFilter
from c7n.utils import jmespath_compile, type_schema

from c7n_certrenew.core.model import Unread
from c7n_certrenew.elements import host
from c7n_certrenew.elements.x509_values import misfit

ANNOTATION = "c7n:x509"
ERROR = "Error"
KEYS = frozenset(
    {
        *("Subject", "Issuer", "SerialNumber", "FingerprintSHA256", "CommonName"),
        *("DNSNames", "IPAddresses", "Wildcard", "SelfSigned"),
        *("SubjectKeyIdentifier", "AuthorityKeyIdentifier"),
        *("NotBefore", "NotAfter", "LifetimeDays", "LifetimeLimitDays", "ExceedsLifetimeLimit"),
        *("KeyAlgorithm", "KeySize", "Curve", "SignatureAlgorithm", "SignatureHash"),
        *("IsCA", "KeyUsage", "ExtendedKeyUsage", "MustStaple"),
        *("Chain", "ChainUnrelated", "ChainEnd", ERROR),
    }
)
"""What `key` may ask for."""

_WORKERS = 8


class X509(ValueFilter):
    """Server certificates by what their X.509 body and their chain say.

    A value filter over `c7n:x509`, which it writes on every certificate it looks at, one
    GetServerCertificate each. `key` is one of its keys or a JMESPath expression over them;
    `value`, `op`, `value_type`, `value_regex` and `value_from` work as in other value filters;
    `Issuer == Subject` compares two keys. Keys, left out where the certificate does not have them:

    - Subject, Issuer, CommonName, SerialNumber and FingerprintSHA256 (hex),
      SubjectKeyIdentifier, AuthorityKeyIdentifier
    - DNSNames and IPAddresses (alternative names alone), Wildcard, SelfSigned
    - NotBefore, NotAfter (for `value_type: age` and `expiration`), LifetimeDays,
      LifetimeLimitDays (what the CA/Browser Forum allowed a public certificate when this one
      began), ExceedsLifetimeLimit
    - KeyAlgorithm (RSA, ECDSA), KeySize (bits), Curve (secp256r1), SignatureAlgorithm
      (sha256WithRSAEncryption), SignatureHash (sha256)
    - IsCA, MustStaple, KeyUsage (digitalSignature), ExtendedKeyUsage (serverAuth)
    - Chain and ChainUnrelated: lists of Subject, Issuer, NotAfter; the issuers that IAM holds
      with the certificate, in order, and what is among them but issued nothing
    - ChainEnd: public-root, private-root (stored in the chain), self-signed, or unknown: an
      intermediate is missing, or it is a private root that is not stored

    Unknown counts as found: a certificate that cannot be read matches, whatever is asked and
    inside `not` too, with the reason in `c7n:x509` (Error alone), in `c7n:unread` and in the
    log. `unread: exclude` leaves such certificates out, and `delete` demands it;
    `key: Error, value: present` finds them alone. For `custodian run` and `c7n-org run`, not
    for Lambda modes.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-weak-key-or-signature
            resource: aws.iam-certificate
            filters:
              - or:
                  - and:
                      - {type: x509, key: KeyAlgorithm, value: RSA}
                      - {type: x509, key: KeySize, op: lt, value: 2048}
                  - {type: x509, key: SignatureHash, op: in, value: [md5, sha1]}
          - name: server-certificate-public-and-lives-too-long
            resource: aws.iam-certificate
            filters:
              - {type: x509, key: ChainEnd, value: public-root}
              - {type: x509, key: ExceedsLifetimeLimit, value: true}
          - name: server-certificate-chain-expires-within-30-days
            resource: aws.iam-certificate
            filters:
              - type: x509
                key: min(Chain[].NotAfter)
                value_type: expiration
                op: lte
                value: 30
          - name: server-certificate-chain-incomplete-or-wrong
            resource: aws.iam-certificate
            filters:
              - or:
                  - {type: x509, key: ChainEnd, value: unknown}
                  - {type: x509, key: length(ChainUnrelated), op: gt, value: 0}
    """

    schema = type_schema(
        "x509",
        rinherit=ValueFilter.schema,
        required=["key"],
        default=None,
        tag_key_transforms=None,
        value_path=None,
        value_type={"enum": [kind for kind in VALUE_TYPES if kind != "resource_count"]},
        unread={"enum": ["include", "exclude"]},
    )
    schema_alias = False
    permissions = ("iam:GetServerCertificate",)
    metrics = ("UnreadScopes",)

    def validate(self) -> X509:
        """Check keys, types, and what would take a certificate nobody has looked at."""
        return host.adopt(self, self._check)

    def _check(self) -> None:
        host.reject_lambda(self)
        try:
            super().validate()
            unknown = sorted(set(_fields(jmespath_compile(self.data["key"]).parsed)) - KEYS)
        except (PolicyValidationError, ValueError, TypeError) as fault:
            host.reject(self.manager, self.type, " ".join(str(fault).split()))
        if unknown:
            known = ", ".join(sorted(KEYS))
            host.reject(self.manager, self.type, f"no key {unknown[0]}; there are {known}")
        if reason := misfit(self.data):
            host.reject(self.manager, self.type, reason)
        deletes = any(action.type == "delete" for action in self.manager.actions)
        if deletes and self._unread_matches():
            host.reject(
                self.manager,
                self.type,
                "delete would take certificates that could not be read; add unread: exclude",
            )

    def process(
        self, resources: list[dict[str, Any]], event: object = None
    ) -> list[dict[str, Any]]:
        """Return the certificates that match, annotated. Reads those not read in this policy."""
        self._annotate([r for r in resources if ANNOTATION not in r])
        inverted = _inverted(self.manager.filters, self)
        return [r for r in resources if self._judge(r, self._unread_matches() is not inverted)]

    def _annotate(self, resources: Sequence[dict[str, Any]]) -> None:
        if not resources:
            return
        from c7n_certrenew.aws.iam import UNREADABLE, explain_unreadable, get_certificate
        from c7n_certrenew.elements.settings import public_roots
        from c7n_certrenew.report.certificates import certificate_shape

        client = host.clients_for(self.manager, resources).get("iam")
        roots = public_roots()

        def read(resource: Mapping[str, Any]) -> dict[str, Any]:
            try:
                stored = get_certificate(client, resource["ServerCertificateName"])
                return certificate_shape(stored, roots)
            except UNREADABLE as fault:
                return {ERROR: explain_unreadable(fault)}

        with ThreadPoolExecutor(_WORKERS) as pool:
            shapes = list(pool.map(read, resources))
        for resource, shape in zip(resources, shapes, strict=True):
            resource[ANNOTATION] = shape
            if ERROR in shape:
                self._unread(resource, shape[ERROR])
        host.count_unread(self.manager, sum(ERROR in shape for shape in shapes))

    def _unread(self, resource: dict[str, Any], reason: str) -> None:
        host.annotate_unread(resource, [Unread("iam", "*", reason)])
        name = resource["ServerCertificateName"]
        host.log.warning(
            "policy:%s x509: %s is unread: %s", host.policy_name(self.manager), name, reason
        )

    def _judge(self, resource: dict[str, Any], unknown: bool) -> bool:
        facts = resource[ANNOTATION]
        if ERROR in facts and self.data["key"] != ERROR:
            return unknown
        try:
            return bool(self.match(facts))
        except (TypeError, ValueError) as fault:
            self._unread(resource, f"{self.data['key']}: {fault}")
            return unknown

    def _unread_matches(self) -> bool:
        return bool(self.data.get("unread", "include") == "include")


def _fields(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield every key that a parsed JMESPath expression asks for."""
    if node["type"] == "field":
        yield node["value"]
    for child in node["children"]:
        if isinstance(child, Mapping):
            yield from _fields(child)


def _inverted(filters: Iterable[Any], element: object) -> bool:
    """Say whether an odd number of `not` stands around an element of these filters."""
    for found in filters:
        if found is element:
            return False
        if found.type in ("and", "or", "not") and _holds(found.filters, element):
            return _inverted(found.filters, element) is not (found.type == "not")
    return False


def _holds(filters: Iterable[Any], element: object) -> bool:
    return any(f is element or _holds(getattr(f, "filters", ()), element) for f in filters)
