"""The pages of the rule pack: each policy by its file, its metadata and its cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from policies.tables import TABLES

from c7n_certrenew.commands.granting import EVERYWHERE, document, needed_by, without_role
from c7n_certrenew.commands.granting_publish import publish_statements
from c7n_certrenew.commands.granting_sources import source_statements, sources_of
from c7n_certrenew.commands.permissions import ROLES
from c7n_certrenew.pack import Shipped
from c7n_certrenew.variables import written
from reference import controls, elements
from reference.markdown import GENERATED, block, code, heading, paragraph, plain, table
from reference.rules import loaded, rules

FOLDER = "docs/reference/policies"
KINDS = {
    "detect": ("Detect", "They report and change nothing."),
    "renew": ("Renew", "They put renewed certificates in place."),
    "cleanup": ("Clean up", "They delete what nobody serves, or mark it."),
    "fleet": ("Tell others", "They hand findings on: by mail and chat, to an address, to AWS."),
}
_INTRO = """\
One policy is one file and one rule. `certrenew policies copy policies NAME` copies it; what may be
tuned stands in its first lines. `certrenew audit` runs most of those below *Detect*, and `--json`
names the others. Which [controls](../controls.md) they are evidence for is a list of its own.

| severity | means |
| --- | --- |
| critical | clients fail now |
| high | clients fail soon, or a certificate can be forged |
| medium | the published rule: 30 days before the expiration, and the like |
| low | hygiene |
| informational | it judges nothing |

"""
_VERDICTS = (
    "Each case is one change of a base world and runs through Custodian's own engine. FAIL: found. "
    "PASS: not found. LISTED: listed, not judged. UNKNOWN: something could not be looked at, which "
    "never counts as clean."
)


def pages() -> Iterator[tuple[str, str]]:
    """Yield the path and text of the index and of every policy's page."""
    yield f"{FOLDER}/index.md", _index()
    for policy in rules():
        yield f"{FOLDER}/{policy.name}.md", _page(policy)


def _index() -> str:
    parts = [heading("The rule pack"), GENERATED, _INTRO]
    for kind, (title, text) in KINDS.items():
        found = [one for one in rules() if one.kind == kind]
        if found:
            rows = [
                (one.metadata.id, link(one.name), one.title, one.metadata.severity) for one in found
            ]
            header = ("id", "policy", "what it asks for", "severity")
            parts += heading(title, 2), paragraph(text), table(header, rows)
    return "".join(parts).rstrip() + "\n"


def link(name: str) -> str:
    """Return a link to a policy's page from one beside it."""
    return f"[{name}]({name}.md)"


def _page(policy: Shipped) -> str:
    about = policy.metadata
    parts = [
        heading(policy.name),
        GENERATED,
        paragraph(f"**{plain(about.title)}.**"),
        table(
            ("id", "severity", "resource", "file"),
            [(about.id, about.severity, code(policy.resource), code(f"policies/{policy.place}"))],
        ),
        paragraph(plain(str(policy.data["description"]))),
        _facts(policy),
        _variables(policy),
        heading("Controls", 2),
        controls.table_of(about.controls, policy.name),
        heading("Permissions", 2),
        _permissions(policy),
        heading("The policy", 2),
        _words(policy),
        block("yaml", policy.text),
        _cases(policy),
    ]
    return "".join(parts).rstrip() + "\n"


def _facts(policy: Shipped) -> str:
    about = policy.metadata
    remedies = [about.remediation_policy] if about.remediation_policy else []
    remedied = [one.name for one in rules() if one.metadata.remediation_policy == policy.name]
    facts = {
        "Violation": plain(about.violation),
        "Risk": plain(about.risk),
        "Fix": plain(about.fix),
        "False positives": plain(about.false_positives),
        "Source of the rule": plain(about.citation),
        "Remediated by": ", ".join(map(link, remedies)),
        "Remediates": ", ".join(map(link, remedied)),
    }
    return "".join(paragraph(f"**{name}:** {text}") for name, text in facts.items() if text)


def _variables(policy: Shipped) -> str:
    if not policy.variables:
        return ""
    rows = [(code(v.name), v.comment, code(written(v.default))) for v in policy.variables]
    first = policy.variables[0].name
    setting = f"certrenew policies copy policies {policy.name} --set {first}=VALUE"
    return (
        heading("Variables", 2)
        + table(("name", "what it is", "default"), rows)
        + paragraph(f"{code(setting)} copies the policy with another default.")
    )


def _permissions(policy: Shipped) -> str:
    policies = [loaded()[policy.name]]
    actions, sources = needed_by(policies), sources_of(policies)
    rows = []
    for role in ROLES:
        statements = document(actions, role=role)["Statement"]
        statements += source_statements(sources, EVERYWHERE, role)
        statements += publish_statements(policies, EVERYWHERE, role)
        if statements:
            rows.append((code(role), _list(a for one in statements for a in one["Action"])))
    if rest := without_role(actions):
        rows.append(("in no role", _list(rest)))
    said = f"certrenew permissions policies/{policy.place}"
    return table(("role", "actions"), rows) + paragraph(f"{code(said)} prints them as documents.")


def _list(actions: Iterable[str]) -> str:
    return ", ".join(map(code, dict.fromkeys(actions)))


def _words(policy: Shipped) -> str:
    """Return links to the filters and actions of this package that the policy uses."""
    used = set(_types(policy.data.get("filters", []))) | set(_types(policy.data.get("actions", [])))
    found = [
        f"[{one.name}](../filters-and-actions/{one.file})"
        for one in elements.elements()
        if one.resource == policy.resource and one.name in used
    ]
    return paragraph(f"What its words do: {', '.join(found)}.") if found else ""


def _types(value: Any) -> Iterator[str]:
    """Yield the names of elements, those inside and, or and not too."""
    if isinstance(value, dict):
        yield from (value["type"],) if isinstance(value.get("type"), str) else ()
        for inner in value.values():
            yield from _types(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from (inner,) if isinstance(inner, str) else _types(inner)


def _cases(policy: Shipped) -> str:
    cases = TABLES[policy.name].cases if policy.name in TABLES else ()
    counts = Counter(case.verdict.value for case in cases)
    told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items()))
    rows = [(case.title, case.verdict.value) for case in cases]
    return (
        heading("Cases", 2) + paragraph(f"{told}. {_VERDICTS}") + table(("case", "verdict"), rows)
    )
