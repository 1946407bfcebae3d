"""Reads a channel of kind `smtp`: where it listens, how it is protected, whom it trusts, and what it allows.

Called by `settings` for each such channel. File names are relative to the folder of the configuration. A certificate
is tried here, so that `config check` tells what a start would tell.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING

from intakebot.config.channel_settings import ChannelSettings, listen_address, optional_file
from intakebot.config.reader import Problems, Section

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MANY = 1_000_000
_LONGEST_DELAY = timedelta(seconds=20)


class SmtpTls(Enum):
    """How a certificate is used: STARTTLS for who wants it, for everybody, or TLS from the first byte."""

    OFFERED = "offered"
    REQUIRED = "required"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class SmtpLimits:
    """What a door allows. Sizes in bytes; `min_rate` in bytes per second; `min_free_share` from 0 to 1."""

    size_limit: int
    memory_limit: int
    max_recipients: int
    max_connections: int
    max_connections_per_peer: int
    max_hops: int
    idle_timeout: timedelta
    total_timeout: timedelta
    greeting_delay: timedelta
    min_rate: int
    min_free_share: float


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """One SMTP or LMTP door. Without a certificate it offers no STARTTLS.

    With `check_senders` it asks the DNS who may write in a sender's name.
    """

    name: str
    host: str
    port: int
    lmtp: bool
    certificate: Path | None
    key: Path | None
    tls: SmtpTls
    proxy_networks: tuple[IPv4Network | IPv6Network, ...]
    trusted_networks: tuple[IPv4Network | IPv6Network, ...]
    limits: SmtpLimits
    check_senders: bool = False


def smtp_settings(channel: ChannelSettings, problems: Problems, folder: Path) -> SmtpSettings:
    """The typed settings of a channel of kind `smtp`."""
    with Section(channel.values, problems, f"channels.{channel.name}") as section:
        host, port = section.parsed("listen", "an address and port like 127.0.0.1:2525", listen_address, ("", 0))
        certificate, key = _read_certificate(section, folder)
        if section.has("tls") and certificate is None:
            section.report(section.place_of("tls"), "tls: it needs a certificate and its key")
        lmtp, check_senders = section.flag("lmtp", default=False), section.flag("check_senders", default=False)
        if check_senders and lmtp:
            section.report(
                section.place_of("check_senders"), "check_senders: by LMTP nobody sees where mail comes from"
            )
        return SmtpSettings(
            name=channel.name,
            host=host,
            port=port,
            lmtp=lmtp,
            certificate=certificate,
            key=key,
            tls=section.member("tls", SmtpTls, SmtpTls.OFFERED),
            proxy_networks=_networks(section, "proxy_networks", section.texts("proxy_networks", ())),
            trusted_networks=_networks(section, "trusted_networks", section.texts("trusted_networks", ())),
            limits=_read_limits(section),
            check_senders=check_senders,
        )


def _read_limits(section: Section) -> SmtpLimits:
    size = section.size("size_limit", 50 << 20)
    memory = section.size("memory_limit", max(256 << 20, size))
    if memory < size:
        section.report(section.place_of("memory_limit"), "memory_limit: it is less than size_limit")
    return SmtpLimits(
        size_limit=size,
        memory_limit=memory,
        max_recipients=section.whole("max_recipients", 100, 1, _MANY),
        max_connections=section.whole("max_connections", 1000, 1, _MANY),
        max_connections_per_peer=section.whole("max_connections_per_peer", 50, 1, _MANY),
        max_hops=section.whole("max_hops", 50, 1, 1000),
        idle_timeout=section.span("idle_timeout", timedelta(minutes=5)),
        total_timeout=section.span("total_timeout", timedelta(minutes=20)),
        greeting_delay=_read_delay(section),
        min_rate=section.size("min_rate", 500) or 1,
        min_free_share=section.whole("min_free_percent", 5, 0, 99) / 100,
    )


def _read_delay(section: Section) -> timedelta:
    """None when left out; longer than a while it would only keep honest clients waiting."""
    if not section.has("greeting_delay"):
        return timedelta()
    delay = section.span("greeting_delay")
    if delay > _LONGEST_DELAY:
        section.report(section.place_of("greeting_delay"), "greeting_delay: more than 20s")
    return delay


def _read_certificate(section: Section, folder: Path) -> tuple[Path | None, Path | None]:
    certificate, key = optional_file(section, "certificate", folder), optional_file(section, "key", folder)
    if (certificate is None) != (key is None):
        section.report(section.place, "certificate and key belong together; one of them is missing")
    elif certificate and key and certificate.is_file() and key.is_file():
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        except OSError as error:
            sentence = f"certificate: it cannot be used with its key ({_reason(error)})"
            section.report(section.place_of("certificate"), sentence)
    return certificate, key


def _reason(error: OSError) -> str:
    """In words, without the places of OpenSSL's source that differ from version to version."""
    if isinstance(error, ssl.SSLError):
        return error.reason.replace("_", " ").lower() if error.reason else "this is no PEM file"
    return error.strerror or type(error).__name__


def _networks(section: Section, key: str, texts: Iterable[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    found = []
    for text in texts:
        try:
            found.append(ip_network(text))
        except ValueError:
            sentence = f"{key}: {text!r} is no address or network like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"
            section.report(section.place_of(key), sentence)
    return tuple(found)
