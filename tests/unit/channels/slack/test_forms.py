"""Forms: what they hold, what they remember, how they are read, and that nothing leaves that was not seen."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakes.drawn_blocks import drawn
from intakebot.channels.slack.drawing import (
    blocks,
    modals_answer,
    modals_case,
    modals_create,
    modals_frame,
    modals_reading,
)
from intakebot.channels.slack.drawing import layout_answers as answers
from intakebot.channels.slack.drawing.layout_samples import CASE, WAITING

PLACE = {"place": "T1/C1", "ts": "1700.1"}


def remembered(view: dict[str, Any]) -> dict[str, Any]:
    return json.loads(view["private_metadata"])


def field(view: dict[str, Any], name: str) -> dict[str, Any]:
    return next(block for block in view["blocks"] if block.get("block_id") == name)


def fields_of(view: dict[str, Any]) -> list[str]:
    return [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


def values(option: dict[str, Any]) -> list[str]:
    element = option["element"]
    return [one["value"] for one in element["options"]]


FORMS = {
    "reply": (modals_answer.reply_form(CASE, notes=PLACE), "text files"),
    "resolve": (
        modals_answer.resolve_form(CASE, templates=answers.TEMPLATES, notes=PLACE),
        "template text options told_by files",
    ),
    "move": (modals_case.move_form(CASE, answers.CHOICES, PLACE), "queue assignee comment"),
    "comment": (modals_case.comment_form(CASE, notes=PLACE), "kind text"),
    "task": (modals_case.task_form(CASE, answers.CHOICES, PLACE), "title queue assignee handover"),
    "classify": (modals_case.classify_form(CASE, answers.CHOICES, PLACE), "category priority"),
    "identify": (modals_case.identify_form(CASE, notes=PLACE), "customer subscription"),
    "split": (modals_case.split_form(CASE, answers.CHOICES, PLACE), "title description category queue"),
    "link": (modals_case.link_form(CASE, PLACE), "other relation"),
    "close": (modals_case.close_form(CASE, PLACE), "notify"),
    "reopen": (modals_case.reopen_form(CASE, PLACE), "comment"),
    "void": (modals_case.void_form(CASE, PLACE), "comment"),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_has_the_fields_of_its_command_and_remembers_its_case(name: str) -> None:
    view, names = FORMS[name]

    assert view["callback_id"] == f"form.{name}"
    assert " ".join(fields_of(view)) == names
    assert remembered(view) == {"case": 1001, "version": 7, **PLACE}


def test_a_form_remembers_no_more_than_the_platform_carries() -> None:
    with pytest.raises(ValueError, match="remembers"):
        modals_frame.form("x", "X", [], notes={"text": "x" * 3001})


def test_a_form_of_too_many_parts_says_so() -> None:
    view = modals_frame.form("x", "X", [None, *(blocks.divider() for _ in range(150))])

    assert len(view["blocks"]) == 100
    assert view["blocks"][-1]["elements"][0]["text"] == blocks.TOO_LONG


def test_an_answer_too_long_to_be_looked_through_is_not_sent_from_here() -> None:
    long = answers.PREVIEW | {"text": "x" * 60_001}
    view = modals_answer.preview_form(CASE, "question", long, answers.VALUES)

    assert "seen" not in remembered(view)
    assert "longer than can be looked through" in drawn(view)


def test_a_skeleton_says_what_it_waits_for() -> None:
    view = modals_frame.skeleton("resolve", "Resolve", "C-1001", PLACE)

    assert drawn(view) == "# Resolve\n~ Loading C-1001…\n[ Cancel ]\n"
    assert (remembered(view), "submit" in view) == (PLACE, False)


def test_what_was_filled_in_is_read_by_name() -> None:
    state = {
        "text": {"text.2": {"type": "plain_text_input", "value": "It is fixed.\n"}},
        "comment": {"comment": {"type": "plain_text_input", "value": None}},
        "queue": {"queue": {"type": "static_select", "selected_option": {"value": "noc"}}},
        "assignee": {"assignee": {"type": "static_select", "selected_option": None}},
        "customer": {"customer": {"type": "external_select", "selected_option": {"value": "FJORD"}}},
        "options": {"options": {"type": "checkboxes", "selected_options": [{"value": "final"}]}},
        "files": {"files": {"type": "file_input", "files": [{"id": "F1", "name": "a.png"}]}},
        "quiet_from": {"quiet_from": {"type": "timepicker", "selected_time": "22:00"}},
        "odd": None,
    }

    assert modals_frame.read_form({"state": {"values": state}}) == {
        "text": "It is fixed.\n",
        "comment": "",
        "queue": "noc",
        "assignee": "",
        "customer": "FJORD",
        "options": ["final"],
        "files": [{"id": "F1", "name": "a.png"}],
        "quiet_from": "22:00",
        "odd": "",
    }
    assert modals_frame.read_form({}) == {}


@pytest.mark.parametrize(
    ("name", "filled_in", "wrong"),
    [
        ("move", {"queue": ""}, {"queue"}),
        ("move", {"queue": "noc"}, set()),
        ("comment", {"text": " \n"}, {"text"}),
        ("resolve", {"text": "", "template": ""}, {"text"}),
        ("resolve", {"text": "", "template": "restart"}, set()),
        ("reply", {}, {"text"}),
        ("close", {}, set()),
    ],
)
def test_what_is_plainly_missing_is_said_at_its_field(name: str, filled_in: dict[str, Any], wrong: set[str]) -> None:
    assert set(modals_frame.form_errors(name, filled_in)) == wrong


def test_a_preview_shows_exactly_what_leaves_and_remembers_that_it_was_seen() -> None:
    view = modals_answer.preview_form(CASE, "resolution", answers.PREVIEW, answers.VALUES, PLACE)

    assert answers.PREVIEW["text"] in drawn(view)
    assert remembered(view)["seen"] == modals_answer.digest("resolution", answers.VALUES)
    assert remembered(view)["files"] == ["F012AB3CD"]
    assert view["submit"]["text"] == "Send to caller"
    assert field(view, "text")["element"]["initial_value"] == answers.VALUES["text"]


def test_a_long_answer_is_shown_to_its_last_word() -> None:
    text = "\n".join(f"line {number} of a long answer" for number in range(900))
    view = modals_answer.preview_form(CASE, "question", answers.PREVIEW | {"text": text}, answers.VALUES, PLACE)
    shown = "".join(block["text"]["text"] + "\n" for block in view["blocks"] if block["type"] == "section")

    assert shown.split() == text.split()


@pytest.mark.parametrize("change", [{"text": "other words"}, {"template": "restart"}])
def test_what_was_not_seen_has_another_digest(change: dict[str, str]) -> None:
    assert modals_answer.digest("question", answers.VALUES) != modals_answer.digest("question", answers.VALUES | change)
    assert modals_answer.digest("question", answers.VALUES) != modals_answer.digest("resolution", answers.VALUES)


def test_a_preview_that_cannot_be_sent_is_never_taken_as_seen() -> None:
    view = modals_answer.preview_form(CASE, "resolution", answers.UNSENDABLE, answers.VALUES, PLACE)

    assert "seen" not in remembered(view)
    assert view["submit"]["text"] == "Preview again"
    assert "Cannot be sent like this: the caller has no address" in drawn(view)


def test_the_final_answer_is_offered_only_where_the_process_has_one() -> None:
    technical = modals_answer.resolve_form(CASE, final=True)
    other = modals_answer.resolve_form(WAITING)

    assert values(field(technical, "options")) == ["draft", "final"]
    assert [one["value"] for one in field(technical, "options")["element"]["initial_options"]] == ["final"]
    assert values(field(other, "options")) == ["draft"]


def test_a_suggestion_is_named_by_what_it_is() -> None:
    view = modals_answer.resolve_form(CASE, suggestions=answers.SUGGESTIONS)
    carried = [json.loads(block["accessory"]["value"]) for block in view["blocks"] if "accessory" in block]

    assert carried == [{"case": 1001, "label": "C-900"}, {"case": 1001, "template": "restart"}]


def test_a_suggestion_that_was_taken_replaces_what_was_typed() -> None:
    view = modals_answer.resolve_form(CASE, values={"text": "swapped"}, fresh=2)

    assert (
        field(view, "text")["element"] | {"action_id": "text.2", "initial_value": "swapped"}
        == (field(view, "text")["element"])
    )


def test_queues_that_serve_the_process_are_offered_and_where_it_is_now_comes_last() -> None:
    offered = field(modals_case.move_form(CASE, answers.CHOICES), "queue")

    assert values(offered) == ["crc", "noc"]
    assert offered["element"]["options"][1]["text"]["text"] == "Network operations (it is here now)"


def test_a_case_that_waits_moves_on_with_a_word_only() -> None:
    waiting, in_charge = (
        field(modals_case.move_form(case, answers.CHOICES), "comment").get("optional", False)
        for case in (WAITING, CASE)
    )

    assert (waiting, in_charge) == (False, True)


@pytest.mark.parametrize("customer", ["FJORD", "", "OTHER"])
def test_the_proposed_customer_is_chosen_already(customer: str) -> None:
    chosen = field(modals_case.identify_form(WAITING, customer), "customer")["element"]["initial_option"]

    assert (chosen["value"], chosen["text"]["text"]) == ("FJORD", "Fjord Fisk")


def test_the_form_of_a_task_begins_as_the_rule_proposed_it() -> None:
    form = modals_case.task_form(WAITING, answers.CHOICES)

    assert field(form, "title")["element"]["initial_value"] == "Ask the depot for the parcel"
    assert field(form, "queue")["element"]["initial_option"]["value"] == "support"
    assert "initial_option" not in field(form, "assignee")["element"]
    assert "a return material authorisation" in field(form, "handover")["hint"]["text"]


def test_the_form_of_a_task_is_empty_where_no_rule_proposes_one() -> None:
    form = modals_case.task_form(CASE, answers.CHOICES)

    assert "initial_value" not in field(form, "title")["element"]
    assert "initial_option" not in field(form, "queue")["element"]
    assert "rule" not in field(form, "handover")["hint"]["text"]


def test_titles_are_one_in_a_line() -> None:
    assert modals_case.titles(" Invoice \n\nInvoice\r\nNew   router\n") == ["Invoice", "New router"]
    assert len(modals_case.titles("\n".join(map(str, range(50))))) == modals_case.SEVERAL


def test_a_case_is_made_by_an_agent_by_a_caller_or_out_of_a_message() -> None:
    by_agent = modals_create.create_form(by_agent=True, addresses=answers.ADDRESSES)
    by_caller = modals_create.create_form(by_agent=False, title="Pump")
    of_message = modals_create.create_form(by_agent=True, message=answers.MESSAGE)

    assert fields_of(by_agent) == ["title", "channel", "caller", "text", "address"]
    assert fields_of(by_caller) == ["title", "text"]
    assert fields_of(of_message) == ["title"]
    assert field(of_message, "title")["element"]["initial_value"] == "It is still dark here."


def test_all_of_a_text_is_on_its_pages() -> None:
    text = "\n".join(f"line {number} is one of very many lines" for number in range(4_000))
    pages = [modals_reading.text_form(CASE, "From Kari", text, page=page) for page in range(1, 6)]
    shown = [
        "".join(f"{block['text']['text']}\n" for block in view["blocks"] if block["type"] == "section")
        for view in pages
    ]

    assert "".join(shown).split() == text.split()
    assert [remembered(view)["page"] for view in pages] == [1, 2, 3, 4, 5]
    assert remembered(modals_reading.text_form(CASE, "x", text, page=77))["page"] == 5
    assert remembered(modals_reading.text_form(CASE, "x", "", page=0))["page"] == 1


def test_everything_that_was_said_is_on_the_pages_of_a_case_newest_first() -> None:
    messages = [
        answers.MESSAGE | {"id": number, "at": f"2026-11-{number:02}T08:00:00+00:00", "new_text": f"word {number}."}
        for number in range(1, 26)
    ]
    shown = "".join(drawn(modals_reading.case_form(CASE, {"messages": messages}, page=page)) for page in range(1, 4))

    assert [int(part.split(".")[0]) for part in shown.split("word ")[1:]] == list(range(25, 0, -1))


def test_a_long_word_of_a_case_has_a_button_for_the_rest() -> None:
    long = answers.WHOLE | {"comments": [answers.COMMENT | {"text": "x " * 9_000}], "messages": [], "deliveries": []}
    view = modals_reading.case_form(CASE, long)
    button = next(block for block in view["blocks"] if block["type"] == "actions")["elements"][0]

    assert (button["action_id"], json.loads(button["value"])["part"]) == ("case.show", "comment:62")


def test_help_names_the_command_as_it_is_called_here() -> None:
    assert "/fall find WORDS" in drawn(modals_reading.help_form("/fall"))
