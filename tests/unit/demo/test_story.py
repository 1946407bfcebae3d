"""Stories: the shipped one covers what it must, and a mistake in one is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from intakebot.demo.story import SHIPPED, Act, Mail, read_story
from intakebot.domain.errors import ConfigError


def test_the_shipped_story_is_long_enough_and_names_every_scene_once() -> None:
    scenes = read_story(SHIPPED)
    steps = [step for scene in scenes for step in (*scene.steps, *scene.afterwards)]
    assert sum(isinstance(step, Mail) for step in steps) >= 14
    assert {step.agent for step in steps if isinstance(step, Act)} == {"alice", "bob", "carol", "dana"}
    assert len({scene.title for scene in scenes}) == len(scenes)


def test_mistakes_are_told_with_their_line(tmp_path: Path) -> None:
    text = "schema: intakebot.story/1\nscenes:\n  - title: One\n    steps:\n      - act: case list\n"
    (tmp_path / "scene.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_story(tmp_path)
    assert [(problem.line, "'as'" in problem.sentence) for problem in caught.value.problems] == [(5, True)]
