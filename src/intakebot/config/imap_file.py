"""Reads a channel of kind `imap`: where a mailbox is, who we are there, and what becomes of the mails in it.

Called by `settings` for each such channel, with the organisation, so that the address is checked where it is named.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from intakebot.config.channel_settings import ChannelSettings, optional_file
from intakebot.config.reader import Problems, Secret, Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from intakebot.domain.organisation import Organisation

_HIGHEST_PORT = 65535
_LONGEST_POLL = timedelta(hours=1)
_SHORTEST_POLL = timedelta(seconds=10)


class ImapTls(Enum):
    """How the connection is protected; `none` only to a server on the same machine."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


class Afterwards(Enum):
    """What becomes of a mail in the mailbox once it is taken."""

    FLAG = "flag"
    MOVE = "move"
    DELETE = "delete"


class FirstLook(Enum):
    """What is taken of a mailbox that was never looked into: all that is there, or what comes from then on."""

    EVERYTHING = "everything"
    NEW = "new"


class Provider(Enum):
    """Where access tokens come from."""

    MICROSOFT = "microsoft"
    GOOGLE = "google"
    TOKEN_URL = "token_url"  # noqa: S105 - the name of a key


@dataclass(frozen=True, slots=True)
class OauthSettings:
    """How access tokens are asked for; what a provider does not need is '' or None."""

    provider: Provider
    client_id: str
    client_secret: Secret
    tenant: str
    service_account: Path | None
    token_url: str
    scope: str
    refresh_token: Secret


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """One mailbox. Sizes in bytes. It is entered with `password`, or with tokens where there is `oauth`."""

    name: str
    host: str
    port: int
    tls: ImapTls
    username: str
    password: Secret
    oauth: OauthSettings | None
    certificate_authority: Path | None
    folder: str
    after: Afterwards
    move_to: str
    first_look: FirstLook
    poll: timedelta
    size_limit: int
    batch_bytes: int
    address: str


def read_mailboxes(
    channels: Iterable[ChannelSettings],
    problems: Problems,
    organisation: Organisation,
    environment: Mapping[str, str],
    folder: Path,
) -> tuple[ImapSettings, ...]:
    """All channels of kind `imap`. Two of them never look into one folder: each would mark the other's mails."""
    found: dict[tuple[str, str, str], ImapSettings] = {}
    for channel in channels:
        if channel.kind == "imap":
            read = imap_settings(channel, problems, organisation, environment, folder)
            known = found.setdefault((read.host.lower(), read.username, _as_servers_know(read.folder)), read)
            if known is not read:
                problems.add(
                    channel.values.place,
                    f"channels.{channel.name}: {known.name} looks into the folder {read.folder} of {read.username}"
                    " already",
                )
    return tuple(found.values())


def imap_settings(
    channel: ChannelSettings,
    problems: Problems,
    organisation: Organisation,
    environment: Mapping[str, str],
    folder: Path,
) -> ImapSettings:
    """The typed settings of one mailbox; secrets come from `environment` and files in `folder`."""
    with Section(channel.values, problems, f"channels.{channel.name}") as section:
        tls = section.member("tls", ImapTls, ImapTls.IMPLICIT)
        after = section.member("after", Afterwards, Afterwards.FLAG)
        read = ImapSettings(
            name=channel.name,
            host=section.text("host"),
            port=section.whole("port", 993 if tls is ImapTls.IMPLICIT else 143, 1, _HIGHEST_PORT),
            tls=tls,
            username=section.text("username"),
            password=_password(section, environment, folder),
            oauth=_oauth(section, environment, folder) if section.has("oauth") else None,
            certificate_authority=optional_file(section, "certificate_authority", folder),
            folder=section.text("folder", "INBOX"),
            after=after,
            move_to=section.text("move_to") if after is Afterwards.MOVE else "",
            first_look=section.member("first_look", FirstLook, FirstLook.EVERYTHING),
            poll=section.span("poll", timedelta(minutes=5)),
            size_limit=section.size("size_limit", 50 << 20),
            batch_bytes=section.size("batch_bytes", 8 << 20),
            address=section.one_of("address", organisation.addresses, "address"),
        )
        _check(section, read)
        return read


def _check(section: Section, read: ImapSettings) -> None:
    if section.has("password") == section.has("oauth"):
        section.report(section.place, "write either password or oauth")
    if read.tls is ImapTls.NONE and read.host and not _is_here(read.host):
        section.report(
            section.place_of("tls"),
            f"tls: none sends the login readable to {read.host}; it is allowed to 127.0.0.1, ::1 and localhost only",
        )
    if read.move_to and _as_servers_know(read.move_to) == _as_servers_know(read.folder):
        section.report(section.place_of("move_to"), "move_to: it is the folder that mail is taken from")
    if not _SHORTEST_POLL <= read.poll <= _LONGEST_POLL:
        section.report(section.place_of("poll"), "poll: expected 10s to 1h")


def _as_servers_know(folder: str) -> str:
    """The name of a folder, with one letter case for the only one that has none (RFC 3501 section 5.1)."""
    return "INBOX" if folder.upper() == "INBOX" else folder


def _password(section: Section, environment: Mapping[str, str], folder: Path) -> Secret:
    return section.secret("password", environment, folder) if section.has("password") else Secret("")


def _oauth(mailbox: Section, environment: Mapping[str, str], folder: Path) -> OauthSettings:
    """The keys that the provider needs, and no others."""
    with mailbox.section("oauth") as section:
        provider = section.member("provider", Provider)
        is_google = provider is Provider.GOOGLE
        by_url = provider is Provider.TOKEN_URL
        if is_google and not section.has("service_account"):
            section.report(section.place, "the key 'service_account' is missing")

        def secret(key: str, *, needed: bool) -> Secret:
            return section.secret(key, environment, folder) if needed or (by_url and section.has(key)) else Secret("")

        return OauthSettings(
            provider=provider,
            client_id="" if is_google else section.text("client_id"),
            client_secret=secret("client_secret", needed=provider is Provider.MICROSOFT),
            tenant=section.text("tenant") if provider is Provider.MICROSOFT else "",
            service_account=optional_file(section, "service_account", folder) if is_google else None,
            token_url=section.parsed("token_url", "an address like https://login.example.org/token", _url, "")
            if by_url
            else "",
            scope=section.text("scope", "") if by_url and section.has("scope") else "",
            refresh_token=secret("refresh_token", needed=False),
        )


def _url(text: str) -> str | None:
    """https, or http to this machine."""
    parts = urlsplit(text)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or ""))
    return text if is_safe and parts.hostname else None


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
