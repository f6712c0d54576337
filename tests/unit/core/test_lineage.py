"""Names of certificates that replace each other."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given, strategies as st

from c7n_certrenew.core.lineage import (
    LINEAGE_TAG,
    TAG_LIMIT,
    generated_name,
    inherited_tags,
    lineage_of,
)

EXPIRY = datetime(2027, 1, 1, tzinfo=timezone.utc)
NAMES = st.text("abcXYZ019_+=,.@-", min_size=1, max_size=40)
PRINTS = st.text("0123456789abcdef", min_size=64, max_size=64)


@pytest.mark.parametrize(
    ("name", "lineage"),
    [
        ("shop-20270101-0a1b2c3d", "shop"),
        ("shop", "shop"),
        ("shop-20270101", "shop-20270101"),
        ("shop-2027010-0a1b2c3d", "shop-2027010-0a1b2c3d"),
        ("shop-20270101-0A1B2C3D", "shop-20270101-0A1B2C3D"),
        ("shop-20270101-0a1b2c3", "shop-20270101-0a1b2c3"),
        ("shop-20270101-0a1b2c3d-old", "shop-20270101-0a1b2c3d-old"),
        ("-20270101-0a1b2c3d", "-20270101-0a1b2c3d"),
    ],
)
def test_only_our_suffix_is_taken_off(name: str, lineage: str) -> None:
    """A name loses the date and fingerprint that we appended, and nothing that looks similar."""
    assert lineage_of(name, {}) == lineage


def test_the_tag_wins() -> None:
    """The tag says the lineage whatever the name is."""
    assert lineage_of("shop-20270101-0a1b2c3d", {LINEAGE_TAG: "store"}) == "store"


def test_an_empty_tag_says_nothing() -> None:
    """An empty tag leaves the name to say the lineage."""
    assert lineage_of("shop-20270101-0a1b2c3d", {LINEAGE_TAG: ""}) == "shop"


def test_the_name_does_not_grow_over_three_generations() -> None:
    """The second and third renewal have names as long as the first, without any tag."""
    names = ["shop"]
    for year in (2027, 2028, 2029):
        fingerprint = str(year) * 16
        lineage = lineage_of(names[-1], {})
        names.append(generated_name(lineage, EXPIRY.replace(year=year), fingerprint))
    assert names[1:] == [f"shop-{year}0101-{year}{year}" for year in (2027, 2028, 2029)]


@given(NAMES, st.dates(min_value=datetime(1950, 1, 1).date()), PRINTS)
def test_round_trip(name: str, day: datetime, fingerprint: str) -> None:
    """The lineage of a generated name is the lineage it was generated from."""
    expiry = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    assert lineage_of(generated_name(name, expiry, fingerprint), {}) == name


@pytest.mark.parametrize(
    ("old", "new", "tags"),
    [
        ({"team": "shop"}, {}, {"team": "shop"}),
        ({"team": "shop"}, {"team": "web"}, {"team": "web"}),
        ({"aws:cloudformation:stack-name": "s", "awsome": "y"}, {}, {"awsome": "y"}),
        ({"certrenew:replaced-by": "x", "certrenew:rejected": "y"}, {}, {}),
        (
            {"c7n:FindingId:due": "us-east-1/1/2/3:2026-11-23", "c7n-owner": "y"},
            {},
            {"c7n-owner": "y"},
        ),
        ({LINEAGE_TAG: "old"}, {LINEAGE_TAG: "new"}, {LINEAGE_TAG: "new"}),
        ({}, {"a": "b"}, {"a": "b"}),
    ],
)
def test_inherited_tags(old: dict[str, str], new: dict[str, str], tags: dict[str, str]) -> None:
    """A replacement has the tags of the old one, but AWS's own and our marks, and the new ones."""
    assert inherited_tags(old, new) == tags


def test_the_new_tags_go_first_where_there_are_too_many() -> None:
    """Of more tags than AWS takes, the old certificate's are left out, never ours."""
    old = {f"t{number}": "" for number in range(TAG_LIMIT)}
    tags = inherited_tags(old, {LINEAGE_TAG: "shop", "t49": "mine"})
    assert len(tags) == TAG_LIMIT
    assert tags[LINEAGE_TAG] == "shop"
    assert tags["t49"] == "mine"
