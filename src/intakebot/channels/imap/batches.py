"""How many mails are fetched at once: as many as stay within a number of octets, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from intakebot.channels.imap.connection import Measured

AT_ONCE = 50
"""Mails in a batch at most: more is not faster, and a crash puts all of a batch under suspicion."""
MEASURED_AT_ONCE = 500

ItemT = TypeVar("ItemT")


def batches(measured: Iterable[Measured], most_octets: int) -> Iterator[list[Measured]]:
    """Groups in the same order; a mail that is larger than `most_octets` is a group of its own."""
    group: list[Measured] = []
    octets = 0
    for mail in measured:
        if group and (len(group) == AT_ONCE or octets + mail.size > most_octets):
            yield group
            group, octets = [], 0
        group.append(mail)
        octets += mail.size
    if group:
        yield group


def slices(items: Sequence[ItemT], most: int) -> Iterator[Sequence[ItemT]]:
    """The same items, so many at a time."""
    return (items[start : start + most] for start in range(0, len(items), most))
