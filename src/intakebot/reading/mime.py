"""Take a message body apart into a tree of parts.

fast-mail-parser does it or, where it refuses, the standard library; both give the same tree. The only module
that knows the engines. Only the fields that say how the body is built are handed to them, so that hostile
header fields never reach them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from typing import TYPE_CHECKING, Any, Final

from fast_mail_parser import ParseError, PyMimePart, parse_email_tree

from intakebot.reading.charset import clean_line, decode
from intakebot.reading.file_names import safe_name
from intakebot.reading.parameters import split_value

if TYPE_CHECKING:
    from email.message import Message

    from intakebot.reading.headers import Headers

MAX_PARTS: Final = 1000
MAX_NESTING_SIGNS: Final = 480
_MAX_ENCODED_WORDS: Final = 2000  # the fast engine is quadratic in them: 100 KB take 0.4 s
_MAX_VALUE: Final = 8192


@dataclass(frozen=True, slots=True)
class Part:
    """One node of the tree. Containers have `parts`, leaves `content`; `name` is '' where none was given."""

    media_type: str
    charset: str = ""
    disposition: str = ""
    name: str = ""
    content_id: str = ""
    flowed: bool = False
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


def read_parts(headers: Headers, body: bytes, defects: list[str]) -> Part:
    """Return the tree of a message's body.

    Raises what the standard library raises on hostile nesting, or ValueError: the caller attempts this.
    """
    source = _structure_fields(headers) + b"\r\n" + body
    budget = _Budget()
    if body.count(b"=?") > _MAX_ENCODED_WORDS:
        defects.append("body.repaired")
        tree = _tolerant_tree(source, budget)
    else:
        try:
            tree = _from_fast(parse_email_tree(source), budget)
        except ParseError:
            defects.append("body.repaired")
            tree = _tolerant_tree(source, budget)
    if budget.exceeded:
        defects.append("parts.too-many")
    if not tree.parts and not tree.content:  # a container without its boundary: what is there is the text
        return replace(tree, content=body)
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


def _from_fast(node: PyMimePart, budget: _Budget) -> Part:
    fields = {name.lower(): values[0] for name, values in node.headers.items() if values}
    children = () if node.is_message else tuple(_from_fast(child, budget) for child in node.children if budget.take())
    return _part(fields, node.content or b"", children)


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
    decoded = message.get_payload(decode=True)
    return _part(fields, decoded if isinstance(decoded, bytes) else b"", ())


def _part(fields: dict[str, str], content: bytes, children: tuple[Part, ...]) -> Part:
    media_type, type_parameters = split_value(clean_line(fields.get("content-type", "")[:_MAX_VALUE]))
    disposition, parameters = split_value(clean_line(fields.get("content-disposition", "")[:_MAX_VALUE]))
    name = parameters.get("filename") or type_parameters.get("name") or ""
    if "/" not in media_type or (media_type.startswith("multipart/") and not children):
        media_type = "text/plain"  # RFC 2045 section 5.2
    return Part(
        media_type=media_type,
        charset=type_parameters.get("charset", ""),
        disposition=disposition,
        name=safe_name(name, media_type) if name else "",
        content_id=clean_line(fields.get("content-id", "")[:_MAX_VALUE]).strip("<> "),
        flowed=type_parameters.get("format", "").lower() == "flowed",
        content=content,
        parts=children,
    )
