"""Reads a whole configuration folder: `load_settings` gives frozen `Settings`, or one error with all problems.

Called by the composition root. Layout of the folder: `intakebot.yaml`, `workflows/*.yaml`, `rules/*.yaml`,
`agreements/*.yaml`. Problems name files relative to the folder. Rule files are handed on as bytes; the rules room
gives them their meaning.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from intakebot.config.agreement_file import read_agreements
from intakebot.config.channel_settings import (
    ChannelSettings,
    RelaySettings,
    read_channels,
    read_relay,
)
from intakebot.config.imap_file import ImapSettings, read_mailboxes
from intakebot.config.organisation_file import read_organisation
from intakebot.config.reader import Problems, Section, shown_kind
from intakebot.config.rule_files import RuleFiles, rule_files
from intakebot.config.sender_settings import read_trusted_servers
from intakebot.config.slack_file import SlackSettings, slack_settings
from intakebot.config.smtp_file import SmtpSettings, smtp_settings
from intakebot.config.workflow_file import read_workflows
from intakebot.config.yaml_source import load_node
from intakebot.domain.errors import ConfigError, Problem
from intakebot.domain.file_policy import FilePolicy, FlaggedFiles

if TYPE_CHECKING:
    from intakebot.domain.organisation import Organisation
    from intakebot.domain.positions import Node

SCHEMA = "intakebot.config/1"
MAIN_FILE = "intakebot.yaml"
_LOG_LEVELS = ("debug", "info", "warning", "error")
_HIGHEST_NODE = 1023
_REPLIES_PER_DAY = 3
_REPLIES_PER_HOUR = 600
_MUTE_AFTER_BOUNCE = timedelta(days=7)


class ServiceMode(Enum):
    """Whether answers leave. In shadow mode they are written down and never sent, now or later."""

    LIVE = "live"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Where the service keeps its files, what it calls itself, and which node of the installation it is.

    A relative data directory counts from the working directory.
    """

    data_directory: Path
    host_name: str
    log_level: str
    node: int
    mode: ServiceMode = ServiceMode.LIVE

    @property
    def shadow(self) -> bool:
        """Everything is decided and nothing is sent."""
        return self.mode is ServiceMode.SHADOW


@dataclass(frozen=True, slots=True)
class AutomaticReplyCaps:
    """How many automatic replies may leave; what is over a cap becomes an agent's draft.

    `per_hour` counts all of them, to anybody; nothing automatic goes to an address for `mute_after_bounce` after a mail
    to it came back.
    """

    per_address_and_day: int
    per_hour: int
    mute_after_bounce: timedelta


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration. `database_url` '' = SQLite in the data directory.

    `relay` None = replies are filed in the Maildir `outbox` of the data directory. `smtp`, `imap` and `slack` have the
    typed settings of those `channels` whose kind it is. `alarms_to` are the addresses of the people who run it.
    `trusted_servers` are those that are believed about senders (authserv-ids), by the channel that mail came through.
    """

    organisation: Organisation
    service: ServiceSettings
    database_url: str = field(repr=False)
    channels: tuple[ChannelSettings, ...]
    smtp: tuple[SmtpSettings, ...]
    imap: tuple[ImapSettings, ...]
    slack: tuple[SlackSettings, ...]
    relay: RelaySettings | None
    automatic_replies: AutomaticReplyCaps
    files: FilePolicy
    alarms_to: tuple[str, ...]
    rules: RuleFiles
    templates_directory: Path
    trusted_servers: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Sources:
    """All files of a folder, parsed, and where secrets come from."""

    folder: Path
    environment: Mapping[str, str]
    main: Node
    workflows: Mapping[str, Node]
    agreements: Mapping[str, Node]


def load_settings(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the main file `path` (of a folder its `intakebot.yaml`) and the folders beside it.

    Secrets come from `environment` and from files beside the configuration. Raises ConfigError with every
    problem; files that are not YAML are reported first, because nothing can be said about the others then.
    """
    sources = _load_sources(main_file(path), environment)
    problems = Problems()
    with Section(sources.main, problems, "") as file:
        file.one_of("schema", {SCHEMA}, "schema")
        settings = _read_settings(file, sources, _read_organisation(file, sources))
    problems.raise_if_any()
    return settings


def load_organisation(path: Path) -> Organisation:
    """The house itself, for whoever only reads mail: no door, no relay, and none of their secrets.

    Raises ConfigError.
    """
    sources = _load_sources(main_file(path), {})
    problems = Problems()
    organisation = _read_organisation(Section(sources.main, problems, ""), sources)
    problems.raise_if_any()
    return organisation


def load_house_directory(path: Path) -> Path:
    """Where the house keeps its files, and nothing else. Raises ConfigError.

    Who works cases of a running service needs no secret, and a settings file that is being edited stops nobody.
    """
    problems = Problems()
    main = main_file(path)
    file = Section(load_node(main, main.name), problems, "")
    directory = _house_directory(file.section("service"))
    problems.raise_if_any()
    return directory


def main_file(path: Path) -> Path:
    """The main file that is meant by a file, or by the folder of one. Raises ConfigError where there is none."""
    found = path / MAIN_FILE if path.is_dir() else path
    if not found.exists():
        sentence = "there is no such file; --config PATH or INTAKEBOT_CONFIG says where the settings are"
        raise ConfigError([Problem(str(found), 0, sentence)])
    return found


