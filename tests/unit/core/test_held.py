"""Which bindings are left as they are, and which went back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from c7n_certrenew.core.held import Hold, hold, place_of, went_back
from c7n_certrenew.core.model import Binding, Listener, Role

WEB = Binding(Listener("elb", "eu-west-1", "web", 443, "HTTPS"), Role.DEFAULT, "old")
OWNED = replace(WEB, listener=replace(WEB.listener, managed_by="tag terraform"))
APP = Binding(Listener("elbv2", "eu-west-1", "web", 443, "HTTPS", arn="arn:1"), Role.SNI, "old")
TAGS = {"certrenew:replaced-by": "web-2027", "certrenew:replaced-on": "2026-11-01"}


@pytest.mark.parametrize(
    ("binding", "options", "kind"),
    [
        (WEB, {}, None),
        (OWNED, {}, Hold.MANAGED),
        (OWNED, {"rebind": True}, None),
        (WEB, {"unread": "denied"}, Hold.OWNER_UNKNOWN),
        (WEB, {"unread": "denied", "rebind": True}, None),
        (WEB, {"obstacle": "fixed", "rebind": True}, Hold.FIXED),
        (OWNED, {"obstacle": "fixed", "unread": "denied"}, Hold.FIXED),
    ],
)
def test_what_is_held_back(binding: Binding, options: dict[str, str], kind: Hold | None) -> None:
    """AWS rows 13 and 20: owners matter unless rebind is said, an obstacle always does."""
    held = hold(binding, **options)  # type: ignore[arg-type]  # rebind is a bool
    assert (held.kind if held else None) is kind
    if held and kind is not Hold.MANAGED:
        assert held.reason("web-2027") in options.values()


def test_an_owner_is_told_the_new_certificate() -> None:
    """AWS row 13: its name until it has an ARN."""
    held = hold(OWNED)
    assert held
    assert held.reason("web-2027").endswith("name web-2027")


@pytest.mark.parametrize(
    ("tags", "there", "changed", "back"),
    [
        ({}, {"web-2027"}, (), 0),
        (TAGS, set(), (), 0),
        (TAGS, {"web-2028"}, (), 0),
        (TAGS, {"web-2027"}, (), 2),
        ({}, (), {place_of(APP)}, 1),
        ({}, (), {place_of(replace(APP, role=Role.DEFAULT))}, 0),
        (TAGS, {"web-2027"}, {place_of(APP)}, 2),
    ],
)
def test_what_went_back(
    tags: dict[str, str], there: set[str], changed: set[tuple[str, str, str, int, str]], back: int
) -> None:
    """AWS row 13: by a tag that names what is there, or where the last run changed it."""
    found = went_back((WEB, APP), tags, there, changed)
    assert len(found) == back
    assert {one.binding for one in found} <= {WEB, APP}


def test_what_is_said_of_it() -> None:
    """When and by what it was replaced, and what to do: the owner's place, or find it."""
    [free] = went_back((WEB,), TAGS, {"web-2027"}, ())
    [owned] = went_back((OWNED,), {**TAGS, "certrenew:replaced-on": "\x1b[2J"}, {"web-2027"}, ())
    assert free.reason("web-2028") == (
        "the old certificate was replaced by web-2027 on 2026-11-01 and is served again; "
        "find what puts it back, or name its tag in managed-tags"
    )
    assert owned.reason("web-2028").isprintable()
    assert owned.reason("web-2028").endswith("in the code that it is built from, name web-2028")


def test_a_place_is_the_same_whoever_owns_it() -> None:
    """A record of a run that did not know the owner is evidence all the same."""
    assert place_of(WEB) == place_of(OWNED) == ("elb", "eu-west-1", "web", 443, "default")
    assert place_of(APP) == ("elbv2", "eu-west-1", "arn:1", 443, "sni")
