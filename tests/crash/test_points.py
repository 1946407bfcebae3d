"""kill -9 at every boundary of a commit: each point is really hit, and nothing is lost or said twice after it."""

from __future__ import annotations

import asyncio
import signal
import smtplib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope

from crash.ledger import check
from crash.lives import Life, Mother, mother_of, wait_for
from crash.senders import Sender
from intakebot.domain.actors import Actor
from intakebot.domain.commands import Resolve, Take

pytestmark = pytest.mark.crash

RECEIVING = (
    "before keep_contacts",
    "after keep_contacts",
    "after begin_attempts",
    "before register",
    "after register",
    "after claim",
    "before settle",
    "after settle",
)
ANSWER_LOST = ("before keep_contacts", "after keep_contacts")


class Sink:
    """A next hop that takes everything, and cannot tell what it had already."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.port = 0
        self.listening = threading.Event()
        self.stop: Callable[[], object] = lambda: None

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        self.taken.append(message_from_bytes(envelope.content)["Message-ID"])
        return "250 taken"

    async def serve(self) -> None:
        """Listen until `stop` is called, from whatever thread."""
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        self.stop = lambda: loop.call_soon_threadsafe(stopping.set)
        async with await loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            self.listening.set()
            await stopping.wait()


@contextmanager
def sinking() -> Iterator[Sink]:
    """A sink on a thread of its own."""
    sink = Sink()
    thread = threading.Thread(target=lambda: asyncio.run(sink.serve()))
    thread.start()
    sink.listening.wait()
    try:
        yield sink
    finally:
        sink.stop()
        thread.join()


def die(mother: Mother, point: str, sender: Sender) -> None:
    """A life that gets one mail and dies at the point by itself."""
    life = mother.bear(point)
    with suppress(OSError, smtplib.SMTPException):
        sender.send(life.port)
    assert life.ended() == -signal.SIGKILL, f"the point {point!r} was never hit"


def test_mail_survives_each_point(tmp_path: Path) -> None:
    sender = Sender("alpha")
    with mother_of(tmp_path) as mother:
        for point in RECEIVING:
            answered = len(sender.answered)
            die(mother, point, sender)
            assert (len(sender.answered) == answered) == (point in ANSWER_LOST), point
            life = mother.bear()
            sender.send(life.port)
            life.wait_until_nothing_waits()
            life.stop()
    check(mother.data, sender.answered)


def resolve(life: Life) -> None:
    """An agent takes the first case and resolves it."""
    alice = Actor.agent("alice")
    number = life.ask("case.list")[0]["number"]

    async def act() -> None:
        await life.desk().perform(Take(number), alice)
        with suppress(OSError, asyncio.IncompleteReadError):  # the answer may be lost with the service
            await life.desk().perform(Resolve(number, text="Press the green button."), alice)

    asyncio.run(act())


def test_an_acknowledgement_that_may_have_left_is_never_sent_again(tmp_path: Path) -> None:  # case C02
    sender = Sender("alpha")
    with sinking() as sink, mother_of(tmp_path, sink.port) as mother:
        die(mother, "before settle", sender)
        life = mother.bear()
        life.wait_until_nothing_waits()
        states = [row["state"] for row in life.ask("delivery.list")]
        life.stop()
    assert states == ["held"]
    assert len(sink.taken) == 1


def test_a_resolution_that_may_have_left_is_sent_once_more_as_the_same_message(tmp_path: Path) -> None:  # case C02
    sender = Sender("alpha")
    with sinking() as sink, mother_of(tmp_path, sink.port) as mother:
        life = mother.bear()
        sender.send(life.port)
        life.wait_until_nothing_waits()
        life.stop()
        life = mother.bear("before settle")
        resolve(life)
        assert life.ended() == -signal.SIGKILL
        life = mother.bear()
        wait_for(lambda: len(sink.taken) > 2)
        life.wait_until_nothing_waits()
        (resolution,) = [row for row in life.ask("delivery.list") if row["kind"] == "resolution"]
        status = life.ask("case.list")[0]["status"]
        life.stop()
    assert (resolution["state"], resolution["resends"], status) == ("sent", 1, "Completed")
    assert Counter(sink.taken)[f"<{resolution['message_id']}>"] == 2
