"""The content of a message as it comes off an SMTP connection, chunk by chunk.

Called by the SMTP session during DATA. It promises that chunks may be cut anywhere, that memory stays within
the limit whatever is sent, and that only CRLF.CRLF ends a message (CVE-2023-51764 and its kind).
"""

from __future__ import annotations

import re

_END = b"\r\n.\r\n"
_PERHAPS_END = re.compile(rb"\r(?:\n(?:\.\r?)?)?\Z")
_BARE_LF = re.compile(rb"(?<!\r)\n")


class IncomingContent:
    """Collects one message: finds its end, removes dot-stuffing (RFC 5321 4.5.2), turns bare LF into CRLF.

    A bare LF is normalised because whoever reads the message later may see a line end there; a bare CR stays
    what it is. `too_large` is set once more than `limit` octets came; the content is dropped then, and the
    rest is only watched for its end.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._content = bytearray()
        # The CRLF of the DATA command counts as the one before the first line; `content` leaves it out.
        self._held = b"\r\n"
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

    def content(self) -> bytes:
        """The message with CRLF line ends; b"" when it was too large."""
        return bytes(memoryview(self._content)[2:])

    def _add(self, piece: bytes) -> None:
        """Keep a piece that cuts no line end and no stuffed dot apart."""
        if self.too_large:
            return
        piece = piece.replace(b"\r\n.", b"\r\n")
        if piece.count(b"\n") != piece.count(b"\r\n"):
            piece = _BARE_LF.sub(b"\r\n", piece)
        self._content += piece
        if len(self._content) > self._limit + 2:
            self.too_large = True
            self._content = bytearray()
