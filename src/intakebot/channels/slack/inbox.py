"""The durable inbox: what Slack hands over is on disk before Slack is told that we have it.

The one middleware of the app, before anything else is known of a request. Events are kept and answered; somebody
else works them off. Interactions are kept and go on to their listener, once: a repeat is given the answer of the
first time. It promises that nothing is acknowledged that is not kept, but for what is only a hint: a changed profile,
a changed group, a lost token.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from intakebot.domain.chat import EnvelopeKind, KeptEnvelope, NewEnvelope
from intakebot.domain.errors import IntakebotError
from intakebot.edge import guarded
from intakebot.ports.chat import Chat

Payload: TypeAlias = Mapping[str, Any]

ENVELOPE = "intakebot_envelope"
"""Where the context of a request holds the id of its envelope: whoever answers settles it."""
HINTS = frozenset(
    {"app_uninstalled", "subteam_members_changed", "subteam_updated", "team_join", "tokens_revoked", "user_change"}
)
"""Events that are heard and not kept: what they say can be asked again."""
INTERACTIONS = frozenset({"block_actions", "message_action", "shortcut", "view_closed", "view_submission"})
UNSAVED = frozenset({"block_suggestion"})
"""Asked at every key press, and changes nothing: answered without being kept."""
FLOOD_LASTS = timedelta(hours=1)

_log = logging.getLogger(__name__)


class Inbox:
    """`wake` is called when an event was kept; `hear` with each event that is only a hint.

    `trouble` is '' or a sentence for operators.
    """

    def __init__(self, chat: Chat, wake: Callable[[], None], hear: Callable[[Payload], None]) -> None:
        self._chat = chat
        self._wake = wake
        self._hear = hear
        self._flooded_at: datetime | None = None

    @property
    def trouble(self) -> str:
        """Whether Slack has said within the last hour that it holds events back."""
        if self._flooded_at is None or self._chat.clock.now() - self._flooded_at > FLOOD_LASTS:
            return ""
        return (
            f"Slack held events back at {self._flooded_at:%H:%M} because there were more than 30,000 in an hour;"
            " messages of that minute are missing: take the app out of channels where it has nothing to do"
        )

    async def receive(
        self,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - so slack_bolt calls it
    ) -> BoltResponse:
        """The middleware: keep what came, then answer it or let it go on to its listener."""
        del resp
        answer = await self._answer(req)
        return answer if answer is not None else await next()

    async def _answer(self, req: AsyncBoltRequest) -> BoltResponse | None:
        """The answer; None when a listener has to give it."""
        body = req.body
        kind = _text(body.get("type"))
        if kind == "event_callback":
            return await self._event(body)
        if kind in INTERACTIONS or "command" in body:
            return await self._interaction(req)
        if kind in UNSAVED:
            return None
        if kind == "url_verification":
            return BoltResponse(status=200, body={"challenge": str(body.get("challenge") or "")})
        if kind == "app_rate_limited":
            self._flooded_at = self._chat.clock.now()
            _log.error("slack: %s", self.trouble)
        else:
            _log.warning("slack: something of a type that nobody knows was let go: %.60r", kind)
        return BoltResponse(status=200)

    async def _event(self, body: Payload) -> BoltResponse:
        event = body.get("event")
        if isinstance(event, dict) and _text(event.get("type")) in HINTS:
            self._hear(event)
            return BoltResponse(status=200)
        kept = await self._keep(event_key(body), EnvelopeKind.EVENT, body)
        if kept is None:
            return _not_kept()
        self._wake()
        return BoltResponse(status=200)

    async def _interaction(self, req: AsyncBoltRequest) -> BoltResponse | None:
        kept = await self._keep(interaction_key(req.body), EnvelopeKind.INTERACTION, req.body)
        if kept is None:
            return _not_kept()
        if kept.repeat:
            return BoltResponse(status=200, body=kept.answer)
        req.context[ENVELOPE] = kept.id
        return None

    async def _keep(self, key: str, kind: EnvelopeKind, body: Payload) -> KeptEnvelope | None:
        envelope = NewEnvelope("slack", key, kind, canonical(body))
        kept = await guarded(f"slack inbox, {key[:60]}", self._chat.keep(envelope))
        return None if isinstance(kept, IntakebotError) else kept


def event_key(body: Payload) -> str:
    """What makes an event the same event, however often and by whichever way it comes."""
    named = body.get("event_id")
    team = body.get("team_id") or body.get("enterprise_id") or ""
    return f"event:{team}|{named or _digest(body)}"


def interaction_key(body: Payload) -> str:
    """The same for an interaction, which has no id; each has a trigger or a time of its own in it."""
    return f"interaction:{_digest(body)}"


def canonical(body: Payload) -> str:
    """The payload as JSON, the same text for the same payload; ASCII, so that any storage takes it."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def _digest(body: Payload) -> str:
    return sha256(canonical(body).encode()).hexdigest()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _not_kept() -> BoltResponse:
    """Slack shall bring it again."""
    return BoltResponse(status=500, body={"error": "storage.unavailable"})
