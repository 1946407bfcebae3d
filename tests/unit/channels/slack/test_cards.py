"""The card tells agents what is so, and offers what is possible now: no more, and nothing on a case that has ended."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fakes.drawn_blocks import drawn
from intakebot.channels.slack.drawing import cards, offers
from intakebot.channels.slack.drawing.layout_samples import CASE, CLOSED, DRAFTED, NOW, RESOLVED, VOID, WAITING
from intakebot.channels.slack.drawing.modals_reading import more_form

FRESH: dict[str, Any] = CASE | {
    "status": "New",
    "kind": "registered",
    "workflow": "manage-case",
    "owner": None,
    "tasks": [],
    "allowed": [
        {"verb": "move", "action": "dispatch", "label": "Dispatch"},
        {"verb": "resolve", "action": "complete", "label": "Complete"},
    ],
}
SENT = RESOLVED | {"resolution": RESOLVED["resolution"] | {"state": "sent"}, "undelivered": []}


def look(case: dict[str, Any], now: datetime = NOW) -> str:
    shown = cards.card(case, now)
    return drawn({"text": shown.text, "blocks": shown.blocks})


def pressable(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    beside = [block["accessory"] for block in blocks if "accessory" in block]
    return [*beside, *(one for block in blocks if block["type"] == "actions" for one in block["elements"])]


def visible(case: dict[str, Any]) -> list[str]:
    return [one["action_id"] for one in pressable(cards.card(case, NOW).blocks) if one["type"] == "button"]


def in_menu(case: dict[str, Any]) -> list[str]:
    menus = [one for one in pressable(cards.card(case, NOW).blocks) if one["type"] == "overflow"]
    return [option["value"] for menu in menus for option in menu["options"]]


@pytest.mark.parametrize(
    ("case", "buttons"),
    [
        pytest.param(FRESH, ["case.resolve", "case.move", "case.reply", "case.comment"], id="new"),
        pytest.param(WAITING, ["case.identify", "case.take", "case.reply", "case.move", "case.comment"], id="waiting"),
        pytest.param(
            CASE | {"tasks": []},
            ["case.resolve", "case.reply", "case.move", "case.answer-and-close", "case.comment"],
            id="in-charge",
        ),
        pytest.param(
            CASE, ["task.accept", "task.complete", "case.resolve", "case.reply", "case.move"], id="with-tasks"
        ),
        pytest.param(SENT, ["case.close", "case.reopen", "case.reply", "case.comment"], id="answer-sent"),
        pytest.param(RESOLVED, ["case.reopen", "case.reply", "case.comment"], id="answer-bounced"),
        pytest.param(DRAFTED, ["case.send", "case.reopen", "case.reply", "case.comment"], id="draft"),
        pytest.param(
            CASE | {"caller": None, "tasks": []},
            ["case.resolve", "case.move", "case.answer-and-close", "case.comment"],
            id="nobody-to-answer",
        ),
        pytest.param(CLOSED, [], id="closed"),
        pytest.param(VOID, [], id="void"),
    ],
)
def test_a_card_shows_the_buttons_of_what_is_possible_now(case: dict[str, Any], buttons: list[str]) -> None:
    assert visible(case) == buttons
    assert (in_menu(case) == []) is (buttons == [])


@pytest.mark.parametrize("case", [FRESH, WAITING, CASE, SENT, RESOLVED, DRAFTED])
def test_every_act_is_within_reach(case: dict[str, Any]) -> None:
    everything = {offer.action for offer in offers.offers(case)}
    in_form = {one["action_id"] for one in pressable(more_form(case)["blocks"])}

    assert everything - {action for action in everything if action.startswith("task.")} <= in_form
    assert in_menu(case)[-1] == offers.MORE or everything <= {*visible(case), *in_menu(case)}


def test_the_first_button_stands_out_and_no_other() -> None:
    row = next(block for block in cards.card(WAITING, NOW).blocks if block["type"] == "actions")

    assert [one.get("style") for one in row["elements"]] == ["primary", None, None, None, None]


def test_a_button_carries_the_case_and_the_version_that_was_seen() -> None:
    carried = {one["action_id"]: json.loads(one["value"]) for one in pressable(cards.card(CASE, NOW).blocks)[:3]}

    assert carried == {
        "task.accept": {"case": 1001, "version": 7, "task": "71"},
        "task.complete": {"case": 1001, "version": 7, "task": "72"},
        "case.resolve": {"case": 1001, "version": 7},
    }


def test_a_proposed_customer_is_one_press_away() -> None:
    button = pressable(cards.card(WAITING, NOW).blocks)[0]

    assert json.loads(button["value"])["customer"] == "FJORD"
    assert "It is Fjord Fisk" in look(WAITING)
    assert "case.identify" in in_menu(WAITING) + visible(WAITING | {"proposals": []})


def test_a_row_says_its_case_because_a_menu_cannot() -> None:
    row = next(block for block in cards.card(CASE, NOW).blocks if block["type"] == "actions")

    assert offers.case_of_row(row["block_id"]) == CASE["number"]
    assert [offers.case_of_row(name) for name in ("", "act/x/1", "home-foot", "act/1")] == [None] * 4


def test_a_marker_is_put_on_and_taken_off() -> None:
    marked = CASE | {"markers": ["NNR"]}
    put_on, taken_off = (
        next(offer for offer in offers.offers(case) if offer.action == "case.nnr") for case in (CASE, marked)
    )

    assert (put_on.notes, taken_off.notes) == ({}, {"remove": True})
    unknown = WAITING | {"proposals": []}
    assert "case.nnr" in in_menu(unknown)
    assert "case.nnr" not in in_menu(unknown | {"markers": ["NNR"]})  # a menu's choice carries nothing along
    assert "Marked: NNR, outage" in look(marked)


@pytest.mark.parametrize(
    ("case", "at", "says"),
    [
        pytest.param(WAITING, "2026-11-24T08:00:00+00:00", "First answer due: @2026-11-24 08:40", id="ahead"),
        pytest.param(
            WAITING, "2026-11-24T09:00:00+00:00", "First answer due: OVERDUE: since @2026-11-24 08:40", id="over"
        ),
        pytest.param(
            CASE, "2026-11-24T19:00:00+00:00", "Solution due: OVERDUE: since @2026-11-24 18:40", id="solution"
        ),
        pytest.param(RESOLVED, "2026-11-24T19:00:00+00:00", "Resolved: @2026-11-24 14:30", id="resolved-in-time"),
    ],
)
def test_a_promise_that_is_over_is_marked_in_words(case: dict[str, Any], at: str, says: str) -> None:
    text = look(case, datetime.fromisoformat(at))

    assert says in text
    assert ("OVERDUE." in text.splitlines()[0]) is ("OVERDUE" in says)


def test_the_first_answer_counts_only_until_somebody_has_the_case() -> None:
    late = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    assert "First answer" not in look(CASE, late)
    assert "First answer" not in look(WAITING | {"responded_at": "2026-11-24T08:00:00+00:00"}, late)
    assert "due" not in look(VOID, late)


def test_what_did_not_arrive_and_what_is_missing_is_said() -> None:
    assert "Not delivered: resolution, came back (550 5.1.1 no such user)" in look(RESOLVED)
    assert "Resolution by Alice Archer: came back" in look(RESOLVED)
    assert "Missing: the customer, a category" in look(WAITING)
    assert "Agreement: none known" in look(CASE | {"agreements": []})


def test_the_reason_that_is_shown_is_the_one_that_says_most() -> None:
    routed = "route: rule technical-to-noc (50-route.yaml:8) because x"
    classified = "classify: rule signal-lost (30-classify.yaml:12) because y"

    assert f"Why: {classified}" in look(CASE | {"why": ["open: new", routed, classified]})
    assert f"Why: {routed}" in look(CASE | {"why": ["open: new", "classify: no rule matched", routed]})
    assert "Why: open: new" in look(CASE | {"why": ["open: new"]})
    assert "Why:" not in look(CASE | {"why": []})


def test_a_description_is_not_said_twice() -> None:
    first = CASE | {"last_message": {"sender": "Kari", "at": CASE["opened_at"], "text": CASE["description"]}}

    assert look(first).count("red light and nobody") == 1


def test_only_an_address_of_the_platform_is_linked_under_another_name() -> None:
    forged = WAITING | {"source": {"channel": "slack", "permalink": "https://evil.example/archives/C1"}}

    assert "evil.example" not in look(forged)


def test_a_working_card_has_nothing_to_press() -> None:
    shown = cards.working(cards.card(CASE, NOW), "Resolving…")

    assert pressable(shown.blocks) == []
    assert shown.blocks[-1]["elements"][0]["text"] == "Resolving…"
    assert "Swap the card in cabinet 7" in json.dumps(shown.blocks)


def test_more_tasks_than_fit_are_counted() -> None:
    many = [CASE["tasks"][0] | {"id": number, "title": f"Part {number}"} for number in range(9)]
    done = [CASE["tasks"][0] | {"id": 99, "status": "Completed"}]
    text = look(CASE | {"tasks": [*many, *done]})

    assert "4 more open tasks · 1 task completed" in text
    assert text.count("[ Accept ]") == 2
    assert visible(CASE | {"tasks": many})[2:] == ["case.resolve", "case.reply", "case.move"]
