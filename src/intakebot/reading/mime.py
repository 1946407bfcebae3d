"""Take a message body apart into a tree of parts.

fast-mail-parser does it or, where it refuses, the standard library; both give the same tree. The only module
that knows the engines. Only the fields that say how the body is built are handed to them, so that hostile
header fields never reach them.
"""

from __future__ import annotations

import binascii
import mimetypes
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any, Final

from fast_mail_parser import DecodeError, ParseError, PyLazyMimePart, PyMimePart, parse_email_tree

from intakebot.reading.charset import clean_line, decode
from intakebot.reading.file_names import safe_name
from intakebot.reading.parameters import split_value
from intakebot.reading.uuencode import without_files
from intakebot.reading.words import base64_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

    from intakebot.reading.headers import Headers

MAX_PARTS: Final = 1000
MAX_NESTING_SIGNS: Final = 480
# The fast engine decodes encoded words before it looks at parameters, so that a quote in a name ends it, and takes
# time quadratic in them. So they are hidden from it behind one of these; no sign of them is one of base64.
_WORD_SIGN: Final = b"=?"
_STAND_INS: Final = (b"~^~?", b"~^^~?", b"~^^^~?", b"~^|^~?")
_SHORT_STAND_INS: Final = (b"~^", b"^~", b"~|", b"|~")
_MAX_LONGER: Final = 200_000  # each makes the copy longer
_MAX_VALUE: Final = 8192
_MAX_TOLERATED: Final = 5_000_000  # bytes; beyond, the tolerant engine takes too much time and memory
_SAYS_QUOTED_PRINTABLE: Final = re.compile(
    rb"^Content-Transfer-Encoding:[ \t]*quoted-printable", re.IGNORECASE | re.MULTILINE
)
_SAYS_BASE64: Final = (b"Transfer-Encoding: base64", b"Transfer-Encoding: x-base64")
"""How nearly all programs write it, and what makes the fast engine leave it encoded (see `_transfer_decoded`)."""
_OF_A_FIELD: Final = b"ontent-"
_NO_BLANK_LINE: Final = re.compile(
    rb"\n[Cc]ontent-[A-Za-z-]{2,30}:[^\n]*\n(?!\r?\n|[ \t]|[!-9;-~]{1,200}[ \t]*:|--)[^\n]"
)
_MAX_EMPTY: Final = 20  # so many empty parts are no accident
_BOUNDARY_EXAMINED: Final = 65_536
_PART_BEGINS: Final = re.compile(rb"^--([^\r\n\"]{1,70})\r?\nContent-[a-z-]{2,30}:", re.IGNORECASE | re.MULTILINE)
_COMMENT: Final = re.compile(r"\([^()]*\)")
_QUOTED_PRINTABLE: Final = re.compile(r"quoted.?printable")
_ENGINES_KNOW: Final = frozenset({"", "7bit", "8bit", "binary", "base64", "quoted-printable"})
_TYPES_MEANT: Final = {"html": "text/html", "text": "text/plain", "plain": "text/plain", "multipart": "multipart/mixed"}


@dataclass(frozen=True, slots=True)
class Part:
    """One node of the tree. Containers have `parts`, leaves `content`; `name` is '' where none was given."""

    media_type: str
    charset: str = ""
    disposition: str = ""
    name: str = ""
    content_id: str = ""
    flowed: bool = False
    delsp: bool = False
    content: bytes = field(default=b"", repr=False)
    parts: tuple[Part, ...] = ()

    def leaves(self) -> list[Part]:
        """Return all parts that hold content, in order of appearance."""
        if not self.media_type.startswith("multipart/"):
            return [self]
        return [leaf for part in self.parts for leaf in part.leaves()]


class _Budget:
    """How many parts may still be taken."""

    def __init__(self) -> None:
        self.left = MAX_PARTS
        self.exceeded = False

    def take(self) -> bool:
        """Count one part; False when there are too many."""
        self.left -= 1
        self.exceeded |= self.left < 0
        return self.left >= 0


