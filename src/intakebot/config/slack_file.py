"""Reads a channel of kind `slack`: how the workspace is reached, and what ties its rooms and people to this house.

Called by `settings` for each such channel, with the organisation, so that every queue, agent and address is checked
where it is named. Rooms, people and groups are written by Slack's own ids: names there change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from intakebot.config.channel_settings import ChannelSettings, listen_address
from intakebot.config.reader import Problems, Secret, Section, nearest
from intakebot.domain.chat import ChatTies, IntakeRoom

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from intakebot.domain.organisation import Organisation

_CHANNEL = re.compile(r"(?:[TE][A-Z0-9]{2,30}/)?[CG][A-Z0-9]{2,30}")
_USER = re.compile(r"(?:[TE][A-Z0-9]{2,30}/)?[UW][A-Z0-9]{2,30}")
_GROUP = re.compile(r"S[A-Z0-9]{2,30}")
_EMOJI = re.compile(r"[a-z0-9_+'-]{1,100}")
_COMMAND = re.compile(r"/[a-z0-9_-]{1,31}")
_PATH = re.compile(r"/[A-Za-z0-9/_.-]*")
_API = re.compile(r"https?://[^\s?#]+")
_DEFAULTS = IntakeRoom("", "")
_HERE = ("127.0.0.1", 3000)
_API_URL = "https://slack.com/api/"
_A_CHANNEL = "a channel's id like C0SUPPORT"


class Mode(Enum):
    """How things come in from Slack: by connections that we open, or by requests to an address of ours."""

    SOCKET = "socket"
    HTTP = "http"


class ReactedBy(Enum):
    """Whose emoji makes a case of a message."""

    AGENTS = "agents"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """One workspace. The secrets that a mode does not need are ''; `refresh_token` '' = tokens do not rotate."""

    name: str
    mode: Mode
    bot_token: Secret
    app_token: Secret
    signing_secret: Secret
    previous_signing_secret: Secret
    host: str
    port: int
    path: str
    api_url: str
    command: str
    client_id: str
    client_secret: Secret
    refresh_token: Secret
    ties: ChatTies


def slack_settings(
    channel: ChannelSettings,
    problems: Problems,
    organisation: Organisation,
    environment: Mapping[str, str],
    folder: Path,
) -> SlackSettings:
    """The typed settings of a channel of kind `slack`; secrets come from `environment` and files in `folder`."""
    with Section(channel.values, problems, f"channels.{channel.name}") as section:

        def secret(key: str, *, needed: bool) -> Secret:
            return section.secret(key, environment, folder) if needed or section.has(key) else Secret("")

        mode = section.member("mode", Mode, Mode.SOCKET)
        by_http = mode is Mode.HTTP
        host, port = section.parsed("listen", "an address and port like 127.0.0.1:3000", listen_address, ("", 0), _HERE)
        rotates = section.has("refresh_token")
        return SlackSettings(
            name=channel.name,
            mode=mode,
            bot_token=secret("bot_token", needed=not rotates),
            app_token=secret("app_token", needed=not by_http),
            signing_secret=secret("signing_secret", needed=by_http),
            previous_signing_secret=secret("previous_signing_secret", needed=False),
            host=host,
            port=port,
            path=section.parsed("path", "a path like /slack/events", _like(_PATH), "", "/slack/events"),
            api_url=section.parsed("api_url", f"an address like {_API_URL}", _api, "", _API_URL),
            command=section.parsed("command", "a command like /case", _like(_COMMAND), "", "/case"),
            client_id=section.text("client_id") if rotates or section.has("client_id") else "",
            client_secret=secret("client_secret", needed=rotates),
            refresh_token=secret("refresh_token", needed=False),
            ties=_read_ties(section, organisation),
        )


def _read_ties(section: Section, organisation: Organisation) -> ChatTies:
    ties = ChatTies(
        direct=_direct(section, organisation),
        rooms={channel: _room(channel, room, organisation) for channel, room in section.sections("intake")},
        queues=_queues(section.section("queues"), organisation),
        agents=_agents(section.section("agents"), organisation),
        groups=_groups(section.section("groups"), organisation),
        operators=section.parsed("operators", _A_CHANNEL, _like(_CHANNEL), "", ""),
    )
    for channel in sorted(ties.rooms.keys() & {*ties.queues.values(), ties.operators}):
        place = section.section("intake").place_of(channel)
        section.report(place, f"intake: {channel} has cards or alarms; what agents say there would become cases")
    return ties


def _direct(section: Section, organisation: Organisation) -> IntakeRoom:
    """What direct messages, shortcuts and commands are received under."""
    if section.has("direct"):
        return _room("", section.section("direct"), organisation)
    section.report(section.place, "the key 'direct' is missing: name the address that direct messages count for")
    return _DEFAULTS


def _room(channel: str, section: Section, organisation: Organisation) -> IntakeRoom:
    if channel and not _CHANNEL.fullmatch(channel):
        section.report(
            section.place, f"expected {_A_CHANNEL}, found {channel!r}; Slack shows it in the channel's details"
        )
    with section:
        return IntakeRoom(
            channel=channel,
            address=section.one_of("address", organisation.addresses, "address"),
            reaction=section.parsed("reaction", "an emoji's name like ticket", _like(_EMOJI), "", _DEFAULTS.reaction),
            agents_only=section.member("reactions_by", ReactedBy, ReactedBy.AGENTS) is ReactedBy.AGENTS,
            joins_within=section.span("joins_within", _DEFAULTS.joins_within),
            customer=section.text("customer", ""),
        )


def _queues(group: Section, organisation: Organisation) -> dict[str, str]:
    """The channel of each queue's cards."""
    with group:
        found = {name: group.parsed(name, _A_CHANNEL, _like(_CHANNEL), "") for name in group.names()}
    _report_unknown(group, found, organisation.queues, "queue")
    return found


def _agents(group: Section, organisation: Organisation) -> dict[str, str]:
    """The agent behind each user; an agent may have several accounts, an account one agent."""
    found: dict[str, str] = {}
    with group:
        for name in group.names():
            for user in group.texts(name):
                if not _USER.fullmatch(user):
                    group.report(group.place_of(name), f"{name}: expected a user's id like U0ALICE, found {user!r}")
                elif user in found:
                    group.report(group.place_of(name), f"{name}: {user} is {found[user]} already")
                found.setdefault(user, name)
    _report_unknown(group, group.names(), organisation.agents, "agent")
    return found


def _groups(group: Section, organisation: Organisation) -> dict[str, tuple[str, ...]]:
    """The queues that the members of each user group work in."""
    with group:
        found = {name: group.some_of(name, organisation.queues, "queue") for name in group.names()}
    for name in found:
        if not _GROUP.fullmatch(name):
            group.report(group.place_of(name), f"expected a user group's id like S0NOC, found {name!r}")
    return found


def _report_unknown(group: Section, names: Iterable[str], known: Collection[str], what: str) -> None:
    for name in names:
        if name not in known:
            group.report(group.place_of(name), f"unknown {what} {name!r}; {nearest(name, known)}")


def _like(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda text: text if pattern.fullmatch(text) else None


def _api(text: str) -> str | None:
    return f"{text.rstrip('/')}/" if _API.fullmatch(text) else None
