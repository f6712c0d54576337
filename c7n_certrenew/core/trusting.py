"""Whether a candidate's chain is whole, and leads to a CA that the policy trusts."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from c7n_certrenew.core.chain import anchored, is_root, issued
from c7n_certrenew.core.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from c7n_certrenew.core.preflight import Case
    from c7n_certrenew.core.x509 import Certificate


def chain_complete(case: Case) -> Iterator[Reason]:
    """A chain must end where the old one did, at a root, or below a known root.

    A known intermediate is not enough: clients hold its root, and the server must send it. What
    names itself as its issuer and has not signed itself is a damaged root, unless it was served
    before or a known root has signed it.
    """
    top = case.candidate.chain.top(case.new)
    old_top = case.old_chain.top(case.old)
    ends = case.candidate.chain.root is not None or is_root(top)
    known = (*case.rules.anchors, *case.rules.public_roots)
    alike = top.issuer == old_top.issuer and not issued(top, old_top)
    ends = ends or (alike and (top == old_top or not top.self_issued))
    ends = ends or any(issued(top, anchor) and is_root(anchor) for anchor in known)
    if not ends and not (case.rules.going_back and case.rules.trust == "any"):
        yield Reason(
            "chain-incomplete",
            f"the issuer {top.issuer} is missing from its chain; add it to the chain file",
        )


def trusted(case: Case) -> Iterator[Reason]:
    if case.rules.trust == "any":
        return
    anchors, where = _anchors(case)
    fault = anchored(case.new, case.candidate.chain.intermediates, anchors, case.now)
    if fault:
        detail = f" ({fault})" if anchors else ""
        yield Reason(
            "untrusted",
            f"it does not chain to {where}{detail}; if its issuer ({case.new.issuer}) is right, "
            "name the CA with trust: {bundle: FILE}"
            + (" or say trust: any" if case.rules.going_back else ""),
        )


def _anchors(case: Case) -> tuple[tuple[Certificate, ...], str]:
    """Return what the candidate must chain to, and what to call it."""
    rules, old = case.rules, case.old
    if rules.anchors:
        return _reached(case, rules.anchors), "the CAs of the bundle that trust names"
    if not anchored(old, case.old_chain.intermediates, rules.public_roots, case.now):
        return rules.public_roots, "a public root, as the old one does"
    held = case.old_chain.certificates[-1:]
    return _reached(case, (*held, *_proven(case))), "the CA that issued the old one"


def _proven(case: Case) -> Iterator[Certificate]:
    """Yield the root of the new bundle if it has signed the top of what IAM holds.

    Nobody can forge that without the root's key. Any other certificate of the bundle proves
    nothing: whoever has a CA can sign a copy of an intermediate, without its constraints.
    """
    root, before = case.candidate.chain.root, case.old_chain
    if root is None or not issued(before.root or before.top(case.old), root):
        return
    if not anchored(case.old, before.intermediates, [root], case.now):
        yield root


def _reached(case: Case, anchors: Iterable[Certificate]) -> tuple[Certificate, ...]:
    """Return the roots, and of the other anchors those that are on the way that is served.

    Clients hold the root of an intermediate. Where a copy of it is served that another root
    signed, the leaf verifies against the intermediate, but not on the way that clients see.
    """
    chain = case.candidate.chain
    top = chain.top(case.new)
    return tuple(a for a in anchors if a in chain.intermediates or issued(top, a) or is_root(a))


def issued_as_asked(case: Case) -> Iterator[Reason]:
    pins = case.rules.issuers
    chain = case.candidate.chain
    prints = {_print(pin) for pin in pins}
    pinned = [c for c in chain.certificates if c.fingerprint in prints]
    named = any(fnmatchcase(case.new.issuer, pin) for pin in pins)
    if pins and not named and anchored(case.new, chain.intermediates, pinned, case.now):
        yield Reason("issuer", f"its issuer {case.new.issuer} is not one of the policy's issuers")


def _print(pin: str) -> str:
    """Return a fingerprint without the colons that OpenSSL and browsers print."""
    return pin.lower().replace(":", "")
