"""Customers from files: `.yaml` and `.csv` become `CustomerEntry` records, or one ConfigError with all problems.

Called by `customer import`. Both formats say the same things; docs/howto/import-customers.md describes them.
"""

from __future__ import annotations

from pathlib import Path

from intakebot.cli.customer_csv import csv_tree
from intakebot.cli.customer_nodes import entries_of
from intakebot.config.yaml_source import load_node
from intakebot.domain.customer_entries import CustomerEntry
from intakebot.domain.errors import ConfigError, Problem


def read_customers(path: Path) -> list[CustomerEntry]:
    """The customers of a file, by its ending; raises ConfigError naming every problem with file and line."""
    if path.suffix in {".yaml", ".yml"}:
        return entries_of(load_node(path, str(path)))
    if path.suffix == ".csv":
        return entries_of(csv_tree(path.read_bytes(), str(path)))
    raise ConfigError([Problem(str(path), 0, "the name must end in .yaml or .csv")])
