"""Templates in angle brackets."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from c7n_certrenew.core.template import TemplateError, check, fill, literal_prefix

TEMPLATE = "certs/<lineage>/cert.pem"


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        "..",
        "...",
        ". .",
        " ",
        "   ",
        "/",
        "a/b",
        "../../etc",
        "a\\b",
        "a\0b",
        "\0",
        "a\nb",
        "shop\n",
        "a\tb",
        "~",
        "$HOME",
        "<name>",
        "{name}",
        "*",
        "\u2024\u2024",
        "\uff0e\uff0e",
        "a\u2215b",
        "a\uff0fb",
        "sh\u043ep",
        "\u00a0",
        "a\u202eb",
    ],
)
def test_an_unsafe_segment_is_refused(value: str) -> None:
    """What is no single, plain path segment never gets into a path."""
    with pytest.raises(TemplateError, match="not a safe path segment"):
        fill(TEMPLATE, {"lineage": value})


@pytest.mark.parametrize("value", ["shop", "a.b", "..a", "a_b+c=d,e@f-g", "two words", "a:b"])
def test_a_safe_segment_is_filled_in(value: str) -> None:
    """Whatever IAM allows in a name, and common tag values, may stand in a path."""
    assert fill(TEMPLATE, {"lineage": value}) == f"certs/{value}/cert.pem"


def test_a_value_that_is_missing_is_refused() -> None:
    """A placeholder without a value is no empty segment: `certs//cert.pem` is another file."""
    with pytest.raises(TemplateError, match="'' for <lineage>"):
        fill(TEMPLATE, {"name": "shop"})


@pytest.mark.parametrize("name", ["linage", "", "Lineage", " lineage", "tag:", "tag", "region;"])
def test_an_unknown_placeholder_is_refused(name: str) -> None:
    """A misspelt placeholder is found before anything is looked for, and the known are listed."""
    with pytest.raises(TemplateError, match=r"unknown placeholder .* there are <lineage>, <name>"):
        check(f"certs/<{name}>/cert.pem")


def test_filling_checks_as_well() -> None:
    """A value does not make an unknown placeholder known."""
    with pytest.raises(TemplateError, match="unknown placeholder"):
        fill("<linage>", {"linage": "shop"})


def test_every_placeholder_is_filled() -> None:
    """Each placeholder takes its own value, tags with any key among them."""
    names = ("lineage", "name", "account_id", "not_after", "fingerprint8", "tag:Cost Center")
    template = "/".join(f"<{name}>" for name in names)
    values = {name: f"v{position}" for position, name in enumerate(names)}
    assert fill(template, values) == "v0/v1/v2/v3/v4/v5"


def test_a_value_is_not_a_template() -> None:
    """A placeholder twice is filled twice, once each."""
    assert fill("<name>-<name>", {"name": "a"}) == "a-a"


@pytest.mark.parametrize(
    ("template", "prefix"),
    [
        ("certs/<lineage>/cert.pem", "certs"),
        ("/srv/certs/<lineage>.pem", "/srv/certs"),
        ("/srv/certs/shop-<not_after>.pem", "/srv/certs"),
        ("<lineage>/cert.pem", "."),
        ("/<lineage>/cert.pem", "/"),
    ],
)
def test_the_folder_a_filled_template_stays_below(template: str, prefix: str) -> None:
    """The literal prefix ends at the last slash before the first placeholder."""
    assert literal_prefix(template) == PurePath(prefix)


def test_a_plain_path_has_no_prefix() -> None:
    """A path that the policy wrote in full is not confined."""
    assert literal_prefix("/srv/certs/shop.pem") is None
