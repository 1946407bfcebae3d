"""Faults by rule, and rate limits on the clock."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from contract.fake_slack.test_messages import refused
from fakes.slack import FakeSlack


async def test_rate_limited_by_order(slack: FakeSlack, client: AsyncWebClient) -> None:
    quick, slow = slack.channel("quick"), slack.channel("slow")
    slack.faults.add(method="chat.postMessage", kind="ratelimited", channel=slow, retry_after=7)

    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=slow.id, text="x")
    await client.chat_postMessage(channel=quick.id, text="x")

    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    assert caught.value.response["error"] == "ratelimited"
    slack.clock.advance(7.1)
    await client.chat_postMessage(channel=slow.id, text="x")
    assert [call.fault for call in slack.calls("chat.postMessage")] == ["ratelimited", "", ""]


async def test_who_does_not_wait_is_found_out(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.verdict.allow("retry-after")
    room = slack.channel("help")
    slack.faults.add(method="chat.postMessage", kind="ratelimited", retry_after=7)

    for _ in range(2):
        assert await refused(client.chat_postMessage(channel=room.id, text="x")) == "ratelimited"

    assert [check for check, _ in slack.verdict.failings] == ["retry-after"]


@pytest.mark.parametrize("status", ["500", "503"])
async def test_broken_servers(slack: FakeSlack, client: AsyncWebClient, status: str) -> None:
    slack.faults.add(method="auth.test", kind=status, times=2)

    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            await client.auth_test()
        assert caught.value.response.status_code == int(status)
    assert (await client.auth_test())["ok"]


async def test_a_page_in_place_of_json(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.faults.add(method="auth.test", kind="html")

    with pytest.raises(SlackApiError) as caught:
        await client.auth_test()

    assert (caught.value.response.status_code, caught.value.response.data) == (200, {})


async def test_dropped_before_it_is_stored(slack: FakeSlack, client: AsyncWebClient) -> None:
    room = slack.channel("help")
    slack.faults.add(method="chat.postMessage", kind="timeout_before")

    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=room.id, text="x")

    assert slack.messages(room) == []


async def test_dropped_after_it_is_stored(slack: FakeSlack, client: AsyncWebClient) -> None:
    room = slack.channel("help")
    slack.faults.add(method="chat.postMessage", kind="drop_after_store")

    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=room.id, text="x")

    assert [one.text for one in slack.messages(room)] == ["x"]


async def test_a_slow_answer_takes_four_seconds_of_the_clock(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.faults.add(method="auth.test", kind="slow")

    asked = asyncio.ensure_future(client.auth_test())
    await slack.until(lambda: slack.calls("auth.test"))
    slack.clock.advance(3.5)
    assert not asked.done()
    slack.clock.advance(1)
    assert (await asked)["ok"]


async def test_any_error_of_slack(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.faults.add(method="*", kind="error:fatal_error")
    assert await refused(client.auth_test()) == "fatal_error"


async def test_a_fault_that_does_not_exist(slack: FakeSlack) -> None:
    with pytest.raises(ValueError, match="no such fault: 502"):
        slack.faults.add(method="*", kind="502")


async def test_a_channel_takes_a_burst_and_then_one_a_second(slack: FakeSlack, client: AsyncWebClient) -> None:
    busy, calm = slack.channel("busy"), slack.channel("calm")
    for _ in range(slack.limits.burst):
        await client.chat_postMessage(channel=busy.id, text="x")

    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=busy.id, text="x")

    assert caught.value.response.headers["Retry-After"] == "1"
    await client.chat_postMessage(channel=calm.id, text="x")
    slack.clock.advance(1.1)
    await client.chat_postMessage(channel=busy.id, text="x")


async def test_tiers(slack: FakeSlack, client: AsyncWebClient) -> None:
    room = slack.channel("help")
    ts = (await client.chat_postMessage(channel=room.id, text="x"))["ts"]
    for number in range(50):
        await client.chat_update(channel=room.id, ts=ts, text=str(number))

    assert await refused(client.chat_update(channel=room.id, ts=ts, text="50")) == "ratelimited"
    slack.clock.advance(2)
    await client.chat_update(channel=room.id, ts=ts, text="50")


async def test_each_workspace_has_its_own_limits(slack: FakeSlack, client: AsyncWebClient) -> None:
    other = slack.workspace("T0OTHER")
    there = AsyncWebClient(other.bot_token, base_url=slack.api_url)
    for _ in range(20):
        await client.usergroups_list()

    assert await refused(client.usergroups_list()) == "ratelimited"
    assert (await there.usergroups_list())["ok"]
