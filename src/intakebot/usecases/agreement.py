"""Agreement: what the rules chose beside what people made of it, counted over the cases of a span of time. Pure.

The question `rules.agreement` comes here. What people made of a case is in its history: the category that it has in
the end, and the queue in which somebody first worked on it; moving a case before anybody did is correcting the rules.
Or it is in a list that another helpdesk gives, by Message-ID. A case that nobody has touched says nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from intakebot.domain.case import shown_number
from intakebot.domain.errors import RefusedError
from intakebot.ports.histories import Histories, History, HistoryLine

FIELDS: Final = ("category", "queue")
TOP_DIFFERENCES = 20
EXAMPLES = 3
_BY_AGENT = "agent:"
_TOUCHES: Final = frozenset({"category", "queue", "owner", "status", "resolution"})
_WORK: Final = frozenset({"comment.added", "question.asked", "task.added", "resolution.entered"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A case as the rules left it and as people left it, by field; '' = they have not said."""

    label: str
    message_id: str
    rules: Mapping[str, str]
    people: Mapping[str, str]
    void: bool = False


def agreement_since(histories: Histories, since: str, truth: Sequence[Sequence[str]] | None = None) -> dict[str, Any]:
    """The report over all cases since then (ISO), as JSON-like data.

    `truth` has rows of Message-ID, category, queue from elsewhere; then it, and nobody's work here, is what people
    say, and only cases that it names are judged. Raises RefusedError (`agreement.arguments`) for anything else.
    """
    known = None if truth is None else _known(truth)
    verdicts = [verdict for history in histories.histories(_moment(since)) if (verdict := verdict_of(history))]
    counted = [verdict for verdict in verdicts if not verdict.void]
    judged = counted if known is None else list(_judged_elsewhere(counted, known))
    found = {"since": since, "cases": len(verdicts), "void": len(verdicts) - len(counted)}
    found |= {name: _compared(judged, name) for name in FIELDS}
    return found | {"truth": None if known is None else {"rows": len(known), "without_case": len(known) - len(judged)}}


def _moment(since: str) -> datetime:
    try:
        moment = datetime.fromisoformat(since)
    except (TypeError, ValueError) as error:
        raise RefusedError("agreement.arguments", f"{since!r} is no moment; write it in ISO 8601") from error
    if moment.tzinfo is None:
        raise RefusedError("agreement.arguments", f"{since!r} names no time zone")
    return moment


def _known(truth: Sequence[Sequence[str]]) -> dict[str, dict[str, str]]:
    """What the list says, by bare Message-ID; the last row of several for one message counts."""
    if not all(len(row) == 1 + len(FIELDS) and all(isinstance(cell, str) for cell in row) for row in truth):
        raise RefusedError("agreement.arguments", "a row of the truth is a Message-ID, a category and a queue")
    return {bare_id(row[0]): dict(zip(FIELDS, (cell.strip() for cell in row[1:]), strict=True)) for row in truth}


def bare_id(message_id: str) -> str:
    """A Message-ID without its angle brackets, as this house keeps it."""
    return message_id.strip().strip("<>").strip()


def _judged_elsewhere(verdicts: Iterable[Verdict], known: Mapping[str, Mapping[str, str]]) -> Iterator[Verdict]:
    for verdict in verdicts:
        said = known.get(bare_id(verdict.message_id)) if verdict.message_id else None
        if said is not None:
            yield Verdict(verdict.label, verdict.message_id, verdict.rules, said)


def verdict_of(history: History) -> Verdict | None:
    """What a history says; None for a case that a person opened, about which no rule decided."""
    if history.lines[0].by.startswith(_BY_AGENT):
        return None
    state = dict.fromkeys(FIELDS, "")
    by_rules: dict[str, str] | None = None
    worked_in = ""
    for line in history.lines:
        by_agent = line.by.startswith(_BY_AGENT)
        touched = by_agent and bool(_TOUCHES & line.changes.keys())
        if touched and by_rules is None:
            by_rules = dict(state)
        if by_agent and not worked_in and _is_work(line):
            worked_in = state["queue"]
            by_rules = by_rules or dict(state)
        state |= {name: str(line.changes[name] or "") for name in FIELDS if name in line.changes}
    people = {} if by_rules is None else {**state, "queue": worked_in or state["queue"]}
    void = any(line.changes.get("ended_as") for line in history.lines)
    return Verdict(shown_number(history.number), history.message_id, by_rules or state, people, void)


def _is_work(line: HistoryLine) -> bool:
    return line.kind in _WORK or bool(line.changes.get("resolution"))


def _compared(verdicts: Iterable[Verdict], name: str) -> dict[str, Any]:
    """Shares and the differences that occur most, for one field."""
    pairs: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for verdict in verdicts:
        if people := verdict.people.get(name):
            pairs[verdict.rules.get(name, ""), people].append(verdict.label)
    chosen, agreed = Counter[str](), Counter[str]()
    for (rules, people), labels in pairs.items():
        chosen[rules] += len(labels)
        agreed[rules] += len(labels) if rules == people else 0
    differing = sorted(((pair, labels) for pair, labels in pairs.items() if pair[0] != pair[1]), key=_most_first)
    return _share(sum(chosen.values()), sum(agreed.values())) | {
        "chosen": [{name: value} | _share(count, agreed[value]) for value, count in sorted(chosen.items())],
        "differences": [
            {"rules": rules, "people": people, "cases": len(labels), "examples": labels[:EXAMPLES]}
            for (rules, people), labels in differing[:TOP_DIFFERENCES]
        ],
    }


def _most_first(found: tuple[tuple[str, str], list[str]]) -> tuple[int, tuple[str, str]]:
    pair, labels = found
    return -len(labels), pair


def _share(judged: int, agreed: int) -> dict[str, Any]:
    return {"judged": judged, "agreed": agreed, "share": round(agreed / judged, 4) if judged else None}
