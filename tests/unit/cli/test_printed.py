"""What people see: nothing that counts is cut, and a caller's words cannot steer a terminal."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.answers import ANSWERS, CASE, NOW
from fakes.desk import RecordingDesk
from fakes.house import FakeHouse
from intakebot.cli.moments import Calendar, rough, span_of
from intakebot.cli.plain_text import visible
from intakebot.cli.session import LEAVES_LATER

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAGES = [
    ["case", "list"],
    ["case", "show", "1"],
    ["case", "log", "1"],
    ["case", "why", "1"],
    ["case", "actions", "1"],
    ["case", "find", "signal"],
    ["case", "suggest", "1"],
    ["case", "preview", "1", "question", "x"],
    ["customer", "find", "x"],
    ["contact", "list"],
    ["contact", "show", "9"],
    ["delivery", "list"],
    ["delivery", "show", "9"],
    ["queue", "list"],
    ["customer", "show", "ACME"],
    ["suggestions", "show"],
    ["mailbox", "list"],
    ["health"],
    ["case", "take", "1"],
]


@pytest.mark.parametrize("page", [["case", "show", "1"], ["contact", "show", "9"]], ids=" ".join)
def test_a_page_shows_the_files_with_the_id_that_saves_them(intakebot: Any, page: list[str]) -> None:
    printed = intakebot(*page, width=80).stdout
    assert "Files (`intakebot attachment save ID` saves one)" in printed
    assert re.search(r"7290184437760000006 .*program, kept back +photo\.jpg\.exe", printed)


def test_a_command_that_changes_no_case_says_what_it_did(intakebot: Any) -> None:
    assert "delivery 9 is withdrawn" in intakebot("delivery", "withdraw", "9").stdout
    assert "delivery 9 is due again" in intakebot("delivery", "retry", "9").stdout


@pytest.mark.parametrize("words", [[], ["case"], ["mailbox"]], ids=["none", "case", "mailbox"])
def test_without_a_command_the_commands_are_listed(intakebot: Any, words: list[str]) -> None:
    result = intakebot(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: ")
    assert "next:" not in result.stderr


def test_for_programs_a_missing_command_is_one_document(intakebot: Any) -> None:
    assert json.loads(intakebot("--json", "case").stderr)["error"]["sentence"] == "a command is missing"


@pytest.mark.parametrize("value", ["abc", "0", "-1", "1" * 20, "C-1", "٣"])
def test_what_is_no_id_is_said_with_where_ids_are(intakebot: Any, value: str) -> None:
    result = intakebot("delivery", "show", "--", value)
    assert result.exit_code == 2
    assert "is no id; `intakebot delivery list` shows them" in result.stderr


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_number_is_cut_at_any_width(intakebot: Any, width: int) -> None:
    cases = intakebot("case", "list", width=width).stdout
    assert "C-123456789 " in cases
    assert "24 h ago" in cases
    for command in ("contact", "delivery"):
        assert f" {'7290184437760000009' if command == 'contact' else '7290184437760000002'} " in (
            " " + intakebot(command, "list", width=width).stdout.replace("\n", "\n ")
        )


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_a_page_fits_the_terminal_and_has_no_escape_codes(intakebot: Any, page: list[str], width: int) -> None:
    printed = intakebot(*page, width=width).stdout
    assert max(map(len, printed.splitlines())) <= width
    assert "\x1b" not in printed


# case E01: what was weighed and not taken is told, and who vouches for the sender
@pytest.mark.parametrize(
    "expected",
    [
        "SPF pass, DKIM none, DMARC fail (by mx.intakebot.example)",
        "C-1001",
        "not taken: the sender is nobody of this case",
        "the subject names C-1001",
        "taken",
        "smime-encrypted",
        "program",
    ],
)
def test_a_contact_shows_what_it_is_and_which_cases_it_was_weighed_against(intakebot: Any, expected: str) -> None:
    assert expected in intakebot("contact", "show", "9", width=160).stdout


@pytest.mark.parametrize(
    "expected",
    [
        "C-1001",
        "Taken in charge",
        "high",
        "alice",
        "noc",
        "NNR",
        "Kari Nordmann",
        "FJORD-1001",
        "KEY-123456 valid",
        "expired",
        "until 2025-12-31",
        "business_object",
        "in 5 h",
        "Still dead.",
        "7290184437760000001",
        "RMA-7712",
        "port 7 is noisy",
        "We moved you to another port.",
        "not sent",
        "parent C-998",
        "in 10 d",
        "Possible now: resolve, escalate",
    ],
)
def test_the_page_of_a_case_shows(intakebot: Any, expected: str) -> None:
    assert expected in intakebot("case", "show", "1").stdout


def test_a_message_is_shown_trimmed_and_its_full_text_is_one_option_away(intakebot: Any, desk: RecordingDesk) -> None:
    quoting = {**CASE["messages"][-1], "text": "Still dead.\n\n> Is it\n> alive?", "new_text": "Still dead."}
    desk.answers["case.show"] = CASE | {"messages": [quoting]}
    trimmed, full = intakebot("case", "show", "1").stdout, intakebot("case", "show", "1", "--full").stdout
    assert "[2 lines left out; --full shows them]" in trimmed
    assert "> alive?" not in trimmed
    assert "> alive?" in full
    assert "left out" not in full


def test_words_that_are_left_out_of_one_line_are_not_forgotten(intakebot: Any, desk: RecordingDesk) -> None:
    glued = {**CASE["messages"][-1], "text": "thanks--- On 2 May Ann wrote: do it", "new_text": "thanks"}
    desk.answers["case.show"] = CASE | {"messages": [glued]}
    assert "left out; --full shows them]" in intakebot("case", "show", "1").stdout


def test_a_command_says_what_it_changed(intakebot: Any) -> None:
    printed = intakebot("case", "resolve", "1001", "Use port 2.", width=200).stdout
    assert printed.startswith("C-1001  Resolved  queue noc")
    assert "7290184437760000003 resolution queued kari@fjord.example" in printed


@pytest.mark.parametrize(
    ("line", "served", "said"),
    [
        pytest.param(["case", "resolve", "1", "x"], False, LEAVES_LATER + "\n", id="owes a reply, no service"),
        pytest.param(["case", "resolve", "1", "x"], True, "", id="a service runs"),
        pytest.param(["case", "take", "1"], False, "", id="owes nothing"),
        pytest.param(["case", "resolve", "1", "x", "--json"], False, "", id="for programs"),
    ],
)
def test_who_owes_a_reply_is_told_when_no_service_sends_it(
    intakebot: Any, house: FakeHouse, line: list[str], *, served: bool, said: str
) -> None:
    house.served = served
    assert intakebot(*line).stderr == said


def event(kind: str, *, by: str = "system", note: str = "", **changes: Any) -> dict[str, Any]:
    return {"at": NOW, "by": by, "kind": kind, "changes": changes, "note": note}


def test_a_history_leaves_out_ids_and_shows_times_as_people_read_them(intakebot: Any, desk: RecordingDesk) -> None:
    changes: dict[str, Any] = {
        "status": "Pending",
        "contact_id": 77,
        "id": 78,
        "solve_by": "2026-11-30T16:00:00+00:00",
        "title": None,
    }
    desk.answers["case.log"] = [event("case.classified", **changes)]
    printed = intakebot("case", "log", "1", width=200).stdout
    solve_by = Calendar(NOON).local(changes["solve_by"])
    assert f"status Pending; solve by {solve_by}; title none" in printed


def test_the_first_event_of_a_history_shows_what_people_read(intakebot: Any, desk: RecordingDesk) -> None:
    read = {
        "workflow": "crc",
        "status": "Open",
        "queue": "triage",
        "category": "technical/no-signal",
        "priority": "high",
        "title": "No signal",
        "answer_to": "kari@fjord.example",
        "support_key": "KEY-123456",
        "support_key_state": "valid",
        "support_agreement_state": "expired",
        "customer_agreement_state": "none",
        "missing": ["business_object"],
        "markers": ["NNR"],
    }
    passed_over = {"id": 78, "number": 1001, "caller_id": 9, "description": "long", "language": "en", "opened_at": NOW}
    desk.answers["case.log"] = [event("case.registered", **passed_over, **read)]
    printed = " ".join(intakebot("case", "log", "1", width=400).stdout.split())
    said = (
        f"{name.replace('_', ' ')} {value[0] if isinstance(value, list) else value}" for name, value in read.items()
    )
    assert printed.endswith(f"case.registered {'; '.join(said)}")
    assert '"language": "en"' in intakebot("case", "log", "1", "--json").stdout


def test_what_moved_a_case_after_its_decisions_says_who_did_it_and_why(intakebot: Any, desk: RecordingDesk) -> None:
    history = [
        event("case.registered", status="Open"),
        event("case.escalated", by="rule:noc", note="a fault", status="Pending", queue="noc", description="x"),
        event("resolution.entered", by="agent:bob", resolution={"text": "x"}),
        event("case.taken", by="agent:alice", status="Taken in charge", owner="alice"),
    ]
    desk.answers["case.why"] = {**ANSWERS["case.why"], "history": history}
    _, _, since = intakebot("case", "why", "1", width=200).stdout.partition("What happened since")
    lines = [" ".join(line.split()[2:]) for line in since.splitlines() if line.startswith("20")]
    assert lines == [
        "rule:noc case.escalated status Pending; queue noc; “a fault”",
        "agent:alice case.taken status Taken in charge; owner alice",
    ]


def test_a_case_that_nobodys_mail_made_says_so_and_what_moved_it(intakebot: Any, desk: RecordingDesk) -> None:
    desk.answers["case.why"] = {**ANSWERS["case.why"], "decisions": []}
    printed = intakebot("case", "why", "1").stdout
    assert "nobody's mail made this case" in printed
    assert "case.taken" in printed


def test_the_reasons_of_a_case_are_shown(intakebot: Any) -> None:
    printed = intakebot("case", "why", "1").stdout
    for expected in (
        "it answers no message of ours",
        "is Kari Nordmann",
        "rules/30-classify.yaml:12",
        "3f9a77c2e1d0",
    ):
        assert expected in printed


# case H01
def test_a_callers_words_cannot_steer_the_terminal_nor_the_markup(intakebot: Any, desk: RecordingDesk) -> None:
    hostile = "\x1b]0;owned\x07\x9b31m\u202e\r[bold red]now[/] \x00"
    desk.answers["case.show"] = {**CASE, "title": hostile, "description": hostile, "caller": {"name": hostile}}
    for page in (["case", "list"], ["case", "show", "1"]):
        printed = intakebot(*page).stdout
        assert not set(printed) & set("\x1b\x07\x9b\u202e\r\x00")
    assert "[bold red]now[/]" in printed


@given(st.text())
def test_visible_text_has_nothing_but_line_breaks_and_tabs_of_all_controls(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert all(
        character in "\n\t" or character.isprintable() or character.isspace() or ord(character) > 0xA0
        for character in shown
    )


def test_the_raw_bytes_of_a_contact_leave_unchanged(intakebot: Any) -> None:
    assert intakebot("contact", "content", "9").stdout_bytes == base64.b64decode(ANSWERS["contact.content"])


@pytest.mark.parametrize(
    ("away", "expected"),
    [
        (timedelta(0), "now"),
        (timedelta(seconds=-30), "30 s ago"),
        (timedelta(minutes=-5), "5 min ago"),
        (timedelta(minutes=89), "in 89 min"),
        (timedelta(hours=3), "in 3 h"),
        (timedelta(hours=-47), "47 h ago"),
        (timedelta(days=10), "in 10 d"),
        (timedelta(days=-2, seconds=1), "48 h ago"),
    ],
)
def test_a_time_is_shown_by_its_distance(away: timedelta, expected: str) -> None:
    assert Calendar(NOON).relative((NOON + away).isoformat()) == expected


def test_a_time_is_shown_in_the_local_zone() -> None:
    calendar = Calendar(NOON, timezone(timedelta(hours=2)))
    assert calendar.both("2026-11-23T11:00:00+00:00") == "2026-11-23 13:00 (60 min ago)"
    assert (calendar.both(None), calendar.relative(None), calendar.local(None)) == ("", "", "")


@pytest.mark.parametrize(
    ("text", "days", "seconds"), [("10d", 10, 0), ("2w", 14, 0), ("1d12h", 1, 43200), ("90m", 0, 5400), ("5s", 0, 5)]
)
def test_a_span_is_read(text: str, days: int, seconds: int) -> None:
    assert span_of(text) == timedelta(days=days, seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "d", "-1d", "1.5d", "10 d", "\u0661d"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no span"):
        span_of(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9999)))
def test_a_rough_span_is_within_the_unit_that_it_names(span: timedelta) -> None:
    count, unit = rough(span).split()
    named = int(count) * {"s": 1, "min": 60, "h": 3600, "d": 86400}[unit]
    assert abs(named - span.total_seconds()) <= {"s": 1, "min": 30, "h": 1800, "d": 86400}[unit]


@pytest.mark.parametrize("page", ["show", "why"])
def test_a_suggestion_says_how_far_to_trust_it(intakebot: Any, desk: RecordingDesk, page: str) -> None:
    line = "Suggested: technical/no-\ufffd[31mservice 87 % (learned from 212 closed cases; right 96 of the last 100)"
    assert line in " ".join(intakebot("case", page, "1", width=200).stdout.split())
    desk.answers["case.show"] = CASE | {"suggestion": None}
    desk.answers["case.why"] = {"case": 1, "suggestion": None}
    assert "Suggested" not in intakebot("case", page, "1").stdout


def test_figures_of_suggestions_say_when_nothing_is_shown(intakebot: Any, desk: RecordingDesk) -> None:
    known = intakebot("suggestions", "show").stdout
    assert "81 %" in known
    assert "62 % of the last 192" in known
    desk.answers["suggestions.show"] = ANSWERS["suggestions.show"] | {"threshold": None, "of": 0, "categories": []}
    unknown = intakebot("suggestions", "show").stdout
    assert "nothing is shown yet" in unknown
    assert "none shown so far" in unknown


def test_learning_asks_until_nothing_is_left(intakebot: Any, desk: RecordingDesk) -> None:
    parts = iter([{"looked_at": 200, "learned": 150, "left": 7}, {"looked_at": 7, "learned": 7, "left": 0}])

    class Next(dict[str, Any]):
        def get(self, name: str, otherwise: Any = None) -> Any:
            return next(parts) if name == "LearnSuggestions" else super().get(name, otherwise)

    desk.answers = Next(desk.answers)
    assert intakebot("suggestions", "learn", "--anew").stdout.split() == ["looked", "at", "207", "learned", "157"]
    assert [command.anew for command, _ in desk.performed] == [True, False]
