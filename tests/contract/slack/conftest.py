"""A fake Slack, the calls to it, and the books of a house."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contract.slack.workspace import connection_to
from fakes.chat_books import ChatBooks
from fakes.slack import FakeSlack
from intakebot.channels.slack.calls import Calls
from intakebot.channels.slack.connection import SlackConnection


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        yield fake


@pytest.fixture
def connection(slack: FakeSlack) -> SlackConnection:
    return connection_to(slack)


@pytest.fixture
async def calls(slack: FakeSlack, connection: SlackConnection) -> AsyncIterator[Calls]:
    made = Calls(connection, slack.clock.source)
    yield made
    await made.close()


@pytest.fixture
def books(slack: FakeSlack) -> ChatBooks:
    return ChatBooks(slack.clock.source)