def _load_sources(path: Path, environment: Mapping[str, str]) -> _Sources:
    found: list[Problem] = []
    folder = path.parent
    main = _load_files(folder, [path.name], found)
    workflows, agreements = (
        _load_files(folder, [f"{room}/{name}.yaml" for name in _names(folder / room)], found)
        for room in ("workflows", "agreements")
    )
    if found:
        raise ConfigError(found)
    return _Sources(folder, environment, main[path.name], workflows, agreements)


def _names(room: Path) -> list[str]:
    return sorted(path.stem for path in room.glob("*.yaml"))


def _load_files(folder: Path, names: list[str], found: list[Problem]) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for name in names:
        try:
            nodes[name] = node = load_node(folder / name, name)
        except ConfigError as error:
            found += error.problems
            continue
        if not isinstance(node.value, Mapping):
            found.append(Problem(name, node.place.line, f"expected a mapping, found {shown_kind(node)}"))
    return nodes


def _read_organisation(file: Section, sources: _Sources) -> Organisation:
    workflows = read_workflows({Path(name).stem: node for name, node in sources.workflows.items()}, file.problems)
    return read_organisation(file, workflows, read_agreements(sources.agreements, file.problems))


def _house_directory(service: Section) -> Path:
    return Path(service.text("data_directory")).absolute()


def _read_settings(file: Section, sources: _Sources, organisation: Organisation) -> Settings:
    channels = read_channels(file)
    service = _read_service(file.section("service"))
    smtp = tuple(
        smtp_settings(channel, file.problems, sources.folder) for channel in channels if channel.kind == "smtp"
    )
    trusted = file.section("trusted_authserv_ids")
    return Settings(
        organisation=organisation,
        service=service,
        database_url=_read_database_url(file.section("database"), sources),
        channels=channels,
        smtp=smtp,
        imap=read_mailboxes(channels, file.problems, organisation, sources.environment, sources.folder),
        slack=_read_slack(channels, file.problems, sources, organisation),
        relay=read_relay(file.section("relay"), sources.environment, sources.folder) if file.has("relay") else None,
        automatic_replies=_read_caps(file.section("automatic_replies")),
        files=_read_files(file.section("attachments")),
        alarms_to=_read_alarms(file.section("alarms"), organisation),
        rules=rule_files(sources.folder),
        templates_directory=_read_templates(file, sources.folder),
        trusted_servers=read_trusted_servers(trusted, channels, smtp, service.host_name),
    )


def _read_slack(
    channels: tuple[ChannelSettings, ...], problems: Problems, sources: _Sources, organisation: Organisation
) -> tuple[SlackSettings, ...]:
    """At most one workspace: a reply knows its place there, and not by which of several apps it leaves."""
    found = [channel for channel in channels if channel.kind == "slack"]
    for further in found[1:]:
        problems.add(further.values.place, f"channels.{further.name}: there is a channel of kind slack already")
    environment, folder = sources.environment, sources.folder
    return tuple(slack_settings(channel, problems, organisation, environment, folder) for channel in found[:1])


def _read_service(section: Section) -> ServiceSettings:
    with section:
        return ServiceSettings(
            data_directory=_house_directory(section),
            host_name=section.text("host_name"),
            log_level=section.one_of("log_level", _LOG_LEVELS, "log level", "info"),
            node=section.whole("node", 0, 0, _HIGHEST_NODE),
            mode=section.member("mode", ServiceMode, ServiceMode.LIVE),
        )


def _read_database_url(section: Section, sources: _Sources) -> str:
    """A URL without a password may stand in the file; one with a password is a secret."""
    with section:
        node = section.node("url")
        if node is None:
            return ""
        if isinstance(node.value, Mapping):
            return section.secret("url", sources.environment, sources.folder).value
        url = section.text("url")
        if urlsplit(url).password is not None:
            section.report(node.place, "url: it holds a password; write {env: NAME} or {file: PATH}")
        return url


def _read_caps(section: Section) -> AutomaticReplyCaps:
    with section:
        return AutomaticReplyCaps(
            per_address_and_day=section.whole("per_address_and_day", _REPLIES_PER_DAY, 0, 1000),
            per_hour=section.whole("per_hour", _REPLIES_PER_HOUR, 1, 1_000_000),
            mute_after_bounce=section.span("mute_after_bounce", _MUTE_AFTER_BOUNCE),
        )


def _read_files(section: Section) -> FilePolicy:
    with section:
        return FilePolicy(section.member("flagged", FlaggedFiles, FlaggedFiles.MARK), section.size("largest", 25 << 20))


def _read_alarms(section: Section, organisation: Organisation) -> tuple[str, ...]:
    """Addresses outside of this house: an alarm in our own mailbox would be a case."""
    with section:
        found = section.texts("mail_to", ())
        for address in found:
            if "@" not in address or organisation.receiving(address):
                what = "is one of our own addresses" if "@" in address else "is no address"
                section.report(section.place_of("mail_to"), f"mail_to: {address!r} {what}")
        return found


def _read_templates(file: Section, folder: Path) -> Path:
    directory = folder / file.text("templates", "../templates")
    if not directory.is_dir():
        file.report(
            file.place_of("templates"), f"templates: there is no directory {file.text('templates', '../templates')}"
        )
    return directory.resolve()
