"""Two houses that write to each other fall silent, even where everything that marks machine mail is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

from fakes.standing_house import StandingHouse
from intakebot.domain.delivery import Delivery

MOST_PER_DAY = 3


def stripped(delivery: Delivery, number: int) -> bytes:
    """What a gateway leaves that keeps the text only, and signs as a person would."""
    headers = f"From: {delivery.sender}\r\nTo: {delivery.recipient}\r\nSubject: {delivery.subject}\r\n"
    return f"{headers}Message-ID: <{number}@gateway.example>\r\n\r\n{delivery.text}\r\n".encode()


async def carry(source: StandingHouse, target: StandingHouse, sent: int) -> int:
    """Carry what left one house since `sent` into the other."""
    await source.deliver()
    new = source.outlet.taken[sent:]
    for number, delivery in enumerate(new, sent):
        await target.receive(stripped(delivery, number), delivery.sender, (delivery.recipient,))
        await target.register()
    return len(new)


# case D04
async def test_two_houses_facing_each_other_fall_silent(migrated_file: Path, tmp_path: Path) -> None:
    houses = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        shutil.copy(migrated_file, tmp_path / name / "intakebot.db")
        houses.append(StandingHouse("sqlite+pysqlite:///intakebot.db", tmp_path / name))
    one, other = houses
    other.move_to("other.example")
    spark = b"From: support@other.example\r\nSubject: Hello\r\n\r\nHello\r\n"
    await one.receive(spark, "support@other.example", ("support@intakebot.example",))
    await one.register()
    sent = {0: 0, 1: 0}
    for _round in range(10):
        sent[0] += await carry(one, other, sent[0])
        sent[1] += await carry(other, one, sent[1])
    assert 1 <= sent[0] <= MOST_PER_DAY
    assert sent[1] <= MOST_PER_DAY
    for house in houses:
        automatic = [delivery.case_id for delivery in house.outlet.taken]
        assert len(automatic) == len(set(automatic)), "a case was answered twice"
        await house.close()
