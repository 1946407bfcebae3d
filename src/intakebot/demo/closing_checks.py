"""The end of a performance: look back on everything, and check what must hold for all cases and mails together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

from intakebot.demo.letters import outgoing, words_of
from intakebot.demo.playing import ALL, Playing
from intakebot.demo.report import Check, Report
from intakebot.demo.stage import Stage
from intakebot.domain.case import shown_number

INTERNAL_WORD = "zirkon"
"""The story's agents write it into comments and work info; no caller may ever read it."""
CLOSED_AFTER = timedelta(days=10)

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Past:
    """Everything there is at the end. `cases` are whole cases, each with its `time_line`.

    `mails` counts by message id what came in by mail and chat; `chat` is what callers read of ours in a workspace.
    """

    now: datetime
    cases: tuple[Record, ...]
    contacts: tuple[Record, ...]
    counts: Mapping[str, Mapping[str, int]]
    outbox: tuple[EmailMessage, ...]
    mails: Mapping[str, int]
    calls: int
    chat: tuple[str, ...] = ()


async def look_back(stage: Stage, playing: Sequence[Playing], checks: Sequence[Check]) -> Report:
    """The report: all cases with their scenes and time lines, the counts, and every check."""
    past = await _past(stage, playing)
    scene_of = {number: scene.scene.title for scene in playing for number in scene.cases}
    rows = await stage.desk.ask("case.list", {"limit": ALL})
    logs = {case["number"]: case["time_line"] for case in past.cases}
    cases = tuple(
        row | {"scene": scene_of.get(row["number"], ""), "time_line": logs[row["number"]]} for row in reversed(rows)
    )
    found = tuple(_check(says, list(wrong)) for says, wrong in whole(past))
    return Report(cases, past.counts["contacts"], past.counts["deliveries"], (*checks, *found))


async def _past(stage: Stage, playing: Sequence[Playing]) -> Past:
    ask = stage.desk.ask
    numbers = [row["number"] for row in await ask("case.list", {"limit": ALL})]
    return Past(
        now=datetime.fromisoformat(await ask("clock", {})),
        cases=tuple(
            [
                await ask("case.show", {"number": number}) | {"time_line": await ask("case.log", {"number": number})}
                for number in sorted(numbers)
            ]
        ),
        contacts=tuple(await ask("contact.list", {"limit": ALL})),
        counts=(await ask("health", {}))["counts"],
        outbox=tuple(outgoing(stage.outbox)),
        mails={sent.message_id: sent.copies for scene in playing for sent in scene.sent}
        | {said: 1 for scene in playing if scene.chat for said in scene.chat.said},
        calls=sum(scene.calls for scene in playing),
        chat=tuple(stage.workspace.outside()) if stage.workspace else (),
    )


def _check(says: str, wrong: Sequence[str]) -> Check:
    return Check(says, not wrong, "; ".join(wrong))


def whole(past: Past) -> Iterator[tuple[str, Iterator[str]]]:
    """Every check of the whole, with the sentences that say what is wrong (none when it came true)."""
    yield "every accepted mail is in exactly one contact", _not_in_one_contact(past)
    yield "mails and calls add up to contacts and repeats", _not_adding_up(past)
    yield "no case rests where it was registered", _resting(past)
    yield "what was resolved is closed after ten days", _not_closed(past)
    yield "every resolution was sent before its case was closed", _closed_unsent(past)
    yield "no internal word left the house", _internal_words(past)
    yield "no caller got two automatic replies in one case", _answered_twice(past)
    yield "every reply left exactly once", _not_left_once(past)


def _not_in_one_contact(past: Past) -> Iterator[str]:
    found = Counter(contact["message_id"] for contact in past.contacts)
    for message_id in past.mails:
        if found[message_id] != 1:
            yield f"{message_id} is in {found[message_id]} contacts"


def _not_adding_up(past: Past) -> Iterator[str]:
    handed_in = sum(past.mails.values()) + past.calls
    arrived, contacts = past.counts["arrivals"]["all"], len(past.contacts)
    if handed_in != arrived or len(past.mails) + past.calls != contacts:
        yield f"{handed_in} handed in, {arrived} arrivals of {contacts} contacts"
    unsettled = {state: past.counts["contacts"].get(state, 0) for state in ("received", "quarantined")}
    if any(unsettled.values()):
        yield f"not settled: {unsettled}"


def _resting(past: Past) -> Iterator[str]:
    for case in past.cases:
        if case["status"] in {"Open", "New"} or not (case["queue"] or case["owner"] or case["closed_at"]):
            yield f"{case['label']} is {case['status']}"


def _not_closed(past: Past) -> Iterator[str]:
    for case in past.cases:
        if case["status"] == "Resolved" and datetime.fromisoformat(case["resolved_at"]) <= past.now - CLOSED_AFTER:
            yield f"{case['label']} is Resolved since {case['resolved_at']}"
    if not any(event["by"] == "timer:close" for case in past.cases for event in case["time_line"]):
        yield "no case was closed by its timer"


def _closed_unsent(past: Past) -> Iterator[str]:
    for case in past.cases:
        kinds = [event["kind"] for event in case["time_line"]]
        if case["closed_at"] and "resolution.sent" not in kinds[: kinds.index("case.closed")]:
            yield f"{case['label']} was closed before its resolution was sent"


def _internal_words(past: Past) -> Iterator[str]:
    if not any(INTERNAL_WORD in comment["text"].lower() for case in past.cases for comment in case["comments"]):
        yield f"no agent has written {INTERNAL_WORD!r} anywhere, so nothing could have leaked"
    for message in past.outbox:
        if INTERNAL_WORD in words_of(message).lower():
            yield f"{message['Subject']} to {message['To']}"
    for text in past.chat:
        if INTERNAL_WORD in text.lower():
            yield f"in a room of callers: {text[:80]}"


def _answered_twice(past: Past) -> Iterator[str]:
    automatic = Counter(
        (message["Subject"].partition("]")[0].lstrip("["), parseaddr(message["To"])[1].lower())
        for message in past.outbox
        if message.get("Auto-Submitted", "no") != "no"
    )
    for (case, caller), count in automatic.items():
        if count > 1:
            yield f"{caller} got {count} in {case}"


def _not_left_once(past: Past) -> Iterator[str]:
    left = Counter(message["Message-ID"].strip("<>") for message in past.outbox)
    owed = {
        delivery["message_id"]: case["number"]
        for case in past.cases
        for delivery in case["deliveries"]
        if delivery["channel"] == "email" and delivery["state"] in {"sent", "bounced"}
    }
    for message_id in owed.keys() | left.keys():
        if left[message_id] != 1 or message_id not in owed:
            yield f"{shown_number(owed.get(message_id, 0))}: {message_id} left {left[message_id]} times"
