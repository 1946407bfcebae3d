"""Static checks: what can be known to be wrong with rules before a message comes.

Called by the composition root at start and by `rules check`. Every problem names its file and line; an error keeps
the rules from being used, a warning does not. Inline tests run through the same matching as live messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from intakebot.domain.errors import Problem, Severity
from intakebot.domain.positions import Node, Place
from intakebot.rules.actions import ACTIONS, Listed, Texts, action_problems, named_problems
from intakebot.rules.condition_checks import KIND_NAMES, condition_problems, unknown_field
from intakebot.rules.explain import first_false
from intakebot.rules.facts import field_named, fits
from intakebot.rules.literals import Literals
from intakebot.rules.model import Rule, Ruleset, RuleTest, Stage
from intakebot.rules.operand_checks import operand_problems
from intakebot.rules.overlaps import Overlaps
from intakebot.rules.route_checks import default_problems, route_problems, unreachable_queues
from intakebot.rules.shapes import key_place, known
from intakebot.rules.silent_checks import silent_problems, unspoken_languages
from intakebot.rules.truths import Truths
from intakebot.rules.value_checks import gaps, never_given
from intakebot.rules.world import World

__all__ = ["CHECKS", "World", "check_ruleset"]

CHECKS: Mapping[str, str] = {
    "unknown-name": "a field, queue, workflow, category, template, agent, policy, marker or action does not exist",
    "unknown-operator": "an operator does not exist",
    "unknown-list": "a list does not exist",
    "bad-type": "a value or an operator does not fit the field; an action has another shape",
    "bad-value": "a field is compared with a word that it never has, or that has another form",
    "never-given": "a new case is asked for a category or tag that no rule gives (warning)",
    "own-stage": "a stage asks what is decided in it or after it",
    "duplicate-id": "two rules have one id",
    "contradiction": "a rule can never match, whatever comes",
    "dead-alternative": "one of several alternatives can never hold (warning)",
    "shadowed": "earlier rules of a `first` stage match whenever a rule would",
    "duplicate": "two rules have the same condition",
    "overlap": "two rules of a collecting stage surely set a field differently that has no merge",
    "possible-overlap": "two rules of a collecting stage may set a field differently that has no merge (warning)",
    "bad-merge": "a merge is declared for what the stage does not set, or cannot merge it",
    "unused-list": "no condition uses a list (warning)",
    "gap": "rules branch on every value of a field but one (warning)",
    "literal-pattern": "a pattern is plain text (warning)",
    "edge-beside-letters": r"a pattern has \b beside letters whose edges it does not see",
    "keyword-loses-characters": "a keyword is read as less than what is written (warning)",
    "unreachable-queue": "no rule and no default names a queue (warning)",
    "illegal-transition": "a workflow has no step for what a rule does with a new case",
    "unserved-queue": "a queue does not serve the workflow of a case that is sent there",
    "not-for-rules": "a rule sets a status, an owner or an agent's marker, or closes a case",
    "excluding-actions": "a case is sent two ways, or nowhere",
    "missing-default": "a case would be left without a category or a queue",
    "one-answer": "a stage that gives one answer collects",
    "unknown-capture": "an action names a capture that no pattern of its rule has",
    "bounds": "a pattern is too long or repeats too often, or conditions nest too deep",
    "stage-cost": "the conditions of a stage are too many and too long together",
    "no-turn": "a rule answers to an event on which its stage is not asked, or on idle without hours to wait for",
    "not-yet-known": "a rule for new cases asks for what only a case that exists has",
    "unspoken-language": "a condition or a list is for a language that no message is taken to be in (warning)",
    "failing-test": "a test that is written in a rule fails",
}
"""What is checked, each with a folder of rules in the tests that are found wrong for it."""

_ONE_ANSWER = frozenset({"classify", "route"})


def check_ruleset(ruleset: Ruleset, world: World) -> list[Problem]:
    """Every problem of the ruleset in this world, errors and warnings, in order of place."""
    problems = [
        *_duplicate_ids(ruleset),
        *_unused_lists(ruleset),
        *operand_problems(ruleset),
        *never_given(ruleset, world),
        *unreachable_queues(ruleset, world),
        *unspoken_languages(ruleset, world),
    ]
    literals = Literals()
    for stage in ruleset.stages:
        problems.extend(_stage_problems(stage, ruleset, world, literals))
    return sorted(set(problems))


def _stage_problems(stage: Stage, ruleset: Ruleset, world: World, literals: Literals) -> Iterator[Problem]:
    if stage.name in _ONE_ANSWER and stage.hit != "first":
        yield _at(stage.place, f"stage {stage.name!r} gives one answer: hit is first")
    yield from _default_problems(stage, world)
    yield from _merge_problems(stage)
    overlaps = Overlaps(stage, ruleset.atoms, literals)
    yield from overlaps.problems()
    if stage.hit == "first":
        yield from gaps(stage, overlaps.shapes, overlaps.covering, literals, world)
    if stage.name == "route":
        yield from route_problems(stage.rules, overlaps.shapes, world)
    for rule in stage.rules:
        yield from condition_problems(stage, rule, ruleset, world)
        yield from silent_problems(stage, rule, ruleset, world)
        yield from action_problems(stage.name, rule.then, world)
        for number, test in enumerate(rule.tests, start=1):
            yield from _test_problems(rule, test, number, ruleset)


def _duplicate_ids(ruleset: Ruleset) -> Iterator[Problem]:
    seen: dict[str, Place] = {}
    for rule in (rule for stage in ruleset.stages for rule in stage.rules):
        if rule.id in seen:
            yield _at(rule.place, f"rule id {rule.id!r} is used twice; first at {seen[rule.id]}")
        seen.setdefault(rule.id, rule.place)


def _unused_lists(ruleset: Ruleset) -> Iterator[Problem]:
    for name, place in ruleset.unused_lists:
        yield _at(place, f"no condition uses the list {name!r}; write `{{list: {name}}}` or take it out", "warning")


def _merge_problems(stage: Stage) -> Iterator[Problem]:
    """A merge joins lists (`union`) or takes the highest (`max`) of what the stage sets."""
    shapes = ACTIONS[stage.name]
    for name, how in stage.merge.items():
        if name not in shapes:
            sentence = f"stage {stage.name!r} does not set {name!r}; known actions: {known(shapes, name)}"
            yield _at(stage.place, f"merge.{name}: {sentence}")
        elif how == "union" and not isinstance(shapes[name], (Texts, Listed)):
            yield _at(stage.place, f"merge.{name}: only lists are united; write max or first")
        elif how == "max" and name != "priority":
            yield _at(stage.place, f"merge.{name}: only priorities have a highest; write union or first")


def _default_problems(stage: Stage, world: World) -> Iterator[Problem]:
    default = stage.default
    if stage.name == "route":
        yield from _route_default_problems(stage, world)
    elif default is not None:
        yield from action_problems(stage.name, default, world)
    if stage.name == "classify" and (default is None or "category" not in _keys(default)):
        yield _at(stage.place, "classify.default is missing; write `default: {category: ...}`")


def _route_default_problems(stage: Stage, world: World) -> Iterator[Problem]:
    default = stage.default
    if default is None:
        yield _at(stage.place, "route.default is missing; write `default: {<workflow>: {queue: ...}}`")
        return
    for workflow, node in _keys(default).items():
        name = Node(workflow, key_place(default, workflow))
        yield from named_problems(name, "workflow", "workflows", world)
        yield from action_problems("route", node, world)
        yield from default_problems(workflow, node, world)
        if not {"queue", "escalate"} & _keys(node).keys():
            yield _at(node.place, f"route.default of workflow {workflow!r} names no queue")
    missing = world.workflows - _keys(default).keys()
    if missing:
        yield _at(default.place, f"route.default has no entry for workflow: {known(missing)}")


def _keys(node: Node) -> Mapping[str, Node]:
    return node.value if isinstance(node.value, Mapping) else {}


def _test_problems(rule: Rule, test: RuleTest, number: int, ruleset: Ruleset) -> Iterator[Problem]:
    for name, fact in test.given.items():
        field = field_named(name)
        if field is None:
            yield _at(test.place, f"test {number} of rule {rule.id!r}: {unknown_field(name)}")
        elif not fits(field.kind, fact):
            sentence = f"test {number} of rule {rule.id!r}: {name} is {KIND_NAMES[field.kind]}, not {fact!r}"
            yield _at(test.place, sentence)
    truths = Truths(test.given, ruleset.atoms)
    if truths.holds(rule.condition) != test.expect:
        reason = first_false(rule.condition, truths, ruleset) if test.expect else "it matches"
        expected = "match" if test.expect else "no_match"
        yield _at(test.place, f"test {number} of rule {rule.id!r} fails: expected {expected}, but {reason}")


def _at(place: Place, sentence: str, severity: Severity = "error") -> Problem:
    return Problem(place.file, place.line, sentence, severity)
