"""What rules are once loaded, and what a decision is: values only.

`load` makes a `Ruleset`, `decide` makes a `Decision` of it. An elementary condition is an `Atom`, interned:
the same condition in many rules is one atom, and a rule is a boolean test over the truth of atoms.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from dataclasses import field as member
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from intakebot.domain.positions import Node, Place, Plain
    from intakebot.rules.facts import Facts
    from intakebot.rules.folding import Span
    from intakebot.rules.operators import Probe, Scalar

Made = TypeVar("Made")
STAGES = ("guard", "identify", "classify", "flag", "route")
EVENTS = ("created", "appended", "idle", "state")
PRIORITIES = ("low", "normal", "high", "urgent")

MODES = ("live", "shadow")

Result: TypeAlias = Literal["matched", "matched_nothing", "defaulted"]


@dataclass(frozen=True)
class Atom:
    """One elementary condition: a field, an operator, its operands as written."""

    field: str
    operator: str
    wanted: tuple[Scalar, ...]
    probe: Probe = member(compare=False, repr=False)

    @cached_property
    def key(self) -> int:
        """64 bits that name the condition in every ruleset and for all time: what a stored set of atoms is made of."""
        written = json.dumps([self.field, self.operator, list(self.wanted)], ensure_ascii=True)
        return int.from_bytes(hashlib.blake2b(written.encode(), digest_size=8).digest())


@dataclass(frozen=True, slots=True)
class KnownAtoms:
    """What is known of a message before it is read again: keys of the atoms that were `tested`, and of the `true` ones.

    Give the same `tested` object for all messages that were decided by one ruleset: what follows from it is kept.
    """

    true: frozenset[int]
    tested: frozenset[int]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A use of an atom (its index in `Ruleset.atoms`) at a place in a file."""

    atom: int
    place: Place


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when at least one part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NotOf:
    """True when the part is not (also when the part is false for want of a fact)."""

    part: Condition


Condition: TypeAlias = Leaf | AllOf | AnyOf | NotOf


def leaves(condition: Condition) -> Iterator[Leaf]:
    """All uses of atoms in a condition, in reading order."""
    if isinstance(condition, Leaf):
        yield condition
        return
    for part in (condition.part,) if isinstance(condition, NotOf) else condition.parts:
        yield from leaves(part)


def spoken(condition: Condition, atoms: Sequence[Atom]) -> bool:
    """Whether it is made of a list that is divided by languages: one alternative for each, which asks for it first."""
    return isinstance(condition, AnyOf) and all(
        isinstance(part, AllOf) and len(part.parts) > 1 and is_about(part.parts[0], {"language"}, atoms)
        for part in condition.parts
    )


def is_about(condition: Condition, fields: Collection[str], atoms: Sequence[Atom]) -> bool:
    """Whether a condition asks for nothing but these fields."""
    return all(atoms[leaf.atom].field in fields for leaf in leaves(condition))


@dataclass(frozen=True, slots=True)
class RuleTest:
    """An inline test: with these facts the rule's condition is expected to hold, or not to."""

    given: Facts
    expect: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `then` is a mapping that keeps its places; `on` the events it answers to.

    `mode: shadow`: it is evaluated and its outcome noted, and nothing comes of it.
    """

    id: str
    place: Place
    note: str
    on: tuple[str, ...]
    condition: Condition
    then: Node
    tests: tuple[RuleTest, ...]
    mode: str = "live"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `merge` says how a collecting stage joins a field that several rules set."""

    name: str
    place: Place
    hit: str
    merge: Mapping[str, str]
    default: Node | None
    rules: tuple[Rule, ...]


