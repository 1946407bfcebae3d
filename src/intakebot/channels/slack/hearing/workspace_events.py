"""What happens to the workspace itself: a conversation is archived or renamed, the app is thrown out or held back.

`events` hands these events over; whatever needs a person becomes an alarm.
"""

from __future__ import annotations

from collections.abc import Mapping

from intakebot.channels.slack.hearing.arrived import Arrived, Outcome, Surround
from intakebot.channels.slack.web.alarms import NEWS_STANDS, Alarms

REVOKED, UNINSTALLED = "token_revoked", "app_uninstalled"


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
        self._alarms.sound("slack.events-held-back", self._around.own.team, sentence, lasts=NEWS_STANDS)
        return "workspace"

    def _lost(self, what: str, channel: str, sentence: str) -> Outcome:
        if not self._around.rooms.is_mapped(channel):
            return "ignored: no conversation of ours"
        uses = ", ".join(self._around.rooms.uses(channel))
        self._alarms.sound(what, channel, f"{channel} ({uses}) {sentence}, or take it out of the configuration")
        return "workspace"

    def _locked(self, error: str) -> Outcome:
        """The calls' trouble is an alarm as long as it lasts."""
        self._around.calls.lock(error)
        return "workspace"


def _channel(arrived: Arrived) -> str:
    return str(arrived.event.get("channel") or "")
