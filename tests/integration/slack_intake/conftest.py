"""A house with the intake of a workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from fakes.standing_house import StandingHouse
from integration.slack_intake.standing_intake import StandingIntake, taking_in


@pytest_asyncio.fixture
async def intake(standing: StandingHouse) -> AsyncIterator[StandingIntake]:
    async with taking_in(standing) as at_work:
        yield at_work
