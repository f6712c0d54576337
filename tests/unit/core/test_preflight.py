"""Every reason, at once, against a candidate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings, strategies as st
from unit.core.certificates import (
    CLIENT,
    DAY,
    NOW,
    SECOND,
    Issued,
    authority,
    ec_key,
    intermediate,
    key_usage,
    leaf,
    root,
    rsa_key,
    rsa_public,
)

from c7n_certrenew.core import preflight as module
from c7n_certrenew.core.candidate import Candidate
from c7n_certrenew.core.chain import Chain, order
from c7n_certrenew.core.model import Listener
from c7n_certrenew.core.preflight import Case, Rules, notes, preflight
from c7n_certrenew.core.secret import PrivateKey
from c7n_certrenew.core.x509 import Certificate, load

CLASSIC = Listener("elb", "eu-west-1", "classic", 443, "HTTPS")
ALB = Listener("elbv2", "eu-west-1", "web", 443, "HTTPS")
NLB = Listener("elbv2", "eu-west-1", "tcp", 443, "TLS")
SHOP = ("shop.example.com", "www.shop.example.com")
ED25519 = ed25519.Ed25519PrivateKey.generate()


@dataclass(frozen=True)
class Scene:
    """A renewal that preflight accepts; tests change one thing of it.

    `old` and `new` are knobs of the two leaves; the chains are what the files hold, `old_chain`
    without the root, as IAM keeps it.
    """

    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)
    old_chain: tuple[Issued, ...] | None = None
    new_chain: tuple[Issued, ...] | None = None
    listeners: tuple[Listener, ...] = (CLASSIC, ALB, NLB)
    key_matches: bool | None = True
    key: str = ""
    rules: Mapping[str, Any] = field(default_factory=dict)
    now: timedelta = 0 * DAY

    def case(self) -> Case:
        """Issue the certificates."""
        old = leaf(**{"names": SHOP, "start": -80 * DAY, "end": 10 * DAY, **self.old})
        new = leaf(**{"names": SHOP, **self.new})
        before = _chain(old, self.old_chain, (intermediate(),))
        candidate = Candidate(
            new.certificate,
            _chain(new, self.new_chain, (intermediate(), root()), before.certificates),
            "cert.pem",
            PrivateKey(self.key) if self.key else None,
            self.key_matches,
        )
        rules = Rules(**self.rules)
        return Case(old.certificate, before, candidate, self.listeners, rules, NOW + self.now)

    def codes(self) -> list[str]:
        """Return the codes of all refusals."""
        return codes(self.case())


def _chain(
    one: Issued,
    given: tuple[Issued, ...] | None,
    usual: tuple[Issued, ...],
    prefer: tuple[Certificate, ...] = (),
) -> Chain:
    pool = [c.certificate for c in (usual if given is None else given)]
    return order(one.certificate, pool, prefer)


def codes(case: Case) -> list[str]:
    """Return the codes of all refusals of a case."""
    return [reason.code for reason in preflight(case)]


def test_the_base_is_good() -> None:
    """A renewal by the same CA, same names, is accepted: each case below is one change of it."""
    assert Scene().codes() == []


OTHER_ROOT = authority("Other Root")
OTHER = authority("Other Intermediate", OTHER_ROOT)
NEXT = authority("Next Intermediate", root())
NAMESAKE = authority("Intermediate", authority("Root"))
STALE = authority("Stale", root(), start=-900 * DAY, end=-DAY)
EARLY = authority("Early", root(), start=DAY)
WILD = {"names": ("*.shop.example.com", "shop.example.com")}
V4, V6 = "192.0.2.1", "2001:db8::1"
RSA = {"key": rsa_key()}
CROSSED = authority("Intermediate", OTHER_ROOT, key=intermediate().key, end=9000 * DAY)
"""A copy of the intermediate, same name and key, signed by another root."""
SAME_AGAIN = authority("Intermediate", root(), key=intermediate().key, end=9000 * DAY)
"""The intermediate as its own root renewed it."""
DEEP = authority("Issuing", intermediate())
FLAT = authority("Flat", root(), path_length=0)
BELOW_FLAT = authority("Below Flat", FLAT)
FLAT_COPY = authority("Flat", OTHER_ROOT, key=FLAT.key)
ONE_NAME = x509.NameConstraints([x509.DNSName("shop.example.com")], None)
NARROW = authority("Narrow", root(), extras=(ONE_NAME,))
NARROW_COPY = authority("Narrow", OTHER_ROOT, key=NARROW.key)
BELOW_NARROW = authority("Below Narrow", NARROW)
NEW_ROOT = authority("New Root")
NEW_ROOT_CROSSED = authority("New Root", root(), key=NEW_ROOT.key, end=3000 * DAY)
OF_NEW_ROOT = authority("Of New Root", NEW_ROOT)
SIGNING, SEALING, CRL = (
    {"extras": (key_usage(use),)} for use in ("digital_signature", "key_encipherment", "crl_sign")
)
ROLLED = authority("Root", root())
NOT_A_CA = leaf("evil.example.com")


def rsa(bits: int) -> dict[str, Any]:
    """Return the knob for an RSA key of a size."""
    return {"key": rsa_public(bits)}


def curve(kind: type[ec.EllipticCurve]) -> dict[str, Any]:
    """Return the knob for a key on a curve."""
    return {"key": ec_key(kind)}


P256, P384, P521 = (curve(c) for c in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1))


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(Scene(old={"end": -DAY}), id="the old one expired"),
        pytest.param(Scene(new={"start": 0 * DAY}), id="valid from this second"),
        pytest.param(Scene(new={"end": 17 * DAY}), id="just a week more"),
        pytest.param(Scene(new={"names": (*SHOP, "new.example")}), id="one more name"),
        pytest.param(Scene(new=WILD), id="a wildcard for the old names"),
        pytest.param(Scene(old=WILD, new=WILD), id="a wildcard again"),
        pytest.param(Scene(old={"names": ()}), id="old one without alternative names"),
        pytest.param(Scene(old={"names": ("SHOP.example.com.",)}), id="upper case, final dot"),
        pytest.param(
            Scene(
                old={"by": intermediate(), "name": "bücher.example", "names": ()},
                new={"names": ("xn--bcher-kva.example",)},
            ),
            id="a U-label in the old common name",
        ),
        pytest.param(
            Scene(old={"addresses": (V4, V6)}, new={"addresses": (V6, V4)}), id="addresses"
        ),
        pytest.param(
            Scene(new={"names": SHOP[:1]}, rules={"drop_names": frozenset(SHOP[1:])}),
            id="a name may go",
        ),
        pytest.param(
            Scene(
                new={"names": SHOP[:1]}, rules={"drop_names": frozenset({"WWW.shop.example.com."})}
            ),
            id="a name may go, however it is written",
        ),
        pytest.param(Scene(old={"staple": True}, new={"staple": True}), id="must-staple as before"),
        pytest.param(Scene(new={"usage": ()}), id="no extended key usage"),
        pytest.param(Scene(old=RSA, new=RSA), id="RSA"),
        pytest.param(Scene(old=RSA, new=rsa(3072)), id="a longer RSA key"),
        pytest.param(Scene(old=RSA, new=rsa(4096), listeners=(CLASSIC, ALB)), id="RSA 4096"),
        pytest.param(Scene(old=P256, new=P521), id="a larger curve"),
        pytest.param(
            Scene(old={"key": ED25519}, new={"key": ED25519}, listeners=()),
            id="Ed25519 that nobody serves",
        ),
        pytest.param(
            Scene(new={"by": NEXT}, new_chain=(NEXT, root())),
            id="a new intermediate, the root in the file",
        ),
        pytest.param(Scene(new_chain=(intermediate(),)), id="no root in the file"),
        pytest.param(
            Scene(old={"by": root()}, old_chain=(), new_chain=(intermediate(), root())),
            id="straight from the root before",
        ),
        pytest.param(
            Scene(new={"by": OTHER}, new_chain=(OTHER, OTHER_ROOT), rules={"trust": "any"}),
            id="another CA, trust any",
        ),
        pytest.param(
            Scene(
                new={"by": OTHER}, new_chain=(OTHER,), rules={"anchors": (OTHER_ROOT.certificate,)}
            ),
            id="another CA, named by the policy",
        ),
        pytest.param(
            Scene(
                new={"by": NEXT}, new_chain=(NEXT,), rules={"public_roots": (root().certificate,)}
            ),
            id="a new intermediate of a public root",
        ),
        pytest.param(
            Scene(rules={"issuers": (intermediate().certificate.fingerprint,)}), id="pinned issuer"
        ),
        pytest.param(
            Scene(rules={"issuers": (root().certificate.fingerprint.upper(),)}),
            id="pinned root in upper case",
        ),
        pytest.param(
            Scene(rules={"issuers": (bytes.fromhex(root().certificate.fingerprint).hex(":"),)}),
            id="pinned root with colons",
        ),
        pytest.param(Scene(rules={"issuers": ("CN=Nobody", "CN=Inter*")}), id="pinned name"),
        pytest.param(
            Scene(new_chain=(intermediate(), CROSSED, OTHER_ROOT)),
            id="a foreign copy of the intermediate only lies in the file",
        ),
        pytest.param(
            Scene(new_chain=(SAME_AGAIN, root())), id="the same root renewed its intermediate"
        ),
        pytest.param(
            Scene(
                new_chain=(CROSSED,),
                rules={"anchors": (OTHER_ROOT.certificate, root().certificate)},
            ),
            id="a copy under a root that the policy names",
        ),
        pytest.param(
            Scene(new={"by": DEEP}, new_chain=(DEEP, intermediate())), id="one CA more below"
        ),
        pytest.param(
            Scene(new={"by": NEXT}, old_chain=(intermediate(), root()), new_chain=(NEXT,)),
            id="a new intermediate, the root in IAM",
        ),
        pytest.param(
            Scene(old={"by": root()}, new={"by": root()}, old_chain=(root(),), new_chain=()),
            id="straight from the root, which IAM holds",
        ),
        pytest.param(
            Scene(
                old={"by": OF_NEW_ROOT},
                new={"by": OF_NEW_ROOT},
                old_chain=(OF_NEW_ROOT, NEW_ROOT_CROSSED),
                new_chain=(OF_NEW_ROOT, NEW_ROOT_CROSSED, NEW_ROOT),
            ),
            id="a cross-signed root beside the root",
        ),
        pytest.param(
            Scene(old={"by": FLAT}, new={"by": FLAT}, old_chain=(FLAT,), new_chain=(FLAT, root())),
            id="path length kept",
        ),
        pytest.param(
            Scene(old={"names": ()}, new={"names": (), "name": "shop.example.com"}),
            id="no alternative names as before",
        ),
        pytest.param(
            Scene(old={"names": (), "name": "My Shop"}, new={"names": (), "name": "My Shop"}),
            id="a common name that is no host's, as before",
        ),
        pytest.param(Scene(new=SIGNING), id="a key that signs"),
        pytest.param(Scene(old=RSA, new={**RSA, **SEALING}), id="an RSA key that is sealed to"),
        pytest.param(Scene(old=CRL, new=CRL), id="an odd key usage as before"),
        pytest.param(Scene(new={"names": (*SHOP, "_x.example", "*.a.example")}), id="legal names"),
        pytest.param(Scene(key_matches=None), id="the key was not looked at"),
        pytest.param(Scene(key="k" * 16_384), id="the longest key"),
        pytest.param(
            Scene(listeners=(replace(ALB, aliases=("Shop.example.com",)),)), id="an alias it covers"
        ),
    ],
)
def test_good(scene: Scene) -> None:
    """What is a proper renewal is not refused."""
    assert [str(reason) for reason in preflight(scene.case())] == []


@pytest.mark.parametrize(
    ("code", "scene"),
    [
        pytest.param("key-mismatch", Scene(key_matches=False), id="key of another"),
        pytest.param("not-yet-valid", Scene(new={"start": SECOND}), id="valid in a second"),
        pytest.param(
            "expired",
            Scene(old={"end": -60 * DAY}, new={"start": -30 * DAY, "end": 0 * DAY}),
            id="expired this second",
        ),
        pytest.param(
            "chain-expired",
            Scene(new={"by": STALE}, new_chain=(STALE, root()), rules={"trust": "any"}),
            id="expired intermediate",
        ),
        pytest.param(
            "chain-expired",
            Scene(new={"by": EARLY}, new_chain=(EARLY, root()), rules={"trust": "any"}),
            id="intermediate of tomorrow",
        ),
        pytest.param("expires-sooner", Scene(new={"end": 9 * DAY}), id="sooner"),
        pytest.param("expires-sooner", Scene(new={"end": 10 * DAY}), id="the same day"),
        pytest.param(
            "expires-sooner",
            Scene(new={"end": 17 * DAY - SECOND, "start": -90 * DAY}),
            id="not quite a week",
        ),
        pytest.param("fewer-names", Scene(new={"names": SHOP[:1]}), id="one name less"),
        pytest.param(
            "fewer-names",
            Scene(new={"names": ("*.shop.example.com",)}),
            id="a wildcard is not its parent",
        ),
        pytest.param(
            "fewer-names", Scene(new={"names": ("*.example.com",)}), id="a wildcard is one label"
        ),
        pytest.param("fewer-names", Scene(old=WILD), id="one name instead of a wildcard"),
        pytest.param("fewer-names", Scene(old={"addresses": (V4,)}), id="an address less"),
        pytest.param(
            "fewer-names",
            Scene(old={"addresses": (V6,)}, new={"addresses": (V4,)}),
            id="another address",
        ),
        pytest.param(
            "fewer-names", Scene(old={"names": ("xn--bcher-kva.example",)}), id="an A-label less"
        ),
        pytest.param(
            "fewer-names",
            Scene(old={"name": "bücher.example", "names": ()}),
            id="a common name less",
        ),
        pytest.param(
            "fewer-names",
            Scene(new={"names": ("other.example",)}, rules={"drop_names": frozenset(SHOP[:1])}),
            id="more than may go",
        ),
        pytest.param(
            "alias-uncovered", Scene(listeners=(replace(ALB, aliases=("a.example",)),)), id="alias"
        ),
        pytest.param("ca-certificate", Scene(old={"names": ()}, new={"ca": True}), id="CA"),
        pytest.param("no-server-auth", Scene(new={"usage": CLIENT}), id="client certificate"),
        pytest.param("must-staple", Scene(new={"staple": True}), id="must-staple"),
        pytest.param("key-algorithm", Scene(new=RSA), id="RSA instead of ECDSA"),
        pytest.param("key-algorithm", Scene(old=RSA), id="ECDSA instead of RSA"),
        pytest.param("weaker-key", Scene(old=rsa(3072), new=RSA), id="shorter RSA key"),
        pytest.param("weaker-key", Scene(old=P384, new=P256), id="smaller curve"),
        pytest.param(
            "key-unfit",
            Scene(old=RSA, new=rsa(4096), listeners=(ALB, NLB)),
            id="RSA 4096 on an NLB",
        ),
        pytest.param(
            "key-unfit",
            Scene(old=RSA, new=rsa(3073), listeners=(NLB,)),
            id="RSA 3073 on an NLB",
        ),
        pytest.param(
            "key-unfit", Scene(old=RSA, new=rsa(8192), listeners=(CLASSIC,)), id="RSA 8192 anywhere"
        ),
        *(
            pytest.param(
                "key-unfit",
                Scene(old={"key": ED25519}, new={"key": ED25519}, listeners=(listener,)),
                id=f"Ed25519 on {listener.load_balancer_name}",
            )
            for listener in (CLASSIC, ALB, NLB)
        ),
        pytest.param("too-long", Scene(key="k" * 16_385), id="a key too long"),
        pytest.param(
            "too-long",
            Scene(new={"names": (*SHOP, *(f"{n}.{'x' * 50}.example" for n in range(200)))}),
            id="a body too long",
        ),
        pytest.param("chain-incomplete", Scene(new_chain=()), id="no chain file"),
        pytest.param(
            "chain-incomplete",
            Scene(new={"by": OTHER}, new_chain=(OTHER,), rules={"trust": "any"}),
            id="unknown top",
        ),
        pytest.param(
            "untrusted",
            Scene(new={"by": OTHER}, new_chain=(OTHER, OTHER_ROOT)),
            id="another private CA",
        ),
        pytest.param(
            "untrusted",
            Scene(new={"by": NAMESAKE}, new_chain=(NAMESAKE,)),
            id="a CA of the same name",
        ),
        pytest.param("untrusted", Scene(new={"by": None}, new_chain=()), id="self-signed"),
        pytest.param(
            "untrusted",
            Scene(new={"by": NEXT}, new_chain=(NEXT,)),
            id="a new intermediate, nothing to prove it",
        ),
        pytest.param(
            "untrusted",
            Scene(new={"by": OTHER}, new_chain=(OTHER, OTHER_ROOT, root())),
            id="the old root in the file changes nothing",
        ),
        pytest.param(
            "untrusted",
            Scene(
                new={"by": OTHER},
                new_chain=(OTHER, OTHER_ROOT),
                rules={"public_roots": (root().certificate,)},
            ),
            id="public before, private now",
        ),
        pytest.param(
            "untrusted",
            Scene(rules={"anchors": (OTHER_ROOT.certificate,)}),
            id="the named bundle decides alone",
        ),
        pytest.param(
            "untrusted",
            Scene(new_chain=(CROSSED, OTHER_ROOT)),
            id="a copy of the intermediate under another root",
        ),
        pytest.param(
            "untrusted",
            Scene(new_chain=(CROSSED, OTHER_ROOT), old_chain=(intermediate(), root())),
            id="a copy under another root, the old one in IAM",
        ),
        pytest.param(
            "untrusted",
            Scene(
                new_chain=(CROSSED, OTHER_ROOT),
                rules={"anchors": (root().certificate, intermediate().certificate)},
            ),
            id="a copy under a root that the policy does not name",
        ),
        pytest.param(
            "untrusted", Scene(new_chain=(SAME_AGAIN,)), id="a renewed intermediate without proof"
        ),
        pytest.param(
            "untrusted",
            Scene(
                old={"by": FLAT},
                new={"by": BELOW_FLAT},
                old_chain=(FLAT,),
                new_chain=(BELOW_FLAT, FLAT, root()),
            ),
            id="path length exceeded",
        ),
        pytest.param(
            "untrusted",
            Scene(
                old={"by": FLAT},
                new={"by": BELOW_FLAT},
                old_chain=(FLAT,),
                new_chain=(BELOW_FLAT, FLAT_COPY, OTHER_ROOT),
            ),
            id="path length stripped by a copy",
        ),
        pytest.param(
            "untrusted",
            Scene(
                old={"by": NARROW},
                new={"by": BELOW_NARROW, "names": (*SHOP, "bank.example")},
                old_chain=(NARROW,),
                new_chain=(BELOW_NARROW, NARROW_COPY, OTHER_ROOT),
            ),
            id="name constraints stripped by a copy",
        ),
        pytest.param(
            "untrusted",
            Scene(
                old={"by": FLAT},
                new={"by": BELOW_FLAT},
                old_chain=(),
                new_chain=(BELOW_FLAT, FLAT_COPY, OTHER_ROOT),
            ),
            id="a copy of what IAM does not hold",
        ),
        pytest.param(
            "chain-incomplete",
            Scene(
                new_chain=(),
                rules={"anchors": (root().certificate, intermediate().certificate)},
            ),
            id="no chain file, the intermediate in the policy's bundle",
        ),
        pytest.param(
            "chain-incomplete",
            Scene(old={"by": ROLLED}, new={"by": ROLLED}, old_chain=(ROLLED,), new_chain=()),
            id="no chain file, the intermediate called like its root",
        ),
        pytest.param("no-san", Scene(new={"names": ()}), id="a common name instead of names"),
        pytest.param(
            "no-san",
            Scene(new={"names": ()}, rules={"drop_names": frozenset(SHOP)}),
            id="no names at all though they may go",
        ),
        *(
            pytest.param("odd-name", Scene(new={"names": (*SHOP, name)}), id=f"name {name!r}")
            for name in ("a\0b.example", "a\nb.example", "a b.example", "\x7f", "", ".")
        ),
        pytest.param("key-usage", Scene(new=CRL), id="a key for revocation lists"),
        pytest.param("key-usage", Scene(new=SEALING), id="ECDSA is not sealed to"),
        pytest.param("key-usage", Scene(old=RSA, new={**RSA, **CRL}), id="RSA for lists"),
        pytest.param("issuer", Scene(rules={"issuers": ("CN=Nobody",)}), id="not the pinned name"),
        pytest.param(
            "issuer",
            Scene(
                new={"by": BELOW_FLAT},
                new_chain=(BELOW_FLAT, FLAT, root()),
                rules={"trust": "any", "issuers": (root().certificate.fingerprint,)},
            ),
            id="the pinned CA does not allow this chain",
        ),
        pytest.param(
            "issuer",
            Scene(rules={"issuers": ("CN=Intermediate2", "Intermediate")}),
            id="a pattern is the whole name",
        ),
        pytest.param(
            "issuer",
            Scene(rules={"issuers": (OTHER.certificate.fingerprint,)}),
            id="not the pinned CA",
        ),
        pytest.param(
            "issuer",
            Scene(
                new_chain=(intermediate(), root(), OTHER),
                rules={"issuers": (OTHER.certificate.fingerprint,)},
            ),
            id="the pinned CA only lies in the file",
        ),
    ],
)
def test_refused(code: str, scene: Scene) -> None:
    """One thing wrong is one reason, the right one (AWS row 18)."""
    assert scene.codes() == [code]


@pytest.mark.parametrize(
    ("lifetime", "gain", "least", "accepted"),
    [
        (90 * DAY, 7 * DAY, None, True),
        (90 * DAY, 7 * DAY - SECOND, None, False),
        (70 * DAY, 7 * DAY, None, True),
        (70 * DAY, 7 * DAY - SECOND, None, False),
        (60 * DAY, 6 * DAY, None, True),
        (60 * DAY, 6 * DAY - SECOND, None, False),
        (10 * DAY, DAY, None, True),
        (10 * DAY, DAY - SECOND, None, False),
        (90 * DAY, 0 * DAY, None, False),
        (90 * DAY, -SECOND, None, False),
        (90 * DAY, 30 * DAY, 30 * DAY, True),
        (90 * DAY, 30 * DAY - SECOND, 30 * DAY, False),
        (90 * DAY, SECOND, SECOND, True),
        (90 * DAY, 0 * DAY, 0 * DAY, True),
        (90 * DAY, -SECOND, 0 * DAY, False),
    ],
)
def test_min_extension(
    lifetime: timedelta, gain: timedelta, least: timedelta | None, accepted: bool
) -> None:
    """A renewal gains the smaller of 7 days and a tenth of its lifetime, or what is asked for."""
    old = {"start": -2 * DAY, "end": 5 * DAY}
    end = 5 * DAY + gain
    scene = Scene(old, {"start": end - lifetime, "end": end}, rules={"min_extension": least})
    assert scene.codes() == ([] if accepted else ["expires-sooner"])


KEY, OLDER = ec_key(), ec_key()
RETIRED = tuple(leaf(key=key).certificate.key_fingerprint[:16] for key in (KEY, OLDER))


@pytest.mark.parametrize(
    ("key", "expected"), [(KEY, ["same-key"]), (OLDER, ["retired-key"]), (ec_key(), [])]
)
def test_retired_keys_do_not_come_back(key: Any, expected: list[str]) -> None:
    """Neither the key of the old certificate, where it is retired, nor one before it."""
    case = replace(Scene(old={"key": KEY}, new={"key": key}).case(), retired=RETIRED)
    assert codes(case) == expected
    assert not notes(case)


@pytest.mark.parametrize(
    ("end", "extension", "expected"),
    [
        (10 * DAY, None, []),
        (10 * DAY - SECOND, None, ["expires-sooner"]),
        (9 * DAY, -DAY, []),
        (9 * DAY - SECOND, -DAY, ["expires-sooner"]),
    ],
)
def test_a_rekey_may_end_with_the_old_one(
    end: timedelta, extension: timedelta | None, expected: list[str]
) -> None:
    """A certificate issued again often has the end of the first; sooner must be allowed."""
    rules = {"rekey": True, "min_extension": extension}
    scene = Scene(new={"start": -DAY, "end": end}, rules=rules)
    assert scene.codes() == expected
    refusals = preflight(scene.case())
    assert all("min-extension: -N" in str(refusal) for refusal in refusals)


def test_going_back_may_undo_a_stronger_key_and_another_authority() -> None:
    """What was served before has the key and, where any is trusted, the chain that it had."""
    assert Scene(old=rsa(3072), new=RSA, rules={"going_back": True}).codes() == []
    assert Scene(old=RSA, new=P256, rules={"going_back": True}).codes() == ["key-algorithm"]
    other = Scene(new={"by": OTHER}, new_chain=(OTHER,))
    expected: list[tuple[dict[str, Any], list[str]]] = [
        ({"going_back": True}, ["chain-incomplete", "untrusted"]),
        ({"going_back": True, "trust": "any"}, []),
        ({"trust": "any"}, ["chain-incomplete"]),
    ]
    for rules, refused in expected:
        assert replace(other, rules=rules).codes() == refused


def test_going_back_may_expire_sooner() -> None:
    """What was served before ends before what it replaces; it must be valid, and fit, as ever."""
    rules = {"going_back": True}
    assert Scene(new={"end": 5 * DAY}, rules=rules).codes() == []
    assert Scene(new={"start": -9 * DAY, "end": -SECOND}, rules=rules).codes() == ["expired"]
    narrow = {"names": SHOP[:1], "end": 5 * DAY}
    assert Scene(new=narrow, rules=rules).codes() == ["fewer-names"]


def test_a_leaf_cannot_issue() -> None:
    """Who holds the old key cannot make a certificate that is trusted with it."""
    old = leaf(names=SHOP, start=-80 * DAY, end=10 * DAY)
    forged = leaf(by=old, names=SHOP)
    pool = [c.certificate for c in (old, intermediate(), root())]
    candidate = Candidate(
        forged.certificate, order(forged.certificate, pool), "cert.pem", None, True
    )
    chain = order(old.certificate, pool[1:2])
    case = Case(old.certificate, chain, candidate, (ALB,), Rules(), NOW)
    assert codes(case) == ["chain-incomplete", "untrusted"]


def test_a_damaged_root_is_not_served() -> None:
    """A root damaged in the file is no issuer below the root, unless it was served before."""
    der = root().certificate.x509.public_bytes(Encoding.DER)
    damaged = Issued(load(der[:-1] + bytes([der[-1] ^ 1])), None)
    assert Scene(new_chain=(intermediate(), damaged)).codes() == ["chain-incomplete"]
    served = (intermediate(), damaged)
    assert Scene(old_chain=served, new_chain=served).codes() == []


def test_a_leaf_is_no_way_to_a_pinned_ca() -> None:
    """A pin holds where nothing else is asked: the CA must have issued it, not its customer."""
    scene = Scene(
        new={"by": NOT_A_CA},
        new_chain=(NOT_A_CA, intermediate(), root()),
        rules={"trust": "any", "issuers": (intermediate().certificate.fingerprint,)},
    )
    assert scene.codes() == ["chain-incomplete", "issuer"]


def test_the_served_intermediate_is_named() -> None:
    """With the CA below the old top served alone, the old top is what clients lack."""
    scene = Scene(new={"by": DEEP}, new_chain=(DEEP,))
    (reason,) = preflight(scene.case())
    assert str(reason).startswith("the issuer CN=Intermediate is missing from its chain; ")


def test_what_was_served_before_is_served_again() -> None:
    """The candidate's chain is the old one where the file holds it, whatever else it holds."""
    case = Scene(new_chain=(CROSSED, OTHER_ROOT, intermediate(), SAME_AGAIN, root())).case()
    assert case.candidate.chain.intermediates == case.old_chain.intermediates


