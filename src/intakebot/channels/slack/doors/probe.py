"""Whether the bot token of a connection opens anything, asked once at the start.

Called by the channel before its doors open; the app token is tried by `socket_door`, because addresses of sockets are
rare. A wrong token is a mistake that a person makes and can mend, so the start
fails and says which setting it is; a network that is down mends itself, so the house starts and goes on trying.
"""

from __future__ import annotations

import logging

from intakebot.channels.slack.web.calls import Calls, SlackLimitedError, SlackRefusedError, SlackUnreachableError
from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.domain.errors import TokenRefusedError

_log = logging.getLogger(__name__)

_SETTINGS = "the settings of the app at api.slack.com/apps"


async def probe(connection: SlackConnection, calls: Calls) -> None:
    """Ask Slack who we are. Raises TokenRefusedError for a wrong token."""
    name = f"the channel {connection.name} cannot start"
    try:
        us = await calls.us()
        if not us.bot:
            raise TokenRefusedError(f"{name}: `bot_token` is a person's token; {_where_the_bot_token_is()}")
    except (SlackRefusedError, SlackUnreachableError, SlackLimitedError) as error:
        if calls.locked_by:
            sentence = f"{name}: Slack refuses `bot_token` ({calls.locked_by}); {_where_the_bot_token_is()}"
            raise TokenRefusedError(sentence) from error
        _log.error("slack %s: not reached at the start, trying again: %s", connection.name, error.sentence)


def _where_the_bot_token_is() -> str:
    return (
        f"copy the Bot User OAuth Token (xoxb-...) from {_SETTINGS} (OAuth & Permissions) into it,"
        " or install the app in the workspace again"
    )
