"""Why a case is where it is: for each contact the evidence of threading and identification, then the rules.

After the decisions stands what has moved the case since, because agents and timers move it, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.candidates import candidates_block
from intakebot.cli.case_tables import moves_table
from intakebot.cli.looks import Rows, case_number, points, section, status
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line
from intakebot.cli.reason_page import reasons_block
from intakebot.cli.suggestions import suggested_line

Record = Mapping[str, Any]
CHANGED = "other rules are in force today: notes and near misses are those of today's rules"
_AGAIN = {"state": "It moved", "idle": "Nobody touched it", "created": "Split from its parent"}
"""Why rules looked at a case without a contact, by event."""


def why_page(answer: Record, calendar: Calendar) -> RenderableType:
    """All decisions about a case, then all moves, oldest first."""
    decided: list[RenderableType] = [_decision(decision, calendar) for decision in answer.get("decisions", ())]
    undecided = Text("no decision is stored: nobody's mail made this case", style="dim")
    since = section("What happened since", moves_table(answer.get("history", ()), calendar))
    suggested = suggested_line(answer.get("suggestion"))
    beside = [Text.assemble(("Suggested: ", "bold"), suggested)] if suggested else []
    return Group(_place(answer["case"]), *beside, *(decided or [undecided]), since)


def _place(case: object) -> Text:
    """Where the case is now; the answer names it by number or whole."""
    if isinstance(case, Mapping):
        line = [
            case_number(case["number"]),
            status(case.get("status")),
            one_line(case.get("queue")),
            one_line(case.get("title")),
        ]
        return Text("  ").join(part for part in line if part)
    return case_number(case if isinstance(case, int) else None)


def _decision(decision: Record, calendar: Calendar) -> RenderableType:
    trace = decision["trace"]
    contact = decision["contact_id"]
    reason = f"Contact {contact}" if contact else _AGAIN[trace["event"]]
    title = f"{reason} · {calendar.both(decision['at'])}"
    return section(one_line(title).plain, Group(*_parts(trace, decision)))


def _parts(trace: Record, decision: Record) -> Iterator[RenderableType]:
    if trace.get("candidates"):
        yield Group(Text("Which case it belongs to", style="bold"), candidates_block(trace["candidates"]))
    elif trace.get("threading"):
        yield _threading(trace["threading"])
    yield from _sentences("Who it is from", trace.get("identification", ()))
    yield from _rules(trace, decision)
    if decision.get("ruleset"):
        yield Text.assemble(("ruleset ", "dim"), one_line(str(decision["ruleset"])[:12], "dim"))


def _rules(trace: Record, decision: Record) -> Iterator[RenderableType]:
    sentences, laid_out = trace.get("sentences", ()), decision.get("reasons")
    if not laid_out:
        yield from _sentences("What the rules say", sentences)
        return
    yield Text("What the rules say", style="bold")
    if trace.get("disposition"):
        yield points(sentences[:1])  # what becomes of the contact; the others say what is laid out below
    yield reasons_block(laid_out)
    if decision.get("rules_changed"):
        yield Text(CHANGED, style="yellow")


def _threading(evidence: Sequence[Record]) -> RenderableType:
    rows = [(str(line.get("points", "")), one_line(line["evidence"]), one_line(line["sentence"])) for line in evidence]
    drawn = Rows(("Points", "Evidence", "Says"), rows, right=("Points",), wraps=("Says",))
    return Group(Text("Which case it belongs to", style="bold"), drawn)


def _sentences(title: str, sentences: Sequence[object]) -> Iterator[RenderableType]:
    if sentences:
        yield Text(title, style="bold")
        yield points(sentences)