@pytest.mark.parametrize("digest", ["md5", "sha1"])
def test_weak_signature(digest: str) -> None:
    """A certificate signed over MD5 or SHA-1 is refused; the libraries no longer make any."""
    case = Scene().case()
    weak = replace(case.new, signature_hash=digest)
    assert codes(replace(case, candidate=replace(case.candidate, leaf=weak))) == ["weak-signature"]


def test_a_chain_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain over IAM's limit is refused (the limit is lowered: two megabytes are slow)."""
    monkeypatch.setattr(module, "CHAIN_LIMIT", len(intermediate().pem) - 1)
    assert Scene().codes() == ["too-long"]
    monkeypatch.setattr(module, "CHAIN_LIMIT", len(intermediate().pem))
    assert Scene().codes() == []


def test_without_the_middle_two_reasons() -> None:
    """A missing intermediate that the old chain does not prove is both a gap and no trust."""
    scene = Scene(new={"by": OTHER}, new_chain=())
    assert scene.codes() == ["chain-incomplete", "untrusted"]


def test_nothing_to_compare_with() -> None:
    """Where IAM holds no chain of the old one, only a root that signed it itself is proven."""
    assert Scene(old_chain=(), new_chain=()).codes() == ["untrusted"]
    assert Scene(old_chain=()).codes() == ["untrusted"]


