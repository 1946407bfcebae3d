"""What the conversations of the workspace mean to this house, as it holds now.

Used by everybody who works off events. Conversations are configured by id, and a workspace may give one another id
while the service runs: `Rooms` follows that until the configuration does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from intakebot.domain.chat import ChatTies, IntakeRoom


class Rooms:
    """The ties to this house, by conversation. `ties` is what holds now: as configured, with ids that have changed."""

    def __init__(self, ties: ChatTies, team: str = "") -> None:
        self.ties = ties
        self._team = team
        self._former: dict[str, tuple[str, ...]] = {}

    def intake(self, channel: str) -> IntakeRoom | None:
        """The room whose top-level messages are contacts; direct messages to the app are one."""
        if is_direct(channel):
            return self.ties.direct
        return self.ties.rooms.get(channel) or self.ties.rooms.get(f"{self._team}/{channel}")

    def shows_cards(self, channel: str) -> bool:
        """Whether cards of a queue are shown there."""
        return channel in self.ties.queues.values()

    def is_mapped(self, channel: str) -> bool:
        """Whether the house counts on this conversation."""
        intake = not is_direct(channel) and self.intake(channel) is not None
        return intake or self.shows_cards(channel) or channel == self.ties.operators

    def uses(self, channel: str) -> tuple[str, ...]:
        """What the configuration names this conversation for, in words."""
        ties = self.ties
        intake = ["an intake room"] if not is_direct(channel) and self.intake(channel) else []
        cards = [f"the cards of the queue {queue}" for queue, shown in sorted(ties.queues.items()) if shown == channel]
        return (*intake, *cards, *(["the operators' channel"] if channel == ties.operators else []))

    def place(self, channel: str) -> str:
        """The conversation as this house names it."""
        return f"{self._team}/{channel}"

    def places(self, channel: str) -> tuple[str, ...]:
        """The same, and the names it had before its id changed, newest first: what was said then goes by those."""
        return tuple(self.place(known) for known in (channel, *self._former.get(channel, ())))

    def now(self, channel: str) -> str:
        """The id by which a conversation goes today."""
        return next((new for new, former in self._former.items() if channel in former), channel)

    def place_now(self, place: str) -> str:
        """The same for a place, `T1/C1`."""
        team, slash, channel = place.partition("/")
        return f"{team}{slash}{self.now(channel)}"

    def found_in(self, team: str) -> None:
        """The workspace has said which team it is."""
        self._team = team

    def rename(self, old: str, new: str) -> bool:
        """The workspace calls the conversation by another id now; returns whether the house counts on it."""
        mapped = self.is_mapped(old)
        earlier = (old, *self._former.pop(old, ()))
        self._former[new] = tuple(known for known in earlier if known != new)  # it may come back to an earlier id
        ties = self.ties
        self.ties = replace(
            ties,
            rooms=_renamed(ties.rooms, old, new, self._team),
            queues={queue: new if shown == old else shown for queue, shown in ties.queues.items()},
            operators=new if ties.operators == old else ties.operators,
        )
        return mapped


def permalink(url: str, channel: str, ts: str, root_ts: str = "") -> str:
    """The address of a message in the workspace at `url`, '' where that is not known."""
    if not url:
        return ""
    thread = f"?thread_ts={root_ts}&cid={channel}" if root_ts not in ("", ts) else ""
    return f"{url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}{thread}"


def is_direct(channel: str) -> bool:
    """Whether this is a direct message with the app; the platform's ids say so by their first letter."""
    return channel.startswith("D")


def _renamed(rooms: Mapping[str, IntakeRoom], old: str, new: str, team: str) -> dict[str, IntakeRoom]:
    names = {old: new, f"{team}/{old}": f"{team}/{new}"}
    return {
        names.get(name, name): replace(room, channel=new) if name in names else room for name, room in rooms.items()
    }
