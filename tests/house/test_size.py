"""The size budget: what does not fit in a head is taken apart."""

from __future__ import annotations

import ast
from statistics import quantiles

from house.sources import Module, modules

LONGEST_FUNCTION = 50
NINE_IN_TEN_FUNCTIONS = 20
LONGEST_FILE = 350
FROZEN_TABLES = "storage/migrations/versions/"
"""A migration creates its tables in one statement each and is never changed again."""


def _lengths(module: Module) -> dict[str, int]:
    return {f"{module.name}:{node.lineno} {node.name}": _lines(node) for node in module.functions()}


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_functions_are_short() -> None:
    lengths = {
        where: lines
        for module in modules()
        if not module.name.startswith(FROZEN_TABLES)
        for where, lines in _lengths(module).items()
    }

    assert {where: lines for where, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}
    assert quantiles(lengths.values(), n=10)[-1] <= NINE_IN_TEN_FUNCTIONS


def test_files_are_short() -> None:
    lengths = {module.name: len(module.text.splitlines()) for module in modules()}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}
