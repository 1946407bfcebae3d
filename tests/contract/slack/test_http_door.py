"""The door by HTTP: only Slack is read, nothing is read for ever, and no request makes a traceback (I02, I03, S3)."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from contract.slack.workspace import Transport, connection_to, standing
from fakes.chat_books import ChatBooks
from fakes.slack import FakeSlack
from fakes.slack.http_door import signature
from intakebot.channels.slack.doors.http_door import LARGEST_BODY, HttpDoor
from intakebot.domain.errors import DoorUnavailableError

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
EVENT = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": {"type": "message", "text": "Hello"}}


@pytest.fixture
async def transport(slack: FakeSlack, books: ChatBooks) -> AsyncIterator[Transport]:
    async with standing(slack, books, "http") as made:
        yield made


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def url_of(transport: Transport, path: str = "/slack/events") -> str:
    return f"http://127.0.0.1:{transport.door.port}{path}"


async def posted(
    http: aiohttp.ClientSession, transport: Transport, body: bytes, kind: str = "application/json", **changes: str
) -> int:
    """The status of a request that Slack has signed, but for the headers that `changes` names."""
    signed = transport.slack.http.signed(body, kind)
    renamed = {f"X-Slack-{name.replace('_', '-')}": value for name, value in changes.items()}
    async with http.post(url_of(transport), data=body, headers=signed | renamed) as answer:
        await answer.read()
        return answer.status


async def test_what_slack_has_signed_is_taken(
    transport: Transport, http: aiohttp.ClientSession, books: ChatBooks
) -> None:
    assert await posted(http, transport, json.dumps(EVENT).encode()) == 200
    assert len(books.events) == 1


@pytest.mark.usefixtures("transport")
async def test_the_same_request_again_is_taken_once(books: ChatBooks, slack: FakeSlack) -> None:
    """I02: a replay within five minutes."""
    slack.send_event({"type": "message"})
    await slack.until(lambda: slack.deliveries[0].acked)

    again = await slack.replay(age=200)

    assert again.status == 200
    assert len(books.events) == 1


@pytest.mark.parametrize("age", [301, -301, 86_400])
@pytest.mark.usefixtures("transport")
async def test_what_is_too_old_or_from_the_future_is_not(books: ChatBooks, slack: FakeSlack, age: float) -> None:
    """S3, I02."""
    slack.send_event({"type": "message"})
    await slack.until(lambda: slack.deliveries[0].acked)

    assert (await slack.replay(age=age)).status == 401
    assert books.keeping == 1


@pytest.mark.usefixtures("transport")
async def test_what_was_changed_on_the_way_is_not(books: ChatBooks, slack: FakeSlack) -> None:
    slack.send_event({"type": "message"})
    await slack.until(lambda: slack.deliveries[0].acked)

    assert (await slack.replay(tamper=True)).status == 401
    assert books.keeping == 1


async def test_two_secrets_hold_while_one_is_changed(slack: FakeSlack, books: ChatBooks) -> None:
    """S3."""
    async with standing(slack, books, "http") as transport:
        pass
    both = connection_to(slack, "http", signing_secrets=("the next one", slack.app.signing_secret))
    transport = Transport(slack, books, "http", both)
    await transport.open()
    slack.send_event({"type": "message"})
    await slack.until(lambda: slack.deliveries[0].acked)

    statuses = [(await slack.replay(secret=secret)).status for secret in ("the next one", "", "another")]
    await transport.close()

    assert statuses == [200, 200, 401]


@pytest.mark.parametrize(
    "changes",
    [
        {"Request_Timestamp": "abc"},
        {"Request_Timestamp": ""},
        {"Request_Timestamp": "1e9"},
        {"Request_Timestamp": "9" * 400},
        {"Request_Timestamp": "-1"},
        {"Request_Timestamp": "\u0661\u0662"},
        {"Signature": "v0=\u00e4\u00f6\u00fc"},
        {"Signature": ""},
        {"Signature": "v0=" + "0" * 64},
        {"Signature": "v1=" + "0" * 64},
    ],
)
async def test_a_signature_that_is_none_is_refused(
    transport: Transport,
    http: aiohttp.ClientSession,
    books: ChatBooks,
    changes: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """I03."""
    assert await posted(http, transport, json.dumps(EVENT).encode(), **changes) == 401
    assert books.keeping == 0
    assert [record for record in caplog.records if record.exc_info] == []


async def test_without_any_header_of_slack_it_is_refused(transport: Transport, http: aiohttp.ClientSession) -> None:
    async with http.post(url_of(transport), data=b"{}") as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[" * 100_000, JSON, 400),
        (b'{"a":' * 100_000, JSON, 400),
        (b'{"a":' * 200 + b"1" + b"}" * 200, JSON, 400),
        (b'{"a":' * 50 + b"1" + b"}" * 50, JSON, 200),
        (b'{"type":"event_callback"', JSON, 400),
        (b"[1]", JSON, 400),
        (b"null", JSON, 400),
        (b'"text"', JSON, 400),
        (b"", JSON, 200),
        (b"payload=" + b"[" * 100_000, FORM, 400),
        (b"payload=5", FORM, 400),
        (b"payload=null", FORM, 400),
        (b'{"enterprise":5,"team":[],"user":7,"view":"x","authorizations":[1]}', JSON, 400),
        (b'{"type":["event_callback"]}', JSON, 200),
    ],
)
async def test_nothing_that_slack_would_not_write_makes_a_traceback(
    transport: Transport,
    http: aiohttp.ClientSession,
    books: ChatBooks,
    body: bytes,
    kind: str,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """I03: signed or not."""
    caplog.set_level(logging.DEBUG)

    assert await posted(http, transport, body, kind) == status
    assert await posted(http, transport, body, kind, Signature="") == 401
    assert books.keeping == 0
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


async def test_what_is_no_text_is_refused(transport: Transport, http: aiohttp.ClientSession) -> None:
    body = b"\xff\xfe{}"
    assert await posted(http, transport, body) == 401


async def test_a_body_is_read_up_to_its_limit(
    transport: Transport, http: aiohttp.ClientSession, books: ChatBooks
) -> None:
    """I03: announced or not, and before anything is parsed."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * (1 << 20)

    statuses = []
    for body in (BytesIO(b"x" * (LARGEST_BODY + 1)), endless()):
        try:
            async with http.post(url_of(transport), data=body) as answer:
                statuses.append(answer.status)
        except aiohttp.ClientConnectionError:  # we hung up while the rest was still being sent
            statuses.append(413)

    assert statuses == [413, 413]
    assert books.keeping == 0


