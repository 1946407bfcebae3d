"""What the chat scenes of a story are played in: a workspace that stands beside the service, with people in it.

The program ships none. `intakebot demo --workspace MODULE:FUNCTION` names one that follows `Workspace`; the
repository's own stands in its tests, and `make demo` brings it along. Called by `performance` and `playing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from intakebot.domain.errors import NotFoundError


class Workspace(Protocol):
    """People are named by handles, rooms by their names, messages by `team/channel/ts`."""

    async def begin(self, secrets: Path) -> str:
        """Stand there; returns the channel's section of the configuration (YAML), its secrets kept in `secrets`."""

    async def says(self, person: str, room: str, text: str, thread: str) -> str:
        """A person writes, in a thread when one is given; returns the message."""

    async def clicks(self, person: str, case: str, button: str, fills: Sequence[Mapping[str, str]]) -> str:
        """A person presses a button on a case's card and sends the modals that follow; returns what it was told."""

    def thread(self, message: str) -> list[str]:
        """What stands under a message, oldest first."""

    def card(self, case: str) -> str:
        """What a case's card shows now, as text; '' while there is none."""

    def outside(self) -> list[str]:
        """Every text of ours in rooms where callers read."""

    async def end(self) -> list[str]:
        """Go away; returns what the house did wrong there, in sentences."""


def load_workspace(named: str) -> Workspace:
    """The workspace that `MODULE:FUNCTION` makes; raises NotFoundError."""
    module, _, function = named.partition(":")
    try:
        make = cast("Callable[[], Workspace]", getattr(import_module(module), function))
    except (ImportError, AttributeError) as error:
        raise NotFoundError(f"there is no workspace {named!r}: {error}; name it MODULE:FUNCTION") from error
    return make()
