"""How one Slack workspace is reached: by which way in, with which secrets, under which addresses.

Made by the composition root from the configuration; read by everything in this folder that talks to Slack.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class SlackConnection:
    """One installation of the app. `name` is the channel's name in the configuration.

    `mode` says how things come in: `socket` needs `app_token` (`xapp-...`), `http` needs `signing_secrets`, of which
    two hold while the secret is being changed; `host`, `port` (0 = any free one) and `path` are where it listens.
    `client_id`, `client_secret` and `refresh_token` are given where tokens rotate, else ''. `api_url` ends with `/`.
    Where it is `silent`, callers get no word from us at all; agents still do.
    """

    name: str
    mode: Literal["socket", "http"]
    bot_token: str = field(repr=False)
    app_token: str = field(default="", repr=False)
    signing_secrets: tuple[str, ...] = field(default=(), repr=False)
    host: str = "127.0.0.1"
    port: int = 3000
    path: str = "/slack/events"
    api_url: str = "https://slack.com/api/"
    command: str = "/case"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    silent: bool = False

    @property
    def rotates(self) -> bool:
        """Whether tokens of this installation expire and are refreshed."""
        return bool(self.refresh_token)
