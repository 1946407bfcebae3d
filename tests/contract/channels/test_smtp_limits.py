"""The SMTP inlet against those who take too much, too long, or leave; and how it stops."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from contract.channels.harness import DEADLINE, FakeIntake, serving, smtp_inlet, smtp_serving, talking


async def test_connections_from_one_address_are_capped(intake: FakeIntake) -> None:  # case G07
    async with smtp_serving(intake, max_connections_per_peer=2) as inlet:
        async with talking(inlet.port) as one, talking(inlet.port) as two, talking(inlet.port) as three:
            assert [client.replies[0][:3] for client in (one, two, three)] == ["220", "220", "421"]
            assert await three.closed()
            await two.say("QUIT")
            assert await two.closed()
        async with talking(inlet.port) as four:
            assert (await four.say("EHLO again")).startswith("250")


async def test_connections_are_capped_in_all(intake: FakeIntake) -> None:  # case G03
    async with smtp_serving(intake, max_connections=1) as inlet, talking(inlet.port), talking(inlet.port) as second:
        assert second.replies[0].startswith("421")


async def test_twenty_errors_end_the_conversation(intake: FakeIntake) -> None:  # case G07
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        await client.say("EHLO client.example")
        await client.say("MAIL FROM:<caller@example.net>")
        replies = [await client.say(f"RCPT TO:<guess{n}@example.com>") for n in range(21)]
        assert [reply[:3] for reply in replies] == ["550"] * 20 + ["421"]
        assert await client.closed()


@pytest.mark.parametrize(
    "hello",
    [
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\nMAIL FROM:<a@b>\r\n", id="HTTP"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS hello"),
        pytest.param(b"\r\n\r\n", id="blank"),
    ],
)
async def test_what_is_no_smtp_is_closed(intake: FakeIntake, hello: bytes) -> None:  # case G09
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        await client.send(hello)
        assert await client.closed()


async def test_a_long_command_is_refused_however_often_one_greets(intake: FakeIntake) -> None:  # case G05
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        await client.send(b"EHLO x\r\n" * 500)
        for _ in range(500):
            await client.reply()
        assert (await client.say("MAIL FROM:<" + "a" * 2100 + "@example.net>")).startswith("500")


async def test_silence_ends_the_conversation(intake: FakeIntake) -> None:
    async with smtp_serving(intake, idle_timeout=timedelta(seconds=0.1)) as inlet, talking(inlet.port) as client:
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.closed()


async def test_silence_is_counted_anew_with_every_octet_of_content(intake: FakeIntake) -> None:  # case A18, small
    allowed = {"idle_timeout": timedelta(seconds=0.5), "min_rate": 10}
    async with smtp_serving(intake, **allowed) as inlet, talking(inlet.port) as client:
        await client.begin()
        loop = asyncio.get_running_loop()
        finish = loop.create_future()
        for step in range(8):
            loop.call_later(0.2 * step, client.writer.write, b"drip\r\n")
        loop.call_later(1.6, finish.set_result, None)
        await finish
        assert (await client.say(".")).startswith("250")


async def test_a_session_that_never_ends_is_ended(intake: FakeIntake) -> None:  # case G03
    async with smtp_serving(intake, total_timeout=timedelta(seconds=0.3)) as inlet, talking(inlet.port) as client:
        async with asyncio.timeout(DEADLINE):
            while (reply := await client.say("NOOP")).startswith("250"):
                pass
        assert reply[:3] in ("421", "")
        assert await client.closed()


async def test_the_house_may_take_longer_than_a_sender_may_be_silent(intake: FakeIntake) -> None:
    intake.open.clear()
    timeouts = {"idle_timeout": timedelta(seconds=0.1), "total_timeout": timedelta(seconds=0.2)}
    async with smtp_serving(intake, **timeouts) as inlet, talking(inlet.port) as client:
        await client.begin()
        await client.send(b"x\r\n.\r\n")
        answer = asyncio.create_task(client.reply())
        _, waiting = await asyncio.wait({answer}, timeout=0.5)
        assert waiting
        intake.open.set()
        assert (await answer).startswith("250")


async def test_stop_with_sessions_in_every_phase(intake: FakeIntake) -> None:  # case A15
    inlet = smtp_inlet(grace=timedelta(seconds=0.3))
    async with serving(inlet, intake) as stop:
        await inlet.listening.wait()
        async with talking(inlet.port) as idle, talking(inlet.port) as finishing, talking(inlet.port) as stuck:
            await idle.say("EHLO client.example")
            assert (await finishing.begin()).startswith("354")
            assert (await stuck.begin()).startswith("354")
            stop.set()
            assert (await idle.reply()).startswith("421")
            assert await idle.closed()
            assert (await finishing.say("x\r\n.")).startswith("250")
            assert (await finishing.reply()).startswith("421")
            assert await stuck.closed()
    assert len(intake.received) == 1
    with pytest.raises(OSError, match=r"refused|Connect"):
        await asyncio.open_connection("127.0.0.1", inlet.port)


async def test_a_client_that_leaves_in_mid_content_leaves_nothing(
    intake: FakeIntake, caplog: pytest.LogCaptureFixture
) -> None:
    async with smtp_serving(intake) as inlet:
        async with talking(inlet.port) as client:
            await client.begin()
            await client.send(b"half a mess")
        async with talking(inlet.port) as client:
            await client.begin()
            assert (await client.say("x\r\n.")).startswith("250")
    assert len(intake.received) == 1
    assert "Traceback" not in caplog.text
