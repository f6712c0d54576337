"""Cases of iam-certificate-weak-key-or-signature: each size, curve and digest near the limit."""

from __future__ import annotations

from policies.bodies import Body
from policies.cases.shown_by_x509 import UNREAD, many, says
from policies.harness import Case, Table, Verdict

PASS, FAIL = Verdict.PASS, Verdict.FAIL

GOOD_KEYS = ("RSA 2048", "RSA 3072", "RSA 4096", "P-256", "P-384", "P-521")
WEAK_KEYS = {
    "RSA 1024": says(KeyAlgorithm="RSA", KeySize=1024),
    "P-224": says(KeyAlgorithm="ECDSA", Curve="secp224r1"),
    "secp256k1": says(KeyAlgorithm="ECDSA", Curve="secp256k1"),
    "Ed25519": says(KeyAlgorithm="Ed25519", Curve=None),
}
GOOD_DIGESTS = ("sha384", "sha512")
WEAK_DIGESTS = ("md5", "sha1", "sha224")

TABLE = Table(
    Body(
        algorithms=("RSA 2047", "sha256"),
        chain=("a public authority with an RSA key", "complete"),
    ),
    (
        Case("a bit too short", {}, FAIL, says(KeyAlgorithm="RSA", KeySize=2047)),
        *(
            Case(f"a weak key, {key}", {"algorithms": (key, "sha256")}, FAIL, because)
            for key, because in WEAK_KEYS.items()
        ),
        *(Case(f"a good key, {key}", {"algorithms": (key, "sha256")}, PASS) for key in GOOD_KEYS),
        *(
            Case(
                f"a weak digest, {digest}",
                {"algorithms": ("P-256", digest)},
                FAIL,
                says(SignatureHash=digest),
            )
            for digest in WEAK_DIGESTS
        ),
        *(
            Case(f"a good digest, {digest}", {"algorithms": ("P-256", digest)}, PASS)
            for digest in GOOD_DIGESTS
        ),
        many(KeySize=2047),
        *UNREAD,
    ),
)
