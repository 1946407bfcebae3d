"""The part of a card that says whose case it is and why it is here: caller, customer, agreements, category, source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks, safe_text
from intakebot.channels.slack.drawing.blocks import Block
from intakebot.channels.slack.drawing.wording import by_channel, counted, cut_line, missing, relation, validity

Case: TypeAlias = Mapping[str, Any]
_VALUE, _SENTENCE = 120, 300


def whose(case: Case) -> Block | None:
    """Whose case it is, and what was agreed with them."""
    return _listed(_whose(case))


def details(case: Case) -> Block | None:
    """What it was taken for and why, how it came in, what is missing, what belongs to it."""
    return _listed(_details(case))


def _listed(lines: Iterator[tuple[str, list[Block | None]]]) -> Block | None:
    """Names and values, one below the other; lines without a value are left out."""
    elements: list[Block | None] = []
    for name, values in lines:
        shown = [value for value in values if value]
        if shown:
            elements += [blocks.said("\n") if elements else None, blocks.said(f"{name}: ", bold=True), *shown]
    return blocks.rich(blocks.line(*elements))


def _whose(case: Case) -> Iterator[tuple[str, list[Block | None]]]:
    yield "Caller", [blocks.said(_caller(case.get("caller")))]
    yield "Customer", [blocks.said(_customer(case.get("customer")))]
    yield "Support key", [blocks.said(_support_key(case.get("support_key")))]
    agreements = list(case.get("agreements") or ())
    if case.get("customer") and not agreements:
        yield "Agreement", [blocks.said("none known: the general policy applies")]
    for agreement in agreements[:3]:
        yield f"{cut_line(agreement.get('kind'), 20).capitalize()} agreement", [blocks.said(_agreement(agreement))]


def _details(case: Case) -> Iterator[tuple[str, list[Block | None]]]:
    yield "Category", [blocks.said(cut_line(case.get("category"), _VALUE) or "none yet")]
    yield "Why", [blocks.said(_why(case))]
    yield "Came in by", _source(case.get("source") or {})
    if not case.get("ended"):
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
    """The sentence that says most: how it was classified, else routed, else the first. The button has all of them."""
    sentences = [str(one) for one in case.get("why") or ()]
    telling = (one for stage in ("classify: rule", "route: rule") for one in sentences if one.startswith(stage))
    return cut_line(next(telling, sentences[0] if sentences else ""), _SENTENCE)


def _source(source: Mapping[str, Any]) -> list[Block | None]:
    channel, permalink = by_channel(source.get("channel")), str(source.get("permalink") or "")
    linked = blocks.address(permalink, "the message") if safe_text.is_permalink(permalink) else None
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
    names = ", ".join(f"{cut_line(file.get('name'), 60)}{_careful(file)}" for file in files[:4])
    return f"{names} and {len(files) - 4} more" if len(files) > 4 else names  # noqa: PLR2004 - as many as are named


def _careful(file: Mapping[str, Any]) -> str:
    """Why a file should be opened with care, and whether it is kept back."""
    flags = ", ".join(cut_line(flag, 20) for flag in file.get("flags") or ())
    if not flags:
        return ""
    return f" (kept back: {flags})" if file.get("withheld") else f" (careful: {flags})"
