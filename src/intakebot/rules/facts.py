"""What a rule may ask about: facts by dotted name, and the one table of their types.

The use cases collect facts; rules read them. A missing fact is an absent key (an empty tuple counts as one).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Fact: TypeAlias = "str | int | float | bool | tuple[str, ...]"
Facts: TypeAlias = "Mapping[str, Fact]"
Kind: TypeAlias = Literal["text", "texts", "number", "flag"]


@dataclass(frozen=True, slots=True)
class Field:
    """Type of a fact. `decided_in` names the stage whose outcome it is: only later stages may read it."""

    kind: Kind
    decided_in: str = ""


_TEXT, _TEXTS, _NUMBER, _FLAG = Field("text"), Field("texts"), Field("number"), Field("flag")

FIELDS: Mapping[str, Field] = {
    # the message; `body` is the new text only, `body.full` includes what was quoted and the signature
    "channel": _TEXT,
    "subject": _TEXT,
    "body": _TEXT,
    "body.full": _TEXT,
    "from": _TEXT,
    "from.domain": _TEXT,
    "sender.verified": _FLAG,
    "sender.spf": _TEXT,
    "sender.dkim": _TEXT,
    "sender.dmarc": _TEXT,
    "to": _TEXTS,
    "cc": _TEXTS,
    "language": _TEXT,
    "size": _NUMBER,
    "client.ip": _TEXT,
    "attachment.name": _TEXTS,
    "attachment.type": _TEXTS,
    "attachment.count": _NUMBER,
    # who and what it is about, looked up between the stages
    "caller.identified": _FLAG,
    "customer.id": _TEXT,
    "customer.segment": _TEXT,
    "customer.tier": _TEXT,
    "account.reference": _TEXT,
    "subscription.reference": _TEXT,
    "subscription.status": _TEXT,
    "agreement.tier": _TEXT,
    "agreement.kind": _TEXT,
    "agreement.valid": _FLAG,
    "support_key.state": _TEXT,
    "business_object": _TEXT,
    "business_object.reference": _TEXT,
    # the case, where one exists already
    "case.workflow": _TEXT,
    "case.category": _TEXT,
    "case.status": _TEXT,
    "case.queue": _TEXT,
    "case.priority": _TEXT,
    "case.closed": _FLAG,
    "case.idle_hours": _NUMBER,
    # outcomes of earlier stages
    "disposition": Field("text", "guard"),
    "support": Field("text", "identify"),
    "category": Field("text", "classify"),
    "tags": Field("texts", "flag"),
    "priority": Field("text", "flag"),
}


def field_named(name: str) -> Field | None:
    """The type of a field; every `header.<name>` is a known field with several values. None: unknown."""
    if name.startswith("header.") and len(name) > len("header."):
        return _TEXTS
    return FIELDS.get(name)


def is_message_fact(name: str) -> bool:
    """Whether a field is known apart from what the stages decide, so that its atoms can be kept with the message."""
    field = field_named(name)
    return field is None or not field.decided_in


def fits(kind: Kind, fact: object) -> bool:
    """Whether a value is of that kind (a `bool` is no number)."""
    if kind == "flag":
        return isinstance(fact, bool)
    if kind == "number":
        return isinstance(fact, (int, float)) and not isinstance(fact, bool)
    if isinstance(fact, tuple):
        return kind == "texts" and all(isinstance(entry, str) for entry in fact)
    return isinstance(fact, str)
