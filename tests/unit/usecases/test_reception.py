"""Which addresses are taken; what is refused is counted, and who tries names without end costs no more than a bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from fakes.standing_house import REPLY_KEY, shipped
from intakebot.clocks import SimulatedClock
from intakebot.domain.errors import StorageUnavailableError
from intakebot.usecases.receive import MOST_REFUSED, Reception


class Writes:
    """A writer that notes, or has no room."""

    def __init__(self) -> None:
        self.counted: Counter[tuple[str, str, str]] = Counter()
        self.full = False

    async def submit(self, _operation: Callable[..., Sequence[Any]], counted: Counter[tuple[str, str, str]]) -> None:
        if self.full:
            raise StorageUnavailableError("full")
        self.counted += counted


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))


@pytest.fixture
def writes() -> Writes:
    return Writes()


@pytest.fixture
def reception(clock: SimulatedClock, writes: Writes) -> Reception:
    return Reception(SimpleNamespace(clock=clock), writes, lambda: None)  # type: ignore[arg-type]


async def test_names_without_end_are_counted_as_one(
    reception: Reception, writes: Writes, clock: SimulatedClock
) -> None:
    for number in range(MOST_REFUSED + 50):
        reception.refused_before_content(f"x{number}@example.com", "unknown-recipient")
        if number == MOST_REFUSED // 2:
            await reception.flush_refusals()
    reception.refused_before_content("X1@example.com", "unknown-recipient")
    await reception.flush_refusals()
    assert len(writes.counted) == MOST_REFUSED + 1
    assert writes.counted["2026-03-02", "", "unknown-recipient"] == 50
    assert writes.counted["2026-03-02", "x1@example.com", "unknown-recipient"] == 2
    clock.advance(timedelta(days=1))
    reception.refused_before_content("new@example.com", "unknown-recipient")
    await reception.flush_refusals()
    assert writes.counted["2026-03-03", "new@example.com", "unknown-recipient"] == 1


async def test_what_could_not_be_written_is_counted_on(reception: Reception, writes: Writes) -> None:
    reception.refused_before_content("x@example.com", "unknown-recipient")
    writes.full = True
    with pytest.raises(StorageUnavailableError):
        await reception.flush_refusals()
    reception.refused_before_content("x@example.com", "unknown-recipient")
    writes.full = False
    await reception.flush_refusals()
    assert sum(writes.counted.values()) == 2


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("support@intakebot.example", True),
        ("Support+k7.abc@Intakebot.Example", True),
        ("postmaster", True),
        ("PostMaster@Intakebot.example", True),
        ("postmaster@elsewhere.example", False),
        ("postmaster@", False),
        ("nobody@intakebot.example", False),
    ],
)
def test_addresses(writes: Writes, address: str, taken: bool) -> None:  # noqa: FBT001 - a column of the table
    house = SimpleNamespace(organisation=shipped()[0].organisation, reply_keys=(REPLY_KEY,))
    assert Reception(house, writes, lambda: None).takes(address) is taken  # type: ignore[arg-type]
