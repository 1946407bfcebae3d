"""Makes the message of a delivery, as it goes over the wire.

Called by the outlets for mail. It promises one well-formed message to exactly one recipient whatever stands in
the delivery: no text can add a header or an address, lines have at most 998 octets and end in CRLF.

The header block, and those of attached files, are written here and not by the standard library: its modern policy
decodes what looks like an encoded word in a value and, on the Python versions we support, may write the line breaks
and commas that come out of it as new headers and addresses (CVE-2024-6923, CVE-2025-1795).
"""

from __future__ import annotations

import re
import unicodedata
from base64 import encodebytes
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, quote
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote as percent_encoded

from intakebot.domain.bounce_address import bounce_address
from intakebot.domain.delivery import DeliveryKind
from intakebot.domain.errors import DeliveryFailedError
from intakebot.reading.file_names import safe_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from intakebot.domain.delivery import DeliveredFile, Delivery

_BODY_POLICY = SMTP.clone(cte_type="7bit")  # so that no next hop needs 8BITMIME
_ADDRESS = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|[^\s"(),:;<>@\[\\\]]+)@[^\s"(),:;<>@\\]+""")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")  # RFC 5322 3.6.4, and short enough for a line of its own
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_MEDIA_TYPE = re.compile(r"(?!message/|multipart/)[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,120}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ._()+,-]{1,60}")
_ENCODED_PIECE = re.compile(r"(?:%..|[^%]){1,20}")
_PLAIN_LENGTH = 60
_ADDRESS_LENGTH = 320
_ASKS_FOR_NO_ANSWER = "DR, RN, NRN, OOF, AutoReply"
"""Exchange's word for what Auto-Submitted says to everybody else. Without NDR: a bounce is what we do want."""
_LINE_BREAKING = ("Cc", "Cs", "Zl", "Zp")


def compose(delivery: Delivery) -> bytes:
    """Write the message of a delivery, the same octets each time (RFC 5322, RFC 3834 for automatic ones).

    Returns:
        The message with CRLF line ends, not dot-stuffed. ASCII, unless an address is not: then the header is
        UTF-8 and needs SMTPUTF8 (RFC 6532).

    Raises:
        DeliveryFailedError: an address of the delivery is none, or the bytes of a file are gone.
    """
    body = _body(delivery).as_bytes()
    if delivery.files:
        body = _with_files(body, delivery)
    header = "".join(f"{name}: {value}\r\n" for name, value in _header(delivery))
    return header.encode() + body


def _body(delivery: Delivery) -> EmailMessage:
    body = EmailMessage(policy=_BODY_POLICY)
    body.set_content(_body_text(delivery.text))
    if delivery.html:
        body.add_alternative(_body_text(delivery.html), subtype="html")
        body.set_boundary(
            sha256(f"{delivery.text}\0{delivery.html}".encode("utf-8", "replace")).hexdigest()
        )  # no text can hold its own hash
    return body


def _with_files(body: bytes, delivery: Delivery) -> bytes:
    """The text, then every file, as parts of one message (RFC 2046, RFC 2183)."""
    text = body.replace(b"MIME-Version: 1.0\r\n", b"", 1)
    parts = [text, *(_attachment(file) for file in delivery.files)]
    boundary = sha256(b"\0".join(parts)).hexdigest().encode()
    head = b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary="' + boundary + b'"\r\n'
    opened = b"".join(b"\r\n--" + boundary + b"\r\n" + part for part in parts)
    return head + opened + b"\r\n--" + boundary + b"--\r\n"


def _attachment(file: DeliveredFile) -> bytes:
    if len(file.content) != file.size:
        raise DeliveryFailedError(f"the file {file.name!r} is no longer stored; answer again with it")
    kind = file.media_type.lower()
    name = safe_name(file.name, kind)
    header = (
        f"Content-Type: {kind if _MEDIA_TYPE.fullmatch(kind) else 'application/octet-stream'}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {_named(name)}\r\n\r\n"
    )
    return header.encode() + encodebytes(file.content).replace(b"\n", b"\r\n")


def _named(name: str) -> str:
    """A file name as a parameter; what is not plain is encoded in pieces (RFC 2231), so that no line is too long."""
    if _PLAIN_NAME.fullmatch(name):
        return f'filename="{name}"'
    pieces = _ENCODED_PIECE.findall("utf-8''" + percent_encoded(name.encode("utf-8", "replace"), safe=""))
    return ";\r\n ".join(f"filename*{number}*={piece}" for number, piece in enumerate(pieces))


