"""What a handler of events is handed, and what it may say in the end. Plain values, no behaviour.

`arrivals` makes `Arrived` and acts on the outcome; every handler of an event takes the one and returns the other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from intakebot.channels.slack.web.calls import Calls, Us
from intakebot.channels.slack.web.people import People
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.ports import Desk, Intake
from intakebot.ports.chat import Chat


@dataclass(frozen=True, slots=True)
class Arrived:
    """An event whose turn it is. `attempt` counts from 1; `last` says that nobody will ask again after this one."""

    kind: str
    event: Mapping[str, Any] = field(repr=False)
    attempt: int = 1
    last: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """Something has to happen first, and most likely will. Out of attempts it is `otherwise`; '' = set aside."""

    sentence: str
    otherwise: str


Outcome: TypeAlias = "str | Later"
"""What became of an event, in a word or two for the counters (`contact`, `ignored: own words`), or `Later`."""

Handler: TypeAlias = Callable[[Arrived], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Surround:
    """Everything that the handlers of this folder are handed: the house, the workspace, and who is who.

    Where it is `silent`, callers are not even told how to be heard.
    """

    intake: Intake
    desk: Desk
    chat: Chat
    calls: Calls
    people: People
    rooms: Rooms
    own: Us
    silent: bool = False
