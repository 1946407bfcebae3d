"""The house of the integration tests stands on SQLite and on PostgreSQL, each time on a fresh, migrated database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from contract.storage.conftest import migrated_file as migrated_file
from contract.storage.conftest import server as server
from contract.storage.conftest import url as url
from fakes.standing_house import StandingHouse


@pytest_asyncio.fixture
async def standing(url: str, tmp_path: Path) -> AsyncIterator[StandingHouse]:
    """A house with the example customers."""
    house = StandingHouse(url, tmp_path)
    await house.import_customers()
    yield house
    await house.close()
