"""Reads the story: scenes of mails, agents' commands and what is expected, from YAML files.

A scene is played step by step; `afterwards` are its steps after the ten days. Cases and tasks have names of the
scene's own, which commands and expectations use as `{name}`. Called by `performance`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from intakebot.config.reader import Problems, Section
from intakebot.config.yaml_source import load_node
from intakebot.domain.contact import ContactState
from intakebot.domain.positions import Plain

SHIPPED = Path(__file__).parent / "story"
SCHEMA = "intakebot.story/1"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that comes in, and what becomes of it.

    `answers` names the case whose newest outgoing mail to this sender it answers; `bounces` the case whose
    newest outgoing mail it returns. `copies` is how often the same bytes are handed in. `becomes` is the
    contact's state; `case` the name of the case it belongs to, which a first mention gives.
    """

    sender: str
    to: str
    subject: str
    body: str
    headers: Mapping[str, str]
    answers: str
    bounces: str
    copies: int
    becomes: ContactState
    case: str


@dataclass(frozen=True, slots=True)
class Act:
    """A command that an agent gives. `opens` and `task` name what it makes; `refused` is the expected refusal."""

    agent: str
    command: str
    opens: str
    task: str
    refused: str


@dataclass(frozen=True, slots=True)
class Expect:
    """What must come to be true: a sentence, and for each case by name the fields that say it (`observed`)."""

    says: str
    cases: Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class Said:
    """What a person writes in a workspace. `thread` names the case in whose first message's thread it stands."""

    person: str
    room: str
    text: str
    thread: str
    becomes: ContactState
    case: str


@dataclass(frozen=True, slots=True)
class Click:
    """A button that a person presses on a case's card; `fills` are the modals sent after it, one after the other.

    `told` is part of what the person is told when it is refused.
    """

    person: str
    button: str
    case: str
    fills: tuple[Mapping[str, str], ...]
    told: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What must come to be seen of a case: on its card, or in the thread of the caller's first message."""

    says: str
    case: str
    card: tuple[str, ...]
    thread: tuple[str, ...]


Step: TypeAlias = Mail | Act | Expect | Said | Click | Seen
CHAT_STEPS = (Said, Click, Seen)


@dataclass(frozen=True, slots=True)
class Scene:
    """A small story of its own, with its own callers."""

    title: str
    steps: tuple[Step, ...]
    afterwards: tuple[Step, ...]

    @property
    def needs_workspace(self) -> bool:
        """Somebody chats in it."""
        return any(isinstance(step, CHAT_STEPS) for step in (*self.steps, *self.afterwards))


def read_story(directory: Path) -> tuple[Scene, ...]:
    """All scenes, in the order of the files' names; raises ConfigError with every problem."""
    problems = Problems()
    scenes: list[Scene] = []
    for path in sorted(directory.glob("*.yaml")):
        with Section(load_node(path, str(path)), problems, "") as file:
            file.one_of("schema", (SCHEMA,), "schema")
            scenes += [_scene(section) for section in file.items("scenes")]
    problems.raise_if_any()
    return tuple(scenes)


def _scene(section: Section) -> Scene:
    with section:
        steps, afterwards = (tuple(map(_step, section.items(key))) for key in ("steps", "afterwards"))
        return Scene(section.text("title"), steps, afterwards)


def _step(section: Section) -> Step:
    with section:
        if section.has("mail"):
            return _mail(section.section("mail"))
        if section.has("act"):
            opens, task, refused = (section.text(key, "") for key in ("opens", "task", "refused"))
            return Act(section.text("as"), section.text("act"), opens, task, refused)
        if section.has("says"):
            return _said(section)
        if section.has("clicks"):
            return _click(section)
        if section.has("seen"):
            return Seen(
                section.text("seen"), section.text("of"), section.texts("card", ()), section.texts("thread", ())
            )
        says, cases = section.text("expect"), section.section("of").rest().plain()
        return Expect(says, cases if isinstance(cases, dict) else {})


def _mail(section: Section) -> Mail:
    with section:
        headers = section.section("headers").rest().plain()
        return Mail(
            sender=section.text("from"),
            to=section.text("to", ""),
            subject=section.text("subject", ""),
            body=section.text("body", ""),
            headers={name: str(value) for name, value in headers.items()} if isinstance(headers, dict) else {},
            answers=section.text("answers", ""),
            bounces=section.text("bounces", ""),
            copies=section.whole("copies", 1, 1, 9),
            becomes=section.member("becomes", ContactState, ContactState.REGISTERED),
            case=section.text("case", ""),
        )


def _said(section: Section) -> Said:
    return Said(
        person=section.text("by"),
        room=section.text("in"),
        text=section.text("says"),
        thread=section.text("thread", ""),
        becomes=section.member("becomes", ContactState, ContactState.REGISTERED),
        case=section.text("case", ""),
    )


def _click(section: Section) -> Click:
    button, person, case = section.text("clicks"), section.text("by"), section.text("on")
    fills = tuple(_fields(one) for one in section.items("fills"))
    return Click(person, button, case, fills, section.text("told", ""))


def _fields(section: Section) -> dict[str, str]:
    fields = section.rest().plain()
    return {name: str(value) for name, value in fields.items()} if isinstance(fields, dict) else {}
