"""Each test of what an app sees runs by HTTP and by Socket Mode."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contract.fake_slack.trial_app import DOORS, TrialApp, running
from fakes.slack import FakeSlack


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        yield fake


@pytest.fixture(params=DOORS)
async def app(slack: FakeSlack, request: pytest.FixtureRequest) -> AsyncIterator[TrialApp]:
    async with running(slack, request.param) as app:
        yield app
