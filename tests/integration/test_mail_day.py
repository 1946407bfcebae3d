"""A day's traffic: no loop is longer than the limits, every mail is in exactly one contact, threads are right.

`make mail-day` plays 5,000 mails and prints the table.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from crash.mail_day import MailDay, compared, overdone
from fakes.standing_house import StandingHouse

MAILS = int(os.environ.get("INTAKEBOT_DAY_MAILS", "400"))
SEED = int(os.environ.get("INTAKEBOT_DAY_SEED", "1"))
MOST_A_DAY = 3
LEAST_RIGHT = 99.0


# cases D04, D01; the last line by which the mail channel is judged
@pytest.mark.timeout(60 + MAILS)
async def test_a_day_of_mail(migrated_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    houses = []
    for name in ("ours", "other"):
        (tmp_path / name).mkdir()
        shutil.copy(migrated_file, tmp_path / name / "intakebot.db")
        houses.append(StandingHouse("sqlite+pysqlite:///intakebot.db", tmp_path / name))
    ours, other = houses
    other.house = replace(other.house, reply_key=b"another key, of another house")
    other.move_to("other.example")
    day, began = MailDay(ours, other, SEED), time.monotonic()
    await day.play(MAILS)
    truth, loops = compared(day), list(overdone(day, MOST_A_DAY))
    with capsys.disabled():
        if MAILS > 400:
            print_table(day, truth.percent, time.monotonic() - began)
    for house in houses:
        await house.close()
    assert truth.faults == []
    assert loops == []
    assert truth.percent >= LEAST_RIGHT, truth.wrong[:10]


def print_table(day: MailDay, percent: float, seconds: float) -> None:
    states = day.house.archive.counts()["contacts"]
    lines = [f"  {kind:<20}{number:>7}" for kind, number in sorted(day.ledger.kinds.items())]
    lines += [f"  -> {state:<17}{number:>7}" for state, number in sorted(states.items())]
    sent, theirs = len(day.house.outlet.taken), len(day.other.outlet.taken)
    longest = max(day.ledger.looped.values(), default=0)
    lines.append(f"  sent by us {sent}, by the other house {theirs}; most automatic mails to one machine: {longest}")
    print("\n".join(["", *lines, f"  threads right: {percent:.2f} %   in {seconds:.0f} s"]))  # noqa: T201 - the table
