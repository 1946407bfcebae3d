"""Which case a contact belongs to, that no stranger gets into one, and that all that was weighed is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.domain.case import Case
from intakebot.domain.customer import Caller
from intakebot.domain.messages import SenderCheck, Verdict
from intakebot.domain.reply_token import reply_token
from intakebot.ports import CaseFile, Surroundings
from intakebot.reading.message import read_message
from intakebot.usecases.recognise import Recognition, Standing, recognise

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = b"a key that only this house knows"
OLD_KEY = b"a key that this house had before"
OWN = frozenset({"intakebot.example"})
ANN = Caller(7, "Ann", (("email", "ann@acme.example"),), None)
CASE = Case(1, 1001, "crc", "Pending", "No signal", "", "email", NOW, caller_id=7)
TOKEN = "token:" + reply_token(KEY, 1, "ann@acme.example")
OLD_TOKEN = "token:" + reply_token(OLD_KEY, 1, "ann@acme.example")
OUR_ID = "delivery.5.x@intakebot.example"
THREAD = ("first@acme.example", OUR_ID, TOKEN, OLD_TOKEN, "number C-1001", "content 3")
FILE = CaseFile(CASE, (), ANN, THREAD, (), 0, "crc@intakebot.example")
OTHER = replace(FILE, case=replace(CASE, id=2, number=1002), thread=("number C-1002",))
UNCHECKED = SenderCheck()
FAILED = SenderCheck(dmarc=Verdict.FAIL, checked_by="mx.intakebot.example")


def recognised(
    sender: str,
    ids: tuple[str, ...],
    subject: str = "Hello",
    caller: Caller | None = None,
    keys: tuple[bytes, ...] = (KEY, OLD_KEY),
    check: SenderCheck = UNCHECKED,
) -> Recognition:
    message = read_message(f"From: {sender}\r\nSubject: {subject}\r\n\r\nHello\r\n".encode())
    threads = (FILE,) if set(ids) & set(THREAD) else ()
    around = Surroundings(caller, None, threads, (FILE, OTHER) if caller is ANN else (), {}, (), 0)
    return recognise(replace(message, check=check), ids, around, keys, OWN)


# cases E01, E02
@pytest.mark.parametrize(
    ("sender", "ids", "subject", "caller", "belongs", "follows"),
    [
        pytest.param("ann@acme.example", (TOKEN,), "Hello", None, True, False, id="token-of-the-sender"),
        pytest.param("ANN@acme.example", (TOKEN,), "Hello", None, True, False, id="token-whatever-the-case"),
        pytest.param("ann@acme.example", (OLD_TOKEN,), "Hello", None, True, False, id="token-of-an-older-key"),
        pytest.param("eve@evil.example", (OUR_ID,), "Hello", None, False, True, id="our-id"),
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
    assert found.standing is Standing.PARTICIPANT


# cases E03, E14: who holds an answer address that was given to somebody else may add to the case, and moves nothing
@pytest.mark.parametrize("sender", ["eve@evil.example", "noreply@idp.example", "ann@acme.example, eve@evil.example"])
def test_a_token_of_somebody_else_makes_a_third_party(sender: str) -> None:
    found = recognised(sender, (TOKEN, OUR_ID))
    assert found.case is FILE
    assert found.standing is Standing.THIRD_PARTY
    assert found.evidence[0].sign == "passed-on-token"


def test_a_key_that_is_gone_makes_nobody_trusted() -> None:
    assert recognised("ann@acme.example", (OLD_TOKEN,), keys=(KEY,)).standing is Standing.THIRD_PARTY


# case E02: forged, truncated, other-case and old-format tokens are no proof, whoever shows them
_PLAIN = TOKEN.removeprefix("token:")
_FORGED = st.text(alphabet="0123456789abcdef", max_size=64) | st.text(max_size=40)
_BENT = st.sampled_from(
    [
        *(_PLAIN[:length] for length in range(len(_PLAIN))),
        _PLAIN + "a",
        _PLAIN.upper(),
        _PLAIN[::-1],
        f"{_PLAIN}.{_PLAIN}",
        f"C-1001.{_PLAIN[:8]}",
        "1001",
        "C-1001",
        reply_token(KEY, 2, "ann@acme.example"),
        reply_token(KEY, 1, "bo@acme.example"),
        reply_token(b"another key", 1, "ann@acme.example"),
    ]
)


# cases E01, E02
@given(_FORGED | _BENT, st.sampled_from(["ann@acme.example", "eve@evil.example"]))
def test_no_forged_token_lets_anybody_in(forged: str, sender: str) -> None:
    found = recognised(sender, (forged, f"token:{forged}", "number C-1001"), "[C-1001] Hello")
    assert found.case is None
    assert found.follows is None or found.follows is FILE
    assert {sign.sign for sign in found.evidence} <= {"number-in-subject"}


# case E04: whoever may have written it, the domain says that it was not the one it names
@pytest.mark.parametrize("ids", [(TOKEN,), (OUR_ID,), (TOKEN, "first@acme.example")])
def test_a_disowned_mail_with_a_token_is_added_with_reservation(ids: tuple[str, ...]) -> None:
    found = recognised("ann@acme.example", ids, "[C-1001] x", ANN, check=FAILED)
    assert found.case is FILE
    assert found.standing is Standing.UNVERIFIED
    assert "dmarc-failed" in {sign.sign for sign in found.evidence}


# case E04
@pytest.mark.parametrize("ids", [(), ("first@acme.example",), ("number C-1001",)])
def test_a_disowned_mail_without_a_secret_gets_a_case_of_its_own(ids: tuple[str, ...]) -> None:
    found = recognised("ann@acme.example", ids, "[C-1001] x", ANN, check=FAILED)
    assert found.case is None
    assert found.follows is FILE


def test_cases_that_were_not_taken_are_told_with_their_reason() -> None:
    found = recognised("ann@acme.example", (TOKEN,), "[C-1002] x", ANN)
    told = {candidate.file.case.label: (candidate.score, candidate.why_not) for candidate in found.candidates}
    assert told == {"C-1001": (100, ""), "C-1002": (70, "C-1001 has more")}


def test_open_cases_that_nothing_refers_to_are_told_too() -> None:
    found = recognised("ann@acme.example", (), "x", ANN)
    assert {one.why_not for one in found.candidates} == {"nothing in the message refers to it"}
    assert found.evidence == ()


# case E01
def test_a_stranger_is_told_apart_in_words() -> None:
    (candidate,) = recognised("eve@evil.example", ("number C-1001",), "[C-1001] x").candidates
    assert candidate.why_not == "the sender is nobody of this case"
