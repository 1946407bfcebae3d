"""Doors of the house for the fuzzer: an SMTP inlet on loopback and the Slack app, each on an event loop of its own.

What a door logs with a traceback is a finding, and so is a door that does not serve the next client.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

from contract.channels.harness import FakeIntake
from fakes.chat_books import ChatBooks
from intakebot.channels.slack.doors.app import SlackApp
from intakebot.channels.slack.doors.inbox import Inbox
from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.channels.smtp import SmtpInlet, SmtpSettings
from intakebot.clocks import SystemClock

PATIENCE = 10.0
IDLE = timedelta(seconds=2)
"""A session whose client says no more ends by this at the latest."""
_POLITE = b"EHLO next\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@example.com>\r\nDATA\r\n\r\nx\r\n.\r\nQUIT\r\n"


class _Tracebacks(logging.Handler):
    """Keeps what was logged with a traceback."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.found.append(self.format(record))

    def check(self) -> None:
        """Raise AssertionError when there was one."""
        assert not self.found, self.found[0]


class _Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._begun: list[Future[Any]] = []
        self.tracebacks = _Tracebacks()
        logging.getLogger().addHandler(self.tracebacks)
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def run(self, step: Coroutine[Any, Any, Any]) -> Any:
        """Run a step in the loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(step, self._loop).result(PATIENCE)

    def begin(self, step: Coroutine[Any, Any, Any]) -> None:
        """Begin what does not end; it is held here, because a loop holds its tasks weakly."""
        self._begun.append(asyncio.run_coroutine_threadsafe(step, self._loop))


def smtp_door() -> Callable[[bytes], None]:
    """A session takes any bytes: no traceback, and the next session works (case G10)."""
    loop, intake = _Loop(), FakeIntake()
    inlet = SmtpInlet("smtp", SmtpSettings("127.0.0.1", 0, "mx.example.com", size_limit=100_000, idle_timeout=IDLE))

    async def serve() -> None:
        await inlet.serve(intake, asyncio.Event())

    loop.begin(serve())
    loop.run(inlet.listening.wait())

    def said(content: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", inlet.port), PATIENCE) as client:
            answer = bytearray(client.recv(65_536))  # who speaks before the greeting is heard no further
            try:
                client.sendall(content)
                client.shutdown(socket.SHUT_WR)
                while received := client.recv(65_536):
                    answer += received
            except ConnectionError:
                pass  # it was rude, and is shown the door
            return bytes(answer)

    def take(raw: bytes) -> None:
        said(raw)
        kept = len(intake.received)
        answer = said(_POLITE)
        assert answer.startswith(b"220"), answer[:200]
        assert len(intake.received) == kept + 1, answer[-200:]
        intake.received.clear()
        loop.tracebacks.check()

    return take


def slack_door() -> tuple[Callable[[bytes, Mapping[str, str]], int], str]:
    """The app that answers Slack's requests, giving the status, and its signing secret."""
    loop, secret = _Loop(), "a secret of this test"
    connection = SlackConnection("slack", "http", "xoxb-1", signing_secrets=(secret,))

    async def made() -> SlackApp:
        books = ChatBooks(SystemClock())
        return SlackApp(connection, books, Inbox(books, lambda: None, lambda _: None))

    app = loop.run(made())

    def by_http(body: bytes, headers: Mapping[str, str]) -> int:
        status = loop.run(app.by_http(body, headers)).status
        loop.tracebacks.check()
        return int(status)

    return by_http, secret
