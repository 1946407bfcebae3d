"""What a form looks like between two answers: waiting, refused, done, and still holding what was filled in.

Pure; used by `forms_frame`. A form comes back from the platform with what people filled in beside it; drawn again,
it has to hold that, or people type twice.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, TypeAlias

from intakebot.channels.slack.answering.clicks import Payload, mapping
from intakebot.channels.slack.drawing import blocks
from intakebot.channels.slack.drawing.safe_text import plain_line

View: TypeAlias = dict[str, Any]
REFUSAL = "refusal"
"""The block id of the sentence at the top that says why something was not done."""
WORKING = "Working on it… This takes longer than usual; what comes of it is shown here."
_KEPT = ("type", "callback_id", "title", "submit", "close", "private_metadata", "clear_on_close", "notify_on_close")
_INITIAL = {
    "plain_text_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "timepicker": ("selected_time", "initial_time"),
}
"""By type of element: where the platform keeps what was filled in, and where a form says what it begins with."""


def refused(view: Payload, sentence: str) -> View:
    """The form as it was sent off, with the sentence at the top."""
    kept = as_filled_in(view)
    rest = [block for block in kept["blocks"] if block.get("block_id") != REFUSAL]
    return kept | {"blocks": [_sentence(f"⚠ {sentence}"), *rest][:100]}


def waiting(view: Payload) -> View:
    """What stands there while the house takes its time. Nothing can be sent off twice from here."""
    return told(view, WORKING)


def told(view: Payload, sentence: str) -> View:
    """Only a sentence, under the form's title."""
    kept = {name: view[name] for name in ("callback_id", "title", "private_metadata") if view.get(name)}
    return {"type": "modal", **kept, "close": plain_line("Close", 24), "blocks": [_sentence(sentence)]}


def as_filled_in(view: Payload) -> View:
    """The form with what was filled in as what it begins with. Files have to be added again."""
    kept = {name: view[name] for name in _KEPT if view.get(name)}
    state = mapping(mapping(view.get("state")).get("values"))
    return kept | {"blocks": [_filled(block, state) for block in view.get("blocks") or ()]}


def inputs(view: Payload) -> frozenset[str]:
    """The fields at which an error can be shown."""
    return frozenset(str(block.get("block_id")) for block in view.get("blocks") or () if block.get("type") == "input")


def _sentence(text: str) -> dict[str, Any]:
    return blocks.words(text) | {"block_id": REFUSAL}


def _filled(block: Mapping[str, Any], state: Payload) -> dict[str, Any]:
    filled = copy.deepcopy(dict(block))
    element = filled.get("element")
    if not isinstance(element, dict) or element.get("type") not in _INITIAL:
        return filled
    held, begins = _INITIAL[element["type"]]
    value = mapping(mapping(state.get(str(block.get("block_id")))).get(str(element.get("action_id")))).get(held)
    element.pop(begins, None)
    if value:
        element[begins] = _offered(element, value)
    return filled


def _offered(element: Mapping[str, Any], value: Any) -> Any:  # noqa: ANN401 - a text, an option or several
    """Options as the element offers them: the platform takes no others, and may have rewritten what it hands back."""
    if isinstance(value, list):
        return [_offered(element, one) for one in value]
    if not isinstance(value, dict):
        return value
    groups = [group.get("options") or () for group in element.get("option_groups") or ()]
    offered = [*(element.get("options") or ()), *(option for group in groups for option in group)]
    return next((option for option in offered if option.get("value") == value.get("value")), value)
