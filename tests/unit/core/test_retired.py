"""Which public keys must not be served again, as a tag remembers them."""

from __future__ import annotations

import pytest

from c7n_certrenew.core.retired import RETIRED_TAG, is_retired, retire, retired_keys, retired_tag

KEYS = tuple(f"{number:064x}"[::-1] for number in range(40))


def test_round_trip() -> None:
    """What is retired is read back from the tag, the newest first."""
    kept: tuple[str, ...] = ()
    for key in KEYS[:3]:
        kept = retire(key, kept)
    tag = retired_tag(kept)
    assert retired_keys(tag) == kept == tuple(key[:16] for key in reversed(KEYS[:3]))
    assert [is_retired(key, kept) for key in KEYS[:4]] == [True, True, True, False]


def test_it_fits_into_a_tag() -> None:
    """Of more than fit the oldest go; the value stays within 256 characters."""
    kept: tuple[str, ...] = ()
    for key in KEYS:
        kept = retire(key, kept)
    assert len(retired_tag(kept)[RETIRED_TAG]) <= 256
    assert kept == tuple(key[:16] for key in reversed(KEYS[-15:]))


def test_a_key_is_retired_once() -> None:
    """A second run of the same re-keying adds nothing."""
    assert retire(KEYS[0], retire(KEYS[0], ())) == retire(KEYS[0], ())


@pytest.mark.parametrize("value", ["", " ", "0", "a" * 15, "a" * 17, "A" * 16, "shop"])
def test_what_no_renewal_wrote_retires_nothing(value: str) -> None:
    """A short or strange word in the tag matches no key."""
    assert retired_keys({RETIRED_TAG: value}) == ()


def test_nothing_retired_is_no_tag() -> None:
    """Ordinary certificates get no such tag."""
    assert retired_tag(()) == {}
    assert retired_keys({}) == ()
