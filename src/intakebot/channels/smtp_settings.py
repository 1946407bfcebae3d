"""What an SMTP or LMTP door is told: where it listens, how it is protected, and what it allows.

Made by the composition root from the configuration; read by the other `smtp_...` modules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Network: TypeAlias = "IPv4Network | IPv6Network"


class DoorTls(Enum):
    """How a door with a certificate uses it: STARTTLS for who wants it, for everybody, or TLS from the first octet."""

    OFFERED = "offered"
    REQUIRED = "required"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where to listen and what to allow. Sizes in octets; port 0 lets the system choose.

    `idle_timeout` is the longest silence, `total_timeout` the longest session (a message whose content is
    complete is still answered); `grace` is how long open messages may take to finish after a stop. Content that
    comes more slowly than `min_rate` octets a second uses up the patience of an `idle_timeout`. `memory_limit` is
    what all messages that are not yet kept may hold together. Peers in `proxy_networks` begin with a PROXY header
    that names whom they speak for; peers in `trusted_networks` have no cap of their own and are greeted at once.
    `free_share` tells how much of the disk is free (0 to 1); below `min_free_share` mail is put off.
    """

    host: str
    port: int
    hostname: str
    lmtp: bool = False
    certificate: Path | None = None
    key: Path | None = None
    tls: DoorTls = DoorTls.OFFERED
    proxy_networks: tuple[Network, ...] = ()
    trusted_networks: tuple[Network, ...] = ()
    size_limit: int = 52_428_800
    memory_limit: int = 268_435_456
    max_recipients: int = 100
    max_connections: int = 1000
    max_connections_per_peer: int = 50
    max_hops: int = 50
    idle_timeout: timedelta = timedelta(minutes=5)
    total_timeout: timedelta = timedelta(minutes=20)
    greeting_delay: timedelta = timedelta()
    min_rate: int = 500
    min_free_share: float = 0.05
    free_share: Callable[[], float] | None = None
    grace: timedelta = timedelta(seconds=20)
    look_every: timedelta = timedelta(seconds=5)


def is_in(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address as the system writes it lies in one of the networks."""
    found = _parsed(address) if networks else None
    return found is not None and any(found in network for network in networks)


def counted_as(address: str) -> str:
    """Whom a cap per peer counts: an IPv4 address, or the /64 network of an IPv6 address, which one host may own."""
    found = _parsed(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, 64), strict=False))
    return str(found) if found else address


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
