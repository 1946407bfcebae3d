"""What a process and its children have used of this machine, from /proc: processor time and memory.

And that what is measured gets a processor when it needs one, whatever else runs on the machine.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PARENT, _TIMES, _MEMORY = 1, slice(11, 15), 21
"""Positions in /proc/PID/stat behind the name: parent; utime, stime, cutime, cstime; pages in memory."""


_FIRST = "-15"


def go_first(process: int) -> None:
    """Let the session of a process have a processor before others, where Linux shares them out by session.

    A server of many processes gets more of a busy machine than one of two threads; without this the measure would be
    how busy the neighbours are (sched(7), autogroup). Needs root, as Postfix does; without it nothing is changed.
    """
    with suppress(OSError):
        Path(f"/proc/{process}/autogroup").write_text(_FIRST)


def processor_seconds(root: int) -> float:
    """Processor time of a process, its living descendants, and those that it has waited for."""
    return sum(sum(map(int, stat[_TIMES])) for stat in _family(root)) / _TICK


def memory(root: int) -> int:
    """Octets that a process and its living descendants have in memory (RSS); what they share counts for each.

    By how much it grows is the same as of the fair share (PSS): what a fork shares is there before. For this, the
    kernel need not walk through all pages, so it can be read often enough to miss no peak.
    """
    return sum(int(stat[_MEMORY]) for stat in _family(root)) * _PAGE


def _family(root: int) -> list[list[str]]:
    stats = {int(folder.name): stat for folder in Path("/proc").glob("[0-9]*") if (stat := _stat(folder))}
    family, grown = {root}, True
    while grown:
        grown = False
        for number, stat in stats.items():
            if number not in family and int(stat[_PARENT]) in family:
                family.add(number)
                grown = True
    return [stats[number] for number in family if number in stats]


def _stat(folder: Path) -> list[str]:
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended meanwhile
        return []
