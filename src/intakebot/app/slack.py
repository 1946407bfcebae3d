"""Builds the Slack channel of a house from its configuration, and checks its workspace.

Called by `doors` and, for `intakebot slack check`, by the command line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import SystemRandom

from intakebot.app.house import OpenHouse
from intakebot.channels.slack.channel import SlackChannel
from intakebot.channels.slack.check import check
from intakebot.channels.slack.web.calls import Calls
from intakebot.channels.slack.web.connection import SlackConnection
from intakebot.clocks import SystemClock
from intakebot.config.settings import Settings
from intakebot.config.slack_file import Mode, SlackSettings
from intakebot.domain.errors import NotFoundError
from intakebot.ports import Desk
from intakebot.storage.chat_archive import SqlChatArchive
from intakebot.storage.sealing import key_seal
from intakebot.usecases.chat import HouseChat
from intakebot.usecases.chat_tokens import HouseTokens


def slack_channel(opened: OpenHouse, settings: SlackSettings, desk: Desk) -> SlackChannel:
    """The channel that the settings describe, not yet open."""
    connection = slack_connection(settings, silent=opened.settings.service.shadow)
    archive = SqlChatArchive(opened.database)
    chat = HouseChat(opened.house, opened.writer, archive)
    tokens = HouseTokens(opened.house, opened.writer, archive, key_seal(opened.data))
    return SlackChannel(connection, settings.ties, desk, chat, tokens, SystemRandom())


def slack_connection(settings: SlackSettings, *, silent: bool = False) -> SlackConnection:
    """How the workspace is reached, in the channel's own words."""
    return SlackConnection(
        name=settings.name,
        mode="http" if settings.mode is Mode.HTTP else "socket",
        bot_token=settings.bot_token.value,
        app_token=settings.app_token.value,
        signing_secrets=tuple(_given(settings.signing_secret.value, settings.previous_signing_secret.value)),
        host=settings.host,
        port=settings.port,
        path=settings.path,
        api_url=settings.api_url,
        command=settings.command,
        client_id=settings.client_id,
        client_secret=settings.client_secret.value,
        refresh_token=settings.refresh_token.value,
        silent=silent,
    )


def _given(*secrets: str) -> Iterable[str]:
    return (secret for secret in secrets if secret)


async def slack_findings(settings: Settings) -> list[Mapping[str, str]]:
    """What `intakebot slack check` found in the workspace, in the order of setting one up; nothing is changed there.

    Raises NotFoundError when no channel of kind slack is configured.
    """
    if not settings.slack:
        sentence = "no channel of kind slack is configured: docs/howto/slack.md sets one up in five minutes"
        raise NotFoundError(sentence)
    found: list[Mapping[str, str]] = []
    for workspace in settings.slack:
        connection, clock = slack_connection(workspace), SystemClock()
        calls = Calls(connection, clock)
        try:
            findings = await check(calls, connection, workspace.ties, clock)
        finally:
            await calls.close()
        found += [{"severity": one.severity, "place": one.what, "sentence": one.sentence} for one in findings]
    return found