class Once:
    """What is made of a value when it is first asked for, and then kept; one thread makes it, the others wait."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: Any = None

    def get(self, make: Callable[[], Made]) -> Made:
        """What was made."""
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = make()
        return self._made  # type: ignore[no-any-return]  # whoever asks says what it is


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules, immutable. `hash` (SHA-256, hex) names the content: files and comments do not count.

    `unused_lists` names the lists that no condition uses, with their places. `sources` are the files as they were
    written, name and text, where they came from files. `ready` keeps what `index` makes of it.
    """

    hash: str
    stages: tuple[Stage, ...]
    lists: Mapping[str, tuple[Scalar, ...]]
    atoms: tuple[Atom, ...]
    unused_lists: tuple[tuple[str, Place], ...] = ()
    sources: tuple[tuple[str, str], ...] = member(default=(), compare=False, repr=False)
    ready: Once = member(default_factory=Once, init=False, compare=False, repr=False)

    def stage(self, name: str) -> Stage:
        """The stage of that name; every ruleset has all of `STAGES`."""
        return self.stages[STAGES.index(name)]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One atom that a decision rests on. `negated`: it stands under `not` and did not hold.

    `span` counts characters of the fact (of the matching entry where a fact has several).
    """

    field: str
    operator: str
    wanted: tuple[Scalar, ...]
    actual: str
    span: Span | None
    negated: bool = False

    def to_plain(self) -> dict[str, Plain]:
        """As JSON-like values."""
        return {
            "field": self.field,
            "operator": self.operator,
            "wanted": list(self.wanted),
            "actual": self.actual,
            "start": self.span[0] if self.span else None,
            "end": self.span[1] if self.span else None,
            "negated": self.negated,
        }


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """A rule whose outcome counted. `unfilled`: actions left out because a `{name}` had no value."""

    id: str
    place: Place
    evidence: tuple[Evidence, ...]
    captures: Mapping[str, str]
    unfilled: tuple[str, ...] = ()

    def to_plain(self) -> dict[str, Plain]:
        """As JSON-like values."""
        return {
            "id": self.id,
            "place": str(self.place),
            "evidence": [each.to_plain() for each in self.evidence],
            "captures": dict(self.captures),
            "unfilled": list(self.unfilled),
        }


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rules of a collecting stage set an unmerged field differently: the first kept, this one dropped."""

    field: str
    rule_id: str
    kept: Plain
    dropped: Plain

    def to_plain(self) -> dict[str, Plain]:
        """As JSON-like values."""
        return {"field": self.field, "rule": self.rule_id, "kept": self.kept, "dropped": self.dropped}


@dataclass(frozen=True, slots=True)
class ShadowRule:
    """A rule in shadow mode that matched: what it would have set."""

    id: str
    place: Place
    outcome: Mapping[str, Plain]

    def to_plain(self) -> dict[str, Plain]:
        """As JSON-like values."""
        return {"id": self.id, "place": str(self.place), "outcome": dict(self.outcome)}


@dataclass(frozen=True, slots=True)
class StageTrace:
    """What one stage decided, and why. `also`: later rules of a `first` stage that would have matched too."""

    stage: str
    result: Result
    outcome: Mapping[str, Plain]
    applied: tuple[AppliedRule, ...] = ()
    also: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    shadow: tuple[ShadowRule, ...] = ()

    def to_plain(self) -> dict[str, Plain]:
        """As JSON-like values."""
        return {
            "stage": self.stage,
            "result": self.result,
            "outcome": dict(self.outcome),
            "applied": [rule.to_plain() for rule in self.applied],
            "also": list(self.also),
            "conflicts": [conflict.to_plain() for conflict in self.conflicts],
            "shadow": [rule.to_plain() for rule in self.shadow],
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """All stages that ran, and their outcomes in one mapping (a later stage has the last word)."""

    outcome: Mapping[str, Plain]
    stages: tuple[StageTrace, ...]
    ruleset_hash: str

    def to_plain(self) -> dict[str, Plain]:
        """As JSON-like values, to store with the case."""
        return {
            "outcome": dict(self.outcome),
            "stages": [stage.to_plain() for stage in self.stages],
            "ruleset": self.ruleset_hash,
        }
