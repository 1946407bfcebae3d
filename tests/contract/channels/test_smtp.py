"""The SMTP and LMTP inlet, as whole conversations over real sockets."""

from __future__ import annotations

import gc
import logging
import re
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.channels.harness import FakeIntake, key_of, serving, smtp_inlet, smtp_serving, talking
from intakebot.channels.smtp_content import IncomingContent

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path


async def test_the_envelope_is_handed_on(intake: FakeIntake) -> None:
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        await client.say("EHLO client.example")
        await client.say("MAIL FROM:<>")
        await client.say("RCPT TO:<support+tok@example.com>")
        assert (await client.say("DATA")).startswith("354")
        assert await client.say("Subject: x\r\n\r\nbody\r\n.") == "250 2.6.0 kept as 1"
        assert (await client.say("QUIT")).startswith("221")
        assert await client.closed()
    envelope = intake.received[0].envelope
    assert (envelope.sender, envelope.recipients) == ("", ("support+tok@example.com",))
    assert (envelope.route, envelope.peer, envelope.greeting) == ("test", "127.0.0.1", "client.example")
    assert not envelope.tls


async def test_a_kept_connection_takes_one_message_after_the_other_pipelined(intake: FakeIntake) -> None:
    one = b"MAIL FROM:<a@example.net>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nn\r\n.\r\n"
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        assert "PIPELINING" in await client.say("EHLO client.example")
        await client.send(one * 3 + b"QUIT\r\n")
        replies = [(await client.reply())[:3] for _ in range(13)]
    assert replies == ["250", "250", "354", "250"] * 3 + ["221"]
    assert len(intake.received) == 3


@pytest.mark.parametrize(
    ("recipient", "reply"),
    [
        pytest.param("<support@example.com>", "250", id="ours"),
        pytest.param("<SUPPORT+token@Example.com>", "250", id="ours with a token"),
        pytest.param("<postmaster>", "250", id="postmaster"),
        pytest.param("<PostMaster@example.com>", "250", id="postmaster with a domain"),
        pytest.param("<postmaster@elsewhere.example>", "550", id="postmaster of others (case G06)"),
        pytest.param("<nobody@example.com>", "550", id="unknown (case D11)"),
        pytest.param("<someone@elsewhere.example>", "550", id="relay (case G06)"),
        pytest.param("<@evil.example:support@example.com>", "550", id="source route (case G06)"),
        pytest.param("<someone%elsewhere.example@example.com>", "550", id="percent hack (case G06)"),
        pytest.param('<"support@example.com"@elsewhere.example>', "550", id="quoted local part (case G06)"),
        pytest.param("<elsewhere.example!someone@example.com>", "550", id="bang path (case G06)"),
        pytest.param("<sup\0port@example.com>", "553", id="NUL"),
        pytest.param(b"<\xffsupport@example.com>", "553", id="not UTF-8"),
        pytest.param("<" + "(" * 400 + "a@example.com>", "550", id="nested comments (case F06)"),
        pytest.param("<>", "550", id="null recipient"),
        pytest.param("support@example.com>", "501", id="no bracket to open"),
        pytest.param("support@example.com", "250", id="no brackets"),
    ],
)
async def test_recipients(intake: FakeIntake, recipient: str | bytes, reply: str) -> None:
    octets = recipient.encode() if isinstance(recipient, str) else recipient
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        await client.say("EHLO client.example")
        await client.say("MAIL FROM:<caller@example.net>")
        assert (await client.say(b"RCPT TO:" + octets))[:3] == reply
    assert bool(intake.refused) == (reply == "550")
    assert all(code == "unknown-recipient" for _, code in intake.refused)


async def test_postmaster_is_kept_as_it_was_written(intake: FakeIntake) -> None:
    """It may be an address with a workflow of its own."""
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        assert (await client.begin("Postmaster@example.com")).startswith("354")
        assert (await client.say("x\r\n.")).startswith("250")
    assert intake.received[0].envelope.recipients == ("Postmaster@example.com",)


async def test_without_a_valid_recipient_there_is_no_content(intake: FakeIntake) -> None:
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        assert (await client.begin("nobody@example.com")).startswith("503")


async def test_more_recipients_than_allowed_are_put_off(intake: FakeIntake) -> None:  # case G04
    async with smtp_serving(intake, max_recipients=100) as inlet, talking(inlet.port) as client:
        await client.say("EHLO client.example")
        await client.say("MAIL FROM:<caller@example.net>")
        replies = [await client.say(f"RCPT TO:<support+{n}@example.com>") for n in range(103)]
        assert [reply[:3] for reply in replies] == ["250"] * 100 + ["452"] * 3
        await client.say("DATA")
        assert (await client.say("x\r\n.")).startswith("250")
    assert len(intake.received[0].envelope.recipients) == 100
    assert {code for _, code in intake.refused} == {"too-many-recipients"}


