"""Filling in a modal as Slack's clients do: fields by their label, and the checks before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fakes.slack.inputs import elements, holds_value, is_many, key_of
from fakes.slack.records import Json, View

REQUIRED = "Please complete this required field."


def fields(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each block with each element of it that holds a value."""
    for block in blocks:
        for element in elements(block):
            if holds_value(element):
                yield block, element


def find(blocks: list[Json], name: str) -> tuple[Json, Json]:
    """The field of that label, block_id or action_id; `AssertionError` with what there is."""
    for block, element in fields(blocks):
        if name in (label(block), block.get("block_id"), element.get("action_id")):
            return block, element
    there = [label(block) or element.get("action_id") for block, element in fields(blocks)]
    raise AssertionError(f"no field {name!r}; there are {there}")


def label(block: Json) -> str:
    """What is read above a field."""
    return str((block.get("label") or block.get("text") or {}).get("text") or "")


def fill(view: View, filled: Mapping[str, Any]) -> None:
    """Write values into the fields of a view, as far as the elements let a person."""
    for name, value in filled.items():
        block, element = find(view.blocks, name)
        view.values[block["block_id"]][element["action_id"]] = {
            "type": element["type"],
            key_of(element): read(element, value),
        }


def read(element: Json, value: Any) -> Any:
    """A test's value as the element holds it: option texts become options, people their ids."""
    if is_many(element):
        return [_one(element, one) for one in (value if isinstance(value, (list, tuple)) else [value])]
    return _one(element, value)


def options(element: Json) -> list[Json]:
    """What a select offers."""
    found = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        found.extend(group["options"])
    return found


def choose(offered: list[Json], wanted: Any) -> Json:
    """The option of that text or value; `AssertionError` with what there is."""
    if isinstance(wanted, dict):
        return wanted
    for option in offered:
        if wanted in (option["text"]["text"], option.get("value")):
            return option
    raise AssertionError(f"no option {wanted!r}; there are {[one['text']['text'] for one in offered]}")


def objections(view: View) -> dict[str, str]:
    """Why the client would not send the modal: block_id -> sentence."""
    found: dict[str, str] = {}
    for block, element in fields(view.blocks):
        if block.get("type") == "input":
            value = view.values[block["block_id"]][element["action_id"]].get(key_of(element))
            if sentence := _objection(block, element, value):
                found[block["block_id"]] = sentence
    return found


def _one(element: Json, value: Any) -> Any:
    if key_of(element) in ("selected_option", "selected_options"):
        if value is None or (element["type"].endswith("external_select") and isinstance(value, dict)):
            return value
        return choose(options(element), value)
    if value is None or element["type"] == "file_input":
        return value
    if element["type"] == "datetimepicker":
        return int(value)
    return str(getattr(value, "id", value))


def _objection(block: Json, element: Json, value: Any) -> str:
    if value in (None, "", []):
        return "" if block.get("optional") else REQUIRED
    kind = element["type"]
    if kind == "plain_text_input":
        return _length(element, value)
    if kind == "number_input":
        return _bounds(element, value)
    if kind == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        return "Must be a valid email"
    if kind == "url_text_input" and not re.match(r"https?://\S+$", value):
        return "Must be a valid URL"
    most = element.get("max_selected_items")
    return f"Choose no more than {most}" if most and len(value) > most else ""


def _length(element: Json, value: str) -> str:
    least, most = element.get("min_length") or 0, element.get("max_length") or 3000
    if len(value) < least:
        return f"Must be at least {least} characters"
    return f"Must be at most {most} characters" if len(value) > most else ""


def _bounds(element: Json, value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return "Must be a number"
    if not element.get("is_decimal_allowed") and not number.is_integer():
        return "Must be a whole number"
    least, most = element.get("min_value"), element.get("max_value")
    if least is not None and number < float(least):
        return f"Must be at least {least}"
    return f"Must be at most {most}" if most is not None and number > float(most) else ""
