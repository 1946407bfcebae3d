"""The app as Slack knows it: its ids and secrets, what it may do, and where it is installed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from fakes.slack.events import EVENTS
from fakes.slack.records import Json, Token, User, Workspace
from fakes.slack.state import State
from fakes.slack.verdict import Verdict

SCOPES = frozenset(
    {
        "app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:read", "files:write",
        "groups:history", "groups:read", "im:history", "im:read", "im:write", "links:read", "links:write",
        "reactions:read", "reactions:write", "usergroups:read", "users:read", "users:read.email",
    }
)  # fmt: skip
FORBIDDEN = frozenset({"chat:write.public"})
HALF_A_DAY = 12 * 3600


@dataclass
class App:
    """`scopes` and `events` may be changed at any time, and hold for tokens that are already out.

    `rotating` makes new tokens expire after twelve hours.
    """

    state: State
    verdict: Verdict
    home: Workspace
    app_id: str
    name: str = "Intake"
    client_id: str = "1111111111.2222222222"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    app_token: str = field(default_factory=lambda: f"xapp-1-A0-{secrets.token_hex(16)}")
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    events: set[str] = field(default_factory=lambda: set(EVENTS))
    codes: dict[str, Workspace] = field(default_factory=dict)
    rotating: bool = False
    installer: str = ""

    def __post_init__(self) -> None:
        self.state.tokens[self.app_token] = Token(self.app_token, "app", None, {"connections:write"})

    @property
    def bot_token(self) -> str:
        """The token of the home workspace."""
        return self.home.bot_token

    @property
    def bot_user(self) -> str:
        """The app's account in the home workspace."""
        return self.home.bot_user

    @property
    def bot_id(self) -> str:
        """The app's bot in the home workspace."""
        return self.home.bot_id

    def install(self, team: Workspace) -> Token:
        """Let the app into a workspace; an earlier installation keeps its account."""
        if not team.bot_user:
            team.bot_user, team.bot_id = self.state.new_id("U"), self.state.new_id("B")
            bot = User(team.bot_user, team, self.name.lower(), self.name, None, "bot", team.bot_id)
            self.state.users[bot.id] = bot
        team.installed = True
        return self.issue(team, rotating=self.rotating)

    def issue(self, team: Workspace, *, rotating: bool = False) -> Token:
        """A new token for an installation."""
        prefix = "xoxe.xoxb" if rotating else "xoxb"
        token = Token(f"{prefix}-{secrets.token_hex(20)}", "bot", team, self.scopes)
        if rotating:
            token.expires = self.state.clock.time() + HALF_A_DAY
            token.refreshes_as = f"xoxe-1-{secrets.token_hex(20)}"
        self.state.tokens[token.value] = token
        team.bot_token = token.value
        return token

    def approve(self, url: str, team: Workspace, installer: str) -> str:
        """Somebody follows the app's address of authorization and allows it; returns where the browser goes then."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        wanted = {one for one in asked.get("scope", "").split(",") if one}
        if wanted & FORBIDDEN:
            self.verdict.fail("forbidden-scope", f"asks for {', '.join(sorted(wanted & FORBIDDEN))}")
        if asked.get("user_scope"):
            self.verdict.fail("forbidden-scope", f"asks for a user's {asked['user_scope']}")
        self.scopes.clear()
        self.scopes.update(wanted)
        code, self.installer = secrets.token_hex(16), installer
        self.codes[code] = team
        back = {"code": code} | ({"state": asked["state"]} if "state" in asked else {})
        return f"{asked.get('redirect_uri', '')}?{urlencode(back)}"

    def follow(self, manifest: Json) -> None:
        """Ask for the scopes and the events of an app manifest, as if the app had been made from it."""
        self.scopes.clear()
        self.scopes.update(manifest["oauth_config"]["scopes"]["bot"])
        events = manifest["settings"]["event_subscriptions"]["bot_events"]
        self.events.clear()
        self.events.update(events)

    def check(self) -> None:
        """Hold forbidden scopes against the app."""
        if found := self.scopes & FORBIDDEN:
            self.verdict.fail("forbidden-scope", f"has {', '.join(sorted(found))}")
