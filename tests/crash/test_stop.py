"""SIGTERM while mail is coming in: what was begun is finished, and the end comes soon (case A15)."""

from __future__ import annotations

import os
import signal
import smtplib
import time
from pathlib import Path

import pytest

from crash.ledger import check
from crash.lives import mother_of
from crash.senders import RECIPIENT, Sender

pytestmark = pytest.mark.crash
SESSIONS = 45
LONGEST_END = 30.0


def test_open_messages_are_finished_before_the_end(tmp_path: Path) -> None:  # case A15
    senders = [Sender(f"sender{number}") for number in range(SESSIONS)]
    with mother_of(tmp_path) as mother:
        life = mother.bear()
        lines = [smtplib.SMTP("127.0.0.1", life.port, "client.example", 30) for _ in senders]
        for sender, line in zip(senders, lines, strict=True):
            line.ehlo()
            line.mail(f"ann@{sender.identity.partition('@')[2]}")
            line.rcpt(RECIPIENT)
            assert line.docmd("DATA")[0] == 354
            line.send(sender.content()[:100])
        os.kill(life.pid, signal.SIGTERM)
        began = time.monotonic()
        for sender, line in zip(senders, lines, strict=True):
            line.send(sender.content()[100:] + b".\r\n")
            assert line.getreply()[0] == 250
            sender.answered.append(sender.identity)
            line.close()
        assert life.ended() == 0
        assert time.monotonic() - began < LONGEST_END
        last = mother.bear()
        last.wait_until_nothing_waits()
        last.stop()
    check(mother.data, [identity for sender in senders for identity in sender.answered])
