"""Delivery by HTTP: signed, tried again on a plan, given up, doubled, held back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from contract.fake_slack.trial_app import running
from fakes.slack import FakeSlack
from fakes.slack.http_door import signature

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answering(slack: FakeSlack, answer: Answer) -> AsyncIterator[None]:
    """Events go to this function."""
    served = web.Application()
    served.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(served, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.deliver_by_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    try:
        yield
    finally:
        await runner.cleanup()


async def test_a_delivery_is_signed_over_its_raw_body(slack: FakeSlack) -> None:
    seen: list[tuple[bytes, dict[str, str]]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((await request.read(), dict(request.headers)))
        return web.Response()

    alice = slack.person("alice")
    async with answering(slack, answer):
        await alice.says(slack.channel("help", members=[alice]), "Grüße <3")
        await slack.settled()

    body, headers = seen[0]
    assert SignatureVerifier(slack.app.signing_secret).is_valid_request(body, headers)
    assert not SignatureVerifier("another").is_valid_request(body, headers)
    assert headers["Content-Type"] == "application/json"
    assert "X-Slack-Retry-Num" not in headers
    assert signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", b"token=x").startswith("v0=")


async def test_three_retries_on_the_clock(slack: FakeSlack) -> None:
    slack.verdict.allow("event-attempt", "event-unacked")
    seen: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.headers.get("X-Slack-Retry-Num", ""), request.headers.get("X-Slack-Retry-Reason", "")))
        return web.Response(status=500)

    alice = slack.person("alice")
    async with answering(slack, answer):
        await alice.says(slack.channel("help", members=[alice]), "hello")
        await slack.settled()
        for seconds, count in ((59, 2), (2, 3), (299, 3), (2, 4), (7200, 4)):
            slack.clock.advance(seconds)
            await slack.until(lambda count=count: len(slack.deliveries[0].attempts) == count)

    assert seen == [("", ""), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert slack.deliveries[0].over
    assert not slack.deliveries[0].acked


async def test_delayed_events_go_on_for_a_day(slack: FakeSlack) -> None:
    slack.verdict.allow("event-attempt")
    slack.courier.delayed_events = True
    slack.verdict.allow("event-unacked")
    tries = 0

    async def answer(_: web.Request) -> web.Response:
        nonlocal tries
        tries += 1
        return web.Response(status=500 if tries < 20 else 200)

    alice = slack.person("alice")
    async with answering(slack, answer):
        await alice.says(slack.channel("help", members=[alice]), "hello")
        while not slack.deliveries[0].over:
            await slack.settled()
            before = tries
            slack.clock.advance(3601)
            await slack.until(lambda before=before: tries > before or slack.deliveries[0].over)

    assert slack.deliveries[0].acked
    assert tries == 20


async def test_who_says_no_retry_gets_none(slack: FakeSlack) -> None:
    slack.verdict.allow("event-attempt", "event-unacked")

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=400, headers={"x-slack-no-retry": "1"})

    alice = slack.person("alice")
    async with answering(slack, answer):
        await alice.says(slack.channel("help", members=[alice]), "hello")
        await slack.until(lambda: slack.deliveries[0].over)

    assert len(slack.deliveries[0].attempts) == 1


async def test_who_answers_after_three_seconds_is_too_late(slack: FakeSlack) -> None:
    slack.verdict.allow("event-attempt")
    gate = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        if "X-Slack-Retry-Num" not in request.headers:
            await gate.wait()
        return web.Response()

    alice = slack.person("alice")
    async with answering(slack, answer):
        await alice.says(slack.channel("help", members=[alice]), "hello")
        await slack.until(lambda: slack.http.sent)
        slack.clock.advance(2.5)
        assert not await slack.comes(lambda: slack.deliveries[0].attempts, within=0.1)
        slack.clock.advance(0.5)
        await slack.until(lambda: slack.deliveries[0].acked)
        gate.set()

    assert [one.reason for one in slack.deliveries[0].attempts] == ["http_timeout", ""]


async def test_two_redirects_are_followed_and_three_are_not(slack: FakeSlack) -> None:
    slack.verdict.allow("event-attempt", "event-unacked")
    left = 2

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal left
        left -= 1
        return web.Response() if left < 0 else web.Response(status=307, headers={"Location": str(request.url)})

    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    async with answering(slack, answer):
        await alice.says(room, "two")
        await slack.settled()
        left = 100
        await alice.says(room, "many")
        await slack.settled()

    assert slack.deliveries[0].acked
    assert slack.deliveries[1].attempts[0].reason == "too_many_redirects"


async def test_nobody_is_there(slack: FakeSlack) -> None:
    slack.verdict.allow("event-attempt", "event-unacked")
    alice = slack.person("alice")
    async with answering(slack, _fine):
        pass
    await alice.says(slack.channel("help", members=[alice]), "hello")
    await slack.settled()

    assert slack.deliveries[0].attempts[0].reason == "connection_failed"


async def test_the_request_url_is_verified(slack: FakeSlack) -> None:
    async with running(slack, "http"):
        assert await slack.verify_url()
    async with answering(slack, _fine):
        assert not await slack.verify_url()


async def test_replays(slack: FakeSlack) -> None:
    alice = slack.person("alice")
    async with running(slack, "http") as app:
        await alice.says(slack.channel("help", members=[alice]), "hello")
        await slack.settled()
        assert (await slack.replay()).status == 200
        assert (await slack.replay(age=301)).status == 401
        assert (await slack.replay(tamper=True)).status == 401
        assert (await slack.replay(secret="another")).status == 401
    assert len(app.events) == 2


async def test_an_event_comes_again_though_it_was_acknowledged(slack: FakeSlack) -> None:
    alice = slack.person("alice")
    async with running(slack, "http") as app:
        message = await alice.says(slack.channel("help", members=[alice]), "hello")
        await slack.settled()
        await slack.redeliver(message, times=3)
        await slack.redeliver(slack.deliveries[0].id, times=2, at_once=False)

    assert sorted(number for number, _ in app.retries) == ["", "1", "1", "2", "2", "3"]
    assert len({body["event_id"] for body in app.bodies}) == 1


async def test_events_are_held_back_and_come_in_another_order(slack: FakeSlack) -> None:
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    async with running(slack, "http") as app:
        slack.hold_events()
        said = [str(number) for number in range(8)]
        for text in said:
            await alice.says(room, text)
        await slack.settled()
        assert app.events == []
        await slack.release_events(shuffle=True)

    heard = [event["text"] for event in app.events]
    assert sorted(heard) == said
    assert heard != said


async def test_an_app_that_fails_nearly_always_is_turned_off(slack: FakeSlack) -> None:
    slack.verdict.allow("event-attempt", "event-unacked")
    slack.courier.exempt_below = 10
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=500)

    async with answering(slack, answer):
        for number in range(5):
            await alice.says(room, str(number))
        await slack.settled()
        await alice.says(room, "nobody hears this")

    assert slack.courier.disabled
    assert len(slack.deliveries) == 5


async def test_too_many_events_in_an_hour(slack: FakeSlack) -> None:
    slack.courier.hourly_limit = 3
    alice = slack.person("alice")
    room = slack.channel("help", members=[alice])
    async with running(slack, "http") as app:
        for number in range(6):
            await alice.says(room, str(number))
        slack.clock.advance(61)
        await alice.says(room, "a minute later")
        await slack.settled()

    assert [body["type"] for body in app.bodies].count("app_rate_limited") == 2
    assert [event["text"] for event in app.events] == ["0", "1", "2"]


async def _fine(_: web.Request) -> web.Response:
    return web.Response()
