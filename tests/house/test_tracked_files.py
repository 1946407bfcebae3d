"""What is published names no machine, and what is installed is what was locked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from house.sources import ROOT

_ADDRESS = re.compile(r"[a-z+]+://|@ |--(index-url|extra-index-url|find-links|trusted-host)", re.IGNORECASE)
_PLACE_OF_A_MACHINE = re.compile(rb"(?<![\w.])/(home|root|work|Users|mnt)/[\w.-]+/[\w.-]+|/tmp/[a-z]/")


def _locked() -> dict[str, str]:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return {line.split("==")[0]: line for line in lines}


def test_every_locked_package_has_its_hashes() -> None:
    assert [name for name, line in _locked().items() if "--hash=sha256:" not in line] == []


def test_the_lock_names_no_address() -> None:
    assert _ADDRESS.findall((ROOT / "requirements.lock").read_text(encoding="utf-8")) == []


def test_the_lock_has_everything_that_is_asked_for() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*settings["project"]["dependencies"], *settings["dependency-groups"]["dev"]]
    names = {re.split(r"[\[<>=; ]", line)[0].lower().replace(".", "-").replace("_", "-") for line in asked}

    assert names - set(_locked()) == set()


def _published() -> Iterator[Path]:
    yield from (
        path
        for path in ROOT.iterdir()
        if path.is_file() and path.name != ".git" and not path.name.startswith(".coverage")
    )
    for folder in ("src", "tests", "docs", "config", "templates", "benchmarks", ".ci"):
        yield from (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def test_no_file_names_a_place_of_one_machine() -> None:
    naming = [path for path in _published() if _PLACE_OF_A_MACHINE.search(path.read_bytes())]

    assert [path.relative_to(ROOT).as_posix() for path in naming] == []
