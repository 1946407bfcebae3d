"""A reply's new words: what we sent ourselves in its case is left out to the letter, and the whole text is kept."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.standing_house import StandingHouse
from intakebot.domain import commands as c

ADDRESS = "support@intakebot.example"
QUESTION = "Please open the cover and tell us\nwhich number is printed on the inner side of the pump."
UNKNOWN = "2 Zzz 2026 08:02 qqq, thus spoke support:"


async def mailed(standing: StandingHouse, message_id: str, body: str, answers: str = "") -> None:
    head = f"From: ann@acme.example\r\nTo: {ADDRESS}\r\nMessage-ID: <{message_id}@acme>\r\nSubject: The pump\r\n"
    head += f"In-Reply-To: <{answers}>\r\n" if answers else ""
    await standing.receive(f"{head}\r\n{body}\r\n".encode(), "ann@acme.example", (ADDRESS,))
    await standing.register()


async def asked(standing: StandingHouse) -> str:
    """Open a case and ask the caller; returns the Message-ID of the question that left."""
    await mailed(standing, "first", "The pump stands still.")
    await standing.perform("alice", c.Take(1001))
    await standing.perform("alice", c.Ask(1001, QUESTION))
    await standing.deliver()
    return standing.outlet.taken[-1].message_id


async def said(standing: StandingHouse) -> dict[str, Any]:
    message: dict[str, Any] = (await standing.desk.ask("case.show", {"number": 1001}))["messages"][-1]
    return message


async def test_our_own_words_are_left_out_without_any_mark(standing: StandingHouse) -> None:
    question = await asked(standing)
    body = f"It says 4711.\n\n{UNKNOWN}\n\n{QUESTION}"
    await mailed(standing, "second", body, question)
    message = await said(standing)
    assert message["new_text"] == "It says 4711."
    assert message["text"] == body


async def test_what_was_never_sent_is_the_callers(standing: StandingHouse) -> None:
    question = await asked(standing)
    body = "It says 4711.\n\nPlease open the door and tell me\nwhich number your people will come with."
    await mailed(standing, "second", body, question)
    assert (await said(standing))["new_text"] == body


@pytest.mark.parametrize("owed", [True, False])
async def test_only_what_left_is_compared(standing: StandingHouse, *, owed: bool) -> None:
    question = await asked(standing)
    await standing.perform("alice", c.Ask(1001, "Which colour has the lamp that is right above the pump in the hall?"))
    if not owed:
        await standing.deliver()
    words = "Which colour has the lamp that is right above the pump in the hall?"
    await mailed(standing, "second", f"Green\n\n{words}", question)
    assert (await said(standing))["new_text"] == (f"Green\n\n{words}" if owed else "Green")