def read_parts(headers: Headers, body: bytes | memoryview, defects: list[str]) -> Part:
    """Return the tree of a message's body, which is copied once.

    Raises what the standard library raises on hostile nesting, or ValueError: the caller attempts this.
    """
    tree = _tree(b"\r\n".join((_structure_fields(headers), body)), body, defects)
    if tree.parts or tree.content:
        return tree
    found = _PART_BEGINS.search(body, 0, _BOUNDARY_EXAMINED)
    if found and headers.sent("content-type").lower().startswith("multipart/"):
        defects.append("body.repaired")
        lost = b'Content-Type: multipart/mixed; boundary="' + found[1].rstrip() + b'"\r\n\r\n'
        tree = _tree(b"".join((lost, body)), body, defects)
    if not tree.parts and not tree.content:  # a container without its boundary: what is there is the text
        return replace(tree, content=bytes(body))
    return tree


def _tree(source: bytes, body: bytes | memoryview, defects: list[str]) -> Part:
    """The tree as the fast engine sees it, or the tolerant one where the fast one refuses or sees nothing."""
    budget = _Budget()
    if _loses_words(source):
        if _lacks_a_blank_line(source):
            defects.append("body.repaired")
        return _counted(_tolerant_tree(source, budget), budget, defects)
    try:
        tree = _fast_tree(source, budget)
        leaves = tree.leaves()
        if len(leaves) > _MAX_EMPTY or any(leaf.content for leaf in leaves) or not (tree.parts and bytes(body).strip()):
            return _counted(tree, budget, defects)
        read = _tolerant_tree
    except ParseError as error:
        read = _fast_tree if isinstance(error, DecodeError) and len(source) > _MAX_TOLERATED else _tolerant_tree
    if read is _fast_tree:  # outside of the handler: what was raised keeps the source in memory
        source = source.replace(*_SAYS_BASE64)
    return _repaired(read, source, defects)


def _repaired(read: Callable[[bytes, _Budget], Part], source: bytes, defects: list[str]) -> Part:
    defects.append("body.repaired")
    budget = _Budget()
    return _counted(read(source, budget), budget, defects)


def _loses_words(source: bytes) -> bool:
    """Tell whether the fast engine would drop what somebody wrote.

    It drops raw 8-bit bytes from quoted-printable, and a first line that no blank line parts from the header fields.
    """
    if len(source) > _MAX_TOLERATED:
        return False
    drops_bytes = not source.isascii() and bool(_SAYS_QUOTED_PRINTABLE.search(source))
    return (drops_bytes or _lacks_a_blank_line(source)) and source.count(b"\n--") <= MAX_PARTS


def _lacks_a_blank_line(source: bytes) -> bool:
    """Whether a text begins right below a header field; the few places where one may be are found first."""
    at = source.find(_OF_A_FIELD)
    while at >= 0:
        if at > 1 and _NO_BLANK_LINE.match(source, at - 2):
            return True
        at = source.find(_OF_A_FIELD, at + len(_OF_A_FIELD))
    return False


def _counted(tree: Part, budget: _Budget, defects: list[str]) -> Part:
    if budget.exceeded:
        defects.append("parts.too-many")
    return tree


def _structure_fields(headers: Headers) -> bytes:
    lines = [
        f"{item.name}: {item.sent}\r\n"
        for name in ("content-type", "content-transfer-encoding", "content-disposition", "content-id")
        for item in headers.fields
        if item.name == name
    ]
    return "".join(lines).encode("utf-8", "replace")


def _tolerant_tree(source: bytes, budget: _Budget) -> Part:
    lowered = source.lower()
    if lowered.count(b"multipart/") + lowered.count(b"message/") > MAX_NESTING_SIGNS:
        raise ValueError("too many containers")
    return _from_stdlib(BytesParser().parsebytes(source), budget)


def _fast_tree(source: bytes, budget: _Budget) -> Part:
    if source.find(_WORD_SIGN, 0, source.rfind(_WORD_SIGN[1:]) + 1) < 0:  # quicker: files in base64 have none of it
        return _from_fast(_parsed(source), budget, b"")
    signs = _STAND_INS if source.count(_WORD_SIGN) <= _MAX_LONGER else _SHORT_STAND_INS
    stand_in = next((sign for sign in signs if sign not in source), None)
    if stand_in is None:
        raise ParseError("encoded words cannot be hidden")
    return _from_fast(_parsed(source.replace(_WORD_SIGN, stand_in)), budget, stand_in)


def _parsed(source: bytes) -> PyMimePart | PyLazyMimePart:
    """Small mails at once, which is quicker; of large ones a part when it is asked for, which takes less memory."""
    return parse_email_tree(source) if len(source) <= _MAX_TOLERATED else parse_email_tree(source, mode="lazy")


