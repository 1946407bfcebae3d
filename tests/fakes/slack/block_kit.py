"""The limits of Block Kit as a table: every block and element that the fake admits, with its fields.

Taken from the documentation of the types in Slack's own package (see the page on Slack, fact 4.7). A block that is
not here is refused: a new one is added on purpose.
"""

from __future__ import annotations

from fakes.slack.block_rules import (
    Report,
    Rule,
    either,
    flag,
    items,
    not_both,
    number,
    one_of,
    shape,
    string,
    text_object,
)
from fakes.slack.records import Json

NAME = string(255)
URL = string(3000)
WORD = string(150)
CHOICES = 100
ANY_ID = string(64)

plain = lambda most: text_object(most, plain=True)  # noqa: E731 - one line of the table


def _unique_values(report: Report, at: str, value: Json) -> None:
    seen: set[str] = set()
    for position, option in enumerate(value.get("options") or []):
        said = option.get("value") if isinstance(option, dict) else None
        if isinstance(said, str) and said in seen:
            report.add(f"{at}/options/{position}/value", "duplicate", "option values must be unique", type="unique")
        seen.add(said or "")


def _initial_is_offered(report: Report, at: str, value: Json) -> None:
    offered = list(value.get("options") or [])
    for group in value.get("option_groups") or []:
        offered.extend(group.get("options") or [])
    chosen = [value["initial_option"]] if value.get("initial_option") else list(value.get("initial_options") or [])
    for one in chosen:
        if one not in offered:
            report.add(at, "invalid_option", "initial option must exactly match an offered option", type="initial")


CONFIRM = shape(
    {"text": text_object(300)},
    {"title": plain(100), "confirm": plain(30), "deny": plain(30), "style": one_of("primary", "danger")},
)
OPTION = shape({"text": plain(75), "value": WORD}, {"description": plain(75), "url": URL})
FREE_OPTION = shape({"text": text_object(75), "value": WORD}, {"description": text_object(75)})
GROUP = shape({"label": plain(75), "options": items(OPTION, CHOICES)})
DISPATCH = shape({"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2)})
FILTER = shape(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    },
)

_ACTION: dict[str, Rule] = {"action_id": NAME, "confirm": CONFIRM}
_FOCUS: dict[str, Rule] = {"focus_on_load": flag}
_HINT: dict[str, Rule] = {"placeholder": plain(150)}
_PICK = {**_ACTION, **_FOCUS, **_HINT}
_MANY: dict[str, Rule] = {"max_selected_items": number(1)}
_CHOICE: dict[str, Rule] = {"options": items(OPTION, CHOICES), "option_groups": items(GROUP, CHOICES)}
_WRITE: dict[str, Rule] = {"action_id": NAME, "dispatch_action_config": DISPATCH, **_FOCUS, **_HINT}


def _element(name: str, required: dict[str, Rule], optional: dict[str, Rule], *also: Rule) -> tuple[str, Rule]:
    return name, shape({"type": one_of(name), **required}, optional, *also)


IMAGE_SOURCE: dict[str, Rule] = {"image_url": URL, "slack_file": shape({}, {"id": ANY_ID, "url": URL})}
ELEMENTS: dict[str, Rule] = dict(
    [
        _element(
            "button",
            {"text": plain(75)},
            {
                **_ACTION,
                "value": string(2000, 0),
                "url": URL,
                "style": one_of("primary", "danger"),
                "accessibility_label": string(75),
            },
        ),
        _element("overflow", {"options": items(OPTION, 5)}, _ACTION, _unique_values),
        _element("datepicker", {}, {**_PICK, "initial_date": string(10, 10)}),
        _element("timepicker", {}, {**_PICK, "initial_time": string(5, 5), "timezone": WORD}),
        _element("datetimepicker", {}, {**_ACTION, **_FOCUS, "initial_date_time": number(10**9, 10**10)}),
        _element(
            "checkboxes",
            {"options": items(FREE_OPTION, 10)},
            {**_ACTION, **_FOCUS, "initial_options": items(FREE_OPTION, 10)},
            _unique_values,
            _initial_is_offered,
        ),
        _element(
            "radio_buttons",
            {"options": items(FREE_OPTION, 10)},
            {**_ACTION, **_FOCUS, "initial_option": FREE_OPTION},
            _unique_values,
            _initial_is_offered,
        ),
        _element(
            "static_select",
            {},
            {**_PICK, **_CHOICE, "initial_option": OPTION},
            either("options", "option_groups"),
            not_both("options", "option_groups"),
            _unique_values,
            _initial_is_offered,
        ),
        _element(
            "multi_static_select",
            {},
            {**_PICK, **_MANY, **_CHOICE, "initial_options": items(OPTION, CHOICES)},
            either("options", "option_groups"),
            not_both("options", "option_groups"),
            _unique_values,
            _initial_is_offered,
        ),
        _element("external_select", {}, {**_PICK, "initial_option": OPTION, "min_query_length": number(0)}),
        _element(
            "multi_external_select",
            {},
            {**_PICK, **_MANY, "initial_options": items(OPTION, CHOICES), "min_query_length": number(0)},
        ),
        _element("users_select", {}, {**_PICK, "initial_user": ANY_ID}),
        _element("multi_users_select", {}, {**_PICK, **_MANY, "initial_users": items(ANY_ID, CHOICES)}),
        _element(
            "conversations_select",
            {},
            {
                **_PICK,
                "initial_conversation": ANY_ID,
                "default_to_current_conversation": flag,
                "response_url_enabled": flag,
                "filter": FILTER,
            },
        ),
        _element(
            "multi_conversations_select",
            {},
            {
                **_PICK,
                **_MANY,
                "initial_conversations": items(ANY_ID, CHOICES),
                "default_to_current_conversation": flag,
                "filter": FILTER,
            },
        ),
        _element("channels_select", {}, {**_PICK, "initial_channel": ANY_ID, "response_url_enabled": flag}),
        _element("multi_channels_select", {}, {**_PICK, **_MANY, "initial_channels": items(ANY_ID, CHOICES)}),
        _element(
            "plain_text_input",
            {},
            {
                **_WRITE,
                "initial_value": string(3000, 0),
                "multiline": flag,
                "min_length": number(0, 3000),
                "max_length": number(1, 3000),
            },
        ),
        _element("email_text_input", {}, {**_WRITE, "initial_value": string(3000)}),
        _element("url_text_input", {}, {**_WRITE, "initial_value": URL}),
        _element(
            "number_input",
            {"is_decimal_allowed": flag},
            {**_WRITE, "initial_value": string(100), "min_value": string(100), "max_value": string(100)},
        ),
        _element("file_input", {}, {"action_id": NAME, "filetypes": items(string(20), 50), "max_files": number(1, 10)}),
        _element(
            "image",
            {"alt_text": string(2000)},
            IMAGE_SOURCE,
            either("image_url", "slack_file"),
            not_both(*IMAGE_SOURCE),
        ),
    ]
)

IN_ACTIONS = (
    "button", "overflow", "datepicker", "timepicker", "datetimepicker", "checkboxes", "radio_buttons",
    "static_select", "multi_static_select", "external_select", "multi_external_select", "users_select",
    "multi_users_select", "conversations_select", "multi_conversations_select", "channels_select",
    "multi_channels_select",
)  # fmt: skip
IN_INPUT = (
    *(name for name in IN_ACTIONS if name not in ("button", "overflow")),
    "plain_text_input", "email_text_input", "url_text_input", "number_input", "file_input",
)  # fmt: skip
IN_SECTION = (*(name for name in IN_ACTIONS if name != "datetimepicker"), "image")
