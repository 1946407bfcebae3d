"""Inputs out of samples: cut, spliced, repeated, flipped, mixed with what breaks parsers. A seed gives them again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

PIECES: Final = (
    b"\r\n", b"\n", b"\r", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b$B", b"=?utf-8?q?", b"=?iso-2022-jp?b?",
    b"?=", b'"', b"\\", b"(", b")", b"<", b">", b"[", b"]", b"{", b"}", b"{{", b"}}", b"{%", b"%}", b"@", b":",
    b";", b",", b"=", b"\r\n\r\n", b"\r\n.\r\n", b"\n.\n", b"--x", b"--x--", b"charset=", b"boundary=",
    b"multipart/mixed", b"name*0*=", b"message/rfc822", b"Content-Type: ", b"Content-Transfer-Encoding: base64",
    b"begin 644 a\n", b"> ", b"On 1.1.2026 ", b" wrote:\n", b"From: ", b"Sent: ", b"-----Original Message-----",
    b"<blockquote type=cite>", b"<div>", b"</div>", b"&#0;", b"&amp;", b"\xe2\x80\xae", b"\xe2\x80\xa8", b"C-1001",
    b"0", b"-1", b"99999999999999999999", b"null", b"[[", b"- ", b"  ", b"\t", b"&a", b"*a", b"!!",
    b"RCPT TO:<support@example.com>\r\n", b"DATA\r\n", b"RSET\r\n",
)  # fmt: skip
LONGEST: Final = 200_000
"""Bytes of an input: what is larger is the business of the hostile shapes."""


class Dice:
    """Makes inputs out of samples; the same seed and samples give the same inputs."""

    def __init__(self, seed: int, samples: Sequence[bytes]) -> None:
        self._random = random.Random(seed)  # noqa: S311 - dice, not secrets
        self._samples = samples

    def throw(self) -> bytes:
        """The next input."""
        content = bytearray(self._random.choice(self._samples))
        for _ in range(self._random.choice((0, 1, 1, 2, 4, 8, 16))):
            self._change(content)
        return bytes(content[:LONGEST])

    def _change(self, content: bytearray) -> None:
        dice = self._random
        at = dice.randrange(len(content) + 1)
        until = min(len(content), at + dice.choice((1, 2, 8, 64, 512)))
        match dice.randrange(8):
            case 0:
                del content[at:until]
            case 1:
                content[at:at] = dice.choice(PIECES)
            case 2:
                content[at:until] = dice.choice(PIECES)
            case 3 if at < len(content):
                content[at] = dice.randrange(256)
            case 4:
                content[at:at] = content[at:until] * dice.choice((1, 1, 1, 2, 2, 3, 50))
            case 5:
                content[at:at] = dice.choice(PIECES) * dice.choice((2, 2, 3, 5, 10, 30, 300, 3_000))
            case 6:
                other = dice.choice(self._samples)
                content[at:] = other[dice.randrange(len(other) + 1) :]
            case _:
                content[at:at] = dice.randbytes(dice.randrange(1, 16))
        del content[LONGEST:]
