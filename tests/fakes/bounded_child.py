"""Runs steps each in a child process of their own, under hard limits, and says what they needed.

Meant for a process that has one thread and has loaded what the steps need: a child is a copy of it, so what it needs
beyond that is the step's own. A child that is killed by a limit is reported, and stops no other step.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MB = 2**20
_KILLED_AFTER = 30
"""Seconds of the processor, and of time that passes."""
_ADDRESS_SPACE = 1_024 * MB
"""What a child may ask for beyond what it begins with; far more than it should, so that the figure is told."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a step needed: seconds of the processor, growth in memory at its highest, and what it gave or raised."""

    seconds: float
    megabytes: float
    outcome: Any
    error: str = ""


def spent_on(step: Callable[[], Any]) -> Spent:
    """Run a step in a child under limits."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(_measured(step), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        written = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) or not written:
        name = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "no answer"
        return Spent(float(_KILLED_AFTER), 0.0, None, f"the child was ended: {name}")
    return pickle.loads(written)  # noqa: S301 - our own child wrote it


def _measured(step: Callable[[], Any]) -> Spent:
    _limit()
    began, before = time.process_time(), _highest()
    outcome, error = None, ""
    try:
        outcome = step()
    except BaseException as problem:  # noqa: BLE001 - whatever it is, it is what the step came to
        error = f"{type(problem).__name__}: {problem}"[:500]
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _UNIT / MB
    return Spent(time.process_time() - began, max(_highest() - before, of_children), outcome, error)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_KILLED_AFTER, _KILLED_AFTER))
    signal.alarm(_KILLED_AFTER)
    if sys.platform == "linux":
        with contextlib.suppress(ValueError), open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - a pseudo file
            size = int(file.read().split()[0]) * resource.getpagesize() + _ADDRESS_SPACE
            resource.setrlimit(resource.RLIMIT_AS, (size, size))


_UNIT = 1 if sys.platform == "darwin" else 1_024


def _highest() -> float:
    """Megabytes of memory at the highest so far; a child begins with what its parent had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / MB
