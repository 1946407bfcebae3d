"""The only thing that talks to Slack's Web API. Everybody in this folder who wants something of Slack asks here.

It promises that a call is made once (who may ask again decides the caller, by the error), that a method is left alone
for as long as Slack has asked, and that texts go out with everything off that would make more of them than was
written: no names linked, no links unfolded. While Slack does not let us in, nothing is sent but a look each minute
whether it does again; `trouble` says so.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.channels.slack.web.wire import Answer, Wire
from intakebot.domain.errors import SlackLimitedError, SlackRefusedError, SlackUnreachableError
from intakebot.ports import Clock

__all__ = [
    "Calls",
    "FixedToken",
    "SlackLimitedError",
    "SlackRefusedError",
    "SlackUnreachableError",
    "TokenSource",
    "Us",
    "locked_out",
]

WITHIN = 10.0
LOOK_AGAIN = timedelta(minutes=1)
EXPIRED = "token_expired"
NOT_RENEWED = frozenset({"bad_client_secret", "bad_client_id", "invalid_client_id", "invalid_refresh_token"})
"""Slack's words for a token that cannot be renewed."""
LOCKED_OUT = NOT_RENEWED | frozenset(
    {
        EXPIRED, "access_denied", "account_inactive", "app_uninstalled", "ekm_access_denied", "invalid_auth",
        "not_allowed_token_type", "not_authed", "org_login_required", "team_access_not_granted", "token_revoked",
        "two_factor_setup_required",
    }
)  # fmt: skip
"""Slack's words for a token that opens nothing: no other call would fare better."""

_PLAIN = {"parse": "none", "link_names": False}
_UNFOLDED = {"unfurl_links": False, "unfurl_media": False}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "chat.postMessage": _PLAIN | _UNFOLDED,
    "chat.update": _PLAIN | _UNFOLDED,  # left out, they fall back to what makes links and names live
    "chat.postEphemeral": _PLAIN,
}

_log = logging.getLogger(__name__)


class TokenSource(Protocol):
    """Where the bot token of an installation comes from: fixed, or rotating (`tokens`)."""

    @property
    def trouble(self) -> str:
        """'' or a sentence for operators: what will soon be wrong with the token."""

    async def token(self) -> str:
        """The token to use now. Raises SlackUnreachableError when there is none at the moment."""

    async def another(self, stale: str) -> str:
        """A token in place of one that has expired; the same one when there is no other."""

    async def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that stays."""

    value: str = field(repr=False)

    @property
    def trouble(self) -> str:
        """None: it does not end."""
        return ""

    async def token(self) -> str:
        """It."""
        return self.value

    async def another(self, stale: str) -> str:
        """There is no other."""
        return stale

    async def close(self) -> None:
        """There is nothing to let go of."""


@dataclass(frozen=True, slots=True)
class Us:
    """Who we are in the workspace: its id, name and address, the app's user and bot, and what the token may do."""

    team: str
    team_name: str
    url: str
    user: str
    bot: str
    enterprise: str = ""
    scopes: frozenset[str] = frozenset()


