"""What the workspace did that a person has to look at: a mapped conversation is gone, or the app itself is.

`Workspace` hears of it from `arrivals`; `Alarms` keeps what stands until it is over, for `health` and for the channel
of the operators. An alarm says what to do.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from intakebot.channels.slack.arrived import Arrived, Outcome, Surround
from intakebot.ports import Clock

AGAIN_AFTER = timedelta(hours=1)
MOST_UNSAID = 50
REVOKED, UNINSTALLED = "token_revoked", "app_uninstalled"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that needs a person: a stable code, which place it is about, and what to do, in a sentence."""

    what: str
    which: str
    sentence: str


class Alarms:
    """The alarms that stand. One that sounds again within an hour, with the same words, is not told anew.

    They stand in the log at once, in `standing` until they are over, and `next` gives them to the operators' channel.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._standing: dict[tuple[str, str], tuple[Alarm, datetime]] = {}
        self._unsaid: deque[str] = deque(maxlen=MOST_UNSAID)

    @property
    def standing(self) -> tuple[Alarm, ...]:
        """All of them, oldest first."""
        return tuple(alarm for alarm, _ in self._standing.values())

    def sound(self, what: str, which: str, sentence: str) -> None:
        """Something needs a person."""
        alarm, now = Alarm(what, which, sentence), self._clock.now()
        known, told_at = self._standing.get((what, which), (None, now))
        if known == alarm and now - told_at < AGAIN_AFTER:
            return
        self._standing[what, which] = alarm, now
        self._unsaid.append(sentence)
        _log.warning("%s %s: %s", what, which, sentence)

    def silence(self, what: str, which: str = "") -> None:
        """It is over; the next time it is news."""
        self._standing.pop((what, which), None)

    def next(self) -> str | None:
        """The oldest alarm that the operators' channel has not been shown."""
        return self._unsaid[0] if self._unsaid else None

    def said(self, sentence: str) -> None:
        """It has been shown this."""
        if self.next() == sentence:
            self._unsaid.popleft()


class Workspace:
    """Hears what happens to the workspace and to its conversations."""

    def __init__(self, around: Surround, alarms: Alarms) -> None:
        self._around = around
        self._alarms = alarms

    async def archived(self, arrived: Arrived) -> Outcome:
        """A conversation was archived: nothing comes from there any more, and nothing can be posted."""
        return self._lost("slack.channel-archived", _channel(arrived), "is archived: bring it back")

    async def brought_back(self, arrived: Arrived) -> Outcome:
        """A conversation was taken out of the archive."""
        self._alarms.silence("slack.channel-archived", _channel(arrived))
        return "workspace"

    async def left(self, arrived: Arrived) -> Outcome:
        """Somebody was taken out of a conversation; where the event names nobody, the app was."""
        if arrived.event.get("user") not in (None, self._around.own.user):
            return "ignored: somebody else"
        return self._lost("slack.app-removed", _channel(arrived), "does not have the app any more: invite it")

    async def joined(self, arrived: Arrived) -> Outcome:
        """Somebody came into a conversation, perhaps the app."""
        if arrived.event.get("user") == self._around.own.user:
            self._alarms.silence("slack.app-removed", _channel(arrived))
        return "workspace"

    async def id_changed(self, arrived: Arrived) -> Outcome:
        """A conversation goes by another id. This run follows; the configuration has to."""
        old = str(arrived.event.get("old_channel_id") or "")
        new = str(arrived.event.get("new_channel_id") or "")
        if not old or not new:
            return "ignored: no ids"
        if self._around.rooms.rename(old, new):
            uses = ", ".join(self._around.rooms.uses(new))
            sentence = f"the workspace calls {old} ({uses}) {new} now: write {new} for {old} into the configuration"
            self._alarms.sound("slack.channel-id-changed", new, f"{sentence}; until the next start it is followed")
        return "workspace"

    async def tokens_revoked(self, arrived: Arrived) -> Outcome:
        """Tokens were taken back, perhaps ours."""
        tokens = arrived.event.get("tokens")
        bots = tokens.get("bot") if isinstance(tokens, Mapping) else None
        if not isinstance(bots, list) or self._around.own.user not in bots:
            return "ignored: somebody else"
        return self._locked(REVOKED)

    async def uninstalled(self, _: Arrived) -> Outcome:
        """The workspace threw the app out."""
        return self._locked(UNINSTALLED)

    async def rate_limited(self, _: Arrived) -> Outcome:
        """The platform held back events because too many came."""
        sentence = "the workspace had more events than Slack hands over: look for messages that have not become a case"
        self._alarms.sound("slack.events-held-back", self._around.own.team, sentence)
        return "workspace"

    def _lost(self, what: str, channel: str, sentence: str) -> Outcome:
        if not self._around.rooms.is_mapped(channel):
            return "ignored: no conversation of ours"
        uses = ", ".join(self._around.rooms.uses(channel))
        self._alarms.sound(what, channel, f"{channel} ({uses}) {sentence}, or take it out of the configuration")
        return "workspace"

    def _locked(self, error: str) -> Outcome:
        self._around.calls.lock(error)
        sentence = "install the app again and write its token into the configuration; until then nothing leaves"
        self._alarms.sound("slack.locked-out", self._around.own.team, f"Slack does not let us in ({error}): {sentence}")
        return "workspace"


def _channel(arrived: Arrived) -> str:
    return str(arrived.event.get("channel") or "")