def test_a_good_chain_that_expires_before_use() -> None:
    """An intermediate that is no longer valid is refused, and breaks the trust as well."""
    scene = Scene(new={"by": STALE}, new_chain=(STALE, root()))
    assert scene.codes() == ["chain-expired", "untrusted"]


def test_every_reason_at_once() -> None:
    """A candidate that is bad in many ways gets all the reasons, in a fixed order."""
    scene = Scene(
        new={
            "names": ("other.example",),
            "usage": CLIENT,
            "staple": True,
            "end": 9 * DAY,
            "by": OTHER,
            **RSA,
        },
        new_chain=(OTHER, OTHER_ROOT),
        key_matches=False,
        rules={"issuers": ("CN=Intermediate",)},
    )
    assert scene.codes() == [
        "key-mismatch",
        "expires-sooner",
        "fewer-names",
        "no-server-auth",
        "must-staple",
        "key-algorithm",
        "untrusted",
        "issuer",
    ]


def test_each_listener_is_named() -> None:
    """Each listener that cannot serve the key has its reason, those that can none (AWS row 6)."""
    case = Scene(old=RSA, new=rsa(4096), listeners=(NLB, ALB, replace(NLB, port=8443))).case()
    assert [str(reason) for reason in preflight(case)] == [
        "elbv2/tcp:443 in eu-west-1 cannot serve a key of type RSA 4096",
        "elbv2/tcp:8443 in eu-west-1 cannot serve a key of type RSA 4096",
    ]