class Calls:
    """The Web API of one workspace. Must be closed.

    `locked_by` is Slack's word for why it does not let us in, or ''.
    """

    def __init__(self, connection: SlackConnection, clock: Clock, tokens: TokenSource | None = None) -> None:
        self.locked_by = ""
        self._connection = connection
        self._clock = clock
        self._tokens = tokens or FixedToken(connection.bot_token)
        self._wire = Wire(connection.api_url)
        self._rests_until: dict[tuple[str, str], datetime] = {}
        self._looks_again_at = clock.now()
        self._us: Us | None = None

    @property
    def trouble(self) -> str:
        """'' or a sentence for operators: why nothing goes out, and what to change."""
        return locked_out(self.locked_by) if self.locked_by else self._tokens.trouble

    async def call(self, method: str, *, within: float = WITHIN, **arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401
        """Call a method, once, and return what Slack answered. `within` is in seconds, everything included.

        Raises SlackLimitedError (certainly not done; also when an earlier call was asked to wait), SlackRefusedError
        (certainly not done) and SlackUnreachableError, whose `taken` says whether it may have been done.
        """
        return (await self._ask(method, arguments, within)).body

    async def us(self) -> Us:
        """Who we are there; asked once. Raises as `call`."""
        if self._us is None:
            self._us = await self.ask_who_we_are()
        return self._us

    async def ask_who_we_are(self) -> Us:
        """The same, asked now. Raises as `call`."""
        answer = await self._ask("auth.test", {}, WITHIN)
        said = answer.body
        scopes = frozenset(filter(None, answer.headers.get("x-oauth-scopes", "").replace(" ", "").split(",")))
        return Us(
            team=str(said.get("team_id") or ""),
            team_name=str(said.get("team") or ""),
            url=str(said.get("url") or ""),
            user=str(said.get("user_id") or ""),
            bot=str(said.get("bot_id") or ""),
            enterprise=str(said.get("enterprise_id") or ""),
            scopes=scopes,
        )

    async def open_socket(self) -> str:
        """An address for one socket, good once. Raises as `call`; the app's token is no trouble of the bot's."""
        self._check_rest("apps.connections.open", {})
        try:
            answer = await self._wire.send("apps.connections.open", {}, self._connection.app_token, WITHIN)
        except SlackLimitedError as limited:
            self._rest("apps.connections.open", {}, limited)
            raise
        return str(answer.body.get("url") or "")

    async def fetch_file(self, url: str, limit: int) -> bytes:
        """The file behind an address that Slack gave, `limit` bytes at most.

        Raises SlackRefusedError (`error` is `not_slack`, `file_too_large`, `login_page`, `http_<status>`),
        SlackUnreachableError, SlackLimitedError.
        """
        self._check_trouble()
        return await self._wire.fetch(url, await self._tokens.token(), limit)

    async def put_file(self, url: str, content: bytes) -> None:
        """Bring a file's bytes to the `upload_url` of files.getUploadURLExternal. Raises as `call`."""
        await self._wire.put(url, content)

    async def respond(self, response_url: str, **body: Any) -> None:  # noqa: ANN401 - a message, as Slack takes it
        """Answer an interaction at its `response_url` (five times within half an hour). Raises as `call`."""
        await self._wire.respond(response_url, body)

    def hear(self, event: Mapping[str, Any]) -> None:
        """An event of the platform: that we have been thrown out is known before the next call finds out."""
        kind = event.get("type")
        revoked = event.get("tokens")
        if kind == "app_uninstalled" or (kind == "tokens_revoked" and isinstance(revoked, dict) and revoked.get("bot")):
            self.lock("app_uninstalled" if kind == "app_uninstalled" else "token_revoked")

    def lock(self, error: str) -> None:
        """Slack does not let us in, and this is its word for why: nothing goes out until it does again."""
        if error != self.locked_by:
            _log.error("slack %s: %s", self._connection.name, locked_out(error))
        self.locked_by = error
        self._us = None
        self._looks_again_at = self._clock.now() + LOOK_AGAIN

    async def close(self) -> None:
        """Let go of the connections."""
        await self._wire.close()
        await self._tokens.close()

    async def _ask(self, method: str, arguments: Mapping[str, Any], within: float) -> Answer:
        self._check_trouble()
        self._check_rest(method, arguments)
        arguments = {**DEFAULTS.get(method, {}), **arguments}
        try:
            answer = await self._with_token(method, arguments, within)
        except SlackLimitedError as limited:
            self._rest(method, arguments, limited)
            raise
        except SlackRefusedError as refused:
            if refused.error in LOCKED_OUT:
                self.lock(refused.error)
                raise SlackUnreachableError(self.trouble, taken=False) from refused
            raise
        self._unlocked()
        return answer

    async def _with_token(self, method: str, arguments: Mapping[str, Any], within: float) -> Answer:
        """Send with the token; a second time only when the first token had expired, and there is another."""
        token = await self._tokens.token()
        try:
            return await self._wire.send(method, arguments, token, within)
        except SlackRefusedError as refused:
            other = await self._tokens.another(token) if refused.error == EXPIRED else token
            if other == token:
                raise
        return await self._wire.send(method, arguments, other, within)

    # --- Slack does not let us in

    def _check_trouble(self) -> None:
        """Let one call through each minute while we are locked out."""
        if not self.locked_by:
            return
        if self._clock.now() < self._looks_again_at:
            raise SlackUnreachableError(self.trouble, taken=False)
        self._looks_again_at = self._clock.now() + LOOK_AGAIN

    def _unlocked(self) -> None:
        if self.locked_by:
            _log.warning("slack %s: Slack lets us in again", self._connection.name)
            self.locked_by = ""

    # --- Slack has asked us to wait

    def _check_rest(self, method: str, arguments: Mapping[str, Any]) -> None:
        until, now = self._rests_until.get(_limit_of(method, arguments)), self._clock.now()
        if until and until > now:
            raise SlackLimitedError(f"Slack has asked to leave {method} alone until {until:%H:%M:%S}", until - now)

    def _rest(self, method: str, arguments: Mapping[str, Any], limited: SlackLimitedError) -> None:
        now = self._clock.now()
        self._rests_until = {key: until for key, until in self._rests_until.items() if until > now}
        self._rests_until[_limit_of(method, arguments)] = now + limited.retry_after


def locked_out(error: str) -> str:
    """The sentence for a token that opens nothing: what Slack says, and what to do."""
    step = "put its bot token into `bot_token`"
    if error in NOT_RENEWED:
        step = "check `client_id` and `client_secret`, put the new tokens into `bot_token` and `refresh_token`"
    return (
        f"Slack does not let us in ({error}): install the app in the workspace again, {step} and restart;"
        " what is owed is kept until then"
    )


def _limit_of(method: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
    """What a limit holds for: posts are limited in each channel, everything else in the whole workspace."""
    return method, str(arguments.get("channel") or "") if method == "chat.postMessage" else ""
