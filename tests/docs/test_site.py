"""What the builder of the site refuses; `tox -e site` builds it."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the builder, at work on a repository with two pages."""
    spec = spec_from_file_location("build", Path(__file__).parents[2] / "docs/site/build.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "docs" / "how-to").mkdir(parents=True)
    (tmp_path / "docs/how-to/page.md").write_text("# Page\n\n[code](../../code.py)\n")
    (tmp_path / "docs/index.md").write_text("# Home\n\n## How to\n\n- [A page](how-to/page.md)\n")
    (tmp_path / "code.py").write_text("pass\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "DOCS", tmp_path / "docs")
    return module


def staged(build: Any, tmp_path: Path) -> str:
    """Stage the pages and return the configuration."""
    build.stage(tmp_path / "site" / "pages")
    build.write_config(tmp_path / "site")
    return str((tmp_path / "site" / "zensical.toml").read_text("utf-8"))


def test_navigation_is_what_index_pages_list(build: Any, tmp_path: Path) -> None:
    """Below their headings, in their order; a file that a page links to is in the site."""
    config = staged(build, tmp_path)
    assert 'nav = [{"Home" = "index.md"}, {"How to" = [{"A page" = "how-to/page.md"}]}]' in config
    assert "[code](../code.py)" in (tmp_path / "site/pages/how-to/page.md").read_text("utf-8")
    assert (tmp_path / "site/pages/code.py").is_file()


def test_a_page_that_none_lists_is_refused(build: Any, tmp_path: Path) -> None:
    """A new page must be listed somewhere."""
    (tmp_path / "docs/how-to/new.md").write_text("# New\n")
    with pytest.raises(build.SiteError, match=r"how-to/new\.md: no index page lists it"):
        staged(build, tmp_path)


def test_a_page_that_was_not_built_is_noticed(build: Any, tmp_path: Path) -> None:
    """Two pages of one name in the site would be one."""
    staged(build, tmp_path)
    with pytest.raises(build.SiteError, match=r"how-to/page\.md: not built"):
        build.check_pages(tmp_path / "site")


def test_a_link_that_leads_nowhere_is_refused(build: Any, tmp_path: Path) -> None:
    """Within docs/, out of it, and out of the repository."""
    for target in ("no-such.md", "../../no-such.py", "../../../etc/passwd"):
        (tmp_path / "docs/how-to/page.md").write_text(f"[there]({target})\n")
        with pytest.raises(build.SiteError, match="is no file of the repository"):
            staged(build, tmp_path)


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<a href="no-such.html">', "no-such.html leads nowhere"),
        ('<a href="#no-such">', "has no such anchor"),
        ('<script src="https://cdn.example.com/a.js"></script>', "loads https://cdn.example.com"),
        ('<link href="//fonts.example.com/a.css">', "loads //fonts.example.com"),
    ],
)
def test_what_was_built_is_read(build: Any, tmp_path: Path, html: str, fault: str) -> None:
    """Links and anchors in the HTML, and what a page would load from another host."""
    (tmp_path / "index.html").write_text(html)
    with pytest.raises(build.SiteError, match=fault):
        build.check(tmp_path)


def test_styles_and_pictures_load_nothing_from_elsewhere(build: Any, tmp_path: Path) -> None:
    """A font of another host is found in a style sheet and in a drawing."""
    (tmp_path / "a.css").write_text("@font-face { src: url('https://fonts.example.com/a.woff2') }")
    (tmp_path / "b.svg").write_text(
        "<svg><style>@import url(//cdn.example.com/b.css)</style></svg>"
    )
    with pytest.raises(build.SiteError) as raised:
        build.check(tmp_path)
    assert [line.partition(":")[0] for line in str(raised.value).splitlines()] == ["a.css", "b.svg"]
