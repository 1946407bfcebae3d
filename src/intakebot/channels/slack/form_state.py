"""What a form looks like between two answers: waiting, refused, done, and still holding what was filled in.

Pure; used by `forms_frame`. A view comes back from the platform with what people filled in beside it; drawn again,
it has to hold that, or people type twice.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, TypeAlias

from intakebot.channels.slack.clicks import Click, Payload, mapping
from intakebot.channels.slack.safe_text import plain

View: TypeAlias = dict[str, Any]
REFUSAL = "refusal"
"""The block id of the sentence at the top that says why something was not done."""
SENTENCE_LIMIT = 2900
_KEPT = ("type", "callback_id", "title", "submit", "close", "private_metadata", "clear_on_close", "notify_on_close")
_INITIAL = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "timepicker": ("selected_time", "initial_time"),
}
"""By type of element: where the platform keeps what was filled in, and where a view says what it begins with."""


def refused(click: Click, sentence: str) -> View:
    """The form as it was sent off, with the sentence at the top."""
    view = as_filled_in(click)
    blocks = [block for block in view["blocks"] if block.get("block_id") != REFUSAL]
    return view | {"blocks": [_sentence(f"⚠ {sentence}"), *blocks]}


def waiting(click: Click) -> View:
    """What stands there while the house takes its time. Nothing can be sent off twice from here."""
    return told(click.view, "working… This takes longer than usual.", close="Close")


def told(view: Payload, sentence: str, close: str = "Close") -> View:
    """Only a sentence, under the form's title."""
    kept = {name: view[name] for name in ("type", "callback_id", "title", "private_metadata") if view.get(name)}
    return kept | {"close": plain(close, 24), "blocks": [_sentence(sentence)]}


def as_filled_in(click: Click) -> View:
    """The form with what was filled in as what it begins with."""
    view = {name: click.view[name] for name in _KEPT if click.view.get(name)}
    return view | {"blocks": [_filled(block, click.fields) for block in click.view.get("blocks") or []]}


def inputs(view: Payload) -> frozenset[str]:
    """The fields at which an error can be shown."""
    blocks = view.get("blocks") or []
    return frozenset(str(block.get("block_id")) for block in blocks if block.get("type") == "input")


def _sentence(text: str) -> dict[str, Any]:
    return {"type": "section", "block_id": REFUSAL, "text": plain(text, SENTENCE_LIMIT)}


def _filled(block: Mapping[str, Any], fields: Payload) -> dict[str, Any]:
    filled = copy.deepcopy(dict(block))
    element = filled.get("element")
    if not isinstance(element, dict) or element.get("type") not in _INITIAL:
        return filled
    held, begins = _INITIAL[element["type"]]
    value = mapping(mapping(fields.get(str(block.get("block_id")))).get(str(element.get("action_id")))).get(held)
    element.pop(begins, None)
    if value:
        element[begins] = _offered(element, value)
    return filled


def _offered(element: Mapping[str, Any], value: Any) -> Any:  # noqa: ANN401 - a text, an option or several
    """An option as the element offers it: the platform takes no other, and may have rewritten the one it hands back."""
    options = {option["value"]: option for option in element.get("options") or [] if "value" in option}
    if isinstance(value, list):
        return [options.get(one.get("value"), one) for one in value]
    return options.get(value.get("value"), value) if isinstance(value, dict) else value
