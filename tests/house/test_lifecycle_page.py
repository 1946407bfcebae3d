"""The page about the life of a case is drawn from the tables that run."""

from pathlib import Path

from intakebot.config.settings import load_settings
from intakebot.domain.workflow_drawing import lifecycle_page

ROOT = Path(__file__).parents[2]


def test_the_page_equals_the_tables() -> None:
    workflows = load_settings(ROOT / "config").organisation.workflows

    assert (ROOT / "docs/lifecycle.md").read_text(encoding="utf-8") == lifecycle_page(workflows.values())
