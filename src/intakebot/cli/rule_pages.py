"""Pages about rules and mails: what would become of a mail, why a rule does not apply, which tests failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.looks import Rows, fields, points, section
from intakebot.cli.plain_text import one_line, shown
from intakebot.cli.reason_page import outcome, reasons_block

Record = Mapping[str, Any]
NOBODY_LOOKED_UP = "nobody was looked up: there is no database here, so every caller counts as unknown"


def explanations_page(answers: Sequence[Record]) -> RenderableType:
    """Every mail, one after the other."""
    return Group(*(_explanation(answer) for answer in answers))


def _explanation(answer: Record) -> RenderableType:
    verdict = Text.assemble((one_line(answer["disposition"]).plain, "bold green"), ": ", one_line(answer["reason"]))
    parts: list[RenderableType] = [verdict, fields(_head(answer))]
    if not answer["looked_up"]:
        parts.append(Text(NOBODY_LOOKED_UP, style="yellow"))
    if answer["threading"]:
        parts += [Text("Which case it belongs to", style="bold"), points(e["sentence"] for e in answer["threading"])]
    if answer["identification"] and answer["looked_up"]:
        parts += [Text("Who it is from", style="bold"), points(answer["identification"])]
    if answer["reasons"]:
        parts += [Text("What the rules say", style="bold"), reasons_block(answer["reasons"])]
    if answer["not_run"]:
        parts.append(Text.assemble(("not asked: ", "dim"), shown(answer["not_run"])))
    parts.append(Text.assemble(("ruleset ", "dim"), one_line(str(answer["ruleset"])[:12], "dim")))
    return section(one_line(answer["file"]).plain, Group(*parts))


def _head(answer: Record) -> Iterator[tuple[str, Text | str]]:
    yield "subject", one_line(answer["subject"])
    yield "from", one_line(answer["sender"])
    yield "to", shown(answer["recipients"])
    yield "process", one_line(answer["workflow"])
    yield "outcome", one_line(outcome(answer["outcome"]))
    yield "defects", shown(answer["defects"])


def why_not_page(answer: Record) -> RenderableType:
    """One rule and one mail."""
    style = "bold green" if answer["applies"] else "bold"
    parts: list[RenderableType] = [one_line(answer["sentence"], style)]
    if answer["note"]:
        parts.append(one_line(answer["note"], "italic"))
    if not answer["looked_up"]:
        parts.append(Text(NOBODY_LOOKED_UP, style="yellow"))
    return Group(*parts)


def trials_page(found: Record) -> RenderableType:
    """Each rule with its tests, then those that failed with the first false condition."""
    failed = [trial for trial in found["trials"] if not trial["passed"]]
    by_rule: dict[tuple[str, str], list[bool]] = {}
    for trial in found["trials"]:
        by_rule.setdefault((trial["stage"], trial["rule"]), []).append(trial["passed"])
    lines = [
        (one_line(stage), one_line(rule), str(len(passed)), str(passed.count(False)) if False in passed else "")
        for (stage, rule), passed in by_rule.items()
    ]
    parts: list[RenderableType] = [Rows(("Stage", "Rule", "Tests", "Failed"), lines, right=("Tests", "Failed"))]
    if failed:
        rows = [
            (one_line(t["place"]), one_line(f"{t['rule']} test {t['number']}"), t["expected"], one_line(t["sentence"]))
            for t in failed
        ]
        drawn = Rows(("Where", "Test", "Expected", "But"), rows, wraps=("But",))
        parts.append(section("Failed", drawn))
    if found["untested"]:
        parts.append(Text.assemble(("without a test: ", "dim"), shown(found["untested"])))
    parts.append(_verdict(found))
    return Group(*parts)


def _verdict(found: Record) -> Text:
    ran = f"{found['tests']} tests of {found['rules']} rules"
    if found["failed"]:
        return Text(f"{found['failed']} of {ran} failed", style="bold red")
    return Text(f"{ran}: all passed", style="bold green")
