"""What somebody did, read out of payloads: also out of those that nobody would send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.channels.slack.answering import clicks, form_state

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
READERS = (clicks.clicked, clicks.submitted, clicks.chosen_shortcut, clicks.typed_command, clicks.suggested)
NAMES = (
    "actions", "view", "user", "team", "container", "channel", "message", "callback_id", "trigger_id", "value",
    "private_metadata", "state", "values", "id", "team_id", "channel_id", "message_ts", "block_id", "action_id",
    "selected_option",
)  # fmt: skip
PAYLOADS = st.dictionaries(
    st.sampled_from(NAMES), JSON | st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4), max_size=6
)


def pressed(**action: Any) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "user": {"id": "U1", "team_id": "T1"},
        "team": {"id": "T1"},
        "container": {"type": "message", "channel_id": "C1", "message_ts": "1.2", "thread_ts": "1.1"},
        "actions": [{"action_id": "case.take", "block_id": "act/1001/7", "action_ts": "3.4"} | action],
    }


@given(PAYLOADS, st.sampled_from(READERS))
def test_no_payload_breaks_the_reading(payload: dict[str, Any], read: Any) -> None:
    click = read(payload, "T1")
    assert isinstance(click.verb, str)
    assert click.case is None or click.case > 0
    assert isinstance(click.said("text"), str)


@given(st.text(max_size=60))
def test_a_value_is_a_mapping_or_nothing(text: str) -> None:
    assert isinstance(clicks.notes_of(text), dict)


def test_a_button_says_its_case_and_its_version() -> None:
    click = clicks.clicked(pressed(value='{"case":1002,"version":8,"task":"77"}'), "T1")
    assert (click.verb, click.case, click.notes["version"], click.notes["task"]) == ("case.take", 1002, 8, "77")
    assert (click.place.name, click.place.ts, click.place.thread_ts) == ("T1/C1", "1.2", "1.1")


def test_the_choice_of_a_menu_has_its_case_from_the_row() -> None:
    option = {"value": "case.split"}
    click = clicks.clicked(pressed(action_id="case.more", selected_option=option), "T1")
    assert (click.verb, click.chosen, click.case, click.notes["version"]) == ("case.more", "case.split", 1001, 7)


def test_whoever_acts_for_another_workspace_is_named_by_theirs_and_the_place_by_ours() -> None:
    payload = pressed() | {"user": {"id": "U9", "team_id": "T9"}, "team": {"id": "T9"}}
    click = clicks.clicked(payload, "T1")
    assert (click.team, click.place.team) == ("T9", "T1")


def test_a_form_remembers_where_it_was_opened() -> None:
    notes = json.dumps({"case": 1001, "place": "T1/C1", "ts": "1.2", "thread": "1.1"})
    click = clicks.submitted({"view": {"callback_id": "form.move", "private_metadata": notes}}, "T1")
    assert (click.verb, click.case) == ("form.move", 1001)
    assert click.place == clicks.Place("T1", "C1", "1.2", "1.1")


@pytest.mark.parametrize("value", [0, -1, True, None, 2**63, "", "C-", "12x", "\uff11\uff12", [1], {"case": 1}, 1.5])
def test_what_is_no_number_of_ours_is_none(value: Any) -> None:
    assert clicks.case_number_in(value) is None


@pytest.mark.parametrize("value", [1001, "1001", "C-1001", " c-1001 "])
def test_numbers_are_read_as_people_write_them(value: Any) -> None:
    assert clicks.case_number_in(value) == 1001


# --- forms between two answers

OPTIONS = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("low", "high")]
FORM = {
    "id": "V1",
    "type": "modal",
    "hash": "1",
    "callback_id": "form.x",
    "title": {"type": "plain_text", "text": "X"},
    "submit": {"type": "plain_text", "text": "Go"},
    "blocks": [
        {"type": "context", "elements": []},
        {"type": "input", "block_id": "text", "element": {"type": "plain_text_input", "action_id": "text.1"}},
        {
            "type": "input",
            "block_id": "priority",
            "element": {
                "type": "static_select",
                "action_id": "priority",
                "initial_option": OPTIONS[0],
                "option_groups": [{"options": OPTIONS}],
            },
        },
        {
            "type": "input",
            "block_id": "options",
            "element": {"type": "checkboxes", "action_id": "options", "options": OPTIONS},
        },
        {"type": "input", "block_id": "files", "element": {"type": "file_input", "action_id": "files"}},
    ],
    "state": {
        "values": {
            "text": {"text.1": {"type": "plain_text_input", "value": "typed"}},
            "priority": {"priority": {"selected_option": {"text": {"text": "HIGH"}, "value": "high"}}},
            "options": {"options": {"selected_options": [{"value": "low"}]}},
        }
    },
}


def test_a_form_drawn_again_holds_what_was_filled_in() -> None:
    view = form_state.refused(FORM, "No.")
    elements = {block["block_id"]: block["element"] for block in view["blocks"] if "element" in block}
    assert elements["text"]["initial_value"] == "typed"
    assert elements["priority"]["initial_option"] == OPTIONS[1]
    assert elements["options"]["initial_options"] == [OPTIONS[0]]
    assert "No." in view["blocks"][0]["text"]["text"]
    assert not {"id", "hash", "state"} & view.keys()


def test_a_form_that_is_refused_twice_says_the_last_reason_only() -> None:
    once = form_state.refused(FORM, "No.")
    twice = form_state.refused(once | {"state": FORM["state"]}, "Still not.")
    said = [block["text"]["text"] for block in twice["blocks"] if block["type"] == "section"]
    assert said == ["⚠ Still not."]


def test_what_was_emptied_stays_empty() -> None:
    state = {"values": {"priority": {"priority": {"selected_option": None}}}}
    view = form_state.as_filled_in(FORM | {"state": state})
    assert not [block for block in view["blocks"] if "initial_option" in block.get("element", {})]


def test_only_fields_can_show_an_error() -> None:
    assert form_state.inputs(FORM) == {"text", "priority", "options", "files"}


def test_a_waiting_form_cannot_be_sent_off_again() -> None:
    assert "submit" not in form_state.waiting(FORM)
