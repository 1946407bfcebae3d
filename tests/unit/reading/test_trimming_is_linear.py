"""However a text is made, trimming it takes steps in proportion to its length: counted, not timed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

import pytest

from intakebot.reading.reply_text import trimmed_view

if TYPE_CHECKING:
    from collections.abc import Sequence

SHAPES: dict[str, Callable[[int], str]] = {
    "openings of an introduction": lambda size: "On 2 \n" * size,
    "introductions": lambda size: "On 2.11.2026 10:10 x <x@y.example>:\nx\n" * size,
    "introductions of quotes": lambda size: "On 2.11.2026 10:10 x <x@y.example> wrote:\n> x\n" * size,
    "header lines": lambda size: "From: a\n" * size,
    "header lines apart": lambda size: "From: a\n\nx\n" * size,
    "colons": lambda size: "a:\n" * size,
    "answers": lambda size: "> x\ny\n" * size,
    "quotes after blank lines": lambda size: "\n\n\n\n\n>\n" * size,
    "signature marks": lambda size: "x\n--\n" * size,
    "device lines": lambda size: "Sent from my iPhone\n" * size,
    "rules": lambda size: "____________________\n" * size,
    "half a marker": lambda size: "=-=-= x\n" * size,
    "glued introductions": lambda size: "a--- On 2 wrote:\n" * size,
    "our own words": lambda size: "please restart the unit now and here\n" * size,
    "one long line": lambda size: "On 2.11.2026 x@y.example wrote: " * size,
}
PAGES: dict[str, Callable[[int], str]] = {
    "nested quotes": lambda size: "<blockquote type=cite>" * size,
    "many quotes": lambda size: "<blockquote type=cite>x</blockquote>y" * size,
    "many signatures": lambda size: "<div class=gmail_signature>x</div>y" * size,
}


def calls_of(passage: tuple[str, str], sent: Sequence[str]) -> int:
    """How many functions are called while a text is trimmed."""
    counted = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        trimmed_view([passage], sent)
    finally:
        sys.setprofile(before)
    return counted


# case F11
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_twice_the_text_takes_twice_the_steps(shape: Callable[[int], str]) -> None:
    sent = ["please restart the unit now and here\n" * 20]
    once, twice = (calls_of((shape(size), ""), sent) for size in (300, 600))
    assert twice <= 2.5 * once + 100


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_twice_the_page_takes_twice_the_steps(page: Callable[[int], str]) -> None:
    once, twice = (calls_of(("x", page(size)), []) for size in (200, 400))
    assert twice <= 2.5 * once + 100
