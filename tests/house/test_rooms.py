"""What every room keeps to, and no linter knows."""

from __future__ import annotations

import ast
import re
import tomllib

from house.sources import PROGRAM, ROOT, modules

BROAD_EXCEPTS = {"edge.py", "reading/attempt.py"}
THE_CLOCK = "clocks.py"
SPANS_OF_CONNECTIONS = {"channels/smtp_session.py", "channels/smtp_reception.py"}
"""How fast a peer sends, in seconds of the event loop, whose timers end the connection: never a moment of the day."""
_ASKS_THE_MACHINE = re.compile(
    r"\b(datetime\.(now|utcnow|today)|date\.today|time\.(time|monotonic|sleep)|loop\.time)\("
)
_WAITS = re.compile(r"\b(time\.sleep\(|asyncio\.sleep\((?!0\)))")


def test_every_module_says_what_it_is_for() -> None:
    assert [module.name for module in modules() if not ast.get_docstring(module.tree)] == []


def test_every_room_has_its_floor() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    floors = next(one for one in settings["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    named = {room.strip() for floor in floors["layers"] for room in floor.split("|")}

    assert floors["exhaustive"]
    assert {path.stem for path in PROGRAM.iterdir() if path.suffix == ".py" or path.is_dir()} - {
        "__init__",
        "__pycache__",
    } <= {room.strip("()") for room in named}


def test_a_floor_that_exists_is_not_optional() -> None:
    floors = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    optional = re.findall(r'"\((\w+)\)"', floors)

    assert [room for room in optional if (PROGRAM / room).exists() or (PROGRAM / f"{room}.py").exists()] == []


def test_the_unplanned_is_caught_in_two_places_only() -> None:
    broad = [
        module.name
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type)
    ]

    assert sorted(broad) == sorted(BROAD_EXCEPTS)


def _is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(one) for one in caught.elts)
    return caught is None or (isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"})


def test_only_the_clock_asks_the_machine_for_the_time() -> None:
    asking = {module.name for module in modules() if _ASKS_THE_MACHINE.search(module.text)}

    assert asking == {THE_CLOCK, *SPANS_OF_CONNECTIONS}


def test_no_test_waits_for_time_to_pass() -> None:
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path.name != "test_rooms.py"]

    assert [path.name for path in tests if _WAITS.search(path.read_text(encoding="utf-8"))] == []
