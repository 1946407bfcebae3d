"""The table of Web API methods: each with the tokens and scopes it wants, and its rate limit tier.

A method module registers with `@method(...)`; what is not in the table is unknown, and fails the test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakes.slack.records import Channel, Json, Token, User, Workspace
from fakes.slack.refusal import RefusedError

if TYPE_CHECKING:
    from fakes.slack.web_api import WebApi

TRUE = ("true", "1", "True", True, 1)


@dataclass
class Call:
    """One call of a method. `arguments` are as the app gave them, JSON texts already read; `at` is clock time."""

    method: str
    arguments: Json
    token: Token | None
    at: float
    api: WebApi
    shown_token: str = ""
    answer: Json = field(default_factory=dict)
    status: int = 200
    fault: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def team(self) -> Workspace:
        """The workspace of the token."""
        assert self.token is not None
        if self.token.team is None:
            raise RefusedError("not_allowed_token_type")
        return self.token.team

    @property
    def bot(self) -> User:
        """The app's account that acts."""
        return self.api.state.bot(self.team)

    def text(self, name: str, otherwise: str = "") -> str:
        """A text argument."""
        value = self.arguments.get(name)
        return otherwise if value is None else str(value)

    def need(self, name: str, code: str = "invalid_arguments") -> str:
        """A text argument that must be there."""
        value = self.text(name)
        if not value:
            missing = f"[ERROR] missing required field: {name}"
            raise RefusedError(code, response_metadata={"messages": [missing]})
        return value

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        """A yes or no."""
        value = self.arguments.get(name)
        return otherwise if value is None else value in TRUE

    def number(self, name: str, otherwise: int) -> int:
        """A whole number."""
        try:
            return int(self.arguments.get(name) or otherwise)
        except ValueError as error:
            raise RefusedError("invalid_arguments") from error

    def names(self, name: str) -> list[str]:
        """A list, as JSON or with commas."""
        value = self.arguments.get(name) or []
        return list(value) if isinstance(value, list) else [one for one in str(value).split(",") if one]

    def channel(self, name: str = "channel", *, member: bool = False) -> Channel:
        """The conversation it names: by its id, or a person's id for the direct message with that person."""
        wanted = self.need(name, "channel_not_found")
        state = self.api.state
        if wanted in state.users and wanted[0] in "UW":
            return state.dm(state.users[wanted], self.team)
        channel = state.channels.get(wanted)
        if channel is None or not self._visible(channel):
            raise RefusedError("channel_not_found")
        if member and self.team.bot_user not in channel.members:
            raise RefusedError("not_in_channel")
        return channel

    def _visible(self, channel: Channel) -> bool:
        here = self.team in (channel.team, *channel.shared_with)
        return here and (not channel.private or self.team.bot_user in channel.members)

    def user(self, name: str = "user") -> User:
        """The account it names."""
        user = self.api.state.users.get(self.need(name, "user_not_found"))
        if user is None or not self._knows(user):
            raise RefusedError("user_not_found")
        return user

    def _knows(self, user: User) -> bool:
        if user.team is self.team or (user.team.enterprise and user.team.enterprise == self.team.enterprise):
            return True
        channels = self.api.state.channels.values()
        return any(user.id in one.members and self.team in (one.team, *one.shared_with) for one in channels)

    def page(self, rows: list[Any], otherwise: int = 100, most: int = 1000) -> tuple[list[Any], Json]:
        """The rows of the page that `cursor` and `limit` ask for, and the metadata with the next cursor."""
        start = self._start()
        size = max(1, min(self.number("limit", otherwise), most))
        after = start + size
        cursor = f"bmV4dA{after}==" if after < len(rows) else ""
        return rows[start:after], {"next_cursor": cursor}

    def _start(self) -> int:
        cursor = self.text("cursor")
        if not cursor:
            return 0
        number = cursor.removeprefix("bmV4dA").removesuffix("==")
        if not number.isdigit():
            raise RefusedError("invalid_cursor")
        return int(number)


@dataclass(frozen=True)
class Method:
    """`tokens` are the kinds that may call it; of `scopes` one is enough; `tier` names its rate limit."""

    name: str
    run: Callable[[Call], Json]
    tier: str
    scopes: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ("bot", "user")


METHODS: dict[str, Method] = {}


def method(
    name: str, tier: str, *scopes: str, tokens: tuple[str, ...] = ("bot", "user")
) -> Callable[[Callable[[Call], Json]], Callable[[Call], Json]]:
    """Put a function into the table."""

    def register(run: Callable[[Call], Json]) -> Callable[[Call], Json]:
        METHODS[name] = Method(name, run, tier, scopes, tokens)
        return run

    return register
