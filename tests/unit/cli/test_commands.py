"""Every command line becomes exactly one command or question, asked by the right agent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from fakes.desk import RecordingDesk
from fakes.house import FakeHouse
from intakebot.channels.control_wire import COMMANDS
from intakebot.cli.program import program
from intakebot.domain.actors import Actor
from intakebot.domain.commands import (
    AcceptTask,
    AddComment,
    AddTask,
    AdvanceClock,
    Ask,
    Classify,
    Close,
    Command,
    CompleteHandover,
    CompleteTask,
    Identify,
    ImportCustomers,
    ImportMails,
    LearnSuggestions,
    Link,
    Mark,
    Move,
    OutgoingFile,
    RecordAmendment,
    RegisterContact,
    ReloadRules,
    Reopen,
    Resolve,
    RetryContact,
    RetryDelivery,
    SendResolution,
    Split,
    Take,
    Void,
    WithdrawDelivery,
)

COMMAND_LINES: list[tuple[list[str], Command]] = [
    (["case", "take", "1001"], Take(1001)),
    (["case", "take", "c-1001"], Take(1001)),
    (["case", "accept", "1001"], Take(1001)),
    (["case", "escalate", "C-1001", "--queue", "noc"], Move(1001, queue="noc")),
    (["case", "escalate", "1", "--queue", "noc", "--comment", "x"], Move(1, queue="noc", comment="x")),
    (["case", "dispatch", "1", "--assignee", "bob"], Move(1, assignee="bob")),
    (["case", "comment", "1", "called back"], AddComment(1, "called back")),
    (["case", "work-info", "1", "port 7"], AddComment(1, "port 7", kind="work_info")),
    (["case", "mark", "1", "NNR"], Mark(1, "NNR")),
    (["case", "mark", "1", "NNR", "--remove"], Mark(1, "NNR", remove=True)),
    (["case", "classify", "1", "--category", "technical/x"], Classify(1, category="technical/x")),
    (["case", "classify", "1", "--priority", "high"], Classify(1, priority="high")),
    (["case", "identify", "1", "ACME", "--subscription", "S1"], Identify(1, "ACME", "S1")),
    (["case", "ask", "1", "Which model?"], Ask(1, "Which model?")),
    (["case", "resolve", "1", "Use port 2."], Resolve(1, "Use port 2.")),
    (["case", "resolve", "1", "--template", "restart", "--draft"], Resolve(1, template="restart", draft=True)),
    (["case", "resolve", "1", "Done.", "--told-by", "phone"], Resolve(1, "Done.", told_by="phone")),
    (["case", "complete", "1", "Use port 2.", "--draft"], Resolve(1, "Use port 2.", draft=True)),
    (["case", "answer-and-close", "1", "Fixed."], Resolve(1, "Fixed.", final=True)),
    (["case", "send-resolution", "1"], SendResolution(1)),
    (["case", "close", "1"], Close(1)),
    (["case", "close", "1", "--notify"], Close(1, notify=True)),
    (["case", "reopen", "1", "not solved"], Reopen(1, "not solved")),
    (["case", "void", "1", "spam"], Void(1, "spam")),
    (["case", "split", "1", "Invoice", "--queue", "crc"], Split(1, "Invoice", queue="crc")),
    (["case", "link", "C-1002", "C-1001"], Link(1002, 1001)),
    (["case", "link", "1002", "1001", "--as-predecessor"], Link(1002, 1001, "predecessor")),
    (["case", "task", "add", "1", "send pump", "--handover", "RMA-7"], AddTask(1, "send pump", handover="RMA-7")),
    (["case", "task", "accept", "77"], AcceptTask(77)),
    (["case", "task", "complete", "77"], CompleteTask(77)),
    (["handover", "complete", "RMA-7"], CompleteHandover("RMA-7")),
    (
        ["new", "--channel", "walk-in", "--caller", "Kari", "--title", "no signal", "--address", "crc@example.org"],
        RegisterContact("walk-in", "Kari", "no signal", address="crc@example.org"),
    ),
    (["contact", "retry", "9"], RetryContact(9)),
    (["delivery", "retry", "9"], RetryDelivery(9)),
    (["delivery", "withdraw", "9"], WithdrawDelivery(9)),
    (["suggestions", "learn"], LearnSuggestions(200)),
    (["suggestions", "learn", "--anew"], LearnSuggestions(200, anew=True)),
    (["clock", "advance", "10d"], AdvanceClock(864_000)),
    (["clock", "advance", "1d12h"], AdvanceClock(129_600)),
    (["rules", "reload"], ReloadRules()),
]

QUESTIONS: list[tuple[list[str], str, dict[str, Any]]] = [
    (["case", "show", "1"], "case.show", {"number": 1}),
    (["case", "show", "1", "--full"], "case.show", {"number": 1}),
    (["case", "log", "C-1"], "case.log", {"number": 1}),
    (["case", "why", "1"], "case.why", {"number": 1}),
    (["case", "actions", "1"], "case.actions", {"number": 1}),
    (
        ["case", "list", "--queue", "noc", "--open", "--limit", "5"],
        "case.list",
        {"queue": "noc", "owner": "", "status": "", "customer": "", "ended": False, "limit": 5},
    ),
    (["case", "find", "pump", "acme"], "case.find", {"text": "pump acme", "limit": 20, "offset": 0}),
    (["case", "suggest", "1", "--limit", "3"], "case.suggest", {"number": 1, "limit": 3}),
    (
        ["case", "preview", "1", "resolution", "Turn it", "--template", ""],
        "reply.preview",
        {"case": 1, "kind": "resolution", "text": "Turn it", "template": ""},
    ),
    (["customer", "find", "acme"], "customer.find", {"text": "acme"}),
    (["contact", "list"], "contact.list", {"state": "", "limit": 100}),
    (["contact", "list", "--state", "quarantined"], "contact.list", {"state": "quarantined", "limit": 100}),
    (["contact", "show", "9"], "contact.show", {"id": 9}),
    (["contact", "content", "9"], "contact.content", {"id": 9}),
    (["delivery", "list", "--state", "held"], "delivery.list", {"state": "held", "limit": 100}),
    (["delivery", "show", "9"], "delivery.show", {"id": 9}),
    (["queue", "list"], "queue.list", {}),
    (["suggestions", "show"], "suggestions.show", {}),
    (["mailbox", "list"], "mailbox.list", {}),
    (["health"], "health", {}),
    (["customer", "show", "ACME"], "customer.show", {"reference": "ACME"}),
    (["template", "preview", "thanks", "--language", "de"], "template.preview", {"name": "thanks", "language": "de"}),
]


def words(case: Any) -> str:
    return " ".join(case) if isinstance(case, list) else ""


@pytest.mark.parametrize(("line", "command"), COMMAND_LINES, ids=words)
def test_a_command_line_performs_this_command(
    intakebot: Any, desk: RecordingDesk, line: list[str], command: Command
) -> None:
    result = intakebot(*line)
    assert result.exit_code == 0, result.stderr
    assert desk.performed == [(command, Actor.agent("alice"))]


def test_every_command_of_the_domain_has_a_command_line() -> None:
    reached = {type(command) for _, command in COMMAND_LINES} | {ImportCustomers, ImportMails}
    assert reached == set(COMMANDS.values()) - {RecordAmendment}, "what callers change no agent records"


@pytest.mark.parametrize(("line", "question", "arguments"), QUESTIONS, ids=words)
def test_a_command_line_asks_this_question(
    intakebot: Any, desk: RecordingDesk, line: list[str], question: str, arguments: dict[str, Any]
) -> None:
    result = intakebot(*line)
    assert result.stderr == ""
    assert desk.asked[0] == (question, arguments)


@pytest.mark.parametrize(("line", "question", "arguments"), QUESTIONS, ids=words)
def test_with_json_standard_output_is_the_answer_and_nothing_else(
    intakebot: Any, desk: RecordingDesk, line: list[str], question: str, arguments: dict[str, Any]
) -> None:
    result = intakebot("--json", *line)
    read = json.loads(result.stdout)
    assert (read["content"] if question == "contact.content" else read) == desk.answers[question]
    assert result.stdout == intakebot(*line, "--json").stdout
    assert arguments == desk.asked[-1][1]


def leaves(group: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(group, click.Group):
        return [path]
    return [leaf for name, command in group.commands.items() for leaf in leaves(command, (*path, name))]


@pytest.mark.parametrize("path", leaves(program), ids=" ".join)
def test_every_command_explains_itself(intakebot: Any, path: tuple[str, ...]) -> None:
    result = intakebot(*path, "--help")
    assert result.exit_code == 0
    assert "--json" in result.stdout
    assert len(result.stdout.splitlines()) > 3


@pytest.mark.parametrize(("word", "other"), [("take", "accept"), ("resolve", "complete")])
def test_the_words_of_two_processes_say_that_they_are_the_same(intakebot: Any, word: str, other: str) -> None:
    for called in (word, other):
        said = intakebot("case", called, "--help").stdout
        assert said.startswith(f"Usage: intakebot case {called} ")
        assert f"({word} = {other})" in said


def test_an_agent_named_on_the_line_wins_over_the_environment(intakebot: Any, desk: RecordingDesk) -> None:
    intakebot("--as", "bob", "case", "take", "1")
    intakebot("case", "take", "1", "--as", "carol")
    assert [str(by) for _, by in desk.performed] == ["agent:bob", "agent:carol"]


def test_a_command_without_an_agent_is_not_performed(intakebot: Any, desk: RecordingDesk) -> None:
    result = intakebot("case", "take", "1", agent="")
    assert (result.exit_code, desk.performed) == (2, [])
    assert "--as AGENT" in result.stderr


def test_a_question_needs_no_agent(intakebot: Any) -> None:
    assert intakebot("case", "list", agent="").exit_code == 0


def test_a_text_of_one_dash_is_read_from_standard_input(intakebot: Any, desk: RecordingDesk) -> None:
    intakebot("case", "comment", "1", "-", given="first line\nsecond line\n")
    assert desk.performed[0][0] == AddComment(1, "first line\nsecond line")


@pytest.mark.parametrize("called", ["ask", "resolve", "answer-and-close"])
def test_files_are_sent_along(intakebot: Any, desk: RecordingDesk, tmp_path: Path, called: str) -> None:
    line = [called, "1", "This one."]
    (tmp_path / "a.png").write_bytes(b"PNG")
    (tmp_path / "b").write_bytes(b"B")
    intakebot("case", *line, "--attach", str(tmp_path / "a.png"), "--attach", str(tmp_path / "b"))
    assert desk.performed[0][0].files == (OutgoingFile("a.png", "image/png", b"PNG"), OutgoingFile("b", "", b"B"))
    assert intakebot("case", *line, "--attach", str(tmp_path / "missing")).exit_code == 2


@pytest.mark.parametrize(
    "line",
    [
        ["case", "take", "one"],
        ["case", "take", "1²"],
        ["case", "take", "-1"],
        ["case", "comment", "1", "  "],
        ["case", "dispatch", "1"],
        ["case", "escalate", "1"],
        ["case", "classify", "1"],
        ["case", "resolve", "1"],
        ["case", "resolve", "1", "text", "--template", "also"],
        ["new", "--channel", "pigeon", "--caller", "x", "--title", "y"],
        ["clock", "advance", "soon"],
        ["case", "erase", "1"],
        ["nothing"],
    ],
    ids=words,
)
def test_a_line_that_cannot_be_meant_is_a_usage_error_and_does_nothing(
    intakebot: Any, desk: RecordingDesk, line: list[str]
) -> None:
    result = intakebot(*line)
    assert (result.exit_code, desk.performed, desk.asked, result.stdout) == (2, [], [], "")
    assert "next:" in result.stderr


def test_the_settings_and_data_options_reach_the_house(intakebot: Any, house: FakeHouse) -> None:
    intakebot("--config", "a.yaml", "queue", "list", "--data", "d")
    intakebot("run", "--simulated-clock", "--config", "b.yaml")
    intakebot("queue", "list")
    assert [(str(settings), str(data)) for settings, data in house.opened] == [
        ("a.yaml", "d"),
        ("b.yaml", "None"),
        ("config/intakebot.yaml", "None"),
    ]
    assert house.ran == [True]
