"""The durable inbox: what Slack hands over is on disk before Slack is told that we have it.

The one middleware of the app, before anything else is known of a request. Events are kept and answered; somebody
else works them off. Interactions are kept and go on to their listener, once: a repeat is given the answer of the
first time. It promises that nothing is acknowledged that is not kept, but for changed profiles and groups: there are
many of them, and what they say can be asked again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
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
HINTS = frozenset({"subteam_created", "subteam_members_changed", "subteam_updated", "team_join", "user_change"})
"""Events that are heard and not kept."""
URGENT = frozenset({"app_uninstalled", "tokens_revoked"})
"""Events that are heard at once, and kept as well."""
EVENTS = frozenset({"event_callback", "app_rate_limited"})
INTERACTIONS = frozenset({"block_actions", "message_action", "shortcut", "view_closed", "view_submission"})
UNSAVED = frozenset({"block_suggestion"})
"""Asked at every key press, and changes nothing: answered without being kept."""

_log = logging.getLogger(__name__)


class Inbox:
    """`wake` is called when an event was kept; `hear` with each event that must be known at once.

    `trouble` is '' or a sentence for operators.
    """

    def __init__(self, chat: Chat, wake: Callable[[], None], hear: Callable[[Payload], None]) -> None:
        self._chat = chat
        self._wake = wake
        self._hear = hear
        self.trouble = ""

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
        if kind in EVENTS:
            return await self._event(body)
        if kind in INTERACTIONS or "command" in body:
            return await self._interaction(req)
        if kind in UNSAVED:
            return None
        if kind == "url_verification":
            return BoltResponse(status=200, body={"challenge": str(body.get("challenge") or "")})
        _log.warning("slack: something of a type that nobody knows was let go: %.60r", kind)
        return BoltResponse(status=200)

    async def _event(self, body: Payload) -> BoltResponse:
        event: Payload = body["event"] if isinstance(body.get("event"), dict) else {}
        what = _text(event.get("type"))
        if what in HINTS or what in URGENT:
            self._hear(event)
        if what in HINTS:
            return BoltResponse(status=200)
        kept = await self._keep(event_key(body), EnvelopeKind.EVENT, body)
        if kept is None:
            return _not_kept()
        if not kept.repeat:
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
        if isinstance(kept, IntakebotError):
            self.trouble = f"what Slack brings cannot be kept, and is brought again for a while: {kept.sentence}"
            return None
        self.trouble = ""
        return kept


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
