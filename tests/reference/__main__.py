"""Write the pages, or with `--check` compare them: `make reference`."""

from __future__ import annotations

import sys

from reference.pages import ROOT, differing, pages


def main(arguments: list[str]) -> int:
    """Write what differs and name it; with `--check` name it and return 1."""
    wanted = pages()
    found = differing(wanted)
    for path in found:
        print(path.relative_to(ROOT).as_posix())
        if "--check" not in arguments and path not in wanted:
            path.unlink()
        elif "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], "utf-8")
    return int("--check" in arguments and bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
