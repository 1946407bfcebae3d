"""What every inlet promises. A new channel adds its harness to `HARNESSES` and passes unchanged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.channels.harness import DEADLINE, FakeIntake, InletHarness, serving, smtp_inlet, talking
from contract.channels.imap_harness import imap_harness
from intakebot.domain.errors import NotFoundError, StorageUnavailableError

if TYPE_CHECKING:
    from intakebot.channels.smtp import SmtpInlet


class SmtpHarness:
    def __init__(self, greeting: str) -> None:
        self.greeting = greeting

    def inlet(self) -> SmtpInlet:
        return smtp_inlet(lmtp=self.greeting == "LHLO")

    async def ready(self, inlet: SmtpInlet) -> None:
        await inlet.listening.wait()

    async def send(self, inlet: SmtpInlet, content: bytes) -> str:
        async with talking(inlet.port) as client:
            await client.begin(greeting=self.greeting)
            await client.send(content + b"\r\n.\r\n")
            return await client.reply()

    def meaning(self, answer: str) -> str:
        return {"2": "kept", "4": "later", "5": "never"}[answer[0]]


HARNESSES = [
    pytest.param(lambda _place: nullcontext(SmtpHarness("EHLO")), id="smtp"),
    pytest.param(lambda _place: nullcontext(SmtpHarness("LHLO")), id="lmtp"),
    pytest.param(imap_harness, id="imap"),
]
"""Each makes a harness, which may use a directory, and puts away what it stood on."""


@pytest.fixture(params=HARNESSES)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InletHarness]:
    with request.param(tmp_path) as made:
        yield made


async def test_acknowledges_only_after_receive_has_returned(harness: InletHarness, intake: FakeIntake) -> None:
    inlet = harness.inlet()
    intake.open.clear()
    async with serving(inlet, intake):
        await harness.ready(inlet)
        sending = asyncio.create_task(harness.send(inlet, b"Subject: help\r\n\r\nplease"))
        await intake.asked.wait()
        _, waiting = await asyncio.wait({sending}, timeout=0.1)
        assert waiting
        assert intake.received == []
        intake.open.set()
        assert harness.meaning(await sending) == "kept"
    assert [incoming.content for incoming in intake.received] == [b"Subject: help\r\n\r\nplease\r\n"]


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        pytest.param(RuntimeError("the secret is hunter2"), "later", id="unplanned (case A14)"),
        pytest.param(OSError(28, "the secret is hunter2"), "later", id="disk full (case A10)"),
        pytest.param(StorageUnavailableError("the secret is hunter2"), "later", id="storage says later"),
        pytest.param(NotFoundError("the secret is hunter2"), "never", id="remedy never"),
    ],
)
async def test_a_failure_is_answered_by_its_remedy_and_never_by_its_text(
    harness: InletHarness, intake: FakeIntake, caplog: pytest.LogCaptureFixture, error: Exception, meaning: str
) -> None:
    inlet = harness.inlet()
    intake.error = error
    async with serving(inlet, intake):
        await harness.ready(inlet)
        with caplog.at_level(logging.INFO, logger="intakebot"):
            answer = await harness.send(inlet, b"Subject: help\r\n\r\nplease")
        intake.error = None
        again = await harness.send(inlet, b"Subject: help\r\n\r\nplease")
    assert harness.meaning(answer) == meaning
    assert "hunter2" not in answer
    assert "hunter2" in caplog.text
    assert harness.meaning(again) == "kept"


async def test_stop_lets_the_open_message_finish(harness: InletHarness, intake: FakeIntake) -> None:  # case A15
    inlet = harness.inlet()
    intake.open.clear()
    async with serving(inlet, intake) as stop:
        await harness.ready(inlet)
        sending = asyncio.create_task(harness.send(inlet, b"Subject: help\r\n\r\nplease"))
        await intake.asked.wait()
        stop.set()
        intake.open.set()
        async with asyncio.timeout(DEADLINE):
            assert harness.meaning(await sending) == "kept"
    assert len(intake.received) == 1
