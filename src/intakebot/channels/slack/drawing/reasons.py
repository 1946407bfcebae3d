"""Why a case is where it is, for the form and for the answer to the command: rules, matched words, near misses.

Draws the answer of `case.why`. The decision that opened the case is shown stage by stage, later contacts by one line
each. Everything is cut to what an agent reads at a glance; the command line has all of it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks, safe_text
from intakebot.channels.slack.drawing.blocks import Block
from intakebot.channels.slack.drawing.wording import cut_line

Row: TypeAlias = Mapping[str, Any]

NOBODY_DECIDED = "No rule has decided anything about this case: an agent has registered it."
UNEXPECTED = (
    "Not what you expected? `intakebot rules why-not RULE MAIL` names the first condition of a rule that does not "
    "hold, and what stands there instead."
)
CHANGED = "Other rules are in force today: notes and near misses are those of today's rules."
STAGES, RULES, CONDITIONS, OTHERS, LATER, SENTENCES = 5, 3, 3, 3, 5, 4
"""How many of each are shown."""
_NAME, _NOTE, _SENTENCE, _WORDS = 60, 120, 220, 60
_RESULTS = {"matched_nothing": "no rule matched", "defaulted": "no rule matched, the default applies"}


def why_blocks(case: Row, answer: Row) -> list[Block | None]:
    """The whole explanation, without a headline."""
    decisions = list(answer.get("decisions") or ())
    if not decisions:
        return [_standing(case), blocks.words(NOBODY_DECIDED)]
    first = decisions[0]
    trace = first.get("trace") or {}
    said = [
        *list(trace.get("sentences") or ())[:1],
        *_weighed(trace),
        *list(trace.get("identification") or ())[:SENTENCES],
    ]
    return [
        _standing(case),
        blocks.words("\n".join(f"• {cut_line(one, _SENTENCE)}" for one in said)) if said else None,
        *(_stage(stage) for stage in list(first.get("reasons") or ())[:STAGES]),
        *_later(decisions[1:]),
        blocks.context(*([CHANGED] if first.get("rules_changed") else []), UNEXPECTED),
    ]


def _weighed(trace: Row) -> Iterator[str]:
    """The case that it seems to be about, sign by sign."""
    for sign in list(trace.get("threading") or ())[:OTHERS]:
        yield f"{cut_line(sign.get('sentence'), _SENTENCE)} ({sign.get('points')} points)"


def _standing(case: Row) -> Block:
    queue = (case.get("queue") or {}).get("title") or "none"
    return blocks.facts(
        ("Queue", safe_text.escape(cut_line(queue, _NOTE), 600)),
        ("Category", safe_text.escape(cut_line(case.get("category"), _NOTE) or "none yet", 600)),
    )


def _stage(stage: Row) -> Block | None:
    """One stage as lines below each other; None when there is nothing to say about it."""
    lines = [*_lines(stage)]
    if not lines and stage.get("result") == "matched_nothing":
        return None
    head = [blocks.said(cut_line(stage.get("stage"), _NAME).capitalize(), bold=True)]
    result = _RESULTS.get(str(stage.get("result")), "")
    head.append(blocks.said(f": {result}" if result else ""))
    elements = [*head]
    for line in lines:
        elements += [blocks.said("\n"), *line]
    return blocks.rich(blocks.line(*elements))


def _lines(stage: Row) -> Iterator[list[Block | None]]:
    for rule in list(stage.get("rules") or ())[:RULES]:
        yield from _rule(rule)
    settings = _settings(stage.get("outcome"))
    if settings:
        yield [blocks.said(f"sets {settings}")]
    for conflict in list(stage.get("conflicts") or ())[:OTHERS]:
        field, other = cut_line(conflict.get("field"), _NAME), cut_line(conflict.get("rule"), _NAME)
        yield [blocks.said(f"conflict on {field}: {other} wanted {cut_line(conflict.get('dropped'), _NAME)}")]
    yield from _others(stage)


def _rule(rule: Row) -> Iterator[list[Block | None]]:
    place, note = cut_line(rule.get("place"), _NAME), cut_line(rule.get("note"), _NOTE)
    rest = "".join((f" ({place})" if place else "", f": {note}" if note else ""))
    yield [blocks.said(cut_line(rule.get("id"), _NAME), bold=True), blocks.said(rest)]
    for reason in list(rule.get("because") or ())[:CONDITIONS]:
        yield [blocks.said(f"because {cut_line(reason.get('sentence'), _SENTENCE)}")]
        if reason.get("place"):
            yield _in_place(reason["place"])
    captured = [
        f"{cut_line(name, _NAME)} = {cut_line(value, _NAME)}"
        for name, value in islice((rule.get("captures") or {}).items(), OTHERS)
    ]
    if captured:
        yield [blocks.said(f"captured {', '.join(captured)}")]


def _in_place(place: Row) -> list[Block | None]:
    """The matched words in bold, between what is around them."""
    line = f", line {place['line']}" if place.get("line") and place.get("field") != "subject" else ""
    before, after = _around(place.get("before")), _around(place.get("after"))
    return [
        blocks.said(f"    {cut_line(place.get('field'), _NAME)}{line}: “{before}"),
        blocks.said(cut_line(place.get("words"), _WORDS), bold=True),
        blocks.said(f"{after}”"),
    ]


def _around(text: object) -> str:
    """Some words around, with the blanks that part them from the matched ones."""
    given = str(text or "")
    kept = cut_line(given, _WORDS)
    return f"{' ' if given[:1].isspace() else ''}{kept}{' ' if kept and given[-1:].isspace() else ''}"


def _others(stage: Row) -> Iterator[list[Block | None]]:
    also = [cut_line(rule.get("id"), _NAME) for rule in list(stage.get("also") or ())[:OTHERS]]
    if also:
        yield [blocks.said(f"would also have matched: {', '.join(also)}", italic=True)]
    for rule in list(stage.get("nearly") or ())[:OTHERS]:
        name, but = cut_line(rule.get("id"), _NAME), cut_line(rule.get("sentence"), _SENTENCE)
        yield [blocks.said(f"nearly matched: {name}, but {but}", italic=True)]
    for rule in list(stage.get("shadow") or ())[:OTHERS]:
        name, would = cut_line(rule.get("id"), _NAME), _settings(rule.get("outcome")) or "nothing"
        yield [blocks.said(f"in shadow mode, not applied: {name} would set {would}", italic=True)]


def _settings(outcome: object) -> str:
    """What a stage or a rule sets, on one line; '' for nothing."""
    if not isinstance(outcome, Mapping):
        return cut_line(outcome, _NAME)
    parts = (f"{cut_line(name, _NAME)}: {_setting(value)}" for name, value in islice(outcome.items(), OTHERS + 2))
    return cut_line(", ".join(parts), _SENTENCE)


def _setting(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{_settings(value)}}}"
    if isinstance(value, (list, tuple)):
        return ", ".join(cut_line(one, _NAME) for one in value[:OTHERS])
    return cut_line(value, _NAME)


def _later(decisions: list[Row]) -> Iterator[Block]:
    """What was decided about contacts that came after the first, newest last."""
    for decision in decisions[-LATER:]:
        sentences = list((decision.get("trace") or {}).get("sentences") or ())
        if sentences:
            yield blocks.context(f"A later contact: {cut_line(sentences[0], _SENTENCE)}")
