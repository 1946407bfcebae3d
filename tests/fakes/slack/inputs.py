"""What input elements hold: their initial values, and how `view.state.values` writes what a person chose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fakes.slack.records import Json

KEYS = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", "initial_files"),
}
"""By type of element: the key of its value in the state, and of its initial value."""


def key_of(element: Json) -> str:
    """The key under which the state holds the element's value."""
    return KEYS[element["type"]][0]


def is_many(element: Json) -> bool:
    """Whether the value is a list."""
    return key_of(element) in (
        "selected_options",
        "selected_users",
        "selected_conversations",
        "selected_channels",
        "files",
    )


def holds_value(element: Any) -> bool:
    """Whether it is an element with a value (a button has none)."""
    return isinstance(element, dict) and element.get("type") in KEYS


def elements(block: Json) -> Iterator[Json]:
    """The interactive elements of a block."""
    found = [block.get("element"), block.get("accessory")]
    if block.get("type") in ("actions", "context_actions"):
        found.extend(block.get("elements") or [])
    for one in found:
        if isinstance(one, dict) and one.get("type") != "image":
            yield one


def initial_value(element: Json) -> Json:
    """The element's entry in the state before anybody has touched it."""
    key, initial = KEYS[element["type"]]
    nothing: Any = [] if is_many(element) else None
    value = element.get(initial, nothing)
    return {"type": element["type"], key: value}


def blank_values(blocks: list[Json]) -> dict[str, dict[str, Json]]:
    """The state of blocks before anybody has touched them."""
    values: dict[str, dict[str, Json]] = {}
    for block in blocks:
        for element in elements(block):
            if holds_value(element):
                values.setdefault(block["block_id"], {})[element["action_id"]] = initial_value(element)
    return values
