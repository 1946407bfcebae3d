"""A command line whose house is fake: what it asks for is recorded, what it prints is returned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fakes.answers import ANSWERS
from fakes.desk import RecordingDesk
from fakes.house import FakeHouse
from intakebot.cli.program import program


@dataclass(frozen=True)
class CommandLine:
    house: FakeHouse

    def __call__(self, *words: str, given: str = "", width: int = 120, agent: str = "alice") -> Result:
        variables = {"COLUMNS": str(width), "INTAKEBOT_AGENT": agent, "INTAKEBOT_CONFIG": "", "NO_COLOR": "1"}
        return CliRunner(env=variables).invoke(program, words, obj=self.house, input=given)


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse(RecordingDesk(dict(ANSWERS)))


@pytest.fixture
def desk(house: FakeHouse) -> RecordingDesk:
    return house.desk


@pytest.fixture
def intakebot(house: FakeHouse) -> CommandLine:
    return CommandLine(house)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
