"""Read the addresses of a header field (RFC 5322 section 3.4) in one linear pass.

Identity is earned: `sole_sender` names somebody only when nothing is doubtful. The standard library's
readers disagree between versions about `alice@example.org)<bob@evil.test>`; here that is nobody.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from intakebot.domain.messages import Address
from intakebot.reading.charset import clean_line
from intakebot.reading.words import decode_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from intakebot.domain.messages import ReadMessage

MAX_ADDRESSES: Final = 100

_TOKEN: Final = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\Z)|<([^<>]*)(>|\Z)|([(),;:])|([^"<(),;:]+)|[<]')
_USABLE: Final = re.compile(r'(?:[^\s@<>(),;:"\\\[\]]+|"(?:[^"\\]|\\.)+")@[^\s@<>(),;:"\\\[\]]+')
_ANGLE: Final = re.compile(r"<([^<>]+)>")
_SOMEWHERE: Final = re.compile(r"""(?:^|[\s\[("'])([^\s@<>()\[\],;:"']+@[^\s@<>()\[\],;:"']+)""")
_COMMENT: Final = re.compile(r"\([^()]*\)")
_BARE_NAME: Final = re.compile(r"[A-Za-z0-9._-]{2,64}")
_ELSEWHERE: Final = ("reply-to", "sender", "return-path")
_QUOTED_PAIR: Final = re.compile(r"\\(.)")


class _Mailbox:
    """One mailbox being read: display words, what stood in angle brackets, and whether it is doubtful."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.comment: list[str] = []
        self.angle: str | None = None
        self.doubtful = False

    def finished(self) -> tuple[Address, bool] | None:
        """Return the address and whether it is beyond doubt; None when there is none."""
        written = self.angle if self.angle is not None else "".join(self.words)
        address = _usable(written)
        if not address:
            return None
        words = self.words if self.angle is not None else self.comment
        name = clean_line(decode_words(" ".join("".join(words).split())))
        return Address(address, name.strip("'\" ")), not self.doubtful


def _usable(written: str) -> str:
    """Return the address with its domain in lower case and IDN decoded, or '' when it is no address."""
    bare = written.strip()
    if bare[:7].lower() == "mailto:":
        bare = bare[7:]
    if bare.startswith("@"):  # an obsolete route, RFC 5322 section 4.4
        bare = bare.rpartition(":")[2].strip()
    bare = bare.rstrip(".")
    if not _USABLE.fullmatch(bare):
        return ""
    local, _, domain = bare.rpartition("@")
    domain = domain.lower()
    if "xn--" in domain:
        with suppress(UnicodeError):  # the encoded form is an address too
            domain = clean_line(domain.encode("ascii").decode("idna"))
    return f"{local}@{domain}"


def read_addresses(value: str) -> tuple[Address, ...]:
    """Return the addresses of a header value as sent (words not yet decoded), at most 100."""
    return tuple(address for address, _ in _mailboxes(value))


def sole_sender(values: tuple[str, ...], defects: list[str]) -> Address | None:
    """Return the sender: exactly one From field with exactly one address, with a dot in its domain."""
    found = [mailbox for value in values[:2] for mailbox in _mailboxes(value)]
    if len(found) > 1 or len(values) > 1:
        defects.append("sender.several")
        return None
    if not found or not found[0][1] or "." not in found[0][0].domain:
        defects.append("sender.missing")
        return None
    return found[0][0]


def claimed_sender(message: ReadMessage) -> Address:
    """Return whom the mail says it is from, however badly; an empty address when it says nothing.

    A claim to be shown, never an identity: see `sole_sender`. Where From names nobody, Reply-To, Sender and
    Return-Path count.
    """
    written = message.header("from")
    claims = [
        *([message.sender] if message.sender else []),
        *(one for value in written for one in read_addresses(value)),
        *(one for value in written if (one := _loosely(value))),
        *(one for name in _ELSEWHERE for value in message.header(name) for one in read_addresses(value)),
    ]
    return claims[0] if claims else Address("")


def _loosely(value: str) -> Address | None:
    """Something like a mailbox: with blanks in it, with a bracket missing, or a bare name as daemons have."""
    bare = _COMMENT.sub("", value)
    angle = _ANGLE.search(bare) or _SOMEWHERE.search(bare)
    comment = _COMMENT.search(value)
    name = bare[: angle.start()] if angle else comment[0] if comment else ""
    written = (angle[1] if angle else bare).replace('"', "").strip(" <>")
    if "@" not in written.strip("@") and not _BARE_NAME.fullmatch(bare.strip()):
        return None
    return Address(written, name.strip("'\"()[] "))


def several(values: Iterable[str], defects: list[str]) -> tuple[Address, ...]:
    """Return the addresses of all fields of one name (RFC 5322 allows one, senders write more)."""
    found: list[Address] = []
    for value in values:
        found += read_addresses(value)
        if len(found) >= MAX_ADDRESSES:
            defects.append("addresses.too-many")
            break
    return tuple(found[:MAX_ADDRESSES])


def _mailboxes(value: str) -> list[tuple[Address, bool]]:
    found: list[tuple[Address, bool]] = []
    mailbox, depth, in_group = _Mailbox(), 0, False
    for token in _TOKEN.finditer(value):
        sign = token[4]
        if sign in ("(", ")"):
            depth += 1 if sign == "(" else -1
            mailbox.doubtful |= depth < 0
            depth = max(depth, 0)
        elif depth:
            mailbox.comment.append(token[0])
        elif sign in (",", ";"):
            mailbox.doubtful |= in_group and sign == ";"  # who writes is one person, and no group
            found.append(done) if (done := mailbox.finished()) else None
            mailbox = _Mailbox()
            if len(found) >= MAX_ADDRESSES:
                return found
        elif sign == ":":
            mailbox.words.clear()  # the name of a group, RFC 5322 section 3.4
            in_group = True
        else:
            _take(mailbox, token)
    done = mailbox.finished()
    return [*found, done] if done else found


def _take(mailbox: _Mailbox, token: re.Match[str]) -> None:
    quoted, angle, words = token[1], token[2], token[5]
    if quoted is not None:
        mailbox.words.append(_QUOTED_PAIR.sub(r"\1", quoted))
    elif angle is not None:
        mailbox.doubtful |= mailbox.angle is not None
        mailbox.angle = angle
    elif words is not None:
        mailbox.doubtful |= mailbox.angle is not None and "@" in words
        mailbox.words.append(words)
    else:
        mailbox.doubtful = True
