"""Pages written by hand name only what exists: modules, functions, commands, dependencies, other pages."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click
import pytest

from house.sources import PROGRAM, ROOT
from intakebot.cli.program import program

PAGES = sorted((ROOT / "docs").rglob("*.md"))
_ROOMS = "|".join(sorted(path.stem for path in PROGRAM.iterdir() if not path.name.startswith("__")))
_NAME_IN_PROGRAM = re.compile(rf"`((?:{_ROOMS})\.[\w.]+)`")
_FENCED = re.compile(r"^```\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?:^|`)intakebot (?:--\w+ \w+ )?([a-z][a-z -]*[a-z])", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def _resolves(name: str) -> bool:
    found: object = import_module("intakebot")
    for part in name.split("."):
        if isinstance(found, ModuleType) and not hasattr(found, part):
            try:
                found = import_module(f"{found.__name__}.{part}")
            except ModuleNotFoundError:
                return False
        elif hasattr(found, part):
            found = getattr(found, part)
        else:
            return part in getattr(found, "__annotations__", {})
    return True


@pytest.mark.parametrize("page", ["flow.md", "specifications.md", "quirks.md", "reference/deliveries.md"])
def test_names_of_the_program_exist(page: str) -> None:
    named = _NAME_IN_PROGRAM.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))

    assert named
    assert [name for name in named if not _resolves(name)] == []


def test_a_name_that_does_not_exist_is_noticed() -> None:
    assert _resolves("usecases.receive.Reception.receive")
    assert not _resolves("usecases.receive.Reception.receives")
    assert not _resolves("usecases.reception")


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    links = _LINK.findall(page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    inline = re.findall(r"`intakebot [^`\n]*`", text)
    named = [words for part in (*_FENCED.findall(text), *inline) for words in _COMMAND.findall(part)]

    assert [words for words in named if not _is_command(words.split(" "))] == []


def _is_command(words: list[str]) -> bool:
    """Whether the words begin with a command; what follows a command is its arguments."""
    command: click.Command = program
    for word in words:
        if not isinstance(command, click.Group):
            return True
        below = command.commands.get(word)
        if below is None:
            return False
        command = below
    return True


def test_every_dependency_is_explained_and_no_other() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {re.split(r"[\[<>=; ]", line)[0] for line in settings["project"]["dependencies"]}
    page = (ROOT / "docs/reference/dependencies.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| `([\w.-]+)` \|", page, re.MULTILINE)) == asked


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_page_can_be_found(page: Path) -> None:
    """From the index, or through the folder that the index names."""
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    place = page.relative_to(ROOT / "docs")

    assert page.name == "README.md" or place.as_posix() in index or f"({place.parent.as_posix()}/)" in index
