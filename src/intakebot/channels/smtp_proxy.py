"""The PROXY header, by which a proxy says for whom it speaks (haproxy.org, proxy-protocol.txt, versions 1 and 2).

Called by the SMTP session for peers of the configured proxy networks only, before anything else is read.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_LONGEST_LINE = 107  # with its line end
_FIRST, _HEAD = 6, 16  # octets that tell the versions apart; octets before the addresses of version 2
_WORDS = 6
_LOCAL, _PROXY = 0x20, 0x21
_LENGTHS = {0x1: 4, 0x2: 16}
"""Octets of an address, by family: AF_INET and AF_INET6."""


class ProxyHeaderError(ValueError):
    """What came is no PROXY header."""


async def source_address(reader: asyncio.StreamReader) -> str:
    """Read one header; return the address of whom the proxy speaks for, '' when it speaks for itself.

    Raises ProxyHeaderError, IncompleteReadError, LimitOverrunError.
    """
    first = await reader.readexactly(_FIRST)
    if first == b"PROXY ":
        return _from_line(first + await reader.readuntil(b"\n"))
    head = first + await reader.readexactly(_HEAD - _FIRST)
    if not head.startswith(_SIGNATURE):
        raise ProxyHeaderError("neither version 1 nor version 2")
    addresses = await reader.readexactly(int.from_bytes(head[14:16], "big"))
    return _from_block(command=head[12], family=head[13] >> 4, addresses=addresses)


def _from_line(line: bytes) -> str:
    words = line.decode("latin-1").removesuffix("\r\n").split(" ")
    if len(line) <= _LONGEST_LINE and words[1] == "UNKNOWN":
        return ""
    if len(line) > _LONGEST_LINE or len(words) != _WORDS or words[1] not in ("TCP4", "TCP6"):
        raise ProxyHeaderError("a line of version 1 that says nothing")
    return _checked(words[2])


def _from_block(*, command: int, family: int, addresses: bytes) -> str:
    if command == _LOCAL or (command == _PROXY and family not in _LENGTHS):
        return ""
    length = _LENGTHS.get(family, 0)
    if command != _PROXY or len(addresses) < 2 * length:
        raise ProxyHeaderError("a block of version 2 that says nothing")
    return str(ip_address(addresses[:length]))


def _checked(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError as error:
        raise ProxyHeaderError("an address that is none") from error
