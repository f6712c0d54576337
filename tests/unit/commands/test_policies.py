"""`certrenew policies`: list, show and copy the rule pack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from c7n_certrenew.cli import main

PACK = Path(__file__).parents[3] / "policies"
FILES = {path.stem: path for path in PACK.rglob("*.yml")}
NAME = "iam-certificate-expiring"

Shown = pytest.CaptureFixture[str]


def test_the_list_has_every_policy(capsys: Shown) -> None:
    """By name, with what it does and says; the same as JSON."""
    assert main(["policies"]) == 0
    text = capsys.readouterr().out
    assert main(["policies", "--json"]) == 0
    shapes = json.loads(capsys.readouterr().out)
    assert {shape["Name"] for shape in shapes} == set(FILES)
    assert all(shape["Name"] in text and shape["Title"] in text for shape in shapes)
    shown = {shape["Name"]: Path(shape["File"]).read_text() for shape in shapes}
    assert shown == {name: path.read_text() for name, path in FILES.items()}
    assert {shape["Kind"] for shape in shapes} == {path.parent.name for path in FILES.values()}


def test_show_prints_the_file(capsys: Shown) -> None:
    """As it is, comments included; or as JSON that custodian takes too."""
    assert main(["policies", "show", NAME]) == 0
    text = FILES[NAME].read_text()
    assert capsys.readouterr().out == text
    assert main(["policies", "show", NAME, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"policies": yaml.safe_load(text)["policies"]}


def test_copy_writes_and_says_what(tmp_path: Path, capsys: Shown) -> None:
    """All policies, or the named ones, in their folders, with the templates that they name."""
    assert main(["policies", "copy", str(tmp_path / "some"), NAME]) == 0
    written = tmp_path / "some/detect" / f"{NAME}.yml"
    assert capsys.readouterr().out == f"{written}\n"
    assert main(["policies", "copy", str(tmp_path / "all"), "--json"]) == 0
    copies = [Path(path) for path in json.loads(capsys.readouterr().out)]
    policies = {path.stem: path.read_text() for path in copies if path.suffix == ".yml"}
    assert policies == {name: path.read_text() for name, path in FILES.items()}
    templates = [path for path in copies if path.suffix == ".j2"]
    assert {path.parent for path in templates} == {tmp_path / "all" / "fleet" / "templates"}


def test_copy_sets_variables_and_keeps_all_else(tmp_path: Path, capsys: Shown) -> None:
    """In all copies that have them; comments stay, and what is set is what the filter takes."""
    renewal = "iam-certificate-expiring-renew"
    assert main(["policies", "copy", str(tmp_path), NAME, renewal, "--set", "days=45"]) == 0
    for path in map(Path, capsys.readouterr().out.split()):
        text = FILES[path.stem].read_text()
        assert path.read_text() == text.replace("days: &days 30", "days: &days 45")
        [policy] = yaml.safe_load(path.read_text())["policies"]
        assert policy["filters"][0]["days"] == 45


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("days", "--set days: say it like days=45"),
        ("days=soon", f"days is a whole number, not soon: {NAME}"),
        ("days=true", f"days is a whole number, not true: {NAME}"),
        ("dayz=45", "dayz"),
        ("percent=90", "those that do: account-server-certificate-quota"),
        ("days=[", "--set days=[: no YAML"),
        ("days=-3", f"policy:{NAME} expires-within: days is too small: -3; nothing was written"),
    ],
)
def test_copy_refuses_what_no_policy_takes(
    tmp_path: Path, capsys: Shown, given: str, said: str
) -> None:
    """In one line, and nothing is written."""
    assert main(["policies", "copy", str(tmp_path / "new"), NAME, "--set", given]) == 1
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("link", [False, True])
def test_copy_overwrites_nothing_unless_it_is_told_to(
    tmp_path: Path, capsys: Shown, link: bool
) -> None:
    """Not even a link that leads nowhere; with one file there, none is written."""
    mine = tmp_path / "detect" / f"{NAME}.yml"
    mine.parent.mkdir()
    if link:
        mine.symlink_to(tmp_path / "elsewhere")
    else:
        mine.write_text("mine")
    assert main(["policies", "copy", str(tmp_path)]) == 1
    assert f"already there: {mine}; --force overwrites" in capsys.readouterr().err
    assert [path for path in tmp_path.rglob("*.yml") if path != mine] == []
    assert link or mine.read_text() == "mine"
    assert main(["policies", "copy", str(tmp_path), "--force"]) == 0
    assert mine.read_text() == FILES[NAME].read_text()


@pytest.mark.parametrize("command", [["show"], ["copy", "out"]])
def test_an_unknown_policy_is_one_line(command: list[str], capsys: Shown) -> None:
    """It says which was perhaps meant."""
    assert main(["policies", *command, "iam-certificate-expring"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("Error: no shipped policy iam-certificate-expring: did you mean ")
    assert NAME in shown.err


def test_a_directory_that_cannot_be_made_is_one_line(tmp_path: Path, capsys: Shown) -> None:
    """A file stands in the way."""
    (tmp_path / "detect").touch()
    assert main(["policies", "copy", str(tmp_path), NAME]) == 1
    assert capsys.readouterr().err.count("\n") == 1
