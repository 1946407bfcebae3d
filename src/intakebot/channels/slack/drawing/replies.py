"""Answers to the command, which only the person who typed it sees: lists of cases, one case, why, help. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks, cards
from intakebot.channels.slack.drawing.blocks import Block, Rendered
from intakebot.channels.slack.drawing.home import case_row
from intakebot.channels.slack.drawing.modals_reading import help_blocks
from intakebot.channels.slack.drawing.reasons import why_blocks
from intakebot.channels.slack.drawing.wording import counted, cut_line, titled

Row: TypeAlias = Mapping[str, Any]

LISTED = 10


def found(text: str, answer: Row, now: datetime) -> Rendered:
    """`/case find`: the answer of `case.find`."""
    words = cut_line(text, 80)
    total = int(answer.get("total") or 0)
    if not total:
        return said(f"No case has “{words}”. Fewer or other words may find one.")
    return _listed(f"{counted(total, 'case')} for “{words}”", answer.get("cases") or (), total, now)


def mine(answer: Row, now: datetime) -> Rendered:
    """`/case mine`: the answer of `agent.home`."""
    total = int(answer.get("mine_total") or 0)
    if not total:
        return said("You have no case. The Home tab of this app shows what waits in your queues.")
    return _listed(f"You have {counted(total, 'case')}", answer.get("mine") or (), total, now)


def queue(title: str, cases: Sequence[Row], total: int, now: datetime) -> Rendered:
    """`/case queue`: cases of one queue, what is due first on top."""
    name = cut_line(title, 80)
    if not total:
        return said(f"Nothing is in {name}.")
    return _listed(f"{counted(total, 'case')} in {name}", cases, total, now)


def queues(names: Iterable[tuple[str, str]]) -> Rendered:
    """`/case queue` without a name, or with one that is none: which queues there are, as (name, title)."""
    lines = [f"• {cut_line(name, 60)} ({cut_line(title, 80)})" for name, title in names]
    text = "\n".join(["Which queue? Type its name behind the command.", *lines[:30]])
    return blocks.message("Which queue?", [blocks.words(text)])


def shown(case: Row, now: datetime) -> Rendered:
    """`/case show`: the card, for one person."""
    return cards.card(case, now)


def why(case: Row, answer: Row) -> Rendered:
    """`/case why`: what the form behind “Why is it here?” says, of the answer of `case.why`."""
    head = f"Why {titled(case)} is where it is"
    return blocks.message(head, [blocks.header(titled(case)), *why_blocks(case, answer)])


def help_answer(command: str = "/case") -> Rendered:
    """`/case help`."""
    return blocks.message("What can be done here", help_blocks(command))


def unknown(typed: str, command: str = "/case") -> Rendered:
    """A word behind the command that means nothing."""
    text = f"“{cut_line(typed, 60)}” is no word of {command}. These are:"
    return blocks.message(text, [blocks.words(text), *help_blocks(command)])


def said(sentence: str) -> Rendered:
    """One sentence of the house, for one person."""
    return blocks.message(sentence, [blocks.words(sentence)])


def _listed(head: str, cases: Iterable[Row], total: int, now: datetime) -> Rendered:
    rows: list[Block] = [case_row(case, now) for case in list(cases)[:LISTED]]
    more = (
        blocks.context(f"These are the first {len(rows)} of {total:,}. More words find fewer.")
        if total > len(rows)
        else None
    )
    return blocks.message(head, [blocks.header(head), *rows, more])
