"""Decisions of the rules on a page: per stage the rules, the words that they matched in their place, near misses.

Draws what `rules.reasons` lays out; used by `case why` and `rules explain`. Matched words stand in square brackets, in
colour on a terminal, so that they are seen in a file as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from intakebot.cli.plain_text import one_line, visible

Record = Mapping[str, Any]
_RESULTS = {"matched_nothing": "no rule matched", "defaulted": "no rule matched: the default applies"}
_MATCHED = "bold reverse"
Line: TypeAlias = tuple[int, Text]
"""How far a line is indented, and the line."""


def reasons_block(reasons: Sequence[Record]) -> RenderableType:
    """All stages that ran."""
    return Group(*(_stage(stage) for stage in reasons))


def _stage(stage: Record) -> RenderableType:
    head = Text.assemble((stage["stage"], "bold"), (f"  {_RESULTS.get(stage['result'], '')}".rstrip(), "dim"))
    lines = [line for rule in stage["rules"] for line in _rule(rule)]
    if stage["outcome"]:
        lines.append((1, Text.assemble(("sets ", "dim"), one_line(outcome(stage["outcome"])))))
    lines += [(1, Text.assemble(("conflict ", "yellow"), one_line(conflict(each)))) for each in stage["conflicts"]]
    return Group(head, *(_indented(level, line) for level, line in (*lines, *_others(stage))))


def _indented(level: int, line: Text) -> RenderableType:
    return Padding(line, (0, 0, 0, 2 * level), expand=False)


def _rule(rule: Record) -> Iterator[Line]:
    yield 1, _named(rule, "bold cyan")
    for reason in rule["because"]:
        yield 2, Text.assemble("because ", one_line(reason["sentence"]))
        if reason["place"]:
            yield 3, _in_place(reason["place"])
    if rule["captures"]:
        captured = ", ".join(f"{name} = {value!r}" for name, value in rule["captures"].items())
        yield 2, Text.assemble("captured ", one_line(captured, "green"))
    if rule["unfilled"]:
        yield 2, Text.assemble(("left out for want of a value: ", "yellow"), one_line(", ".join(rule["unfilled"])))


def _named(rule: Record, style: str = "") -> Text:
    """A rule's id, where it stands, and its note."""
    named = Text.assemble(one_line(rule["id"], style), "  ", one_line(rule["place"] or "not there any more", "dim"))
    return Text.assemble(named, "  ", one_line(rule["note"], "italic")) if rule["note"] else named


def _in_place(place: Record) -> Text:
    words = Text(f"[{visible(place['words'])}]", style=_MATCHED)
    return Text.assemble((f"{where(place)}: ", "dim"), visible(place["before"]), words, visible(place["after"]))


def _others(stage: Record) -> Iterator[Line]:
    for name, style, rules in (
        ("would also have matched: ", "dim", stage["also"]),
        ("nearly matched: ", "dim", stage["nearly"]),
        ("in shadow mode, not applied: ", "magenta", stage["shadow"]),
    ):
        for rule in rules:
            yield 1, Text.assemble((name, style), _named(rule))
            if "outcome" in rule:
                yield 3, Text.assemble(("would set ", "dim"), one_line(outcome(rule["outcome"]) or "nothing"))
            elif rule.get("sentence"):
                yield 3, Text.assemble(("but ", "dim"), one_line(rule["sentence"]))
    for more, what in ((stage["also_more"], "would also have matched"), (stage["shadow_more"], "in shadow mode")):
        if more:
            yield 1, Text(f"and {more} more {what}", style="dim")


def where(place: Record) -> str:
    """`body, line 3, column 5`; the field alone where the text is not at hand."""
    if place["line"] is None:
        return str(place["field"])
    if place["field"] == "subject":
        return f"subject, column {place['column']}"
    return f"{place['field']}, line {place['line']}, column {place['column']}"


def outcome(settings: Record) -> str:
    """What a stage or a rule sets, on one line."""
    return ", ".join(f"{name}: {_value(value)}" for name, value in settings.items())


def conflict(each: Record) -> str:
    """Two rules that wanted different things."""
    return f"on {each['field']}: kept {each['kept']!r}, not {each['dropped']!r} of {each['rule']}"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + outcome(value) + "}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_value, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