async def test_addresses_beyond_ascii(intake: FakeIntake) -> None:  # case G06, SMTPUTF8
    intake.addresses.add("hjälp@example.com")
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        assert "SMTPUTF8" in await client.say("EHLO client.example")
        assert (await client.say("MAIL FROM:<björn@exämple.net> SMTPUTF8")).startswith("250")
        assert (await client.say("RCPT TO:<hjälp@example.com>")).startswith("250")
        await client.say("DATA")
        assert (await client.say("x\r\n.")).startswith("250")
    assert intake.received[0].envelope.sender == "björn@exämple.net"


async def test_size_is_announced_and_believed(intake: FakeIntake) -> None:
    async with smtp_serving(intake, size_limit=1000) as inlet, talking(inlet.port) as client:
        assert "250-SIZE 1000" in await client.say("EHLO client.example")
        assert (await client.say("MAIL FROM:<caller@example.net> SIZE=1001")).startswith("552")


async def test_content_over_the_limit_is_drained_and_refused(intake: FakeIntake) -> None:  # case G08
    async with smtp_serving(intake, size_limit=100_000) as inlet, talking(inlet.port) as client:
        assert (await client.begin()).startswith("354")
        for _ in range(100):
            await client.send(b"x" * 99_998 + b"\r\n")
        assert (await client.say(".")).startswith("552 5.3.4")
        await client.say("MAIL FROM:<caller@example.net>")
        await client.say("RCPT TO:<support@example.com>")
        await client.say("DATA")
        assert (await client.say(b"y" * 99_998 + b"\r\n.")).startswith("250")
    assert [len(incoming.content) for incoming in intake.received] == [100_000]
    assert intake.refused == [("support@example.com", "too-large")]


@pytest.mark.parametrize("length", [998, 5_000, 300_000])
async def test_lines_may_have_any_length(intake: FakeIntake, length: int) -> None:  # case A17
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        await client.begin()
        assert (await client.say(b"." + b"." * length + b"\r\n.")).startswith("250")
    assert intake.received[0].content == b"." * length + b"\r\n"


