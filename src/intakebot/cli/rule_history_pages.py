"""Pages of what rules did, and of what other rules would have done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.looks import Rows, case_number, listed, section
from intakebot.cli.plain_text import one_line
from intakebot.domain.case import shown_number

Record = Mapping[str, Any]
_NOTHING = "-"
_WORDS = {"answer": "automatic answer", "disposition": "guard"}


def rehearsal_page(found: Record, limit: float | None) -> RenderableType:
    """What would change: in all, from where to where, by which rules, and some cases by name."""
    parts: list[RenderableType] = [_sums(found)]
    if found["moves"]:
        parts.append(section("What would change", _moves(found["moves"])))
    if found["rules"]:
        parts.append(section("By which rules", _by_rules(found["rules"])))
    if found["cases"]:
        parts.append(section("Some of them", _cases(found["cases"])))
    return Group(*parts, *_verdict(found, limit))


def _sums(found: Record) -> RenderableType:
    """The totals, one sentence each."""
    contacts, changed = found["contacts"], found["changed"]
    lines = [Text(f"{changed} of {contacts} contacts would change ({_share(found['share'])})", style="bold")]
    lines.append(Text(f"{found['decided_again']} could be touched and were decided again", style="dim"))
    if found["looked_up_anew"]:
        lines.append(
            Text(f"{found['looked_up_anew']} would be looked up anew: who they are from may come out otherwise")
        )
    if found["without_facts"]:
        lines.append(Text(f"{found['without_facts']} are from before facts were kept; they are left out", style="dim"))
    return Group(*lines)


def _moves(moves: Sequence[Record]) -> RenderableType:
    rows = [
        (
            one_line(_WORDS.get(move["part"], move["part"])),
            one_line(move["from"] or _NOTHING),
            one_line(move["to"] or _NOTHING),
            str(move["contacts"]),
            str(move["people_agree"]) if move["compared"] else "",
            str(move["people_disagree"]) if move["compared"] else "",
        )
        for move in moves
    ]
    columns = ("What", "From", "To", "Contacts", "As people left it", "Against people")
    return Rows(columns, rows, wraps=("From", "To"), right=columns[3:])


def _by_rules(rules: Sequence[Record]) -> RenderableType:
    rows = [
        (
            one_line(rule["stage"]),
            one_line(rule["rule"]),
            f"+{rule['gained']}" if rule["gained"] else "",
            f"-{rule['lost']}" if rule["lost"] else "",
            str(rule["changed"]),
        )
        for rule in rules
    ]
    columns = ("Stage", "Rule", "Gains", "Loses", "Changed contacts")
    return Rows(columns, rows, wraps=("Rule",), right=columns[2:])


def _cases(cases: Sequence[Record]) -> RenderableType:
    rows = [
        (
            case_number(case["case"]) if case["case"] else one_line(f"contact {case['contact']}"),
            one_line("; ".join(_change(change) for change in case["changes"])),
            one_line(" in ".join(filter(None, (case["left_in"]["category"], case["left_in"]["queue"])))),
        )
        for case in cases
    ]
    return Rows(("Case", "Would change", "Left by people as"), rows, wraps=("Would change", "Left by people as"))


def _change(change: Record) -> str:
    what = _WORDS.get(change["part"], change["part"])
    return f"{what} {change['from'] or _NOTHING} -> {change['to'] or _NOTHING}"


def _verdict(found: Record, limit: float | None) -> Iterator[RenderableType]:
    if limit is None:
        return
    yield Text("")
    if found["share"] > limit:
        yield Text(f"more than {_share(limit)} would change: see above whether you meant it", style="bold red")
    else:
        yield Text(f"not more than {_share(limit)} would change", style="bold green")


def coverage_page(found: Record) -> RenderableType:
    """How often each stage matched, and the rules that never did."""
    stages = [
        (
            one_line(stage["stage"]),
            str(stage["contacts"]),
            _share(stage["matched"]),
            _share(stage["defaulted"]),
            _share(stage["matched_nothing"]),
        )
        for stage in found["stages"]
    ]
    columns = ("Stage", "Contacts", "By a rule", "By its default", "Nothing said")
    silent = [
        (one_line(rule["stage"]), one_line(rule["rule"]), one_line(rule["place"]), one_line(_mode(rule)))
        for rule in found["without_hits"]
    ]
    title = f"{len(silent)} of {found['rules']} rules without a hit; contacts looked at: {found['contacts']}"
    drawn = Rows(("Stage", "Rule", "Where", ""), silent, wraps=("Rule", "Where"))
    return Group(
        Rows(columns, stages, right=columns[1:]),
        section(title, listed(silent, drawn, "every rule has decided something")),
    )


def report_page(found: Record) -> RenderableType:
    """Per rule what it did, and what people made of it; the most corrected first."""
    rows = [
        (
            one_line(rule["stage"]),
            one_line(rule["rule"]),
            one_line(_mode(rule)),
            str(rule["hits"]),
            one_line(rule["sentence"]),
            one_line(", ".join(shown_number(number) for number in rule["examples"])),
        )
        for rule in found["rules"]
    ]
    columns = ("Stage", "Rule", "Mode", "Hits", "Corrected", "As in")
    drawn = Rows(columns, rows, wraps=("Rule", "Corrected"), right=("Hits",), gives_way=("As in",))
    return Group(
        Text(f"Contacts looked at: {found['contacts']}", style="bold"),
        listed(rows, drawn, "no rule has decided anything yet"),
    )


def _mode(rule: Record) -> str:
    return "would have (shadow)" if rule["mode"] == "shadow" else ""


def _share(share: float) -> str:
    return f"{share * 100:.3g}%"
