"""In which order regions get a certificate, and how much of it one run takes on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from c7n_certrenew.core.model import Listener, Role
from c7n_certrenew.core.waves import Order, share

BOTH = (Role.DEFAULT, Role.SNI)


def listener(region: str, name: str = "lb", service: str = "elbv2") -> Listener:
    """Return a listener."""
    return Listener(service, region, name, 443, "HTTPS")


@pytest.mark.parametrize(
    ("waves", "numbers"),
    [
        ((), [0, 0, 0, 0]),
        ((("b",),), [2, 1, 2, 3]),
        ((("b", "c"), ("a",)), [2, 1, 1, 4]),
        ((("*",), ("b",)), [1, 2, 1, 3]),
    ],
)
def test_the_wave_of_a_region(waves: tuple[tuple[str, ...], ...], numbers: list[int]) -> None:
    """What no wave names is where `*` is, or comes after; distributions are always the last."""
    listeners = [*map(listener, "abc"), listener("b", service="cloudfront")]
    assert [Order(waves).wave(each) for each in listeners] == numbers


def test_a_wave_has_a_name() -> None:
    """As a person knows it."""
    order = Order((("a", "b"),))
    assert [order.named(number) for number in (1, 2, 3)] == [
        "wave 1 (a, b)",
        "wave 2 (all other regions)",
        "wave 3 (distributions)",
    ]


def test_the_first_wave_of_all_comes_before_the_second_of_any() -> None:
    """Of the most urgent first; what is behind something that is left is left as well."""
    a, b = listener("a"), listener("b")
    due = [{a: BOTH, b: BOTH}, {a: BOTH, b: (Role.DEFAULT,)}]
    first, second = share(due, Order((("a",),)), 3)
    assert (first.taken, second.taken) == ({a: BOTH}, {a: BOTH})
    assert (set(first.left), set(second.left)) == ({b}, {b})
    first, second = share(due, Order((("a",),)), 2)
    assert (first.taken, second.taken) == ({a: BOTH}, {})
    one, large = (Role.DEFAULT,), listener("a", "large")
    [mine] = share([{a: one, large: BOTH, b: one}], Order((("a",),)), 2)
    assert (mine.taken, set(mine.left)) == ({a: one}, {large, b})


_regions = st.sampled_from("abc")
_due = st.lists(
    st.dictionaries(
        st.builds(listener, _regions, st.sampled_from("xyz")),
        st.sampled_from([BOTH, BOTH[:1]]),
        max_size=6,
    ),
    max_size=3,
)


@given(due=_due, waves=st.lists(st.tuples(_regions), max_size=2), room=st.integers(1, 6))
@settings(deadline=None, max_examples=60, derandomize=True)
def test_nothing_is_lost_and_no_wave_overtakes(
    due: list[dict[Listener, tuple[Role, ...]]], waves: list[tuple[str]], room: int
) -> None:
    """Each listener is taken or left; none is taken while one of a wave before is left."""
    order = Order(tuple(dict.fromkeys(waves)))
    shares = share(due, order, room)
    for one, mine in zip(due, shares, strict=True):
        assert {**mine.taken, **mine.left} == one
        latest = max(map(order.wave, mine.taken), default=-1)
        assert all(order.wave(left) >= latest for left in mine.left)
    taken = sum(len(roles) for mine in shares for roles in mine.taken.values())
    assert taken <= room + len(due)  # a listener's roles are never split
