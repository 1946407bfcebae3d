"""What rules about blocks are made of: a rule looks at one value and reports what Slack would object to.

`block_kit` is the table of Slack's own limits, written with these; `block_check` applies it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fakes.slack.records import Json


@dataclass(frozen=True)
class Problem:
    """One objection. `pointer` is a JSON pointer; `constraint` says what was expected, where that can be said."""

    pointer: str
    code: str
    message: str
    constraint: Json | None = None

    def line(self) -> str:
        """As `response_metadata.messages` has it."""
        return f"[ERROR] {self.message} [json-pointer:{self.pointer}]"

    def entry(self) -> Json:
        """As blocks.validate answers it."""
        found: Json = {"pointer": self.pointer, "code": self.code, "message": self.message}
        return found | ({"constraint": self.constraint} if self.constraint else {})


@dataclass
class Report:
    """Collects problems, and where names that must be unique were seen."""

    problems: list[Problem] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)

    def add(self, pointer: str, code: str, message: str, **constraint: Any) -> None:
        """Object to the value at `pointer`."""
        self.problems.append(Problem(pointer, code, message, constraint or None))

    def once(self, kind: str, name: str, pointer: str) -> None:
        """Object when `name` was seen before among its `kind`."""
        key = f"{kind}:{name}"
        if key in self.seen:
            self.add(pointer, "duplicate", f"`{kind}` {name} already exists", type="unique", got=name)
        self.seen[key] = pointer


Rule = Callable[[Report, str, Any], None]


def string(most: int, least: int = 1) -> Rule:
    """A text of so many characters."""

    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, str):
            report.add(at, "invalid_type", "must provide a string", type="type", expected=["string"])
        elif len(value) < least:
            report.add(
                at, "too_short", f"must be more than {least - 1} characters", type="min_length", expected=[least]
            )
        elif len(value) > most:
            message = f"must be less than {most + 1} characters"
            report.add(at, "too_long", message, type="max_length", expected=[most], got=len(value))

    return check


def one_of(*words: Any) -> Rule:
    """One of these values."""

    def check(report: Report, at: str, value: Any) -> None:
        if value not in words:
            message = f"failed to match one of the allowed values: {', '.join(map(str, words))}"
            report.add(at, "invalid_enum", message, type="enum", expected=list(words), got=str(value))

    return check


def flag(report: Report, at: str, value: Any) -> None:
    """True or false."""
    if not isinstance(value, bool):
        report.add(at, "invalid_type", "must provide a boolean", type="type", expected=["boolean"])


def number(least: float = -(10**12), most: float = 10**12) -> Rule:
    """A number between these."""

    def check(report: Report, at: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            report.add(at, "invalid_type", "must provide a number", type="type", expected=["number"])
        elif not least <= value <= most:
            report.add(at, "out_of_range", f"must be between {least} and {most}", type="range", got=value)

    return check


def items(rule: Rule, most: int, least: int = 1) -> Rule:
    """A list of so many, each under `rule`."""

    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, list):
            report.add(at, "invalid_type", "must provide an array", type="type", expected=["array"])
            return
        if len(value) > most:
            report.add(at, "too_many", f"no more than {most} items allowed", type="max_items", expected=[most])
        if len(value) < least:
            report.add(at, "too_few", f"no less than {least} items allowed", type="min_items", expected=[least])
        for position, one in enumerate(value):
            rule(report, f"{at}/{position}", one)

    return check


def shape(
    required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *also: Callable[[Report, str, Json], None]
) -> Rule:
    """An object with these fields and no others; `also` are rules about it as a whole."""
    known = {**required, **(optional or {})}

    def check(report: Report, at: str, value: Any) -> None:
        if not isinstance(value, dict):
            report.add(at, "invalid_type", "must provide an object", type="type", expected=["object"])
            return
        for name in required:
            if value.get(name) is None:
                report.add(at, "missing_field", f"missing required field: {name}", type="required", expected=[name])
        for name, inner in value.items():
            if name not in known:
                report.add(at, "unknown_field", f"invalid additional property: {name}", type="additional", got=name)
            elif inner is not None:
                known[name](report, f"{at}/{name}", inner)
        for whole in also:
            whole(report, at, value)

    return check


def by_type(table: Mapping[str, Rule], allowed: Sequence[str] | None = None) -> Rule:
    """An object that says its `type`, which must be one that is `allowed` here."""
    here = list(table if allowed is None else allowed)

    def check(report: Report, at: str, value: Any) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in here:
            message = f"unsupported type: {kind}"
            report.add(f"{at}/type", "invalid_type", message, type="enum", expected=here, got=str(kind))
            return
        table[kind](report, at, value)

    return check


def text_object(most: int, *, plain: bool = False) -> Rule:
    """A text object of so many characters; `plain` admits no mrkdwn."""
    words = string(most)
    plain_text = shape({"type": one_of("plain_text"), "text": words}, {"emoji": flag})
    mrkdwn = shape({"type": one_of("mrkdwn"), "text": words}, {"verbatim": flag})
    table = {"plain_text": plain_text} if plain else {"plain_text": plain_text, "mrkdwn": mrkdwn}
    return by_type(table)


def either(first: str, second: str) -> Callable[[Report, str, Json], None]:
    """One of two fields must be there."""

    def check(report: Report, at: str, value: Json) -> None:
        if not value.get(first) and not value.get(second):
            report.add(at, "missing_field", f"either {first} or {second} must be provided", type="required")

    return check


def not_both(first: str, second: str) -> Callable[[Report, str, Json], None]:
    """Two fields exclude each other."""

    def check(report: Report, at: str, value: Json) -> None:
        if value.get(first) and value.get(second):
            report.add(at, "conflict", f"only one of {first} and {second} may be provided", type="exclusive")

    return check
