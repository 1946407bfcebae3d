"""Reads the rule files of a folder, wherever it is: `rules diff` and `rules backtest --rules` compare such folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from intakebot.config.yaml_source import load_node
from intakebot.domain.errors import ConfigError, Problem

if TYPE_CHECKING:
    from pathlib import Path

    from intakebot.domain.positions import Node


def load_rule_files(folder: Path) -> tuple[Node, ...]:
    """The `*.yaml` of a folder of rules (or of the `rules` in a configuration folder), in order of their names.

    Raises ConfigError with every problem, also when there is no file.
    """
    room = folder / "rules" if (folder / "rules").is_dir() else folder
    found: list[Problem] = []
    nodes = []
    for path in sorted(room.glob("*.yaml")):
        try:
            nodes.append(load_node(path, f"{room.name}/{path.name}"))
        except ConfigError as error:
            found += error.problems
    if not nodes and not found:
        found.append(Problem(str(folder), 0, "there is no rule file (*.yaml); name a folder of rules"))
    if found:
        raise ConfigError(found)
    return tuple(nodes)
