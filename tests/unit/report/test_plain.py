"""Hostile text is shown as text, on a terminal, in Markdown and in JSON."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, strategies as st

from c7n_certrenew.report.plain import as_json, code, plain


@given(st.text())
def test_nothing_in_plain_text_does_anything(text: str) -> None:
    """No control character, direction mark or line break is left; what is harmless is kept."""
    shown = plain(text)
    assert shown.isprintable()
    assert "##" not in shown
    assert not text.isprintable() or "##" in text or shown == text


@given(st.text(alphabet="`a |<"))
def test_a_code_span_ends_where_it_should(text: str) -> None:
    """No run of backticks inside is as long as the fence, so nothing gets out of the span."""
    span = code(text)
    fence = re.match("`+", span)
    assert fence
    inside = span[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall("`+", inside)
    assert not inside.startswith("`")
    assert not inside.endswith("`")


@pytest.mark.parametrize("text", ["\x1b[2J", "\x7f", "\u202e", "é", "##[error]"])
def test_json_is_ascii_and_loses_nothing(text: str) -> None:
    """Control characters reach no terminal, and a reader gets the very text."""
    shown = as_json({"Name": text})
    assert shown.isascii()
    assert not set(shown) & set("\x1b\x7f")
    assert "##" not in shown
    assert json.loads(shown) == {"Name": text}
