"""Tokens that rotate: renewed in time, by one process, and never lost (S18)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from contract.slack.workspace import connection_to
from fakes.slack import FakeSlack
from fakes.token_books import TokenBooks
from intakebot.channels.slack.web.calls import Calls, SlackUnreachableError
from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.channels.slack.web.tokens import RotatingTokens

Start = Callable[..., Calls]


@pytest.fixture
def books(slack: FakeSlack) -> TokenBooks:
    return TokenBooks(slack.clock.source)


@pytest.fixture
def rotating(slack: FakeSlack) -> SlackConnection:
    """The app was installed with rotation switched on."""
    slack.app.rotating = True
    token = slack.app.install(slack.home)
    return connection_to(
        slack,
        bot_token=token.value,
        client_id=slack.app.client_id,
        client_secret=slack.app.client_secret,
        refresh_token=token.refreshes_as,
    )


@pytest.fixture
async def start(slack: FakeSlack, books: TokenBooks, rotating: SlackConnection) -> AsyncIterator[Start]:
    """A process of the house that talks to Slack; several may be started."""
    async with AsyncExitStack() as ends:
        lives = iter(range(1, 10))

        def started(connection: SlackConnection = rotating) -> Calls:
            clock = slack.clock.source
            calls = Calls(connection, clock, RotatingTokens(connection, books.of(next(lives)), clock))
            ends.push_async_callback(calls.close)
            return calls

        yield started


def refreshes(slack: FakeSlack) -> int:
    return len(slack.calls("oauth.v2.access"))


async def test_the_first_call_makes_the_first_pair(slack: FakeSlack, books: TokenBooks, start: Start) -> None:
    await start().call("auth.test")

    pair = books.pairs["workspace"]
    assert refreshes(slack) == 1
    assert slack.calls("auth.test")[0].shown_token == pair.access
    assert pair.expires_at - slack.clock.now() > timedelta(hours=11)


async def test_a_token_is_renewed_before_it_ends(slack: FakeSlack, start: Start) -> None:
    calls = start()
    for hours in range(48):
        await calls.call("auth.test")
        slack.clock.advance(3600)
        assert refreshes(slack) == 1 + hours // 10

    assert len({call.shown_token for call in slack.calls("auth.test")}) == 5


async def test_of_two_processes_one_renews(slack: FakeSlack, books: TokenBooks, start: Start) -> None:
    """S18: a refresh token works once, so a second one who tries it would be out."""
    one, other = start(), start()
    await asyncio.gather(one.call("auth.test"), other.call("auth.test"))
    assert refreshes(slack) == 1

    for _ in range(5):
        slack.clock.advance(10.5 * 3600)
        await asyncio.gather(*(calls.call("auth.test") for calls in (one, other) for _ in range(5)))

    assert refreshes(slack) == 6
    assert books.pairs["workspace"].version == 6


async def test_two_processes_whose_token_has_ended_renew_it_once(
    slack: FakeSlack, books: TokenBooks, start: Start
) -> None:
    """S18, after a night without a call; each process asks for the right once, not once for each call."""
    one, other = start(), start()
    await one.call("auth.test")
    await other.call("auth.test")

    slack.clock.advance(13 * 3600)
    before = books.claims
    await asyncio.gather(*(calls.call("auth.test") for calls in (one, other) for _ in range(5)))

    assert refreshes(slack) == 2
    assert books.claims - before <= 2


async def test_a_restart_takes_the_stored_pair(slack: FakeSlack, start: Start) -> None:
    await start().call("auth.test")
    await start().call("auth.test")

    assert refreshes(slack) == 1


async def test_who_died_while_renewing_is_waited_for_no_longer_than_its_claim(
    slack: FakeSlack, books: TokenBooks, start: Start
) -> None:
    await books.of(99).claim("workspace", 60)
    calls = start()

    waiting = asyncio.create_task(calls.call("auth.test"))
    await slack.until(lambda: books.claims == 2)
    slack.clock.advance(31)
    with pytest.raises(SlackUnreachableError) as none:
        await waiting
    assert none.value.taken is False
    slack.clock.advance(31)
    await calls.call("auth.test")

    assert refreshes(slack) == 1


async def test_while_slack_does_not_renew_the_old_token_serves(slack: FakeSlack, start: Start) -> None:
    calls = start()
    await calls.call("auth.test")
    failing = slack.faults.add("oauth.v2.access", "503", times=2)
    slack.clock.advance(10.5 * 3600)

    for _ in range(5):
        await calls.call("auth.test")
    assert failing.struck == 1  # once a minute, not for each call
    assert "not renewed" in calls.trouble
    slack.clock.advance(61)
    await calls.call("auth.test")
    slack.clock.advance(61)
    await calls.call("auth.test")

    assert refreshes(slack) == 4
    assert calls.trouble == ""


async def test_a_new_pair_is_not_lost_when_it_cannot_be_stored(
    slack: FakeSlack, books: TokenBooks, start: Start
) -> None:
    books.failures = 2
    calls = start()

    await calls.call("auth.test")
    assert books.pairs == {}
    for _ in range(2):
        slack.clock.advance(61)
        await calls.call("auth.test")

    assert refreshes(slack) == 1
    assert books.pairs["workspace"].access == slack.calls("auth.test")[-1].shown_token


async def test_a_token_that_ended_early_is_renewed_and_the_call_made_once_more(slack: FakeSlack, start: Start) -> None:
    calls = start()
    await calls.call("auth.test")
    room = slack.channel("help")
    slack.faults.add("chat.postMessage", "error:token_expired")

    await calls.call("chat.postMessage", channel=room.id, text="Hello")

    assert refreshes(slack) == 2
    assert len(slack.messages(room)) == 1
    assert calls.trouble == ""


async def test_a_refresh_token_that_is_used_up_is_an_alarm_that_says_what_to_do(
    slack: FakeSlack, books: TokenBooks, start: Start, rotating: SlackConnection
) -> None:
    calls = start()
    slack.faults.add("oauth.v2.access", "error:invalid_refresh_token")

    with pytest.raises(SlackUnreachableError):
        await calls.call("auth.test")

    assert "`refresh_token`" in calls.trouble
    assert books.pairs == {}
    assert rotating.refresh_token not in calls.trouble


async def test_a_refresh_token_that_was_configured_anew_is_used(
    slack: FakeSlack, books: TokenBooks, start: Start
) -> None:
    await start().call("auth.test")
    spoilt = books.pairs["workspace"]
    again = slack.app.install(slack.home)  # somebody installed the app again
    for token in slack.state.tokens.values():
        if token.refreshes_as == spoilt.refresh:
            token.refreshes_as = None
    slack.clock.advance(13 * 3600)

    calls = start(
        connection_to(
            slack,
            client_id=slack.app.client_id,
            client_secret=slack.app.client_secret,
            refresh_token=again.refreshes_as,
        )
    )
    await calls.call("auth.test")

    assert books.pairs["workspace"].version == 2
    assert calls.trouble == ""


async def test_a_wrong_client_secret_is_an_alarm_that_says_what_to_do(slack: FakeSlack, start: Start) -> None:
    calls = start(
        connection_to(slack, client_id=slack.app.client_id, client_secret="wrong", refresh_token="xoxe-1-some")
    )

    with pytest.raises(SlackUnreachableError):
        await calls.call("auth.test")

    assert "`client_secret`" in calls.trouble
