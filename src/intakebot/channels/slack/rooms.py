"""Where conversations are now: the platform may give a channel another id, when it begins to be shared.

Told by whoever hears of it, asked by everybody who writes somewhere. It lasts as long as this process: the
configuration has to follow, which an alarm says.
"""

from __future__ import annotations


class Rooms:
    """The channels of one workspace that go by another id now."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}

    def renamed(self, old: str, new: str) -> None:
        """What was known as `old` is `new` now."""
        self._now = {name: new if at == old else at for name, at in self._now.items()} | {old: new}
        self._now.pop(new, None)  # it has come back to an earlier id

    def now(self, channel: str) -> str:
        """The id of a channel today."""
        return self._now.get(channel, channel)

    def place_now(self, place: str) -> str:
        """The same for a place, `T1/C1`."""
        team, slash, channel = place.partition("/")
        return f"{team}{slash}{self.now(channel)}"
