"""The house's codes in words that an agent reads at a glance: states of deliveries, agreements, kinds, channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intakebot.channels.slack.drawing import safe_text

_DELIVERY_STATES = {
    "draft": "a draft, not sent",
    "queued": "on its way",
    "sending": "on its way",
    "sent": "sent",
    "deferred": "delayed, tried again by itself",
    "held": "held back: nobody knows whether it arrived",
    "failed": "not sent",
    "bounced": "came back",
    "withdrawn": "taken back before it was sent",
}
_DELIVERY_KINDS = {
    "acknowledgement": "acknowledgement",
    "question": "reply",
    "resolution": "resolution",
    "closing-notice": "closing notice",
}
_VALIDITY = {
    "valid": "valid",
    "expired": "EXPIRED",
    "not-yet": "not valid yet",
    "claimed": "claimed, not proven",
    "unknown": "unknown",
    "none": "none",
}
_CHANNELS = {"email": "e-mail", "slack": "Slack", "phone": "phone", "fax": "fax", "walk-in": "walk-in"}
_MISSING = {
    "customer": "the customer",
    "classification": "a category",
    "description": "a description",
    "caller": "who the caller is",
    "business-object": "what it is about",
}
_RELATIONS = {
    "parent": "part of",
    "child": "has a part",
    "predecessor": "follows",
    "successor": "followed by",
}


def cut_line(text: object, limit: int) -> str:
    """A value on one line, at most so long; '' for nothing. Of a very long one only the beginning is looked at."""
    return safe_text.cut(safe_text.one_line("" if text is None else str(text)[: safe_text.LOOKED_AT * limit]), limit)


def titled(case: Mapping[str, Any]) -> str:
    """`C-1001 Pump stops`: how a case is called."""
    return f"{case.get('label') or ''} {cut_line(case.get('title') or 'without a title', 120)}".strip()


def states(state: object) -> str:
    """A delivery's state in words."""
    return _DELIVERY_STATES.get(str(state), cut_line(state, 40) or "not sent")


def kind_of_delivery(kind: object) -> str:
    """What left or should leave, in a word."""
    return _DELIVERY_KINDS.get(str(kind), cut_line(kind, 40))


def validity(state: object) -> str:
    """How an agreement or a support key stands; capitals where it needs a look."""
    return _VALIDITY.get(str(state or "none"), cut_line(state, 40))


def by_channel(channel: object) -> str:
    """A way in or out, in words."""
    return _CHANNELS.get(str(channel), cut_line(channel, 40))


def missing(name: object) -> str:
    """What registration lacked, in words."""
    return _MISSING.get(str(name), cut_line(name, 60))


def relation(name: object) -> str:
    """What a linked case is to this one, read as `this case <relation> that case`."""
    return _RELATIONS.get(str(name), cut_line(name, 40))


def delivery_trouble(delivery: Mapping[str, Any]) -> str:
    """`resolution to ola@example.org, came back (550 no such user)`."""
    answer, recipient = cut_line(delivery.get("answer"), 200), cut_line(delivery.get("recipient"), 80)
    reason = f" ({answer})" if answer else ""
    # Only an address says anything to an agent; a chat's recipient is an id.
    to = f" to {recipient}" if "@" in recipient else ""
    return f"{kind_of_delivery(delivery.get('kind'))}{to}, {states(delivery.get('state'))}{reason}"


def counted(number: int, one: str, several: str = "") -> str:
    """`1 case`, `2 cases`, `1,234 cases`."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def who(by: object) -> str:
    """Who did something, in words: an agent by name or id, a rule, the clock, the house itself."""
    kind, _, name = cut_line(by, 80).partition(":")
    match kind:
        case "agent" if name:
            return name
        case "rule" if name:
            return f"rule {name}"
        case "timer":
            return "the clock"
        case "system":
            return "the house"
        case _:
            return cut_line(by, 80)
