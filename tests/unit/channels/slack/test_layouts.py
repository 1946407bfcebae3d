"""Every message and view at once: within the platform's limits, inert, and as it was last looked at by a person."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from fakes.drawn_blocks import drawn
from fakes.drawn_layouts import PICTURES, picture
from fakes.live_markup import unexpected
from fakes.slack.block_check import check_message, check_view, too_large
from fakes.slack.mrkdwn import live_texts, tokens
from intakebot.channels.slack.drawing import blocks
from intakebot.channels.slack.drawing.layout_samples import NASTY, nasty
from intakebot.channels.slack.drawing.layouts import every_layout, layouts_of, sample_layouts

SAMPLES = sample_layouts()
BUTTONS_ON_A_CARD = 5


@cache
def all_of_them() -> dict[str, dict[str, Any]]:
    return every_layout()


def is_view(layout: dict[str, Any]) -> bool:
    return "type" in layout


def problems(layout: dict[str, Any]) -> list[str]:
    if is_view(layout):
        found = [problem.line() for problem in check_view(layout)]
        return [*found, "view_too_large"] if too_large(layout) else found
    found = [problem.line() for problem in check_message(layout["blocks"])] if layout["blocks"] else []
    if blocks.text_size(layout["blocks"]) > blocks.MESSAGE_TEXT:
        found.append("more text than a message holds")
    return found if layout["text"].strip() else [*found, "no text for notifications"]


def test_everything_is_within_the_limits_of_the_platform() -> None:
    assert {name: found for name, layout in all_of_them().items() if (found := problems(layout))} == {}


def test_the_platforms_own_models_take_everything() -> None:
    for layout in all_of_them().values():
        for block in Block.parse_all(layout["blocks"]):
            block.validate_json()
        if is_view(layout):
            View(**layout).validate_json()


def test_nothing_is_live_that_we_did_not_make() -> None:
    assert {name: found for name, layout in all_of_them().items() if (found := unexpected(layout))} == {}


def test_the_fake_finds_nothing_live_either() -> None:
    live = {
        name: [token.raw for text in live_texts(layout) for token in tokens(text) if token.kind not in ("date", "link")]
        for name, layout in all_of_them().items()
    }

    assert {name: found for name, found in live.items() if found} == {}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60) | st.text(alphabet="<>&!@#|^/:Uhttpscanel*_~`\n\u202e", max_size=60))
def test_whatever_people_type_every_layout_holds(text: str) -> None:
    for name, layout in layouts_of(lambda answer: nasty(answer, text, 3)).items():
        assert unexpected(layout) == [], name
        assert problems(layout) == [], name


def test_no_row_of_a_card_has_more_than_five_buttons() -> None:
    counted = {
        name: json.dumps(layout).count('"type": "button"')
        for name, layout in all_of_them().items()
        if name.startswith("card")
    }

    assert max(counted.values()) <= BUTTONS_ON_A_CARD
    assert {name for name, number in counted.items() if number == 0} == {
        f"card {kind}{ending}"
        for kind in ("closed", "void", "working", "moved")
        for ending in ("", ", worst", ", one long word")
    }


def test_a_row_is_new_for_each_version_of_a_case() -> None:
    older, newer = (
        {block["block_id"] for block in layout["blocks"] if block["type"] == "actions"}
        for layout in (SAMPLES["card in charge"], layouts_of(_next_version)["card in charge"])
    )

    assert older
    assert not older & newer


def _next_version(answer: Any) -> Any:
    return answer | {"version": answer["version"] + 1} if isinstance(answer, dict) and "version" in answer else answer


@pytest.mark.parametrize("name", SAMPLES)
def test_a_layout_looks_as_it_was_last_looked_at(name: str) -> None:
    # New looks are written by `python -m fakes.drawn_layouts`, and read before they are committed.
    assert drawn(SAMPLES[name]) == picture(name).read_text(encoding="utf-8")


def test_there_is_no_picture_of_something_else() -> None:
    assert {path.name for path in PICTURES.glob("*.txt")} == {picture(name).name for name in SAMPLES}


def test_the_checks_see_what_is_live() -> None:
    bad = {"text": NASTY, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": NASTY, "verbatim": True}}]}

    assert len(unexpected(bad)) == 6
    assert unexpected({"text": "", "blocks": [{"type": "broadcast", "range": "here"}]}) != []
    assert unexpected({"text": "", "blocks": [{"type": "link", "url": "https://evil.example", "text": "ok"}]}) != []
