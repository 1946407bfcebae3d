"""The reference pages equal the code, and leave nothing out. After a change: `make docs`."""

from __future__ import annotations

import ast

import pytest

from house.reference_pages import error_classes, pages, read_keys, written_events
from house.reference_words import EVENTS, SETTINGS
from house.sources import ROOT, modules


@pytest.mark.parametrize("name", list(pages()))
def test_a_page_is_what_the_code_says(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == pages()[name]()


def test_every_class_of_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in error_classes()]

    assert len(codes) == len(set(codes))


def test_every_reason_of_a_refusal_can_be_listed() -> None:
    """A reason is a plain text, `guard.` and a name, or the one that a service has sent over its socket."""
    unlisted = [
        f"{module.name}:{call.lineno}"
        for module in modules()
        for call in module.calls("RefusedError")
        if not isinstance(call.args[0], (ast.Constant, ast.JoinedStr)) and module.name != "channels/control_wire.py"
    ]

    assert unlisted == []


def test_every_setting_is_described_and_no_other() -> None:
    described = {name.rsplit(".", 1)[-1] for settings in SETTINGS.values() for name in settings}
    free = {name for name in described if name.isupper()}

    assert described - free == set(read_keys()) | {"hours"}


def test_every_event_is_described_and_no_other() -> None:
    also_written = {"delivery.failed", "delivery.held", "case.registered", "resolution.entered"}

    assert set(EVENTS) == written_events() | also_written
