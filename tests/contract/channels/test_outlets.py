"""What every outlet promises. A new channel adds its harness to `HARNESSES` and passes unchanged."""

from __future__ import annotations

import email
from contextlib import asynccontextmanager
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from contract.channels.harness import a_delivery
from contract.channels.sink import Sink, sinking
from contract.channels.thread_outlet import ThreadOutlet, as_mail
from fakes.slack import FakeSlack
from intakebot.channels.maildir import MaildirOutlet
from intakebot.channels.relay import RelayOutlet, RelaySettings, Tls
from intakebot.domain.errors import DeliveryFailedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from intakebot.ports import Outlet

    Harness = Callable[[Path], AbstractAsyncContextManager[tuple[Outlet, Callable[[], list[bytes]]]]]


@asynccontextmanager
async def relay(_directory: Path) -> AsyncIterator[tuple[Outlet, Callable[[], list[bytes]]]]:
    async with sinking(Sink()) as sink:
        outlet = RelayOutlet(RelaySettings("127.0.0.1", sink.port, "bot.example", tls=Tls.NONE))
        yield outlet, lambda: [content for _, _, content in sink.taken]
        await outlet.close()


@asynccontextmanager
async def maildir(directory: Path) -> AsyncIterator[tuple[Outlet, Callable[[], list[bytes]]]]:
    outlet = MaildirOutlet(directory / "sent")
    yield outlet, lambda: [file.read_bytes() for file in (directory / "sent" / "new").glob("*")]
    await outlet.close()


@asynccontextmanager
async def slack(_directory: Path) -> AsyncIterator[tuple[Outlet, Callable[[], list[bytes]]]]:
    async with FakeSlack() as workspace:
        outlet = ThreadOutlet(workspace)
        yield outlet, lambda: [as_mail(message) for message in outlet.replies()]
        await outlet.close()


HARNESSES = [pytest.param(relay, id="relay"), pytest.param(maildir, id="maildir"), pytest.param(slack, id="slack")]


@pytest.fixture(params=HARNESSES)
def harness(request: pytest.FixtureRequest) -> Harness:
    return request.param


async def test_a_receipt_means_that_the_message_is_there(harness: Harness, tmp_path: Path) -> None:
    async with harness(tmp_path) as (outlet, arrived):
        receipt = await outlet.deliver(a_delivery(text="Restart it.\n"))
        assert receipt.answer
        [content] = arrived()
    message = email.message_from_bytes(content, policy=default)
    assert message["Message-ID"] == "<7001.support@example.com>"
    assert message.get_content().splitlines() == ["Restart it."]


async def test_the_same_delivery_twice_is_one_message_where_the_outlet_says_so(
    harness: Harness, tmp_path: Path
) -> None:
    async with harness(tmp_path) as (outlet, arrived):
        for _ in range(2):
            await outlet.deliver(a_delivery())
        assert len(arrived()) == (1 if outlet.idempotent else 2)


@pytest.mark.parametrize(
    "recipient",
    ["", " ", "nobody", "a@example.net, b@example.net", "a@example.net\r\nRCPT TO:<b@example.net>", "a b@c", "<a@b>"],
)
async def test_what_is_no_address_is_refused_before_anything_is_sent(
    harness: Harness, tmp_path: Path, recipient: str
) -> None:
    async with harness(tmp_path) as (outlet, arrived):
        with pytest.raises(DeliveryFailedError):
            await outlet.deliver(a_delivery(recipient=recipient))
        assert arrived() == []


async def test_one_refused_delivery_does_not_harm_the_next(harness: Harness, tmp_path: Path) -> None:
    async with harness(tmp_path) as (outlet, arrived):
        with pytest.raises(DeliveryFailedError):
            await outlet.deliver(a_delivery(recipient=""))
        await outlet.deliver(a_delivery())
        assert len(arrived()) == 1
