"""The pages of filters and actions: what `custodian schema` prints, as a page each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from textwrap import dedent
from typing import Any

from c7n.provider import clouds
from c7n.resources import load_resources

from c7n_certrenew import register
from reference.markdown import GENERATED, block, code, heading, plain, table
from reference.options import options_table

FOLDER = "docs/reference/filters-and-actions"
RESOURCES = (
    *("aws.iam-certificate", "aws.acm-certificate"),
    *("aws.elb", "aws.app-elb", "aws.distribution", "aws.account"),
)
_EXAMPLE = re.compile(r":example:\s+\.\. code-block:: yaml\n\n(.*)", re.DOTALL)
_INTRO = """\
What this package adds to Cloud Custodian. `custodian schema aws.iam-certificate.filters.listener`
prints the same of each. Everything else in a policy is Custodian's own: its
[documentation](https://cloudcustodian.io/docs/) tells of the other filters and actions.

"""


@dataclass(frozen=True)
class Element:
    """A filter or action of a resource, with the other names that it has there."""

    resource: str
    kind: str
    name: str
    made: Any
    aliases: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Return the name of its page."""
        return f"{self.resource.removeprefix('aws.')}.{self.name}.md"

    @property
    def docstring(self) -> str:
        """Return what its class says of it, without the example."""
        return _EXAMPLE.sub("", inspect.getdoc(self.made) or "").strip()

    @property
    def summary(self) -> str:
        """Return its first sentence, which is the first paragraph."""
        return plain(" ".join(self.docstring.split("\n\n")[0].split()))

    @property
    def page(self) -> str:
        """Return its page."""
        first, _, rest = self.docstring.partition("\n\n")
        aliases = f" Also called {', '.join(map(code, self.aliases))}." if self.aliases else ""
        example = _EXAMPLE.search(inspect.getdoc(self.made) or "")
        return (
            "".join(
                (
                    heading(f"{self.name} ({self.resource})"),
                    GENERATED,
                    f"A{'n' if self.kind[0] == 'a' else ''} {self.kind} of {code(self.resource)}.",
                    f"{aliases} {plain(first)}\n\n",
                    heading("Options", 2),
                    options_table(self.made.schema, self.docstring),
                    heading("What it does", 2) + f"{plain(rest)}\n\n" if rest else "",
                    heading("Example", 2) + block("yaml", dedent(example[1])) if example else "",
                )
            ).rstrip()
            + "\n"
        )


@cache
def elements() -> tuple[Element, ...]:
    """Return every element that this package registers, by resource, kind and name."""
    load_resources(RESOURCES)
    register.register()
    return tuple(one for resource in RESOURCES for one in _of(resource))


def _of(resource: str) -> Iterator[Element]:
    host = clouds["aws"].resources.get(resource.removeprefix("aws."))
    for kind in ("filter", "action"):
        registry = getattr(host, f"{kind}_registry")
        names: dict[Any, list[str]] = {}
        for name in sorted(registry.keys()):
            made = registry.get(name)
            if made.__module__.startswith(register.__package__):
                names.setdefault(made, []).append(name)
        for made, called in names.items():
            first = _own_name(made, called)
            yield Element(resource, kind, first, made, tuple(n for n in called if n != first))


def _own_name(made: Any, called: list[str]) -> str:
    return next(
        (name for name in called if name in {*register.FILTERS, *register.ACTIONS}), called[0]
    )


def pages() -> Iterator[tuple[str, str]]:
    """Yield the path and text of the index and of every element's page."""
    yield f"{FOLDER}/index.md", _index()
    for one in elements():
        yield f"{FOLDER}/{one.file}", one.page


def _index() -> str:
    parts = [heading("Filters and actions"), GENERATED, _INTRO]
    for resource in RESOURCES:
        found = [one for one in elements() if one.resource == resource]
        rows = [(f"[{one.name}]({one.file})", one.kind, one.summary) for one in found]
        if rows:
            parts += heading(resource, 2), table(("name", "is", "what it does"), rows)
    return "".join(parts).rstrip() + "\n"
