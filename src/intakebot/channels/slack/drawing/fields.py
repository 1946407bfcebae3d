"""Fields of forms: what people fill in, under labels that say what is wanted, each within the platform's limits.

A field's name is its block id, so that an error is shown where it belongs. Its action id is the name too, or, drawn
anew with other contents, `name.1`, `name.2`: the platform keeps what was typed as long as both ids stay. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from intakebot.channels.slack.drawing import safe_text
from intakebot.channels.slack.drawing.blocks import CHOICE_VALUE, Block, option

LONGEST_INPUT = 3_000
MOST_CHOICES = 500
"""Of a longer list the first are offered, and the field says so: a form with all of them would be too large."""
_CHOICES, _TICKS = 100, 10


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: what is sent, what is read, and a word more."""

    value: str
    label: str
    description: str = ""


def text_field(  # a field has as many sides as this
    name: str,
    label: str,
    *,
    initial: str = "",
    lines: bool = False,
    limit: int = LONGEST_INPUT,
    optional: bool = False,
    hint: str = "",
    placeholder: str = "",
    fresh: int = 0,
    focus: bool = False,
    action: str = "",
    watched: bool = False,
) -> Block:
    """Words. `fresh` above 0 replaces what was typed by `initial`; `watched` reports them on Enter."""
    element: Block = {"type": "plain_text_input", "action_id": action or _fresh(name, fresh)}
    element |= {"multiline": True} if lines else {}
    element |= {"max_length": limit}
    begins = safe_text.cut(safe_text.visible(initial), limit)
    element |= {"initial_value": begins} if begins else {}
    element |= {"focus_on_load": True} if focus else {}
    element |= _placeholder(placeholder)
    element |= {"dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]}} if watched else {}
    return _field(name, label, element, optional=optional, hint=hint, watched=watched)


def choice_field(
    name: str,
    label: str,
    choices: Iterable[Choice],
    *,
    chosen: str = "",
    optional: bool = False,
    hint: str = "",
    placeholder: str = "Choose…",
    watched: bool = False,
    fresh: int = 0,
) -> Block | None:
    """One of a list; None when there is nothing to choose. `watched` reports each choice at once."""
    found = _options(choices)
    options = found[:MOST_CHOICES]
    if not options:
        return None
    hint = hint if len(found) == len(options) else f"{hint} Only the first {MOST_CHOICES} are listed.".strip()
    element: Block = {"type": "static_select", "action_id": _fresh(name, fresh)} | _placeholder(placeholder)
    element |= {"options": options} if len(options) <= _CHOICES else {"option_groups": _grouped(options)}
    element |= _initial(options, chosen)
    return _field(name, label, element, optional=optional, hint=hint, watched=watched)


def pick_field(
    name: str, label: str, choices: Sequence[Choice], *, chosen: str = "", optional: bool = False, hint: str = ""
) -> Block | None:
    """One of a few, all of them in sight; None when there is nothing to choose."""
    options = _options(choices, _TICKS)
    if not options:
        return None
    element: Block = {"type": "radio_buttons", "action_id": name, "options": options} | _initial(options, chosen)
    return _field(name, label, element, optional=optional, hint=hint)


def ticks_field(
    name: str, label: str, choices: Sequence[Choice], *, ticked: Sequence[str] = (), hint: str = ""
) -> Block | None:
    """Any of a few, none if need be; None when there is nothing to tick."""
    options = _options(choices, _TICKS)
    if not options:
        return None
    element: Block = {"type": "checkboxes", "action_id": name, "options": options}
    begins = [one for one in options if one["value"] in ticked]
    element |= {"initial_options": begins} if begins else {}
    return _field(name, label, element, optional=True, hint=hint)


def search_field(
    name: str,
    label: str,
    *,
    chosen: Choice | None = None,
    optional: bool = False,
    hint: str = "",
    placeholder: str = "",
) -> Block:
    """One of very many, found by typing: the platform asks for the options (`block_suggestion`)."""
    element: Block = {"type": "external_select", "action_id": name, "min_query_length": 2} | _placeholder(placeholder)
    begins = _options([chosen], 1) if chosen else []
    element |= {"initial_option": begins[0]} if begins else {}
    return _field(name, label, element, optional=optional, hint=hint)


def files_field(name: str, label: str, most: int = 5, hint: str = "") -> Block:
    """Files to send along."""
    return _field(name, label, {"type": "file_input", "action_id": name, "max_files": most}, optional=True, hint=hint)


def time_field(name: str, label: str, initial: str = "", hint: str = "") -> Block:
    """A time of day, `HH:MM`."""
    element: Block = {"type": "timepicker", "action_id": name} | ({"initial_time": initial} if initial else {})
    return _field(name, label, element, optional=True, hint=hint)


def found_options(choices: Iterable[Choice]) -> dict[str, Any]:
    """The answer to what was typed into a `search_field`."""
    return {"options": _options(choices, _CHOICES)}


def _fresh(name: str, fresh: int) -> str:
    return f"{name}.{fresh}" if fresh else name


def _placeholder(text: str) -> Block:
    return {"placeholder": safe_text.plain_line(text, 150)} if text else {}


def _field(
    name: str, label: str, element: Block, *, optional: bool = False, hint: str = "", watched: bool = False
) -> Block:
    block: Block = {"type": "input", "block_id": name, "label": safe_text.plain_line(label, 200), "element": element}
    block |= {"optional": True} if optional else {}
    block |= {"dispatch_action": True} if watched else {}
    return block | ({"hint": safe_text.plain_line(hint, 300)} if hint else {})


def _options(choices: Iterable[Choice], most: int | None = None) -> list[Block]:
    """Each value once, in order; a value that the platform could not carry is left out."""
    unique = {one.value: one for one in choices if 0 < safe_text.size(one.value) <= CHOICE_VALUE}
    return [option(one.label or one.value, one.value, one.description) for one in list(unique.values())[:most]]


def _initial(options: list[Block], chosen: str) -> Block:
    begins = next((one for one in options if chosen and one["value"] == chosen), None)
    return {"initial_option": begins} if begins else {}


def _grouped(options: list[Block]) -> list[Block]:
    """More options than one list takes, in groups that say what they hold."""
    parts = [options[start : start + _CHOICES] for start in range(0, len(options), _CHOICES)]
    return [
        {
            "label": safe_text.plain_line(f"{part[0]['text']['text'][:30]} to {part[-1]['text']['text'][:30]}", 75),
            "options": part,
        }
        for part in parts
    ]