@pytest.mark.parametrize(
    "ending",
    [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r\n.\0\r\n", b"\r\n\0.\r\n", b"\n.\r"],
    ids=repr,
)
async def test_only_crlf_dot_crlf_ends_a_message(intake: FakeIntake, ending: bytes) -> None:  # case G01
    smuggled = b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nsmuggled\r\n"
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        await client.begin()
        await client.send(b"first" + ending + smuggled + b".\r\n")
        assert (await client.reply()).startswith("250")
        assert (await client.say("NOOP")).startswith("250")
    assert len(intake.received) == 1
    assert b"smuggled" in intake.received[0].content
    assert not re.search(rb"(?<!\r)\n", intake.received[0].content)


lines = st.lists(st.sampled_from([b"a", b".", b"\r", b"\n", b"\r\n", b"\r\n.", b"\r\n.\r", b"\0"]), max_size=30)


@given(lines, st.integers(1, 7))
def test_chunks_may_be_cut_anywhere(pieces: list[bytes], step: int) -> None:
    sent = b"".join(pieces).replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n"
    sent = b"." + sent if sent.startswith(b".") and sent != b".\r\n" else sent
    whole, cut = IncomingContent(10_000), IncomingContent(10_000)
    assert whole.feed(sent + b"rest") == b"rest"
    rest = [cut.feed(sent[start : start + step]) for start in range(0, len(sent), step)]
    assert rest[-1] == b""
    assert set(rest[:-1]) <= {None}
    assert cut.take() == whole.take() == re.sub(rb"(?<!\r)\n", b"\r\n", b"".join(pieces) + b"\r\n")


def test_content_over_the_limit_keeps_nothing() -> None:
    content = IncomingContent(10)
    assert content.feed(b"0123456789\r\n") is None
    assert content.feed(b"more\r\n.\r\n") == b""
    assert content.too_large
    assert content.take() == b""


async def test_lmtp_answers_for_every_recipient_of_a_refused_message(intake: FakeIntake) -> None:
    async with smtp_serving(intake, lmtp=True, size_limit=1000) as inlet, talking(inlet.port) as client:
        await client.say("LHLO client.example")
        await client.say("MAIL FROM:<caller@example.net>")
        for number in range(25):  # more than the errors that end a conversation (case G07)
            await client.say(f"RCPT TO:<support+{number}@example.com>")
        await client.say("DATA")
        replies = [await client.say("x" * 1001 + "\r\n."), *[await client.reply() for _ in range(24)]]
        assert {reply[:3] for reply in replies} == {"552"}
        assert (await client.say("NOOP")).startswith("250")


async def test_lmtp_answers_once_per_recipient(intake: FakeIntake) -> None:
    async with smtp_serving(intake, lmtp=True) as inlet, talking(inlet.port) as client:
        assert (await client.say("EHLO client.example")).startswith("500")
        assert (await client.say("HELO client.example")).startswith("500")
        recipients = ("support+1@example.com", "nobody@example.com", "support+2@example.com")
        assert (await client.begin(*recipients, greeting="LHLO")).startswith("354")
        await client.send(b"x\r\n.\r\n")
        assert [await client.reply() for _ in range(2)] == ["250 2.6.0 kept as 1"] * 2
        assert (await client.say("NOOP")).startswith("250")
    assert intake.received[0].envelope.recipients == ("support+1@example.com", "support+2@example.com")


async def test_a_failing_look_up_is_answered_later(intake: FakeIntake) -> None:  # case A14
    intake.addresses = None  # type: ignore[assignment]  # so that `takes` raises
    async with smtp_serving(intake) as inlet, talking(inlet.port) as client:
        await client.say("EHLO client.example")
        await client.say("MAIL FROM:<caller@example.net>")
        reply = await client.say("RCPT TO:<support@example.com>")
    assert reply.startswith("451 4.3.0")
    assert "NoneType" not in reply


async def test_starttls_forgets_what_was_said_before(
    intake: FakeIntake, tls: tuple[ssl.SSLContext, ssl.SSLContext, Path]
) -> None:  # case G02
    _, trusting, certificate = tls
    async with (
        smtp_serving(intake, certificate=certificate, key=key_of(certificate)) as inlet,
        talking(inlet.port) as client,
    ):
        assert "STARTTLS" in await client.say("EHLO client.example")
        await client.send(b"STARTTLS\r\nRSET\r\nEHLO injected.example\r\n")
        assert (await client.reply()).startswith("220")
        await client.writer.start_tls(trusting, server_hostname="localhost")
        assert (await client.say("MAIL FROM:<caller@example.net>")).startswith("503")
        greeted = await client.say("EHLO client.example")
        assert "STARTTLS" not in greeted
        assert "AUTH" not in greeted
        await client.begin()
        assert (await client.say("x\r\n.")).startswith("250")
    assert intake.received[0].envelope.tls


async def test_stop_in_the_middle_of_a_tls_handshake(
    intake: FakeIntake, tls: tuple[ssl.SSLContext, ssl.SSLContext, Path]
) -> None:
    inlet = smtp_inlet(certificate=tls[2], key=key_of(tls[2]), grace=timedelta(seconds=0.3))
    async with serving(inlet, intake) as stop:
        await inlet.listening.wait()
        async with talking(inlet.port) as client:
            await client.say("EHLO client.example")
            assert (await client.say("STARTTLS")).startswith("220")
            stop.set()
            assert await client.closed()


gibberish = st.lists(
    st.sampled_from(
        [b"EHLO x\r\n", b"HELO x\r\n", b"MAIL FROM:<a@b.example>\r\n", b"MAIL FROM:<>\r\n", b"DATA\r\n", b".\r\n",
         b"RCPT TO:<support@example.com>\r\n", b"RSET\r\n", b"NOOP\r\n", b"VRFY x\r\n", b"HELP\r\n",
         b"AUTH PLAIN AA\r\n", b"STARTTLS\r\n", b"\r\n", b"MAIL FROM:" + b"(" * 300 + b"\r\n", b"EXPN \xff\r\n",
         b"MAIL FROM:<a@b> SIZE=x\r\n"]
    )
    | st.binary(max_size=50),
    max_size=12,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(gibberish)
def test_no_conversation_leaves_a_traceback_or_harms_the_next(said: list[bytes]) -> None:  # case G10
    async def converse() -> None:
        intake = FakeIntake()
        async with smtp_serving(intake, grace=timedelta(seconds=1)) as inlet:
            async with talking(inlet.port) as client:
                await client.send(b"".join(said) + b"\r\n.\r\nQUIT\r\n")
                assert await client.closed()
            async with talking(inlet.port) as client:
                await client.begin()
                assert (await client.say("x\r\n.")).startswith("250")

    with catch_errors() as errors:
        uvloop.run(converse())
    assert errors == []


@contextmanager
def catch_errors() -> Iterator[list[str]]:
    """Everything that is logged as an error meanwhile; the loop logs forgotten exceptions that way."""
    errors: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: errors.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        yield errors
        gc.collect()
    finally:
        logging.getLogger().removeHandler(handler)
