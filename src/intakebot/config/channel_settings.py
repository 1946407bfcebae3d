"""Reads the ways in and out of `intakebot.yaml`: `channels` by kind, and the mail `relay`.

Called by `settings`. A channel's keys are known only to the channel of that kind, so its section is handed on as
a node, which a module of its own reads: `smtp_file`, `slack_file`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from intakebot.config.reader import Secret, Section

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from intakebot.domain.positions import Node

_HIGHEST_PORT = 65535
_MOST_CONNECTIONS = 50
_LISTEN = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")
_KIND = re.compile(r"[a-z][a-z0-9_]*")


class Tls(Enum):
    """How a connection to the relay is protected: not, when offered, always by STARTTLS, or from the first byte."""

    NONE = "none"
    OPPORTUNISTIC = "opportunistic"
    REQUIRED = "required"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """The next hop of everything that leaves by mail; `username` '' = no login.

    The login is by `password`, or by the token in `token_file`, which somebody else renews. `dkim` are the keys that
    mail is signed with, one for each sending domain.
    """

    host: str
    port: int
    tls: Tls
    username: str
    password: Secret
    token_file: Path | None = None
    connections: int = 4
    dkim: tuple[DkimKey, ...] = ()


@dataclass(frozen=True, slots=True)
class DkimKey:
    """What the mail of a domain and its subdomains is signed with: the name of the key in DNS, and the PEM file."""

    domain: str
    selector: str
    key: Path


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """One channel: `kind` names its module in `intakebot.channels`; `values` has its other keys, unread."""

    name: str
    kind: str
    values: Node


def read_channels(file: Section) -> tuple[ChannelSettings, ...]:
    """All channels, in file order."""
    return tuple(_read_channel(name, section) for name, section in file.sections("channels"))


def _read_channel(name: str, section: Section) -> ChannelSettings:
    kind = section.parsed("kind", "the name of a module like smtp", _kind, "")
    return ChannelSettings(name, kind, section.rest())


def read_relay(section: Section, environment: Mapping[str, str], folder: Path) -> RelaySettings:
    """The mail relay."""
    with section:
        username = section.text("username", "") if section.has("username") else ""
        token_file = optional_file(section, "token_file", folder)
        if token_file and (section.has("password") or not username):
            section.report(section.place_of("token_file"), "token_file: it needs a username, and no password beside it")
        if section.has("password") and not username:
            section.report(section.place_of("password"), "password: it needs a username")
        by_password = username and token_file is None
        return RelaySettings(
            host=section.text("host"),
            port=section.whole("port", 25, 1, _HIGHEST_PORT),
            tls=section.member("tls", Tls, Tls.REQUIRED),
            username=username,
            password=section.secret("password", environment, folder) if by_password else Secret(""),
            token_file=token_file,
            connections=section.whole("connections", 4, 1, _MOST_CONNECTIONS),
            dkim=tuple(_read_dkim(domain, key, folder) for domain, key in section.sections("dkim")),
        )


def _read_dkim(domain: str, section: Section, folder: Path) -> DkimKey:
    with section:
        selector = section.text("selector")
        section.text("key")
        return DkimKey(domain.lower(), selector, optional_file(section, "key", folder) or folder)


def _kind(text: str) -> str | None:
    return text if _KIND.fullmatch(text) else None


def listen_address(text: str) -> tuple[str, int] | None:
    """Host and port of `127.0.0.1:2525` or `[::1]:2525`; None for what is no such address."""
    found = _LISTEN.fullmatch(text)
    if found is None or int(found[2]) > _HIGHEST_PORT:
        return None
    return found[1].strip("[]"), int(found[2])


def optional_file(section: Section, key: str, folder: Path) -> Path | None:
    """The file that a key names, relative to `folder`; None where the key is left out. A missing file is reported."""
    if not section.has(key):
        return None
    path = folder / section.text(key)
    if not path.is_file():
        section.report(section.place_of(key), f"{key}: there is no file {section.text(key)}")
    return path
