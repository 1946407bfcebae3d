"""kill -9 at any moment: what was answered with 250 is a case, once (`make crash` kills more often)."""

from __future__ import annotations

import asyncio
import os
import random
import threading
from pathlib import Path

import pytest

from crash.ledger import check, lost
from crash.lives import Life, Mother, mother_of
from crash.senders import Sender, streaming
from intakebot.domain.actors import Actor
from intakebot.domain.commands import RetryContact

pytestmark = pytest.mark.crash
KILLS = int(os.environ.get("INTAKEBOT_TEST_KILLS", "100"))
SECONDS_PER_KILL = 3
KILLS_OF_BROKEN = 40


def live_and_die(mother: Mother, senders: list[Sender], kind: str = "real") -> None:
    """One life under load, killed 5 to 250 ms after it began to take mail."""
    life = mother.bear(kind)
    with streaming(senders, life.port):
        threading.Event().wait(random.uniform(0.005, 0.25))  # noqa: S311 - a random moment is the point
        life.kill()


def _retry_set_aside(life: Life) -> None:
    """What was begun ten times in a row without an end counts as deadly, until a person has it tried again."""
    for row in life.ask("contact.list", state="quarantined", limit=1000):
        asyncio.run(life.desk().perform(RetryContact(row["id"]), Actor.agent("dana")))


@pytest.mark.timeout(120 + SECONDS_PER_KILL * KILLS)
def test_what_was_answered_is_one_case_after_any_kill(tmp_path: Path) -> None:  # cases A01, A06, A07
    senders = [Sender(name) for name in ("alpha", "beta", "gamma")]
    with mother_of(tmp_path) as mother:
        for _ in range(KILLS):
            live_and_die(mother, senders)
        last = mother.bear()
        for sender in senders:
            sender.send(last.port)
        last.wait_until_nothing_waits()
        _retry_set_aside(last)
        last.wait_until_nothing_waits()
        last.stop()
    answered = [identity for sender in senders for identity in sender.answered]
    assert len(answered) > KILLS, "the senders hardly got through: this proves nothing"
    check(mother.data, answered)


def test_a_service_that_answers_too_soon_is_found_out(tmp_path: Path) -> None:
    """The gate itself: it must see what a hasty writer loses."""
    senders = [Sender(name) for name in ("alpha", "beta", "gamma")]
    with mother_of(tmp_path) as mother:
        for _ in range(KILLS_OF_BROKEN):
            live_and_die(mother, senders, "hasty")
            answered = [identity for sender in senders for identity in sender.answered]
            if mother.data.exists() and lost(mother.data, answered):
                return
    pytest.fail("a service that answers before it has written was not found out")


def test_the_first_start_may_be_killed_anywhere(tmp_path: Path) -> None:
    sender = Sender("alpha")
    with mother_of(tmp_path) as mother:
        for step in range(12):
            life = mother.conceive()
            threading.Event().wait(0.03 * step)
            life.kill()
        life = mother.bear()
        sender.send(life.port)
        life.wait_until_nothing_waits()
        life.stop()
    check(mother.data, sender.answered)
