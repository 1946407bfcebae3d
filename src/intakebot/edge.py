"""The edge guard: whatever goes wrong behind a door comes back to it as an error of ours.

Called by every channel around what it asks of the house. It promises that only `IntakebotError` reaches a
door, that the unknown is LATER, and that what happened is in the log and nowhere else: a stranger is shown an
error's `code`, never its text.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from intakebot.domain.errors import IntakebotError

if TYPE_CHECKING:
    from collections.abc import Awaitable

ResultT = TypeVar("ResultT")

_log = logging.getLogger(__name__)


async def guarded(door: str, work: Awaitable[ResultT]) -> ResultT | IntakebotError:
    """Wait for `work` and return its result, or what went wrong as a value.

    Args:
        door: who asks, for the log ("smtp public").
        work: what the door asked of the house. Cancelling the door still cancels it.

    Returns:
        The result; else the IntakebotError that was raised; else, for any other exception, `unplanned`.
    """
    try:
        return await work
    except IntakebotError as error:
        _log.info("%s: %s: %s", door, error.code, error.sentence)
        return error
    except Exception as error:  # noqa: BLE001 - the edge guard: behind it nobody is left who could answer the door
        return unplanned(door, error)


def unplanned(door: str, error: Exception) -> IntakebotError:
    """Log an exception that nobody planned for, with its traceback, and return what the door may say of it."""
    _log.error("%s: unplanned %s", door, type(error).__name__, exc_info=error)
    return IntakebotError("something unplanned happened; the log has it; try again later")
