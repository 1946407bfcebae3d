"""What a person sees of an act of theirs: whether it was taken, what is shown to them, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fakes.slack.courier import Attempt
from fakes.slack.records import View
from fakes.slack.state import State

TROUBLE = "We had some trouble connecting. Try again?"


@dataclass
class Seen:
    """`attempt` is None when nothing was sent. `errors` are by block_id; `ephemerals` and `modal` are as of now."""

    state: State
    user: str
    since: int
    attempt: Attempt | None = None
    errors: dict[str, str] = field(default_factory=dict)
    notice: str = ""

    @property
    def acked(self) -> bool:
        """Whether the app took it within three seconds."""
        return self.attempt is not None and self.attempt.acked

    @property
    def seconds(self) -> float:
        """How long the app took."""
        return self.attempt.seconds if self.attempt else 0.0

    @property
    def status(self) -> int | None:
        """The HTTP status (200 for an acknowledgement by socket)."""
        return self.attempt.status if self.attempt else None

    @property
    def body(self) -> Any:
        """What the acknowledgement carried."""
        return self.attempt.body if self.attempt else None

    @property
    def ephemerals(self) -> list[str]:
        """The texts shown to that person alone since the act."""
        return [message.text for message in self.state.ephemerals[self.user][self.since :]]

    @property
    def modal(self) -> View | None:
        """The modal that lies on top now."""
        return self.state.top_modal(self.user)
