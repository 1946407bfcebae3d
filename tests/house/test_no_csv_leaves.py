"""Tables leave this house as pages for people or as JSON, never as CSV, whose cells a spreadsheet may carry out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from house.sources import Module, modules

WRITERS = frozenset({"csv.writer", "csv.DictWriter"})
ELSEWHERE = frozenset({"to_csv", "to_excel", "Workbook"})


def writers_in(module: Module) -> Iterator[str]:
    """What the module calls that writes cells."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in WRITERS or called.rpartition(".")[2] in ELSEWHERE:
                yield f"{module.name}:{node.lineno} {called}"
        elif isinstance(node, ast.ImportFrom) and node.module == "csv":
            yield f"{module.name}:{node.lineno} from csv import"


def test_no_module_writes_cells_that_a_spreadsheet_would_carry_out() -> None:
    # case H11: whoever adds an export quotes cells that begin with = + - @ or a control, and says so here
    assert [found for module in modules() for found in writers_in(module)] == []


def test_a_writer_would_be_seen() -> None:
    written = "import csv\ncsv.writer(open('x')).writerow(['=cmd'])\n"
    assert [*writers_in(Module("x.py", written, ast.parse(written)))] == ["x.py:2 csv.writer"]