def envelope_sender(delivery: Delivery, bounce_key: bytes = b"") -> str:
    """The return path: an address that names the delivery, so that a bounce finds it; never answered by a robot.

    Where none can be made (no key, a long local part, an alarm, which is nothing that a bounce could find), automatic
    mail has the null sender (RFC 3834 3.3), so that two robots never talk.
    """
    if bounce_key and delivery.kind is not DeliveryKind.ALARM:
        named = bounce_address(bounce_key, delivery.sender, delivery.id)
        if named != delivery.sender:
            return named
    return "" if delivery.automatic else delivery.sender


def wire_address(address: str) -> str:
    """The address with its domain in ASCII (RFC 5891 A-labels) where only that stands between it and any next hop.

    An address whose local part is beyond ASCII stays as it is and needs SMTPUTF8, whatever its domain (RFC 6531).
    Labels are encoded as they are: a mapping such as of "ß" to "ss" would name somebody else's domain.
    """
    local, at, domain = address.rpartition("@")
    if domain.isascii() or not local.isascii():
        return address
    labels = unicodedata.normalize("NFC", domain.lower()).split(".")
    encoded = (label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in labels)
    return f"{local}{at}{'.'.join(encoded)}"


def _header(delivery: Delivery) -> Iterator[tuple[str, str]]:
    yield "From", _mailbox(delivery.sender_name, delivery.sender)
    yield "To", _mailbox(delivery.recipient_name, delivery.recipient)
    yield "Subject", _unstructured(delivery.subject)
    yield "Date", format_datetime(delivery.created_at)
    for name, text in (("Message-ID", delivery.message_id), ("In-Reply-To", delivery.in_reply_to)):
        for found in _message_ids(text)[:1]:
            yield name, found
    references = [found for reference in delivery.references for found in _message_ids(reference)]
    if references:
        yield "References", "\r\n ".join(references)
    if delivery.reply_to:
        yield "Reply-To", _mailbox("", delivery.reply_to)
    if delivery.automatic:
        yield "Auto-Submitted", "auto-generated" if delivery.kind is DeliveryKind.ALARM else "auto-replied"
        yield "X-Auto-Response-Suppress", _ASKS_FOR_NO_ANSWER
    yield "X-Intakebot-Delivery", str(delivery.id)


def _message_ids(text: str) -> list[str]:
    """The ids in a text, in their brackets; what is no id, or longer than a line may be, is left out."""
    return _MESSAGE_ID.findall(text if text.startswith("<") else f"<{text}>")


def _mailbox(name: str, address: str) -> str:
    """`Name <address>`, the name in a form that cannot end early."""
    if len(address) > _ADDRESS_LENGTH or not _ADDRESS.fullmatch(address) or not address.isprintable():
        raise DeliveryFailedError(f"{address!r} is no address; correct it and send again")
    phrase, shown = _phrase(_one_line(name)), wire_address(address)
    return f"{phrase}\r\n <{shown}>" if phrase else shown


def _phrase(name: str) -> str:
    if not _readable_as_it_is(name):
        return _encoded(name)
    return name if _ATOMS.fullmatch(name) else f'"{quote(name)}"'


def _unstructured(text: str) -> str:
    line = _one_line(text)
    return line if _readable_as_it_is(line) else _encoded(line)


def _readable_as_it_is(line: str) -> bool:
    """Whether a line needs no encoded word: short ASCII that would not be read as one."""
    return line.isascii() and len(line) <= _PLAIN_LENGTH and "=?" not in line


def _encoded(line: str) -> str:
    return Header(line, "utf-8", maxlinelen=_PLAIN_LENGTH).encode(linesep="\r\n")


def _one_line(text: str) -> str:
    """The text without controls, line breaks of any kind and lone surrogates; a blank stands for each run."""
    return " ".join("".join(" " if unicodedata.category(char) in _LINE_BREAKING else char for char in text).split())


def _body_text(text: str) -> str:
    """The text with LF line ends, without NUL and what has no place in UTF-8."""
    clean = text.encode("utf-8", "replace").decode().replace("\0", "")
    return clean.replace("\r\n", "\n").replace("\r", "\n")
