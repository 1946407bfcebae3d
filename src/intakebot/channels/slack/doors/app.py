"""The app: what Slack brings, by whichever door, goes through here to the inbox and to the listeners.

Built once by the channel; the doors hand it what came and send back what it answers. It promises that a request by
HTTP is read only when Slack has signed it, that nothing is dispatched which is deeper or odder than what Slack sends,
that a listener is run once for an interaction, and that its answer is stored when what it asked for is done.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from intakebot.channels.slack.doors.inbox import ENVELOPE, Inbox, Payload
from intakebot.channels.slack.doors.signing import Signatures
from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.channels.slack.web.under_way import UNDER_WAY
from intakebot.edge import guarded
from intakebot.ports.chat import Chat

DEEPEST = 100
"""What Slack sends is nested some twenty levels deep."""
TRUSTED_HEADERS = ("content-type", "x-slack-retry-num", "x-slack-retry-reason")
"""Headers are not signed: no other one gets through, for slack_bolt obeys some of its own."""
_UNREADABLE = (AttributeError, RecursionError, TypeError, ValueError)
"""What slack_bolt raises over a body that is no payload of Slack's."""

_bolt_log = logging.getLogger(f"{__name__}.bolt")
_bolt_log.setLevel(logging.ERROR)  # below that it logs what people wrote
_log = logging.getLogger(__name__)


class SlackApp:
    """`registrars` put their listeners on the app. `bolt` has no token: who wants something of Slack asks `Calls`."""

    def __init__(
        self,
        connection: SlackConnection,
        chat: Chat,
        inbox: Inbox,
        registrars: Sequence[Callable[[AsyncApp], None]] = (),
    ) -> None:
        self._chat = chat
        self._signatures = Signatures(connection.signing_secrets)
        self._settling: set[asyncio.Task[Any]] = set()
        self.bolt = AsyncApp(
            name="intakebot",
            logger=_bolt_log,
            client=AsyncWebClient(base_url=connection.api_url, retry_handlers=[], logger=_bolt_log),
            authorize=_authorize,
            before_authorize=inbox.receive,
            process_before_response=True,  # else listeners run in tasks that nobody keeps
            request_verification_enabled=False,  # done in `by_http`, on the bytes, before they are parsed
            ssl_check_enabled=False,
            ignoring_self_events_enabled=False,  # events never get that far
        )
        for register in registrars:
            register(self.bolt)

    async def by_http(self, body: bytes, headers: Mapping[str, str]) -> BoltResponse:
        """Answer a request; `headers` by lower-case name. 401: Slack has not signed it. 400: it cannot be read."""
        if not self._signatures.valid(body, headers):
            return BoltResponse(status=HTTPStatus.UNAUTHORIZED, body={"error": "invalid signature"})
        trusted = {name: headers[name] for name in TRUSTED_HEADERS if name in headers}
        return await self._read(body.decode(), trusted, "http")

    async def by_socket(self, payload: Payload, headers: Mapping[str, str]) -> BoltResponse:
        """Answer a payload that came over a socket, which needs no signature."""
        return await self._read(dict(payload), headers, "socket_mode")

    async def close(self) -> None:
        """Wait until the answers that were given are stored; what is under way has to be done, or cut off, by then."""
        if self._settling:
            await asyncio.wait(set(self._settling))

    async def _read(self, body: str | dict[str, Any], headers: Mapping[str, str], mode: str) -> BoltResponse:
        try:
            request = AsyncBoltRequest(body=body, headers=dict(headers), mode=mode)
        except _UNREADABLE as error:
            _log.warning("slack: a request could not be read: %s", type(error).__name__)
            return BoltResponse(status=HTTPStatus.BAD_REQUEST, body={"error": "unreadable"})
        found: object = request.body
        if not isinstance(found, dict) or too_deep(found):
            return BoltResponse(status=HTTPStatus.BAD_REQUEST, body={"error": "unreadable"})
        return await self._dispatch(request)

    async def _dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        response = await self.bolt.async_dispatch(request)
        envelope = request.context.get(ENVELOPE)
        if envelope is not None:
            answer = response.body if response.status == HTTPStatus.OK else ""
            under_way = request.context.get(UNDER_WAY)
            task = asyncio.get_running_loop().create_task(self._settle(envelope, answer, under_way))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
        if response.status == HTTPStatus.NOT_FOUND:
            _log.error("slack: nobody answers %s", named(request.body))
        return response

    async def _settle(self, envelope: int, answer: str, under_way: asyncio.Future[bool] | None) -> None:
        """Done with the interaction once what it asked for is done; what was cut off is carried out after the start."""
        if under_way is not None and not await under_way:
            return
        await guarded("slack inbox, answered", self._chat.settle(envelope, answer))


async def _authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
    """Whoever comes through our doors; no auth.test for each request, and no token for listeners."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)


def acknowledgement(envelope_id: str, response: BoltResponse) -> str | None:
    """What goes back over a socket; None when nothing must: the envelope is to come again."""
    if response.status != HTTPStatus.OK:
        return None
    said: dict[str, Any] = {"envelope_id": envelope_id}
    if response.body:
        said["payload"] = json.loads(response.body) if response.body.startswith("{") else {"text": response.body}
    return json.dumps(said)


def named(body: Payload) -> str:
    """What an interaction is, for the log: nothing that anybody wrote."""
    actions = body.get("actions") or [{}]
    first = actions[0] if isinstance(actions, list) and isinstance(actions[0], dict) else {}
    view = body.get("view") or {}
    words: Iterable[Any] = (
        body.get("type"),
        body.get("command"),
        body.get("callback_id"),
        body.get("action_id"),
        first.get("action_id"),
        view.get("callback_id") if isinstance(view, dict) else "",
    )
    return " ".join(str(word)[:60] for word in words if word)


def too_deep(value: object, deepest: int = DEEPEST) -> bool:
    """Whether lists and mappings lie in each other more than `deepest` levels; without recursion."""
    level: list[object] = [value]
    for _ in range(deepest):
        inner: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(one.values())
            elif isinstance(one, list):
                inner.extend(one)
        if not inner:
            return False
        level = inner
    return True
