"""What an agent can press on a case now: which buttons, in which order, under which words.

A card shows the first few as buttons and some more behind three dots; the form "More actions" shows all of them.
A button is no right: the house checks every act when it comes. Nothing is offered on a case that has ended. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks
from intakebot.channels.slack.drawing.blocks import Block

Case: TypeAlias = Mapping[str, Any]

VISIBLE_BUTTONS = 5
MORE = "case.more"
NNR = "NNR"

_MAIN = {
    "registered": ("take", "resolve", "answer-and-close", "move", "reply", "comment"),
    "waiting": ("take", "reply", "move", "comment"),
    "in-charge": ("resolve", "reply", "move", "answer-and-close", "comment"),
    "resolved": ("send", "close", "reopen", "reply", "comment"),
}
"""What is pressed most, by the kind of the case's status; the first that is possible is the button in colour."""
_RARE = ("task", "classify", "why", "show", "identify", "nnr", "split", "link", "void")
_LABELS = {
    "take": "Take",
    "resolve": "Resolve",
    "answer-and-close": "Answer and close",
    "move": "Send to another queue",
    "close": "Close",
    "reopen": "Reopen",
    "send": "Send the resolution",
    "reply": "Reply to caller",
    "comment": "Add a comment",
    "task": "Add a task",
    "classify": "Category and priority",
    "why": "Why is it here?",
    "show": "Show everything",
    "identify": "Say who the customer is",
    "nnr": "Mark NNR (no NOC required)",
    "split": "Split into several cases",
    "link": "Link to another case",
    "void": "This is no case (spam, mistake)",
}
_AT_ONCE = frozenset({"take", "send", "nnr", "why", "show"})
"""What needs no further word from the agent. The labels of all others end in an ellipsis: a form follows."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may be pressed; `action` is its action id, `notes` what it carries besides the case."""

    action: str
    label: str
    notes: Mapping[str, Any] = field(default_factory=dict)


def carried(case: Case, **more: object) -> str:
    """What every button of a case carries: the case and the version that was seen, and `more`."""
    return blocks.notes(case=case["number"], version=case.get("version"), **more)


def row_name(case: Case, part: str = "act") -> str:
    """The block id of a row of buttons: new for each version, and it says the case, as a menu's choice cannot."""
    return f"{part}/{case['number']}/{case.get('version', 0)}"


def case_of_row(block_id: str) -> int | None:
    """The number of the case whose row of buttons this is, or None."""
    parts = block_id.split("/")
    return int(parts[1]) if len(parts) == 3 and parts[1].isascii() and parts[1].isdigit() else None  # noqa: PLR2004


def offers(case: Case) -> list[Offer]:
    """Everything that is possible now, what is pressed most first; nothing on a case that has ended."""
    if case.get("ended"):
        return []
    allowed = {str(step["verb"]): str(step.get("label") or "") for step in case.get("allowed") or ()}
    main = [verb for verb in _MAIN.get(str(case.get("kind")), ()) if _is_possible(verb, case, allowed)]
    rest = [verb for verb in (*allowed, *_RARE) if verb in _LABELS and verb not in main]
    return [_offer(verb, case, allowed) for verb in (*main, *(verb for verb in rest if _is_fitting(verb, case)))]


def _is_possible(verb: str, case: Case, allowed: Mapping[str, str]) -> bool:
    state = (case.get("resolution") or {}).get("state")
    match verb:
        case "comment":
            return True
        case "reply":
            return bool(case.get("caller"))
        case "send":
            return bool(state == "draft")
        case "close":
            return verb in allowed and state == "sent"
        case _:
            return verb in allowed


def _is_fitting(verb: str, case: Case) -> bool:
    """Whether a rarer act has a place now; what the card asks for beside its text is not asked for twice."""
    if verb == "identify":
        return bool(case.get("customer") or case.get("proposals"))
    return verb != "close" and (verb != "task" or case.get("kind") == "in-charge")


def _offer(verb: str, case: Case, allowed: Mapping[str, str]) -> Offer:
    label = allowed.get(verb) or _LABELS[verb]
    if verb == "nnr" and NNR in (case.get("markers") or ()):
        return Offer("case.nnr", "Take the marker NNR off", {"remove": True})
    if verb == "identify" and case.get("customer"):
        label = "Correct who the customer is"
    return Offer(f"case.{verb}", label if verb in _AT_ONCE else f"{label.rstrip('…. ')}…")


def card_row(case: Case, visible: int = VISIBLE_BUTTONS) -> Block | None:
    """The row of buttons below a card: at most `visible` of them, and the menu with more."""
    found = offers(case)
    if not found:
        return None
    shown = _shown(case, found, visible)
    buttons = [_button(case, offer, "primary" if at == 0 else "") for at, offer in enumerate(shown)]
    return blocks.row(row_name(case), *buttons, _menu(found, shown))


def _shown(case: Case, found: list[Offer], visible: int) -> list[Offer]:
    main = {f"case.{verb}" for verb in _MAIN.get(str(case.get("kind")), ())}
    return [offer for offer in found if offer.action in main][:visible]


def _button(case: Case, offer: Offer, style: blocks.Style = "") -> Block:
    return blocks.button(offer.label, offer.action, carried(case, **offer.notes), style)


def _menu(found: list[Offer], shown: list[Offer]) -> Block | None:
    """The menu behind three dots. What a choice carries is its action id; the row says the case."""
    rest = [offer for offer in found if offer not in shown and not offer.notes]
    choices = [blocks.option(offer.label, offer.action) for offer in rest[: blocks.IN_MENU]]
    if len(found) > len(shown) + len(choices):
        choices = [*choices[: blocks.IN_MENU - 1], blocks.option("More…", MORE)]
    return blocks.overflow(MORE, choices) if choices else None


def all_rows(case: Case) -> Iterator[Block]:
    """Every possible act as a button, five to a row: for the form "More actions"."""
    found = offers(case)
    for start in range(0, len(found), VISIBLE_BUTTONS):
        part = found[start : start + VISIBLE_BUTTONS]
        built = blocks.row(row_name(case, f"act{start}"), *(_button(case, offer) for offer in part))
        if built:
            yield built
