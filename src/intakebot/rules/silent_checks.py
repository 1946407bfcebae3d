"""Rules that are well formed and never say anything: no turn in their stage, no hours to wait for, values of no form.

Called by `check`. Nobody would notice these at work: such a rule is just never heard of.
"""

from __future__ import annotations

from collections.abc import Iterator

from intakebot.domain.errors import Problem, Severity
from intakebot.domain.positions import Place
from intakebot.rules.model import AllOf, AnyOf, Atom, Leaf, NotOf, Rule, Ruleset, Stage, leaves
from intakebot.rules.shapes import known
from intakebot.rules.world import World

LOOKS_AGAIN = frozenset({"flag", "route"})
"""Stages that are asked about a case that exists; the others decide about new contacts only."""
IDLE, IDLE_HOURS = "idle", "case.idle_hours"
LATER_FACTS = frozenset({"case.category", "case.status", "case.queue", "case.priority", "case.closed", IDLE_HOURS})
"""What nobody knows of a case that is not there yet."""
_EQUALITIES = frozenset({"eq", "in", "not_in"})
_ADDRESSES = frozenset({"from", "to", "cc"})


def silent_problems(stage: Stage, rule: Rule, ruleset: Ruleset, world: World) -> Iterator[Problem]:
    """Why a rule of this stage is never heard of."""
    yield from _turn_problems(stage, rule)
    yield from _hour_problems(rule, ruleset)
    yield from _later_problems(rule, ruleset)
    for leaf in leaves(rule.condition):
        atom = ruleset.atoms[leaf.atom]
        for sentence in (*_form_sentences(atom), *_tier_sentences(atom, world)):
            yield _at(leaf.place, sentence)


def unspoken_languages(ruleset: Ruleset, world: World) -> Iterator[Problem]:
    """Languages that no message is taken to be in, each said where it is first asked for, or its list is."""
    said: set[str] = set()
    for leaf in (leaf for stage in ruleset.stages for rule in stage.rules for leaf in leaves(rule.condition)):
        atom = ruleset.atoms[leaf.atom]
        if atom.field != "language" or atom.operator not in _EQUALITIES or world.languages is None:
            continue
        for language in sorted({str(value).casefold() for value in atom.wanted} - world.languages - said):
            said.add(language)
            sentence = (
                f"no message is taken to be in the language {language!r}; known languages: {known(world.languages)};"
                " `languages` in intakebot.yaml adds one"
            )
            yield _at(leaf.place, sentence, "warning")


def _turn_problems(stage: Stage, rule: Rule) -> Iterator[Problem]:
    events = [event for event in rule.on if event != "created"]
    if events and stage.name not in LOOKS_AGAIN:
        sentence = (
            f"rule {rule.id!r} has no turn on {known(events)}: stage {stage.name!r} decides about new contacts only;"
            " move it to flag or route"
        )
        yield _at(rule.place, sentence)


def _hour_problems(rule: Rule, ruleset: Ruleset) -> Iterator[Problem]:
    """The hours that a rule waits for are what its case is looked at for."""
    if IDLE not in rule.on:
        return
    atoms = [ruleset.atoms[leaf.atom] for leaf in leaves(rule.condition)]
    hours = [atom for atom in atoms if atom.field == IDLE_HOURS and atom.operator == "gt"]
    if not hours:
        sentence = f"rule {rule.id!r} on idle says no hours to wait for; add `{IDLE_HOURS}: {{gt: 24}}`"
        yield _at(rule.place, sentence)


def _later_problems(rule: Rule, ruleset: Ruleset) -> Iterator[Problem]:
    if rule.on != ("created",) or isinstance(rule.condition, (AnyOf, NotOf)):
        return
    parts = rule.condition.parts if isinstance(rule.condition, AllOf) else (rule.condition,)
    for part in parts:
        if isinstance(part, Leaf):
            atom = ruleset.atoms[part.atom]
            if atom.field in LATER_FACTS and not (atom.operator == "present" and atom.wanted == (False,)):
                sentence = (
                    f"rule {rule.id!r} never matches: a new case has no {atom.field} yet;"
                    " say `on: appended`, `state` or `idle`"
                )
                yield _at(part.place, sentence)


def _form_sentences(atom: Atom) -> Iterator[str]:
    """A value of another form than the field has."""
    for value in map(str, atom.wanted if atom.operator in _EQUALITIES else ()):
        if atom.field in _ADDRESSES and (" " in value or "<" in value or not {"@", "/"} & set(value)):
            yield f"{atom.field} is a bare address such as ann@acme.example, never {value!r}"
        elif atom.field == "from.domain" and "@" in value:
            yield f"from.domain is what stands behind the @, never {value!r}"
        elif atom.field == "attachment.type" and "/" not in value:
            yield f"attachment.type is a media type such as application/pdf, never {value!r}"
        elif atom.field == "client.ip" and "/" in value:
            yield f"client.ip is one address, never {value!r}; write `client.ip.cidr: {value}`"


def _tier_sentences(atom: Atom, world: World) -> Iterator[str]:
    """A tier that no policy gives."""
    if atom.field == "agreement.tier" and atom.operator in _EQUALITIES and world.tiers is not None:
        for value in map(str, atom.wanted):
            if value.casefold() not in {tier.casefold() for tier in world.tiers}:
                tiers = known(world.tiers, value)
                yield f"agreement.tier is never {value!r}; it is one of {tiers}, by the policies in config/agreements"


def _at(place: Place, sentence: str, severity: Severity = "error") -> Problem:
    return Problem(place.file, place.line, sentence, severity)
