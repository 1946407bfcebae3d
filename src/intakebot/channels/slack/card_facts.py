"""The part of a card that says whose case it is and why it is here: caller, customer, agreements, category, source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from intakebot.channels.slack import blocks
from intakebot.channels.slack.blocks import Block
from intakebot.channels.slack.wording import by_channel, counted, cut_line, missing, relation, validity

Case: TypeAlias = Mapping[str, Any]
_VALUE, _SENTENCE = 120, 300


def about(case: Case) -> Block | None:
    """The lines about the caller's side, one below the other."""
    elements: list[Block | None] = []
    for name, values in _lines(case):
        shown = [value for value in values if value]
        if shown:
            elements += [blocks.said("\n") if elements else None, blocks.said(f"{name}: ", bold=True), *shown]
    return blocks.rich(blocks.line(*elements))


def _lines(case: Case) -> Iterator[tuple[str, list[Block | None]]]:
    yield "Caller", [blocks.said(_caller(case.get("caller")))]
    yield "Customer", [blocks.said(_customer(case.get("customer")))]
    yield "Support key", [blocks.said(_support_key(case.get("support_key")))]
    for agreement in list(case.get("agreements") or ())[:3]:
        yield f"{cut_line(agreement.get('kind'), 20).capitalize()} agreement", [blocks.said(_agreement(agreement))]
    yield "Category", [blocks.said(cut_line(case.get("category"), _VALUE) or "none yet")]
    yield "Why", [blocks.said(_why(case))]
    yield "Came in by", _source(case.get("source") or {})
    yield "Missing", [blocks.said(", ".join(missing(name) for name in list(case.get("missing") or ())[:6]))]
    yield "Marked", [blocks.said(", ".join(_marks(case)))]
    yield "Linked", [blocks.said("; ".join(_links(case)))]
    yield "Files", [blocks.said(_files(case))]


def _caller(caller: Mapping[str, Any] | None) -> str:
    if not caller:
        return "unknown"
    name, where = cut_line(caller.get("name"), _VALUE), cut_line(caller.get("address"), _VALUE)
    # A chat caller's address is an id, which tells an agent nothing.
    where = "" if caller.get("channel") == "slack" and name else where
    return " · ".join(filter(None, (name, where)))


def _customer(customer: Mapping[str, Any] | None) -> str:
    if not customer:
        return "not identified"
    parts = (customer.get("name"), customer.get("reference"), customer.get("tier"))
    return " · ".join(filter(None, (cut_line(part, _VALUE) for part in parts)))


def _support_key(key: Mapping[str, Any] | None) -> str:
    return f"{cut_line(key.get('key'), 60)}, {validity(key.get('state'))}" if key and key.get("key") else ""


def _agreement(agreement: Mapping[str, Any]) -> str:
    until = cut_line(agreement.get("valid_to"), 20)
    parts = (
        cut_line(agreement.get("reference"), 60),
        cut_line(agreement.get("policy"), 60),
        validity(agreement.get("state")),
        f"until {until}" if until else "",
    )
    return " · ".join(filter(None, parts))


def _why(case: Case) -> str:
    """The first sentence that the rules gave; all of them are behind "Why is it here?"."""
    sentences = case.get("why") or ()
    return cut_line(sentences[0], _SENTENCE) if sentences else ""


def _source(source: Mapping[str, Any]) -> list[Block | None]:
    channel, permalink = by_channel(source.get("channel")), str(source.get("permalink") or "")
    linked = blocks.address(permalink, "the message") if permalink.lower().startswith(("http://", "https://")) else None
    return [blocks.said(channel), blocks.said(", ") if linked else None, linked]


def _marks(case: Case) -> list[str]:
    return [cut_line(mark, 40) for mark in [*(case.get("markers") or ()), *(case.get("tags") or ())][:8]]


def _links(case: Case) -> list[str]:
    links = list(case.get("links") or ())
    shown = [
        f"{relation(one.get('relation'))} {one.get('label')} ({cut_line(one.get('title'), 40)})" for one in links[:3]
    ]
    return [*shown, f"and {counted(len(links) - 3, 'more case')}"] if len(links) > len(shown) else shown


def _files(case: Case) -> str:
    files = list(case.get("files") or ())
    names = ", ".join(cut_line(file.get("name"), 60) for file in files[:4])
    return f"{names} and {len(files) - 4} more" if len(files) > 4 else names  # noqa: PLR2004 - as many as are named
