"""Checks that need no running house: configuration, rules, templates, diagrams. The command line shows them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from intakebot.app.house import checked, world
from intakebot.config.settings import load_settings
from intakebot.domain.errors import NotFoundError, Problem
from intakebot.domain.workflow_drawing import draw
from intakebot.rules.check import check_ruleset
from intakebot.rules.load import load_ruleset
from intakebot.templating import Templates


def check_configuration(settings: Path) -> Mapping[str, Any]:
    """Load and check everything: what was found, by name. Raises ConfigError, also for keys that sign nothing."""
    from intakebot.app.doors import try_extras  # noqa: PLC0415 - the other checks need no channels

    found, ruleset, templates, warnings = checked(settings)
    try_extras(found)
    organisation = found.organisation
    return {
        "workflows": sorted(organisation.workflows),
        "queues": sorted(organisation.queues),
        "agents": sorted(organisation.agents),
        "addresses": sorted(organisation.addresses),
        "policies": sorted(organisation.policies),
        "channels": [channel.name for channel in found.channels],
        "rules": sum(len(stage.rules) for stage in ruleset.stages),
        "templates": sorted(templates.names()),
        "problems": [_shown(problem) for problem in warnings],
    }


def check_rules(settings: Path) -> Mapping[str, Any]:
    """Load, check and test the rules; raises ConfigError when they cannot be read at all."""
    found = load_settings(settings)
    ruleset = load_ruleset(found.rules.nodes())
    problems = check_ruleset(ruleset, world(found, Templates(found.templates_directory)))
    return {
        "ruleset": ruleset.hash,
        "rules": sum(len(stage.rules) for stage in ruleset.stages),
        "stages": len(ruleset.stages),
        "tests": sum(len(rule.tests) for stage in ruleset.stages for rule in stage.rules),
        "problems": [_shown(problem) for problem in problems],
    }


def check_templates(settings: Path) -> Mapping[str, Any]:
    """Render every template with sample values."""
    found = load_settings(settings)
    templates = Templates(found.templates_directory)
    problems = templates.check(found.organisation.languages)
    return {"templates": len(templates.names()), "problems": [_shown(problem) for problem in problems]}


def _shown(problem: Problem) -> Mapping[str, str]:
    where = f"{problem.file}:{problem.line}" if problem.line else problem.file
    return {"severity": problem.severity, "place": where, "sentence": problem.sentence}


def draw_workflows(settings: Path, name: str) -> Mapping[str, str]:
    """Mermaid diagrams by workflow name ('' = all); raises NotFoundError."""
    workflows = load_settings(settings).organisation.workflows
    if name and name not in workflows:
        raise NotFoundError(f"there is no workflow {name!r}; known workflows: {', '.join(sorted(workflows))}")
    return {known: draw(workflow) for known, workflow in workflows.items() if name in ("", known)}
