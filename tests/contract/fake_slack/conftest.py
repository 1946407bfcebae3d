"""Each test of what an app sees runs by HTTP and by Socket Mode."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from contract.fake_slack.trial_app import DOORS, TrialApp, running
from fakes.slack import FakeSlack


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        yield fake


@pytest.fixture
def client(slack: FakeSlack) -> AsyncWebClient:
    """Slack's own client, with the token of the home workspace; it tries nothing twice."""
    return AsyncWebClient(slack.app.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture(params=DOORS)
async def app(slack: FakeSlack, request: pytest.FixtureRequest) -> AsyncIterator[TrialApp]:
    async with running(slack, request.param) as app:
        yield app
