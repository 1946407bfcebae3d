"""The relay outlet against a next hop that misbehaves."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contract.channels.harness import DEADLINE, a_delivery
from contract.channels.sink import Sink, hang_up, sinking
from intakebot.channels.relay import RelayOutlet, RelaySettings, Tls
from intakebot.domain.bounce_address import delivery_of_bounce
from intakebot.domain.delivery import DeliveryKind
from intakebot.domain.errors import DeliveryAmbiguousError, DeliveryDeferredError, DeliveryFailedError

TlsMaterial = tuple[ssl.SSLContext, ssl.SSLContext, Path]


def relay_to(sink: Sink, **changes: Any) -> RelayOutlet:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": sink.port, "hostname": "bot.example", "tls": Tls.NONE}
    bounce_key = changes.pop("bounce_key", b"")
    return RelayOutlet(RelaySettings(**(values | changes)), bounce_key=bounce_key)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        pytest.param({"answers": {"MAIL": "451 4.3.0 later"}}, DeliveryDeferredError, id="4xx at MAIL"),
        pytest.param({"answers": {"MAIL": "550 5.7.1 no"}}, DeliveryFailedError, id="5xx at MAIL"),
        pytest.param({"answers": {"RCPT": "450 4.2.1 later"}}, DeliveryDeferredError, id="4xx at RCPT (case C03)"),
        pytest.param({"answers": {"RCPT": "550 5.1.1 no"}}, DeliveryFailedError, id="5xx at RCPT (case C03)"),
        pytest.param({"answers": {"DATA": "451 4.3.0 later"}}, DeliveryDeferredError, id="4xx after the dot"),
        pytest.param({"answers": {"DATA": "554 5.6.0 no"}}, DeliveryFailedError, id="5xx after the dot (case C03)"),
        pytest.param({"answers": {"DATA": "421 4.3.2 bye"}}, DeliveryDeferredError, id="421 after the dot"),
        pytest.param({"answers": {"DATA": "what?"}}, DeliveryAmbiguousError, id="nonsense after the dot"),
        pytest.param({"answers": {"DATA": "354 again"}}, DeliveryAmbiguousError, id="354 after the dot"),
        pytest.param({"hang_up_before": "MAIL"}, DeliveryDeferredError, id="gone at MAIL"),
        pytest.param({"hang_up_before": "RCPT"}, DeliveryDeferredError, id="gone at RCPT"),
        pytest.param({"hang_up_before": "DATA"}, DeliveryAmbiguousError, id="gone after the dot"),
        pytest.param({"reset": True}, DeliveryAmbiguousError, id="RST after the dot (case C01)"),
        pytest.param({"silent": True}, DeliveryAmbiguousError, id="silent after the dot (case C04)"),
    ],
)
async def test_every_fate_has_its_error_and_the_next_message_goes_out(script: dict[str, Any], error: type) -> None:
    async with sinking(Sink(**script)) as sink:
        outlet = relay_to(sink, timeout=timedelta(seconds=0.5), content_timeout=timedelta(seconds=0.5))
        with pytest.raises(error):
            await outlet.deliver(a_delivery())
        sink.answers, sink.reset, sink.silent, sink.hang_up_before = {}, False, False, ""
        before = len(sink.taken)
        assert (await outlet.deliver(a_delivery())).answer == "250 taken"
        assert len(sink.taken) == before + 1
        await outlet.close()


async def test_nobody_listening_is_deferred() -> None:  # case C04
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        outlet = relay_to(Sink(port=free.getsockname()[1]))
        with pytest.raises(DeliveryDeferredError):
            await outlet.deliver(a_delivery())
        await outlet.close()


async def test_a_banner_that_never_comes_is_deferred() -> None:  # case C04
    with socket.create_server(("127.0.0.1", 0)) as mute:
        outlet = relay_to(Sink(port=mute.getsockname()[1]), timeout=timedelta(seconds=0.2))
        with pytest.raises(DeliveryDeferredError):
            await outlet.deliver(a_delivery())


async def test_a_next_hop_that_is_slow_over_everything_has_taken_nothing() -> None:  # case C04
    async with sinking(Sink(silent_at="RCPT")) as sink:
        outlet = relay_to(sink, timeout=timedelta(hours=1), hand_over_timeout=timedelta(seconds=0.3))
        with pytest.raises(DeliveryDeferredError, match="was not reached: it took too long"):
            await outlet.deliver(a_delivery())
        await outlet.deliver(a_delivery())
        await outlet.close()
    assert len(sink.taken) == 1


async def test_a_kept_connection_that_nobody_knows_any_more_is_soon_left() -> None:  # case C04
    async with sinking(Sink(silent_at="RSET")) as sink:
        outlet = relay_to(sink, timeout=timedelta(hours=1), probe_timeout=timedelta(seconds=0.3))
        await outlet.deliver(a_delivery())
        async with asyncio.timeout(DEADLINE):
            await outlet.deliver(a_delivery())
        await outlet.close()
    assert (sink.connections, len(sink.taken)) == (2, 2)


async def test_one_connection_is_kept_and_renewed() -> None:
    async with sinking(Sink()) as sink:
        outlet = relay_to(sink)
        for _ in range(3):
            await outlet.deliver(a_delivery())
        assert sink.connections == 1
        hang_up(sink)
        await outlet.deliver(a_delivery())
        assert sink.connections == 2
        await outlet.close()
    assert len(sink.taken) == 4


@pytest.mark.parametrize("connections", [1, 3])
async def test_messages_at_once_share_as_many_connections_as_there_may_be(connections: int) -> None:  # case C04
    async with sinking(Sink()) as sink:
        outlet = relay_to(sink, connections=connections)
        await asyncio.gather(*(outlet.deliver(a_delivery(text=f"{n}\n")) for n in range(20)))
        await outlet.close()
    assert sink.connections == connections
    assert sorted(int(content.split()[-1]) for _, _, content in sink.taken) == list(range(20))


async def test_silence_over_one_mail_keeps_no_other_waiting() -> None:  # case C04
    async with sinking(Sink(silent_for="mute@example.net")) as sink:
        outlet = relay_to(sink, connections=2)
        waiting = asyncio.create_task(outlet.deliver(a_delivery(recipient="mute@example.net")))
        async with asyncio.timeout(DEADLINE):
            while "DATA" not in sink.heard:
                await asyncio.wait({waiting}, timeout=0.01)
            for _ in range(5):
                await outlet.deliver(a_delivery())
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait({waiting})
        await outlet.close()
    assert len(sink.taken) == 6


async def test_a_refused_recipient_is_refused_alone() -> None:  # case C07
    async with sinking(Sink(refused={"gone@example.net": "550 5.1.1 no such user"})) as sink:
        outlet = relay_to(sink)
        recipients = ("one@example.net", "gone@example.net", "two@example.net")
        outcomes = await asyncio.gather(
            *(outlet.deliver(a_delivery(recipient=each)) for each in recipients), return_exceptions=True
        )
        await outlet.close()
    assert [isinstance(outcome, DeliveryFailedError) for outcome in outcomes] == [False, True, False]
    assert str(outcomes[1]) == ("the next hop refused the recipient: 550 5.1.1 no such user (there is no such mailbox)")
    assert sorted(recipients for _, recipients, _ in sink.taken) == [["one@example.net"], ["two@example.net"]]


@pytest.mark.parametrize(
    ("answers", "error", "said"),
    [
        ({"MAIL": "530 5.7.0 Must issue a STARTTLS command first"}, DeliveryDeferredError, "the sender: 530 5.7.0"),
        ({"MAIL": "552 5.3.4 too much"}, DeliveryFailedError, "(the message is too large)"),
        ({"RCPT": "452 4.2.2 full"}, DeliveryDeferredError, "the recipient: 452 4.2.2 full (the mailbox is full)"),
        ({"RCPT": "550-5.7.1 first\r\n550 5.7.1 second"}, DeliveryFailedError, "550 5.7.1 first 5.7.1 second (it is"),
        ({"RCPT": "550 no codes here"}, DeliveryFailedError, "550 no codes here"),
        ({"DATA": "451 4.7.1 greylisted"}, DeliveryDeferredError, "the content: 451 4.7.1 greylisted"),
    ],
)
async def test_what_was_refused_and_why_is_kept(answers: dict[str, str], error: type, said: str) -> None:  # case C03
    async with sinking(Sink(answers=answers)) as sink:
        outlet = relay_to(sink)
        with pytest.raises(error) as caught:
            await outlet.deliver(a_delivery())
        await outlet.close()
    assert said in str(caught.value)


async def test_a_cancelled_send_leaves_no_answer_for_the_next_message() -> None:
    async with sinking(Sink(silent=True, answers={"DATA": "250 for the first"})) as sink:
        outlet = relay_to(sink)
        sending = asyncio.create_task(outlet.deliver(a_delivery()))
        async with asyncio.timeout(DEADLINE):
            while "DATA" not in sink.heard:
                await asyncio.wait({sending}, timeout=0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        sink.silent, sink.answers = False, {"DATA": "250 for the second"}
        sink.speaks.set()
        assert (await outlet.deliver(a_delivery())).answer == "250 for the second"
        await outlet.close()


async def test_automatic_mail_has_no_sender_to_bounce_to() -> None:  # case D14
    async with sinking(Sink()) as sink:
        outlet = relay_to(sink)
        await outlet.deliver(a_delivery(automatic=True))
        await outlet.deliver(a_delivery(automatic=False))
        await outlet.close()
    assert [sender for sender, _, _ in sink.taken] == ["<>", "support@example.com"]
    assert [recipients for _, recipients, _ in sink.taken] == [["caller@example.net"]] * 2


async def test_the_return_path_names_the_delivery() -> None:  # case D14
    key = b"only this house knows"
    async with sinking(Sink()) as sink:
        outlet = relay_to(sink, bounce_key=key)
        for automatic in (True, False):
            await outlet.deliver(a_delivery(automatic=automatic))
        await outlet.deliver(a_delivery(automatic=True, sender=f"{'long' * 12}@example.com"))
        await outlet.deliver(a_delivery(automatic=True, kind=DeliveryKind.ALARM))
        await outlet.close()
    senders = [sender for sender, _, _ in sink.taken]
    assert [delivery_of_bounce((key,), sender) for sender in senders] == [7001, 7001, None, None]
    assert senders[2:] == ["<>", "<>"]


@pytest.mark.parametrize(
    "text",
    [".\n", "..\n.\n", "a\n.\nb\n", "x" * 5000 + "\n", ".\r\n.\r.\n", "ü" * 3000 + "\n.\n"],
    ids=["dot", "dots", "dot inside", "long line", "bare CR", "long line beyond ASCII"],
)
async def test_content_arrives_as_it_was_with_short_lines(text: str) -> None:  # case C09
    async with sinking(Sink()) as sink:
        outlet = relay_to(sink)
        await outlet.deliver(a_delivery(text=text))
        await outlet.close()
    [(_, _, content)] = sink.taken
    lines = content.split(b"\r\n")
    assert all(len(line) <= 998 and b"\r" not in line and b"\n" not in line for line in lines)
    _, _, body = content.partition(b"\r\n\r\n")
    assert body


async def test_addresses_beyond_ascii_need_a_next_hop_that_takes_them() -> None:
    async with sinking(Sink()) as sink:
        outlet = relay_to(sink)
        await outlet.deliver(a_delivery(recipient="björn@exämple.net"))
        await outlet.close()
    assert sink.taken[0][1] == ["björn@exämple.net"]


async def test_a_next_hop_without_smtputf8_gets_what_ascii_can_say_and_nothing_else() -> None:
    async with sinking(Sink(), smtputf8=False) as sink:
        outlet = relay_to(sink)
        await outlet.deliver(a_delivery(recipient="bjorn@exämple.net"))
        await outlet.deliver(a_delivery(recipient="bjorn@straße.example"))
        with pytest.raises(DeliveryFailedError, match="SMTPUTF8"):
            await outlet.deliver(a_delivery(recipient="björn@example.net"))
        await outlet.close()
    assert [recipients for _, recipients, _ in sink.taken] == [
        ["bjorn@xn--exmple-cua.net"],
        ["bjorn@xn--strae-oqa.example"],
    ]
    assert b"<bjorn@xn--exmple-cua.net>" in sink.taken[0][2]


@pytest.mark.parametrize("recipient", ["", " ", "<>", "nobody", "@example.net", "a@"])
async def test_no_recipient_is_refused_before_anybody_is_asked(recipient: str) -> None:
    async with sinking(Sink()) as sink:
        outlet = relay_to(sink)
        with pytest.raises(DeliveryFailedError, match="no address"):
            await outlet.deliver(a_delivery(recipient=recipient))
        await outlet.close()
    assert sink.connections == 0


# --- TLS and login ---


@pytest.mark.parametrize("mode", [Tls.REQUIRED, Tls.OPPORTUNISTIC])
async def test_starttls_is_used_where_it_is_offered(tls: TlsMaterial, mode: Tls) -> None:
    server, trusting, _ = tls
    async with sinking(Sink(), tls=server, require_starttls=True) as sink:
        outlet = relay_to(sink, host="localhost", tls=mode, tls_context=trusting)
        await outlet.deliver(a_delivery())
        await outlet.close()
    assert len(sink.taken) == 1


async def test_nothing_is_sent_when_required_tls_is_not_offered() -> None:  # case C08
    async with sinking(Sink()) as sink:
        outlet = relay_to(sink, tls=Tls.REQUIRED)
        with pytest.raises(DeliveryDeferredError, match="STARTTLS"):
            await outlet.deliver(a_delivery())
        await outlet.close()
    assert sink.heard == []


async def test_nothing_is_sent_to_a_next_hop_that_is_not_trusted(tls: TlsMaterial) -> None:
    async with sinking(Sink(), tls=tls[0]) as sink:
        outlet = relay_to(sink, host="localhost", tls=Tls.REQUIRED)
        with pytest.raises(DeliveryDeferredError, match="CERTIFICATE_VERIFY_FAILED"):
            await outlet.deliver(a_delivery())
        await outlet.close()
    assert sink.heard == []


async def test_opportunistic_tls_asks_nobody_for_papers_and_does_without(tls: TlsMaterial) -> None:
    async with sinking(Sink(), tls=tls[0], require_starttls=True) as offering, sinking(Sink()) as plain:
        for sink in (offering, plain):
            outlet = relay_to(sink, tls=Tls.OPPORTUNISTIC)
            await outlet.deliver(a_delivery())
            await outlet.close()
            assert len(sink.taken) == 1


@pytest.mark.parametrize(("password", "taken"), [("right", 1), ("wrong", 0)])
async def test_login(tls: TlsMaterial, password: str, taken: int) -> None:
    server, trusting, _ = tls
    async with sinking(Sink(), tls=server, auth_required=True) as sink:
        login = {"username": "bot", "password": password, "tls": Tls.REQUIRED, "tls_context": trusting}
        outlet = relay_to(sink, host="localhost", **login)
        if taken:
            await outlet.deliver(a_delivery())
        else:
            with pytest.raises(DeliveryDeferredError) as caught:
                await outlet.deliver(a_delivery())
            assert password not in str(caught.value)
        await outlet.close()
    assert len(sink.taken) == taken


async def test_login_by_token(tls: TlsMaterial) -> None:
    server, trusting, _ = tls
    tokens = iter(["stale", "fresh"])

    async def token() -> str:
        return next(tokens)

    async with sinking(Sink(), tls=server, auth_required=True) as sink:
        login = {"username": "bot@example.com", "token": token, "tls": Tls.REQUIRED, "tls_context": trusting}
        outlet = relay_to(sink, host="localhost", **login)
        with pytest.raises(DeliveryDeferredError) as caught:
            await outlet.deliver(a_delivery())
        assert "stale" not in str(caught.value)
        await outlet.deliver(a_delivery())  # the token is asked for again
        await outlet.close()
    assert sink.logins == [
        b"user=bot@example.com\1auth=Bearer stale\1\1",
        b"user=bot@example.com\1auth=Bearer fresh\1\1",
    ]
    assert len(sink.taken) == 1


def test_a_password_is_shown_to_nobody_who_strips_tls() -> None:
    with pytest.raises(ValueError, match="login"):
        RelaySettings("mx.example", 25, "bot.example", tls=Tls.OPPORTUNISTIC, username="bot", password="canary")
    assert "canary" not in repr(RelaySettings("mx.example", 25, "bot.example", username="bot", password="canary"))
