"""Run one step of reading; whatever goes wrong in it becomes a defect.

This is the one place in the room that catches everything: parsers fail on hostile bytes in more ways than
can be listed (ValueError, LookupError, TypeError, RecursionError, ...), and a message that cannot be read
must still become a case. Lack of memory is no property of the message and passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


def attempt(step: Callable[[], Result], fallback: Result, defects: list[str], defect: str) -> Result:
    """Return what `step` returns; if it raises, note `defect` and return `fallback`."""
    try:
        return step()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - one of the two broad excepts of the program (see the module's text)
        defects.append(defect)
        return fallback
