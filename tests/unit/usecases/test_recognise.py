"""Which case a contact belongs to, and that no stranger gets into one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.domain.case import Case
from intakebot.domain.customer import Caller
from intakebot.domain.reply_token import reply_token
from intakebot.ports import CaseFile, Surroundings
from intakebot.reading.message import read_message
from intakebot.usecases.recognise import Recognition, recognise

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = b"a key that only this house knows"
OWN = frozenset({"intakebot.example"})
ANN = Caller(7, "Ann", (("email", "ann@acme.example"),), None)
CASE = Case(1, 1001, "crc", "Pending", "No signal", "", "email", NOW, caller_id=7)
TOKEN = "token:" + reply_token(KEY, 1, "ann@acme.example")
THREAD = ("first@acme.example", "delivery.5.x@intakebot.example", TOKEN, "number C-1001", "content 3")
FILE = CaseFile(CASE, (), ANN, THREAD, (), 0, "crc@intakebot.example")


def recognised(sender: str, ids: tuple[str, ...], subject: str = "Hello", caller: Caller | None = None) -> Recognition:
    message = read_message(f"From: {sender}\r\nSubject: {subject}\r\n\r\nHello\r\n".encode())
    threads = (FILE,) if set(ids) & set(THREAD) else ()
    around = Surroundings(caller, None, threads, (FILE,) if caller is ANN else (), {}, (), 0)
    return recognise(message, ids, around, KEY, OWN)


# cases E01, E02, E03, E14
@pytest.mark.parametrize(
    ("sender", "ids", "subject", "caller", "belongs", "follows"),
    [
        pytest.param("ann@acme.example", (TOKEN,), "Hello", None, True, False, id="token-of-the-sender"),
        pytest.param("ANN@acme.example", (TOKEN,), "Hello", None, True, False, id="token-whatever-the-case"),
        pytest.param("eve@evil.example", (TOKEN,), "Hello", None, False, True, id="token-of-another"),
        pytest.param("eve@evil.example", ("delivery.5.x@intakebot.example",), "Hello", None, False, True, id="our-id"),
        pytest.param("eve@evil.example", THREAD[:2], "[C-1001] x", None, False, True, id="everything-but-the-person"),
        pytest.param("eve@evil.example", ("number C-1001",), "[C-1001] x", None, False, True, id="number-only"),
        pytest.param("eve@evil.example", ("number C-1002",), "[C-1002] x", None, False, False, id="another-number"),
        pytest.param("ann@acme.example", (), "[C-1001] x", ANN, True, False, id="the-caller-names-the-number"),
        pytest.param("ann@acme.example", ("first@acme.example",), "x", ANN, True, False, id="the-caller-in-the-thread"),
        pytest.param("ann@acme.example", (), "x", ANN, False, False, id="the-caller-with-nothing"),
        pytest.param("eve@evil.example", ("content 3",), "x", None, True, False, id="the-same-content-again"),
    ],
)
def test_recognition(sender: str, ids: Any, subject: str, caller: Any, belongs: bool, follows: bool) -> None:  # noqa: FBT001 - columns
    found = recognised(sender, ids, subject, caller)
    assert (found.case is FILE) is belongs
    assert (found.follows is FILE) is follows


# case E02
@given(st.text(max_size=40) | st.sampled_from([TOKEN[:-1], TOKEN[:20], TOKEN + "a", TOKEN.upper(), TOKEN[6:]]))
def test_no_forged_token_lets_anybody_in(forged: str) -> None:
    assert recognised("eve@evil.example", (forged, f"token:{forged}")).case is None
