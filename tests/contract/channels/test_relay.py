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
from intakebot.domain.errors import DeliveryAmbiguousError, DeliveryDeferredError, DeliveryFailedError

TlsMaterial = tuple[ssl.SSLContext, ssl.SSLContext, Path]


def relay_to(sink: Sink, **changes: Any) -> RelayOutlet:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": sink.port, "hostname": "bot.example", "tls": Tls.NONE}
    return RelayOutlet(RelaySettings(**(values | changes)))


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
        outlet = relay_to(sink, timeout=timedelta(seconds=0.5))
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


async def test_messages_at_once_go_out_one_by_one() -> None:
    async with sinking(Sink()) as sink:
        outlet = relay_to(sink)
        await asyncio.gather(*(outlet.deliver(a_delivery(text=f"{n}\n")) for n in range(20)))
        await outlet.close()
    assert sink.connections == 1
    assert sorted(int(content.split()[-1]) for _, _, content in sink.taken) == list(range(20))


async def test_a_cancelled_send_leaves_no_answer_for_the_next_message() -> None:
    async with sinking(Sink(silent=True)) as sink:
        outlet = relay_to(sink)
        sending = asyncio.create_task(outlet.deliver(a_delivery()))
        async with asyncio.timeout(DEADLINE):
            while "DATA" not in sink.heard:
                await asyncio.wait({sending}, timeout=0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        sink.silent, sink.answers = False, {"DATA": "250 for the second"}
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


def test_a_password_is_shown_to_nobody_who_strips_tls() -> None:
    with pytest.raises(ValueError, match="login"):
        RelaySettings("mx.example", 25, "bot.example", tls=Tls.OPPORTUNISTIC, username="bot", password="canary")
    assert "canary" not in repr(RelaySettings("mx.example", 25, "bot.example", username="bot", password="canary"))
