"""Checks the blocks of a message, and a whole view, as Slack does before it takes them.

`check_message` and `check_view` return every problem; `refuse` turns them into the answer of the Web API.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fakes.slack.block_kit import plain
from fakes.slack.block_rules import Problem, Report, by_type, flag, items, one_of, shape, string
from fakes.slack.block_table import BLOCKS, IN_HOME, IN_MESSAGE, IN_MODAL
from fakes.slack.records import Json
from fakes.slack.refusal import RefusedError

TEXT_IN_MESSAGE = 12_000
"""Characters in all blocks of a message (undocumented; reports say between 11,000 and 13,200)."""
VIEW_BYTES = 250_000
MARKDOWN_IN_MESSAGE = 12_000

_MESSAGE = items(by_type(BLOCKS, IN_MESSAGE), 50)
_KEPT = {"private_metadata": string(3000, 0), "callback_id": string(255, 0), "external_id": string(255, 0)}
_MODAL = shape(
    {"type": one_of("modal"), "title": plain(24), "blocks": items(by_type(BLOCKS, IN_MODAL), 100)},
    {
        **_KEPT,
        "close": plain(24),
        "submit": plain(24),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
)
_HOME = shape({"type": one_of("home"), "blocks": items(by_type(BLOCKS, IN_HOME), 100, 0)}, _KEPT)


def check_message(blocks: Any) -> list[Problem]:
    """What Slack objects to in the blocks of a message."""
    report = Report()
    _MESSAGE(report, "/blocks", blocks)
    if isinstance(blocks, list):
        _unique(report, "/blocks", blocks)
        _inputs_in_message(report, blocks)
    return report.problems


def check_view(view: Any) -> list[Problem]:
    """What Slack objects to in a view."""
    report = Report()
    kind = view.get("type") if isinstance(view, dict) else None
    if kind not in ("modal", "home"):
        report.add("/view/type", "invalid_type", f"unsupported type: {kind}", type="enum", expected=["modal", "home"])
        return report.problems
    (_MODAL if kind == "modal" else _HOME)(report, "/view", view)
    blocks = view.get("blocks")
    if isinstance(blocks, list):
        _unique(report, "/view/blocks", blocks)
        if kind == "modal" and not view.get("submit") and any(_is_input(block) for block in blocks):
            report.add("/view", "missing_field", "missing required field: submit", type="required", expected=["submit"])
        _one_focus(report, blocks)
    return report.problems


def text_of(value: Any) -> Iterator[str]:
    """Every text that people read in blocks."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("text", "alt_text", "label", "hint") and isinstance(inner, str):
                yield inner
            else:
                yield from text_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from text_of(inner)


def too_long(blocks: list[Json]) -> bool:
    """Whether the blocks of a message are more than Slack takes in all."""
    return sum(len(text) for text in text_of(blocks)) > TEXT_IN_MESSAGE


def too_large(view: Json) -> bool:
    """Whether a view is more than Slack takes."""
    return len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES


def refuse(code: str, problems: list[Problem]) -> RefusedError:
    """The answer of the Web API to these problems."""
    lines = [problem.line() for problem in problems]
    return RefusedError(code, errors=[problem.message for problem in problems], response_metadata={"messages": lines})


def _is_input(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") == "input"


def _unique(report: Report, at: str, blocks: list[Any]) -> None:
    for position, block in enumerate(blocks):
        name = block.get("block_id") if isinstance(block, dict) else None
        if isinstance(name, str):
            report.once("block_id", name, f"{at}/{position}/block_id")


def _inputs_in_message(report: Report, blocks: list[Any]) -> None:
    for position, block in enumerate(blocks):
        if _is_input(block) and not block.get("dispatch_action"):
            element = block.get("element") or {}
            if element.get("type") == "file_input":
                report.add(
                    f"/blocks/{position}/element", "invalid_type", "file_input is for modals only", type="surface"
                )


def _one_focus(report: Report, blocks: list[Any]) -> None:
    focused = json.dumps(blocks).count('"focus_on_load": true')
    if focused > 1:
        report.add(
            "/view/blocks", "conflict", "only one element may have focus_on_load", type="max_items", expected=[1]
        )
