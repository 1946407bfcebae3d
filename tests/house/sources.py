"""What the tests of this folder read: the program's own modules, as text and as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "src/intakebot"


@dataclass(frozen=True, slots=True)
class Module:
    """One module of the program; `name` is its path below the package: `usecases/act.py`."""

    name: str
    text: str
    tree: ast.Module

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, inner ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))

    def calls(self, name: str) -> Iterator[ast.Call]:
        """Calls of a function or class by its bare name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield node


@cache
def modules() -> tuple[Module, ...]:
    """All modules of the program, by name."""
    paths = sorted(PROGRAM.rglob("*.py"))
    return tuple(_module(path) for path in paths)


def _module(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    return Module(path.relative_to(PROGRAM).as_posix(), text, ast.parse(text))
