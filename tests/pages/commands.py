"""Whether a command that a page shows exists and takes what it is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from importlib.metadata import metadata
from io import StringIO
from itertools import pairwise
from typing import Any

import click
from botocore import xform_name
from botocore.session import Session
from c7n.cli import setup_parser
from c7n_mailer.cli import get_c7n_mailer_parser
from c7n_org.cli import cli as c7n_org

from c7n_certrenew.cli import certrenew
from pages.blocks import ROOT

OTHERS = frozenset(
    (
        *(".", "cat", "cd", "cp", "curl", "docker", "echo", "env", "exit", "export", "find", "gh"),
        *("git", "grep", "head", "jq", "ls", "mkdir", "mv", "openssl", "pip", "pipx", "printf"),
        *("python", "python3", "rm", "sed", "sort", "test", "tr", "uv", "uvx", "vault", "wc"),
    )
)
"""Commands that are not ours, which are taken as they are but for what they install."""
_OF_EVERY_AWS = frozenset(("region", "profile", "output", "query", "no-cli-pager"))
_EXTRAS = re.compile(r"(?:^\.|c7n[-_]certrenew[^\[]*)\[([^\]]+)\]")


def fault(words: Sequence[str]) -> str:
    """Return what is wrong with a command, empty if nothing is."""
    name, arguments = words[0].rpartition("/")[2], list(words[1:])
    check = _CHECKS.get(name)
    if check is None:
        return "" if name in OTHERS and not _unknown_extras(words) else f"unknown: {words}"
    return check(arguments)


def _ours(arguments: list[str]) -> str:
    return _clicked(certrenew, arguments)


def _clicked(command: click.Command, arguments: list[str]) -> str:
    """Walk down to the command that is meant, and have it take its arguments."""
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        if arguments[0] not in command.commands:
            return f"no command {arguments[0]}"
        command, arguments = command.commands[arguments[0]], arguments[1:]
    if command.name in ("custodian", "c7n-org"):
        return fault([command.name, *arguments])
    try:
        with redirect_stdout(StringIO()):
            command.make_context(command.name or "", list(arguments))
    except click.exceptions.Exit:  # of --help
        return ""
    except click.BadParameter as error:
        return "" if "does not exist" in error.message else error.format_message()
    except click.UsageError as error:
        return error.format_message()
    return ""


def _custodian(arguments: list[str]) -> str:
    return _parsed(_parser(), arguments)


def _mailer(arguments: list[str]) -> str:
    return _parsed(get_c7n_mailer_parser(), arguments)


def _parsed(parser: Any, arguments: list[str]) -> str:
    with redirect_stderr(StringIO()) as said:
        try:
            parser.parse_args(arguments)
        except SystemExit as end:
            return said.getvalue().strip().splitlines()[-1] if end.code else ""
    return ""


@cache
def _parser() -> Any:
    return setup_parser()


def _org(arguments: list[str]) -> str:
    return _clicked(c7n_org, arguments)


def _aws(arguments: list[str]) -> str:
    if len(arguments) < 2:
        return "an operation is missing"
    service, operation, *options = arguments
    named = {word[2:].partition("=")[0] for word in options if word.startswith("--")}
    known = _parameters(service).get(operation)
    if known is None:
        return f"{service} has no operation {operation}"
    return ", ".join(sorted(named - known - _OF_EVERY_AWS))


@cache
def _parameters(service: str) -> Mapping[str, frozenset[str]]:
    """Return the parameters of each operation of a service, as AWS's command calls them."""
    session: Any = Session()
    if service not in session.get_available_services():
        return {}
    model = session.get_service_model(service)
    shapes = {name: model.operation_model(name).input_shape for name in model.operation_names}
    return {
        xform_name(name, "-"): frozenset(_options(shape)) if shape else frozenset()
        for name, shape in shapes.items()
    }


def _options(shape: Any) -> Iterator[str]:
    for name, member in shape.members.items():
        yield xform_name(name, "-")
        if member.type_name == "boolean":
            yield f"no-{xform_name(name, '-')}"


def _make(arguments: list[str]) -> str:
    rules = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", rules, re.MULTILINE))
    wanted = {word for word in arguments if "=" not in word}
    return ", ".join(sorted(wanted - targets))


def _unknown_extras(words: Sequence[str]) -> set[str]:
    found = (extras for word in words for extras in _EXTRAS.findall(word))
    named = {extra.strip() for extras in found for extra in extras.split(",")}
    return named - set(metadata("c7n-certrenew").get_all("Provides-Extra") or ())


_CHECKS: Mapping[str, Callable[[list[str]], str]] = {
    "certrenew": _ours,
    "custodian": _custodian,
    "c7n-mailer": _mailer,
    "c7n-org": _org,
    "aws": _aws,
    "make": _make,
}


@cache
def options() -> frozenset[str]:
    """Return every option of our commands and of the stock ones."""
    found = set(_click_options(certrenew)) | set(_click_options(c7n_org))
    parsers = [_parser(), get_c7n_mailer_parser()]
    for parser in parsers:
        for action in parser._actions:
            found.update(action.option_strings)
            parsers += list(action.choices.values()) if isinstance(action.choices, dict) else []
    return frozenset(found | {"--help"})


def _click_options(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        yield from (*parameter.opts, *parameter.secondary_opts)
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        yield from _click_options(inner)


def named_fault(words: Sequence[str]) -> str:
    """Return what of a command that prose names does not exist; what it needs may be left out."""
    command: click.Command = certrenew
    for before, word in pairwise(("", *words)):
        if command.name in ("custodian", "c7n-org"):
            return ""
        if word.startswith("-"):
            if word.partition("=")[0] not in {*_click_options(command), "--help"}:
                return f"{command.name} has no option {word}"
        elif isinstance(command, click.Group) and not before.startswith("-"):
            if word not in command.commands:
                return f"{command.name} has no command {word}"
            command = command.commands[word]
    return ""
