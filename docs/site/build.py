"""Build the site of docs/ and fail on everything that is wrong with it: `make docs`.

What an index page lists, in a list or a table, is in the navigation in that order; a page that
none lists is an error. Files of the repository that pages link to are part of the site. Nothing is
fetched: not when the site is built, and not when it is read.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"(\]\()(?!\w+:)([^)#\s]+)(#[^)\s]*)?(\))")
_LISTED = re.compile(r"^(?:- |\|).*?\[([^\]]+)\]\((?!\w+:)([^)#]+)\)")
_LOADED = re.compile(r"""(?:url\(|@import |\bsrc=)\s*['"]?((?:https?:)?//[^'")\s]+)""")
_FENCE = re.compile(r"^(```.*?^```)", re.DOTALL | re.MULTILINE)

Nav = list[dict[str, "str | Nav"]]


class SiteError(Exception):
    """What is wrong, a line each."""


def main(arguments: list[str]) -> int:
    """Build into the directory that is named; return 1 after saying what is wrong."""
    target = Path(arguments[0]).resolve()
    try:
        place = target.with_name(f"{target.name}-pages")
        shutil.rmtree(place, ignore_errors=True)
        stage(place / "pages")
        write_config(place)
        run_zensical(place)
        check_pages(place)
        check(place / "site")
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    shutil.rmtree(target, ignore_errors=True)
    (place / "site").rename(target)
    print(f"{target}/index.html")
    return 0


def staged(path: Path) -> str:
    """Return where a file of the repository is in the site: docs/ at the top.

    A page called README would be the one of its folder, in place of the index.
    """
    if path == ROOT / "README.md":
        return "readme.md"
    inside = path.is_relative_to(DOCS)
    return path.relative_to(DOCS if inside else ROOT).as_posix()


def stage(pages: Path) -> None:
    """Copy every page, and every file that one links to, with links that fit."""
    waiting = list(DOCS.rglob("*.md"))
    done: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in done:
            continue
        done.add(path)
        target = pages / staged(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            text, linked = relinked(path)
            target.write_text(text, "utf-8")
            waiting += linked
        else:
            shutil.copyfile(path, target)


def relinked(page: Path) -> tuple[str, list[Path]]:
    """Return a page's text with links as the site has them, and the files that it links to."""
    linked: list[Path] = []

    def link(found: re.Match[str]) -> str:
        target = (page.parent / unquote(found[2])).resolve()
        target = DOCS / "reference/policies/index.md" if target == ROOT / "policies" else target
        if not target.is_file() or not target.is_relative_to(ROOT):
            raise SiteError(f"{page.relative_to(ROOT)}: {found[2]} is no file of the repository")
        linked.append(target)
        there = os.path.relpath(staged(target), Path(staged(page)).parent)
        return f"{found[1]}{Path(there).as_posix()}{found[3] or ''}{found[4]}"

    parts = _FENCE.split(page.read_text("utf-8"))
    parts[::2] = [LINK.sub(link, part) for part in parts[::2]]
    return "".join(parts), linked


def write_config(place: Path) -> None:
    """Write the configuration with the navigation; raise SiteError for pages that it lacks."""
    found: list[str] = ["index.md"]
    nav: Nav = [{"Home": "index.md"}, *navigation(place / "pages", "index.md", found)]
    pages = {path.relative_to(place / "pages").as_posix() for path in place.rglob("*.md")}
    if missing := sorted(pages - set(found)):
        raise SiteError("\n".join(f"{one}: no index page lists it" for one in missing))
    text = Path(__file__).with_name("zensical.toml").read_text("utf-8")
    shown = f"[project]\nnav = {_toml(nav)}\n"
    (place / "zensical.toml").write_text(text.replace("[project]\n", shown, 1), "utf-8")


def navigation(pages: Path, index: str, found: list[str]) -> Nav:
    """Return what an index page lists, below its headings; an index page is a section itself."""
    nav: Nav = []
    where = nav
    for line in _FENCE.sub("", (pages / index).read_text("utf-8")).splitlines():
        if line.startswith("## "):
            where = []
            nav.append({line[3:].strip(): where})
        elif listed := _LISTED.match(line):
            title = listed[1].replace("`", "")
            path = os.path.normpath(Path(index).parent / listed[2])
            if path in found or not path.endswith(".md"):
                continue
            found.append(path)
            below = navigation(pages, path, found) if path.endswith("/index.md") else []
            where.append({title: [{title: path}, *below] if below else path})
    return [one for one in nav if all(one.values())]


def _toml(nav: Nav) -> str:
    def value(of: str | Nav) -> str:
        return json.dumps(of) if isinstance(of, str) else _toml(of)

    entries = (f"{{{json.dumps(k)} = {value(v)}}}" for one in nav for k, v in one.items())
    return f"[{', '.join(entries)}]"


def run_zensical(place: Path) -> None:
    """Build, warnings being errors."""
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True)
    if done.returncode:
        raise SiteError((done.stdout + done.stderr).partition("Traceback")[0])


def check_pages(place: Path) -> None:
    """Raise SiteError for pages that were not built."""
    pages = {path.relative_to(place / "pages") for path in (place / "pages").rglob("*.md")}
    missing = sorted(
        one for one in pages if not (place / "site" / one.with_suffix(".html")).exists()
    )
    if missing:
        raise SiteError("\n".join(f"{one}: not built" for one in missing))


class Page(HTMLParser):
    """What a built page loads, links to, and can be linked at."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag's addresses and its id."""
        for name, value in attrs:
            if name == "id":
                self.anchors.add(value or "")
            elif name in ("src", "srcset", "action", "poster") or (name, tag) == ("href", "link"):
                self.loads.append(value or "")
            elif (name, tag) == ("href", "a"):
                self.links.append(value or "")


def check(site: Path) -> None:
    """Raise SiteError for what leads nowhere, and for what would be loaded from elsewhere."""
    pages = {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}
    faults = [fault for path, page in pages.items() for fault in _faults(site, path, page, pages)]
    for path in (*site.rglob("*.css"), *site.rglob("*.svg")):
        loaded = _LOADED.findall(path.read_text("utf-8"))
        faults += [f"{path.relative_to(site)}: loads {address}" for address in loaded]
    if faults:
        raise SiteError("\n".join(faults))


def _faults(site: Path, path: Path, page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    name = path.relative_to(site)
    for address in page.loads:
        if urlsplit(address).netloc:
            yield f"{name}: loads {address}"
    for address in page.links:
        link = urlsplit(address)
        if link.scheme or link.netloc:
            continue
        target = (path.parent / unquote(link.path)).resolve() if link.path else path
        target = target / "index.html" if target.is_dir() else target
        if not target.is_file():
            yield f"{name}: {address} leads nowhere"
        elif target in pages and unquote(link.fragment) not in {"", *pages[target].anchors}:
            yield f"{name}: {address} has no such anchor"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
