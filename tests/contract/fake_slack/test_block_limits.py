"""The fake objects to blocks where Slack does: at the limit they pass, one beyond they do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models import blocks as sdk
from slack_sdk.models.views import View

from contract.fake_slack.surfaces import CARD, modal
from fakes.slack.block_check import check_message, check_view, too_large, too_long
from fakes.slack.block_table import BLOCKS

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Take"), "action_id": "take", **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(text: str = "High", value: str = "high", **more: Any) -> Json:
    return {"text": plain(text), "value": value, **more}


def options(count: int) -> list[Json]:
    return [option(value=str(number)) for number in range(count)]


def select(**more: Any) -> Json:
    return actions({"type": "static_select", "action_id": "prio", **more})


def entry(**more: Any) -> Json:
    return {"type": "input", "label": plain("Words"), "element": {"type": "plain_text_input", "action_id": "w", **more}}


def confirm(**more: Any) -> Json:
    return button(
        confirm={"title": plain("Sure?"), "text": mrkdwn("x"), "confirm": plain("Yes"), "deny": plain("No"), **more}
    )


LIMITS: list[tuple[str, int, Callable[[int], list[Json]]]] = [
    ("blocks of a message", 50, lambda n: [section() for _ in range(n)]),
    ("text of a section", 3000, lambda n: [section("x" * n)]),
    ("fields of a section", 10, lambda n: [{"type": "section", "fields": [mrkdwn("x")] * n}]),
    ("text of a field", 2000, lambda n: [{"type": "section", "fields": [mrkdwn("x" * n)]}]),
    ("header", 150, lambda n: [{"type": "header", "text": plain("x" * n)}]),
    ("actions", 25, lambda n: [actions(*(button(action_id=str(one)) for one in range(n)))]),
    ("elements of a context", 10, lambda n: [{"type": "context", "elements": [mrkdwn("x")] * n}]),
    ("text of a button", 75, lambda n: [actions(button(text=plain("x" * n)))]),
    ("value of a button", 2000, lambda n: [actions(button(value="x" * n))]),
    ("address of a button", 3000, lambda n: [actions(button(url="x" * n))]),
    ("label of a button", 75, lambda n: [actions(button(accessibility_label="x" * n))]),
    ("action_id", 255, lambda n: [actions(button(action_id="x" * n))]),
    ("block_id", 255, lambda n: [section(block_id="x" * n)]),
    ("title of a question", 100, lambda n: [actions(confirm(title=plain("x" * n)))]),
    ("text of a question", 300, lambda n: [actions(confirm(text=mrkdwn("x" * n)))]),
    ("yes of a question", 30, lambda n: [actions(confirm(confirm=plain("x" * n)))]),
    ("no of a question", 30, lambda n: [actions(confirm(deny=plain("x" * n)))]),
    ("options of a select", 100, lambda n: [select(options=options(n))]),
    ("text of an option", 75, lambda n: [select(options=[option("x" * n)])]),
    ("value of an option", 150, lambda n: [select(options=[option(value="x" * n)])]),
    ("description of an option", 75, lambda n: [select(options=[option(description=plain("x" * n))])]),
    ("placeholder", 150, lambda n: [select(options=options(1), placeholder=plain("x" * n))]),
    ("groups", 100, lambda n: [select(option_groups=[{"label": plain("x"), "options": options(1)}] * n)]),
    ("overflow", 5, lambda n: [actions({"type": "overflow", "action_id": "more", "options": options(n)})]),
    ("radio buttons", 10, lambda n: [actions({"type": "radio_buttons", "action_id": "r", "options": options(n)})]),
    ("checkboxes", 10, lambda n: [actions({"type": "checkboxes", "action_id": "c", "options": options(n)})]),
    ("label of an input", 2000, lambda n: [{**entry(), "label": plain("x" * n)}]),
    ("hint of an input", 2000, lambda n: [{**entry(), "hint": plain("x" * n)}]),
    ("max_length of an input", 3000, lambda n: [entry(max_length=n)]),
    ("alternative text", 2000, lambda n: [{"type": "image", "image_url": "https://a.example/", "alt_text": "x" * n}]),
    ("address of an image", 3000, lambda n: [{"type": "image", "image_url": "x" * n, "alt_text": "x"}]),
    ("markdown", 12_000, lambda n: [{"type": "markdown", "text": "x" * n}]),
    ("rows of a table", 100, lambda n: [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * n}]),
    ("cells of a row", 20, lambda n: [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * n]}]),
]


@pytest.mark.parametrize(("most", "blocks"), [pytest.param(most, make, id=name) for name, most, make in LIMITS])
def test_one_beyond_the_limit_is_refused(most: int, blocks: Callable[[int], list[Json]]) -> None:
    assert check_message(blocks(most)) == []
    assert len(check_message(blocks(most + 1))) == 1


WRONG: list[tuple[str, Json, str]] = [
    ("unknown block", {"type": "sektion", "text": mrkdwn("x")}, "/blocks/0/type"),
    ("unknown key", section(colour="red"), "/blocks/0"),
    ("empty text", section(""), "/blocks/0/text/text"),
    ("empty section", {"type": "section"}, "/blocks/0"),
    ("no elements", actions(), "/blocks/0/elements"),
    ("header in mrkdwn", {"type": "header", "text": mrkdwn("x")}, "/blocks/0/text/type"),
    ("button in mrkdwn", actions(button(text=mrkdwn("x"))), "/blocks/0/elements/0/text/type"),
    ("text input among actions", actions({"type": "plain_text_input", "action_id": "w"}), "/blocks/0/elements/0/type"),
    ("button as input", {**entry(), "element": button()}, "/blocks/0/element/type"),
    ("action_id twice", actions(button(), button()), "/blocks/0/elements/1/action_id"),
    ("a style that is none", actions(button(style="blue")), "/blocks/0/elements/0/style"),
    ("a select without options", select(), "/blocks/0/elements/0"),
    ("option values twice", select(options=[option("A"), option("B")]), "/blocks/0/elements/0/options/1/value"),
    ("initial option not offered", select(options=options(2), initial_option=option()), "/blocks/0/elements/0"),
    ("a text that is a number", {"type": "markdown", "text": 7}, "/blocks/0/text"),
    ("an image from nowhere", {"type": "image", "alt_text": "x"}, "/blocks/0"),
]


@pytest.mark.parametrize(("block", "pointer"), [pytest.param(block, where, id=name) for name, block, where in WRONG])
def test_what_slacks_own_models_let_pass(block: Json, pointer: str) -> None:
    assert [problem.pointer for problem in check_message([block])] == [pointer]


def test_names_of_blocks_are_unique_and_lists_are_lists() -> None:
    assert [one.pointer for one in check_message([section(block_id="a"), section(block_id="a")])] == [
        "/blocks/1/block_id"
    ]
    assert check_message({"type": "section"})[0].pointer == "/blocks"
    assert check_message(["text"])[0].pointer == "/blocks/0/type"


def test_every_block_has_a_good_one() -> None:
    good = [
        *CARD,
        {"type": "divider"},
        {"type": "header", "text": plain("x")},
        {"type": "context", "elements": [plain("x"), {"type": "image", "image_url": "https://a", "alt_text": "x"}]},
        {"type": "image", "image_url": "https://a.example/", "alt_text": "x", "title": plain("x")},
        {**entry(), "dispatch_action": True},
        {"type": "markdown", "text": "**x**"},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]], "column_settings": [{"align": "left"}]},
        {"type": "file", "source": "remote", "external_id": "x"},
        rich_text(),
    ]

    assert check_message(good) == []
    assert {block["type"] for block in good} == set(BLOCKS)


def rich_text() -> Json:
    inline = [
        {"type": "text", "text": "x", "style": {"bold": True}},
        {"type": "link", "url": "https://a.example/", "text": "x"},
        {"type": "user", "user_id": "U1"},
        {"type": "channel", "channel_id": "C1"},
        {"type": "emoji", "name": "ticket"},
        {"type": "date", "timestamp": 1, "format": "{date}", "fallback": "x"},
        {"type": "broadcast", "range": "here"},
    ]
    line = {"type": "rich_text_section", "elements": inline}
    return {
        "type": "rich_text",
        "elements": [
            line,
            {"type": "rich_text_list", "style": "bullet", "elements": [line], "indent": 1},
            {"type": "rich_text_quote", "elements": inline},
            {"type": "rich_text_preformatted", "elements": inline[:2]},
        ],
    }


VIEW_LIMITS: list[tuple[str, int, Callable[[int], Json]]] = [
    ("blocks", 100, lambda n: {"blocks": [section() for _ in range(n)]}),
    ("title", 24, lambda n: {"title": plain("x" * n)}),
    ("submit", 24, lambda n: {"submit": plain("x" * n)}),
    ("close", 24, lambda n: {"close": plain("x" * n)}),
    ("private_metadata", 3000, lambda n: {"private_metadata": "x" * n}),
    ("callback_id", 255, lambda n: {"callback_id": "x" * n}),
]


@pytest.mark.parametrize(("most", "change"), [pytest.param(most, make, id=name) for name, most, make in VIEW_LIMITS])
def test_limits_of_a_view(most: int, change: Callable[[int], Json]) -> None:
    assert check_view(modal() | change(most)) == []
    assert len(check_view(modal() | change(most + 1))) == 1


def test_what_a_modal_needs() -> None:
    def without(name: str) -> list[str]:
        return [one.message for one in check_view({key: value for key, value in modal().items() if key != name})]

    assert without("title") == ["missing required field: title"]
    assert without("submit") == ["missing required field: submit"]
    assert without("blocks") == ["missing required field: blocks"]
    assert check_view({"type": "home", "blocks": []}) == []
    assert check_view(modal() | {"type": "page"})[0].pointer == "/view/type"
    focused = [{**entry(focus_on_load=True), "block_id": str(number)} for number in range(2)]
    assert check_view(modal() | {"blocks": focused})[0].pointer == "/view/blocks"


def test_sums() -> None:
    assert not too_long([section("x" * 3000)] * 4)
    assert too_long([*[section("x" * 3000)] * 4, section("x")])
    assert not too_large({"blocks": "x" * 249_000})
    assert too_large({"blocks": "x" * 250_000})


def _sdk_refuses(make: Callable[[], Any]) -> bool:
    try:
        make().to_dict()
    except SlackObjectFormationError:
        return True
    return False


@pytest.mark.parametrize(("most", "blocks"), [pytest.param(most, make, id=name) for name, most, make in LIMITS])
def test_slacks_own_models_refuse_nothing_that_the_fake_takes(most: int, blocks: Callable[[int], list[Json]]) -> None:
    parsed = sdk.Block.parse_all(blocks(most))

    assert not any(_sdk_refuses(lambda block=block: block) for block in parsed)


def test_what_slacks_models_of_views_refuse_the_fake_refuses() -> None:
    for name, most, change in VIEW_LIMITS:
        if _sdk_refuses(lambda change=change, most=most: View(**(modal() | change(most + 1)))):
            assert check_view(modal() | change(most + 1)), name
