"""The SMTP door when much comes at once, when room runs out, and when mail goes in circles."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from contract.channels.harness import DEADLINE, FakeIntake, serving, smtp_inlet, smtp_serving, talking
from intakebot.channels.smtp_content import IncomingContent, Pace, hops

if TYPE_CHECKING:
    from contract.channels.harness import Conversation

HALF = b"x" * 59_998 + b"\r\n"


async def clients(stack: AsyncExitStack, port: int, count: int) -> list[Conversation]:
    return [await stack.enter_async_context(talking(port)) for _ in range(count)]


async def test_messages_share_a_budget_of_memory(intake: FakeIntake) -> None:  # case A17
    limits = {"size_limit": 70_000, "memory_limit": 130_000}
    async with smtp_serving(intake, **limits) as inlet, AsyncExitStack() as stack:
        first, second, third = await clients(stack, inlet.port, 3)
        intake.open.clear()
        for client in (first, second, third):
            await client.begin()
            await client.send(HALF + b".\r\n")
        # One of them came last and found no room: its content is read to the end and put off.
        replies = [asyncio.create_task(client.reply()) for client in (first, second, third)]
        done, _ = await asyncio.wait(replies, timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result() for task in done] == ["452 4.3.1 too much mail at once, try again later"]
        intake.open.set()
        answers = sorted([(await task)[:3] for task in replies])
        assert answers == ["250", "250", "452"]
        await third.begin()
        assert (await third.say(HALF + b".")).startswith("250")  # what was held is given back
    assert len(intake.received) == 3


async def test_an_announced_size_is_put_off_at_once_while_memory_is_short(intake: FakeIntake) -> None:  # case A17
    limits = {"size_limit": 100_000, "memory_limit": 100_000}
    async with smtp_serving(intake, **limits) as inlet, talking(inlet.port) as one, talking(inlet.port) as other:
        intake.open.clear()
        await one.begin()
        await one.send(HALF + b".\r\n")
        await intake.asked.wait()
        await other.say("EHLO client.example")
        assert (await other.say("MAIL FROM:<a@example.net> SIZE=60000")).startswith("452 4.3.1")
        assert (await other.say("MAIL FROM:<a@example.net> SIZE=30000")).startswith("250 2.1.0")
        intake.open.set()
        assert (await one.reply()).startswith("250")
        await other.say("RSET")
        assert (await other.say("MAIL FROM:<a@example.net> SIZE=60000")).startswith("250 2.1.0")


async def test_who_leaves_in_the_middle_gives_memory_back(intake: FakeIntake) -> None:  # case A17
    limits = {"size_limit": 70_000, "memory_limit": 70_000, "max_connections": 1}
    async with smtp_serving(intake, **limits) as inlet:
        for _ in range(3):
            async with talking(inlet.port) as client:
                while client.replies[0].startswith("421"):  # the one before is being seen off
                    client.replies[0] = await client.reply() or "gone"
                if client.replies[0].startswith("220"):
                    await client.begin()
                    await client.send(HALF)
        async with asyncio.timeout(DEADLINE):
            while not await takes(inlet.port):
                pass


async def takes(port: int) -> bool:
    async with talking(port) as client:
        if not client.replies[0].startswith("220"):
            return False
        await client.begin()
        return (await client.say(HALF + b".")).startswith("250")


def test_a_dropped_message_holds_nothing() -> None:  # case A17
    content = IncomingContent(100)
    content.feed(b"0123456789\r\n")
    assert content.held > 10
    content.drop()
    assert content.feed(b"more\r\n.\r\n") == b""
    assert (content.held, content.take(), content.too_large) == (0, b"", False)


async def test_too_little_disk_puts_mail_off_and_says_so(intake: FakeIntake) -> None:  # case A11
    free = [0.04]
    limits = {"free_share": lambda: free[0], "min_free_share": 0.05}
    async with smtp_serving(intake, **limits) as inlet, talking(inlet.port) as client:
        await client.say("EHLO client.example")
        assert (await client.say("MAIL FROM:<a@example.net>")).startswith("452 4.3.1")
        (alarm,) = inlet.alarms()
        assert (alarm.what, alarm.which) == ("smtp.disk", "test")
        free[0] = 0.06
        assert list(inlet.alarms()) == []
        async with asyncio.timeout(DEADLINE):  # it is looked up once a second
            while not (await client.say("MAIL FROM:<a@example.net>")).startswith("250"):
                pass


@pytest.mark.parametrize(("passed", "reply"), [(50, "250"), (51, "554 5.4.6"), (60, "554 5.4.6")])
async def test_mail_that_goes_in_circles_is_refused(intake: FakeIntake, passed: int, reply: str) -> None:  # case D12
    trace = b"".join(b"Received: from h%d.example\r\n\tby h.example; now\r\n" % n for n in range(passed))
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        await client.begin()
        assert (await client.say(trace + b"Subject: x\r\n\r\nReceived: this is text\r\n.")).startswith(reply)
    assert len(intake.received) == (reply == "250")
    assert intake.refused == ([] if reply == "250" else [("support@example.com", "too-many-hops")])


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (b"", 0),
        (b"RECEIVED: a\r\nreceived:b\r\nX-Received: c\r\n\r\nReceived: d\r\n", 2),
        (b"Subject: a\r\n Received: folded\r\nReceived: b\r\n", 1),
    ],
)
def test_hops_are_counted_in_the_head(content: bytes, count: int) -> None:  # case D12
    assert hops(content) == count


def test_ten_minutes_of_a_line_a_second_are_no_reason_to_hang_up() -> None:  # case A18
    pace = Pace(300, 500, now=0)
    assert all(pace.patience(600, second) > 299 for second in range(1, 601))


def test_a_trickle_uses_patience_up() -> None:  # case A18, case G03
    pace = Pace(300, 500, now=0)
    seconds = next(second for second in range(1, 1200) if pace.patience(100, second) < 0.01)
    assert 370 < seconds < 380


async def test_content_that_trickles_is_ended(intake: FakeIntake) -> None:  # case A18, case G03
    limits = {"idle_timeout": timedelta(seconds=0.3), "min_rate": 1_000_000}
    async with smtp_serving(intake, **limits) as inlet, talking(inlet.port) as client:
        await client.begin()
        loop = asyncio.get_running_loop()
        for step in range(8):
            loop.call_later(0.1 * step, client.writer.write, b"drip\r\n")
        assert (await client.reply()).startswith("421 4.4.2 this comes too slowly")
        assert await client.closed()
    assert intake.received == []


async def test_two_hundred_who_wait_or_trickle_do_not_hold_up_mail(intake: FakeIntake) -> None:  # case G03
    async with smtp_serving(intake, max_connections_per_peer=300) as inlet, AsyncExitStack() as stack:
        idle = await clients(stack, inlet.port, 200)
        for client in idle[:20]:
            await client.begin()
            await client.send(b"Subject: drip\r\n")
        for _ in range(20):
            for client in idle[:20]:
                await client.send(b"x")
            async with talking(inlet.port) as mail:
                await mail.begin()
                assert (await mail.say("x\r\n.")).startswith("250")
        assert (await idle[-1].say("NOOP")).startswith("250")
    assert len(intake.received) == 20


async def test_fifty_sessions_in_the_middle_of_content_and_a_stop(intake: FakeIntake) -> None:  # case A15
    inlet = smtp_inlet(grace=timedelta(seconds=0.5), max_connections_per_peer=60)
    async with serving(inlet, intake) as stop:
        await inlet.listening.wait()
        async with AsyncExitStack() as stack:
            waiting, *sending = await clients(stack, inlet.port, 51)
            for client in sending:
                await client.begin()
                await client.send(b"half a mess")
            stop.set()
            assert (await waiting.reply()).startswith("421 4.3.2")
            for client in sending[:40]:
                assert (await client.say(b"age\r\n.")).startswith("250")
            assert all([(await client.reply()).startswith("421 4.3.2") for client in sending])
            assert all([await client.closed() for client in sending])
    assert len(intake.received) == 40


async def test_who_reads_no_answers_does_not_stay(intake: FakeIntake) -> None:  # case G03
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    async with smtp_serving(intake, idle_timeout=timedelta(seconds=0.2), max_connections=1) as inlet:
        deaf.connect(("127.0.0.1", inlet.port))
        _, writer = await asyncio.open_connection(sock=deaf)
        writer.transport.pause_reading()
        writer.write(b"EHLO x\r\n" * 40_000)
        async with asyncio.timeout(DEADLINE):
            while not await greets(inlet.port):
                pass
        writer.transport.abort()


async def greets(port: int) -> bool:
    async with talking(port) as client:
        return client.replies[0].startswith("220")


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("NOOP", "250 2.0.0 OK"),
        ("RSET", "250 2.0.0 OK"),
        ("FOO", '500 5.5.2 Error: command "FOO" not recognized'),
        ("MAIL TO:<a@b.example>", "501 5.5.4"),
        ("MAIL FROM:<a@b.example> RET=FULL", "555 5.5.4"),
        ("MAIL FROM:<a@b.example> SIZE=99999999999", "552 5.3.4"),
        ("RCPT TO:<support@example.com>", "503 5.5.1"),
        ("VRFY support@example.com", "252 2.0.0"),
        ("AUTH PLAIN AA", "538 5.7.11"),
        ("DATA", "503 5.5.1"),
        ("QUIT", "221 2.0.0"),
    ],
)
async def test_every_reply_has_an_enhanced_code(intake: FakeIntake, said: str, reply: str) -> None:
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        greeted = await client.say("EHLO client.example")
        assert (await client.say(said)).startswith(reply)
    offered = {line[4:].split()[0] for line in greeted.splitlines()[1:]}
    assert offered == {"SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES", "HELP"}
    assert greeted.splitlines()[0] == "250-mx.example.com"


@pytest.mark.parametrize(
    ("path", "sender"),
    [
        ("<caller@example.net>", "caller@example.net"),
        ("<@one.example,@two.example:caller@example.net>", "caller@example.net"),
        ("<>", ""),
        ('<"a:b"@example.net>', '"a:b"@example.net'),
    ],
)
async def test_a_route_of_a_sender_is_ignored(intake: FakeIntake, path: str, sender: str) -> None:  # case G06
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        await client.say("EHLO client.example")
        assert (await client.say(f"MAIL FROM:{path}")).startswith("250 2.1.0")
        await client.say("RCPT TO:<support@example.com>")
        await client.say("DATA")
        assert (await client.say("x\r\n.")).startswith("250")
    assert intake.received[0].envelope.sender == sender


@pytest.mark.parametrize(
    "octets", [b"<call\0er@example.net>", b"<\xed\xa0\x80@example.net>", b"<\xffa@example.net>", b"<a@example.net\x1b>"]
)
async def test_a_sender_that_no_text_can_hold_is_refused(intake: FakeIntake, octets: bytes) -> None:  # case G06
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        await client.say("EHLO client.example")
        assert (await client.say(b"MAIL FROM:" + octets)).startswith("553 5.1.3")