def _from_fast(node: PyMimePart | PyLazyMimePart, budget: _Budget, stand_in: bytes) -> Part:
    fields = {name.lower(): _as_sent(values[0], stand_in) for name, values in node.headers.items() if values}
    content = node.content or b""
    if stand_in and "base64" not in fields.get("content-transfer-encoding", "").lower():
        content = content.replace(stand_in, _WORD_SIGN)
    children = () if node.is_message else node.children
    return _part(fields, content, tuple(_from_fast(child, budget, stand_in) for child in children if budget.take()))


def _as_sent(value: str, stand_in: bytes) -> str:
    """A field's value as sent: the engine takes bytes that are no UTF-8 for Latin-1."""
    if not value.isascii() or "\x1b" in value:
        with suppress(UnicodeEncodeError):
            value = decode(value.encode("latin-1"))
    return value.replace(stand_in.decode("ascii"), "=?") if stand_in else value


def _from_stdlib(message: Message[Any, Any], budget: _Budget) -> Part:
    fields: dict[str, str] = {}
    for name, value in message.raw_items():
        fields.setdefault(name.lower(), decode(str(value).encode("utf-8", "surrogateescape")))
    payload: Any = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(payload, list):
        children = tuple(_from_stdlib(child, budget) for child in payload if budget.take())
        return _part(fields, b"", children)
    if isinstance(payload, list):
        return _part(fields, b"\n".join(child.as_bytes() for child in payload), ())
    if isinstance(payload, str) and fields.get("content-transfer-encoding", "").strip().lower() == "base64":
        return _part(fields, base64_bytes(payload.encode("ascii", "replace")), ())
    decoded = message.get_payload(decode=True)
    return _part(fields, decoded if isinstance(decoded, bytes) else b"", ())


def _part(fields: dict[str, str], content: bytes, children: tuple[Part, ...]) -> Part:
    media_type, type_parameters = split_value(clean_line(fields.get("content-type", "")[:_MAX_VALUE]))
    disposition, parameters = split_value(clean_line(fields.get("content-disposition", "")[:_MAX_VALUE]))
    name = _name(media_type, parameters, type_parameters)
    if not name and not media_type.startswith(("text/", "multipart/", "message/")):
        name = _located(fields.get("content-location", ""), media_type)
    if not fields.get("content-type") and name:
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    media_type = _TYPES_MEANT.get(media_type, media_type)
    if "/" not in media_type or (media_type.startswith("multipart/") and not children):
        media_type = "text/plain"  # RFC 2045 section 5.2
    return Part(
        media_type=media_type,
        charset=type_parameters.get("charset", ""),
        disposition=disposition,
        name=name,
        content_id=clean_line(fields.get("content-id", "")[:_MAX_VALUE]).strip("<> "),
        flowed=type_parameters.get("format", "").lower() == "flowed",
        delsp=type_parameters.get("delsp", "").lower() == "yes",
        content=_transfer_decoded(content, fields.get("content-transfer-encoding", "")),
        parts=children,
    )


def _transfer_decoded(content: bytes, written: str) -> bytes:
    """Decode what the engines left as it came, because the encoding is old or badly written."""
    if written.strip().lower() in _ENGINES_KNOW:
        return content
    encoding = _COMMENT.sub("", written[:_MAX_VALUE]).strip().lower()
    if "uue" in encoding:
        text, files = without_files(content.decode("latin-1").replace("\r\n", "\n"))
        return files[0][1] if files and not text.strip() else content
    if "base64" in encoding:
        return base64_bytes(content)
    return binascii.a2b_qp(content) if _QUOTED_PRINTABLE.search(encoding) else content


def _located(location: str, media_type: str) -> str:
    """The last element of a Content-Location (RFC 2557), where it looks like the name of a file."""
    last = clean_line(location[:_MAX_VALUE]).partition("?")[0].rpartition("/")[2]
    return safe_name(last, media_type) if "." in last and not location.lower().startswith("cid:") else ""


def _name(media_type: str, disposition: dict[str, str], of_type: dict[str, str]) -> str:
    """The name of the file as sent, safe to use; '' where none was given."""
    sent = disposition.get("filename") or of_type.get("name") or disposition.get("name") or of_type.get("file") or ""
    other = of_type.get("name", "")
    if len(sent) == len(other) and all(a in (b, "?") for a, b in zip(sent, other, strict=True)):
        sent = other  # the first was written in a character set that lacks letters of the name
    return safe_name(sent, media_type) if sent else ""
