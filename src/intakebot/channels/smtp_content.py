"""The content of a message as it comes off an SMTP connection, chunk by chunk.

Called by the SMTP session during DATA. It promises that chunks may be cut anywhere, that memory stays within
the limit whatever is sent, and that only CRLF.CRLF ends a message (CVE-2023-51764 and its kind).
"""

from __future__ import annotations

import re

_END = b"\r\n.\r\n"
_PERHAPS_END = re.compile(rb"\r(?:\n(?:\.\r?)?)?\Z")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_HOP = b"\r\nreceived:"
_LEAST_PATIENCE = 0.001


class IncomingContent:
    """Collects one message: finds its end, removes dot-stuffing (RFC 5321 4.5.2), turns bare LF into CRLF.

    A bare LF is normalised because whoever reads the message later may see a line end there; a bare CR stays
    what it is. `too_large` is set once more than `limit` octets came; the content is dropped then, and the
    rest is only watched for its end. `held` is how many octets it holds in memory.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._content = bytearray()
        # The CRLF of the DATA command counts as the one before the first line; `take` leaves it out.
        self._held = b"\r\n"
        self._dropped = False
        self.too_large = False

    def feed(self, chunk: bytes) -> bytes | None:
        """Take the next octets. Returns None while the end is not there, else what came behind it."""
        piece = self._held + chunk
        end = piece.find(_END)
        if end >= 0:
            self._add(piece[: end + 2])
            return piece[end + len(_END) :]
        perhaps = _PERHAPS_END.search(piece, max(0, len(piece) - len(_END)))
        cut = perhaps.start() if perhaps else len(piece)
        self._held = piece[cut:]
        self._add(piece[:cut])
        return None

    @property
    def held(self) -> int:
        """Octets in memory."""
        return len(self._content)

    def drop(self) -> None:
        """Keep nothing, now or later."""
        self._dropped = True
        self._content = bytearray()

    def take(self) -> bytes:
        """Give the message away, with CRLF line ends; b"" when it was dropped. Nothing is held afterwards."""
        content = bytes(memoryview(self._content)[2:])
        self._content = bytearray()
        return content

    def _add(self, piece: bytes) -> None:
        """Keep a piece that cuts no line end and no stuffed dot apart."""
        if self._dropped:
            return
        piece = piece.replace(b"\r\n.", b"\r\n")
        if piece.count(b"\n") != piece.count(b"\r\n"):
            piece = _BARE_LF.sub(b"\r\n", piece)
        self._content += piece
        if len(self._content) > self._limit + 2:
            self.too_large = True
            self.drop()


class Pace:
    """How long a sender may still take: never more than `longest` seconds, and less for one who drips.

    As Postfix has it with `smtpd_min_data_rate`: every second costs a second, every `rate` octets give one back.
    """

    def __init__(self, longest: float, rate: int, now: float) -> None:
        self._longest = longest
        self._rate = rate
        self._left = longest
        self._last = now

    def patience(self, octets: int, now: float) -> float:
        """Seconds until it takes too long, once so many octets have come."""
        self._left = min(self._longest, self._left - (now - self._last) + octets / self._rate)
        self._last = now
        return max(self._left, _LEAST_PATIENCE)


def hops(content: bytes) -> int:
    """How many hosts a message has passed: its Received fields (RFC 5321 6.3)."""
    end = content.find(b"\r\n\r\n")
    head = b"\r\n" + content[: end if end >= 0 else len(content)]
    return head.lower().count(_HOP)


def without_route(address: str) -> str:
    """The mailbox of a path: a source route before it is to be ignored (RFC 5321 appendix C)."""
    return address.rpartition(":")[2] if address.startswith("@") and ":" in address else address
