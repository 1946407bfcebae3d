"""Builders keep the platform's limits by themselves, or refuse what cannot be cut without a lie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intakebot.channels.slack.drawing import blocks, fields, moments
from intakebot.channels.slack.drawing.fields import Choice

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def test_a_message_beyond_its_budget_loses_words_and_never_buttons() -> None:
    row = blocks.row("r", blocks.button("Take", "case.take"))
    shown = blocks.message("x", [*(blocks.words("a" * 2_900) for _ in range(5)), row, blocks.context("end")])

    assert [block["type"] for block in shown.blocks] == ["section", "section", "actions", "context"]
    assert blocks.text_size(shown.blocks) <= blocks.MESSAGE_TEXT
    assert shown.blocks[-1]["elements"][0]["text"] == blocks.TOO_LONG


def test_a_message_of_too_many_blocks_says_so() -> None:
    shown = blocks.message("x", [None, *(blocks.divider() for _ in range(80))])

    assert len(shown.blocks) == 50
    assert shown.blocks[-1]["elements"][0]["text"] == blocks.TOO_LONG


def test_a_message_within_its_budget_is_left_as_it_is() -> None:
    parts = [blocks.header("a"), blocks.words("b")]

    assert blocks.message("a\nb <c>", [*parts, None]) == blocks.Rendered("a b &lt;c&gt;", parts)


@pytest.mark.parametrize(
    ("build", "what"),
    [
        pytest.param(lambda: blocks.section(""), "section", id="empty-section"),
        pytest.param(lambda: blocks.section("x" * 3001), "section", id="long-section"),
        pytest.param(blocks.facts, "facts", id="no-facts"),
        pytest.param(lambda: blocks.facts(*[("a", "b")] * 11), "facts", id="many-facts"),
        pytest.param(lambda: blocks.facts(("a", "b" * 2000)), "fact", id="long-fact"),
        pytest.param(lambda: blocks.option("a", ""), "choice", id="no-value"),
        pytest.param(lambda: blocks.option("a", "x" * 151), "choice", id="long-value"),
        pytest.param(lambda: blocks.overflow("a", []), "menu", id="empty-menu"),
        pytest.param(lambda: blocks.overflow("a", [blocks.option("a", str(n)) for n in range(6)]), "menu", id="menu"),
        pytest.param(lambda: blocks.row("r", *[blocks.button("a", f"a{n}") for n in range(26)]), "row", id="row"),
        pytest.param(lambda: blocks.notes(text="x" * 2001), "button", id="notes"),
    ],
)
def test_what_cannot_be_cut_is_refused(build: Any, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        build()


def test_what_says_nothing_is_left_out() -> None:
    assert blocks.rich(None, blocks.line(None, blocks.said(""), blocks.said(None))) is None
    assert blocks.row("r", None) is None
    assert blocks.web_button("Open", "a", "javascript:alert(1)") is None
    assert blocks.address("javascript:alert(1)", "the page") == {"type": "text", "text": "the page"}
    assert blocks.notes(case=1, part="", version=None, page=0) == '{"case":1,"page":0}'


def test_a_long_list_of_choices_is_offered_in_groups() -> None:
    field = fields.choice_field("queue", "Queue", [Choice(f"q{n}", f"Queue {n}") for n in range(230)], chosen="q229")

    assert field is not None
    assert [len(group["options"]) for group in field["element"]["option_groups"]] == [100, 100, 30]
    assert field["element"]["initial_option"]["value"] == "q229"
    assert field["element"]["option_groups"][2]["label"]["text"] == "Queue 200 to Queue 229"


def test_a_list_that_no_form_can_hold_says_that_it_is_cut() -> None:
    field = fields.choice_field("a", "A", [Choice(str(n), f"Agent {n}") for n in range(501)], hint="One of us.")

    assert field is not None
    assert sum(len(group["options"]) for group in field["element"]["option_groups"]) == 500
    assert field["hint"]["text"] == "One of us. Only the first 500 are listed."


def test_choices_are_each_once_and_only_what_can_be_sent() -> None:
    field = fields.choice_field("q", "Q", [Choice("a", "A"), Choice("a", "B"), Choice("x" * 151, "X"), Choice("", "N")])

    assert field is not None
    assert [(one["value"], one["text"]["text"]) for one in field["element"]["options"]] == [("a", "B")]
    assert fields.choice_field("q", "Q", []) is None
    assert "initial_option" not in field["element"]


def test_a_field_that_is_drawn_anew_forgets_what_was_typed() -> None:
    names = [fields.text_field("text", "Text", initial="a", fresh=fresh)["element"]["action_id"] for fresh in (0, 1, 2)]

    assert names == ["text", "text.1", "text.2"]


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(seconds=20), "in less than a minute"),
        (timedelta(minutes=59), "in 59 min"),
        (timedelta(hours=-3), "3 h ago"),
        (timedelta(hours=47), "in 47 h"),
        (timedelta(days=-2), "2 days ago"),
    ],
)
def test_how_far_away_a_time_is(away: timedelta, words: str) -> None:
    assert moments.until(NOW + away, NOW) == words


@pytest.mark.parametrize("text", [None, "", "soon", 17, "2026-13-01"])
def test_what_is_no_time_is_none(text: object) -> None:
    assert moments.at(text) is None


def test_a_time_without_a_zone_is_utc() -> None:
    assert moments.at("2026-11-24T15:00:00") == moments.at("2026-11-24T16:00:00+01:00") == NOW
    assert (moments.is_over(None, NOW), moments.is_over(NOW, NOW)) == (False, False)
