"""Why a case is here, as agents see it: rules with their notes, the matched words in bold, what nearly matched."""

from __future__ import annotations

from typing import Any

from fakes.drawn_blocks import drawn
from intakebot.channels.slack.drawing import layout_answers as answers
from intakebot.channels.slack.drawing import offers, replies
from intakebot.channels.slack.drawing.layout_samples import CASE, WAITING
from intakebot.channels.slack.drawing.modals_reading import why_form
from intakebot.channels.slack.drawing.reasons import why_blocks

CLASSIFY: dict[str, Any] = answers.WHY["decisions"][0]["reasons"][1]


def texts(answer: dict[str, Any]) -> str:
    return drawn({"blocks": [block for block in why_blocks(CASE, answer) if block]})


def of(stage: dict[str, Any]) -> str:
    return texts({"decisions": [{"trace": {}, "reasons": [CLASSIFY | stage]}]})


def elements(answer: dict[str, Any]) -> list[dict[str, Any]]:
    rich = [block for block in why_blocks(CASE, answer) if block and block["type"] == "rich_text"]
    return [element for block in rich for section in block["elements"] for element in section["elements"]]


def test_the_form_and_the_command_say_the_same() -> None:
    form, reply = why_form(CASE, answers.WHY), replies.why(CASE, answers.WHY)
    shown = [block for block in why_blocks(CASE, answers.WHY) if block]
    assert form["blocks"][1:] == shown
    assert reply.blocks[1:] == shown


def test_queue_category_rule_note_and_near_misses_are_there() -> None:
    printed = texts(answers.WHY)
    for said in (
        "Network operations",
        "technical/no-signal",
        "signal-lost (rules/30-classify.yaml:12): The box has lost its line.",
        "would also have matched: phone-dead",
        "nearly matched: whole-street, but subject is",
        "in shadow mode, not applied: calm would set priority: low",
        "A later contact: append to a case",
        "intakebot rules why-not",
    ):
        assert said in printed


def test_the_matched_words_are_bold_between_what_is_around_them() -> None:
    found = elements(answers.WHY)
    at = next(at for at, one in enumerate(found) if one.get("text") == "red light")
    assert found[at]["style"] == {"bold": True}
    assert found[at - 1]["text"].endswith("“the box in the hall shows a ")
    assert found[at + 1]["text"] == " and nobody here can phone.”"


def test_a_stage_in_which_nothing_happened_is_left_out() -> None:
    assert "Guard" not in texts(answers.WHY)
    assert "Classify" in of({"result": "matched_nothing"}), "something nearly matched in it"


def test_words_without_their_text_have_no_line() -> None:
    place = {"field": "body", "before": "", "words": "red", "after": "", "line": None}
    rule = CLASSIFY["rules"][0] | {"because": [{"sentence": "s", "place": place}]}
    assert "body: “red”" in of({"rules": [rule]})


def test_todays_rules_are_only_named_when_they_are_others() -> None:
    assert "Other rules are in force" in texts(answers.WHY)
    assert "Other rules are in force" not in of({})


def test_a_card_offers_why_in_its_menu() -> None:
    for case in (CASE, WAITING):
        row = offers.card_row(case)
        assert row
        menu = next(element for element in row["elements"] if element["type"] == "overflow")
        assert "case.why" in [option["value"] for option in menu["options"]]