@pytest.mark.parametrize(
    ("scene", "said"),
    [
        (Scene(new={"names": SHOP[:1]}), "www.shop.example.com"),
        (Scene(new={"names": ()}), "no subject alternative names"),
        (Scene(new={"names": (*SHOP, "a\nb")}), '"a\\nb"'),
        (Scene(new_chain=()), "CN=Intermediate"),
        (Scene(new={"end": 9 * DAY}), "2026-06-10 00:00 UTC"),
        (Scene(new={"start": DAY}), "2026-06-02 00:00 UTC"),
        (Scene(new={"by": OTHER}, new_chain=(OTHER, OTHER_ROOT)), "trust: {bundle: FILE}"),
        (Scene(rules={"issuers": ("x",)}), "CN=Intermediate"),
        (Scene(key="k" * 20_000), "20000 characters, AWS takes 16384"),
    ],
)
def test_a_reason_says_what_is_wrong(scene: Scene, said: str) -> None:
    """The sentence names the value that is wrong, or what to write."""
    (reason,) = preflight(scene.case())
    assert said in reason.message


@pytest.mark.parametrize(
    ("scene", "expected"),
    [
        (Scene(), []),
        (Scene(key_matches=None), ["key-not-checked"]),
        (Scene(key_matches=False), []),
        (Scene(old=RSA, new=RSA), ["same-key"]),
        (Scene(new={"by": NEXT}, new_chain=(NEXT, root())), ["new-issuer"]),
    ],
)
def test_notes(scene: Scene, expected: list[str]) -> None:
    """What a person should know is noted, and refuses nothing by itself."""
    assert [note.code for note in notes(scene.case())] == expected


@cache
def _flaws() -> dict[str, Scene]:
    return {
        "fewer-names": Scene(new={"names": SHOP[:1]}),
        "must-staple": Scene(new={"staple": True}),
        "no-server-auth": Scene(new={"usage": CLIENT}),
        "expires-sooner": Scene(new={"end": 9 * DAY}),
        "key-algorithm": Scene(new=RSA),
    }


@given(st.sets(st.sampled_from(sorted(_flaws()))))
@settings(deadline=None, max_examples=32, derandomize=True)
def test_flaws_add_up(chosen: set[str]) -> None:
    """Any set of flaws gives exactly the set of their reasons: none hides another."""
    knobs = {knob: value for flaw in chosen for knob, value in _flaws()[flaw].new.items()}
    assert set(Scene(new=knobs).codes()) == chosen