async def test_a_message_as_long_as_may_be_is_taken(
    transport: Transport, http: aiohttp.ClientSession, books: ChatBooks
) -> None:
    event = EVENT | {"event": {"type": "message", "text": "漢" * 40_000}}

    assert await posted(http, transport, json.dumps(event).encode()) == 200
    assert len(books.events) == 1


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/slack/events", 405), ("POST", "/", 404)])
async def test_there_is_one_address_and_one_method(
    transport: Transport, http: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    async with http.request(method, url_of(transport, path)) as answer:
        assert answer.status == status


async def test_headers_that_are_not_signed_steer_nothing(
    slack: FakeSlack, books: ChatBooks, http: aiohttp.ClientSession
) -> None:
    """slack_bolt would skip the listener over one of these."""
    ran: list[str] = []

    async def listener(ack: Any) -> None:
        ran.append("listener")
        await ack()

    body = b"command=%2Fcase&text=find&team_id=T1&user_id=U1&trigger_id=1.1"
    async with standing(slack, books, "http", registrars=[lambda app: app.command("/case")(listener)]) as transport:
        assert await posted(http, transport, body, FORM, Bolt_Lazy_Only="1", Bolt_Lazy_Function_Name="x") == 200

    assert ran == ["listener"]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="silent"),
        pytest.param(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Slow: ", id="in-the-head"),
        pytest.param(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123", id="in-the-body"),
    ],
)
async def test_who_dawdles_is_sent_away(slack: FakeSlack, books: ChatBooks, sent: bytes) -> None:
    transport = Transport(slack, books, "http", connection_to(slack, "http"))
    transport.door = HttpDoor(transport.app, transport.connection, body_seconds=0.1, head_seconds=0.1)
    await transport.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", transport.door.port)
    writer.write(sent)

    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await transport.close()

    assert answer[:12] in (b"", b"HTTP/1.1 408")


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01\x00", b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 9000]
)
async def test_what_is_no_http_makes_no_traceback(
    transport: Transport, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", transport.door.port)
    writer.write(sent)
    writer.write_eof()

    await asyncio.wait_for(reader.read(), 5)
    writer.close()

    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


async def test_a_port_that_is_taken_is_said_with_the_next_step(transport: Transport, slack: FakeSlack) -> None:
    taken = connection_to(slack, "http", port=transport.door.port)

    with pytest.raises(DoorUnavailableError) as failed:
        await HttpDoor(transport.app, taken).serve(asyncio.Event())

    assert f"127.0.0.1:{transport.door.port}" in failed.value.sentence
    assert "choose another" in failed.value.sentence


async def test_a_listener_that_breaks_is_an_error_and_no_silence(
    slack: FakeSlack, books: ChatBooks, http: aiohttp.ClientSession
) -> None:
    async def broken() -> None:
        raise RuntimeError("nobody planned for this")

    def register(app: Any) -> None:
        app.command("/case")(broken)

    async with standing(slack, books, "http", registrars=[register]) as transport:
        body = b"command=%2Fcase&text=find&team_id=T1&user_id=U1&trigger_id=1.1"
        assert await posted(http, transport, body, "application/x-www-form-urlencoded") == 500
        await transport.app.close()

    assert books.answers == {1: ""}


def test_the_fake_signs_as_the_verifier_checks() -> None:
    assert signature("s", "1", b"x").startswith("v0=")
