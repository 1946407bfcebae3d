"""Sending servers as the standards want them: a mail stays in their queue until it was answered with 250."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

RECIPIENT = "support@intakebot.example"
_MAIL = """\
Received: from hop{attempt}.example by mx{attempt}.example with ESMTP id {attempt}\r
From: Ann <ann{number}@{name}.example>\r
To: {recipient}\r
Subject: Pump {number} stands still\r
Message-ID: <{identity}>\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset=utf-8\r
\r
Hello, the pump {number} of {name} stands still since this morning. What shall we do?\r
"""


class Sender:
    """One sending server. `answered` has the Message-IDs that got a 250, in order, each once.

    A mail whose answer was lost is sent again by another route, with other trace headers (cases A06, A07).
    """

    def __init__(self, name: str, recipient: str = RECIPIENT) -> None:
        self.answered: list[str] = []
        self._name = name
        self._recipient = recipient
        self._attempt = 0

    @property
    def identity(self) -> str:
        """The Message-ID of the mail that is being sent."""
        return f"{len(self.answered)}.{self._name}@{self._name}.example"

    def content(self) -> bytes:
        """The mail that is being sent, by the route of this attempt."""
        fields = {"attempt": self._attempt, "number": len(self.answered), "name": self._name}
        fields["recipient"] = self._recipient
        return _MAIL.format(identity=self.identity, **fields).encode()

    def stream(self, port: int) -> None:
        """Send one mail after the other until the other side is gone."""
        with suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", port, "client.example", 30) as line:
            while True:
                self._send(line)

    def send(self, port: int) -> str:
        """Send one mail; its Message-ID. Raises what smtplib raises when it got no 250."""
        identity = self.identity
        with smtplib.SMTP("127.0.0.1", port, "client.example", 30) as line:
            self._send(line)
        return identity

    def _send(self, line: smtplib.SMTP) -> None:
        self._attempt += 1
        line.sendmail(f"ann{len(self.answered)}@{self._name}.example", [self._recipient], self.content())
        self.answered.append(self.identity)


@contextmanager
def streaming(senders: Sequence[Sender], port: int) -> Iterator[None]:
    """All senders at work; on leaving, wait until each has noticed that the other side is gone."""
    threads = [threading.Thread(target=sender.stream, args=(port,)) for sender in senders]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()
