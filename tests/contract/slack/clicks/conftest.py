"""Every test of this suite runs by HTTP and by Socket Mode, with a real house on a fresh SQLite database."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.slack.clicks.office import Door, Office
from contract.storage.conftest import migrated_file

__all__ = ["migrated_file"]


@pytest.fixture(params=["http", "socket"])
def door(request: pytest.FixtureRequest) -> Door:
    """How the workspace reaches the app."""
    found: Door = request.param
    return found


@pytest.fixture
async def office(
    door: Door, migrated_file: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Office]:
    """An office that is open."""
    shutil.copy(migrated_file, tmp_path / "intakebot.db")
    made = Office("sqlite+pysqlite:///intakebot.db", tmp_path, door)
    await made.open()
    failed = request.session.testsfailed
    yield made
    await made.close(check=request.session.testsfailed == failed)
