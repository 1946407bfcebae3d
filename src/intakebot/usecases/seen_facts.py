"""What the rules saw, packed beside the decision; and unpacked, so that they can decide again.

Packed are the facts that were given before the first stage, those that identification added, the workflow that
classification fixed, the last stage that ran, and the keys of the conditions that held. It is little: texts are cut
where rules stop reading, and headers that only mail systems read are left out, unless a rule asks for them.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intakebot.domain.change import DecidedFacts, StoredRuleset
from intakebot.rules.decide import PLACEHOLDER, Deliberation
from intakebot.rules.facts import Fact, Facts
from intakebot.rules.folding import SCAN_CAP
from intakebot.rules.model import Ruleset, StageTrace

_QUICKLY = 1
"""zlib's level: it is packed while the writer waits, and the next levels save a twentieth."""
_OF_MAIL_SYSTEMS = re.compile(
    r"header\.(received|dkim-signature|arc-.*|authentication-results|references|x-google-.*|x-ms-.*|x-forefront-.*)"
)
_HEADER_CAP = 2_000
_SAME_AS_BODY = "body.full"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rules were told while they decided, and the deliberation that knows what held."""

    rules: StoredRuleset
    given: Facts
    identified: Mapping[str, Any]
    workflow: str
    deliberation: Deliberation


@dataclass(frozen=True, slots=True)
class Remembered:
    """The same, unpacked. `last` is the last stage that ran."""

    given: Mapping[str, Fact]
    identified: Mapping[str, Fact]
    workflow: str
    last: str


def packed_facts(seen: Seen, decision_id: int, stages: Sequence[StageTrace], at: datetime) -> tuple[DecidedFacts, ...]:
    """What to keep of a decision; nothing where no rule was asked."""
    if not stages:
        return ()
    kept = [bounded(seen.given, seen.rules.asks), dict(seen.identified), seen.workflow, stages[-1].stage]
    facts = _packed(kept)
    return (DecidedFacts(decision_id, seen.rules, "created", facts, packed_keys(seen.deliberation.true_keys()), at),)


def bounded(given: Facts, asks: frozenset[str]) -> dict[str, Any]:
    """The facts that are worth keeping: what rules may ask, cut where they stop reading."""
    kept: dict[str, Any] = {}
    for name, fact in given.items():
        if name.startswith("header.") and name not in asks:
            if not _OF_MAIL_SYSTEMS.fullmatch(name):
                kept[name] = [value[:_HEADER_CAP] for value in fact] if isinstance(fact, tuple) else fact
        else:
            kept[name] = fact[:SCAN_CAP] if isinstance(fact, str) else fact
    if kept.get(_SAME_AS_BODY) == kept.get("body"):
        kept[_SAME_AS_BODY] = None
    return kept


def unpacked_facts(facts: bytes) -> Remembered:
    """What the rules were told, as they were told it."""
    given, identified, workflow, last = json.loads(zlib.decompress(facts))
    if _SAME_AS_BODY in given and given[_SAME_AS_BODY] is None:
        given[_SAME_AS_BODY] = given["body"]
    return Remembered(_facts(given), _facts(identified), workflow, last)


def _facts(plain: Mapping[str, Any]) -> dict[str, Fact]:
    return {name: tuple(fact) if isinstance(fact, list) else fact for name, fact in plain.items()}


def packed_keys(keys: Iterable[int]) -> bytes:
    """Keys of conditions, eight bytes each, in order."""
    return array("Q", sorted(keys)).tobytes()


def unpacked_keys(packed: bytes) -> array[int]:
    """The keys again."""
    keys = array("Q")
    keys.frombytes(packed)
    return keys


def stored_ruleset(ruleset: Ruleset) -> StoredRuleset:
    """The rules as they are kept: their files to the letter, the keys of their conditions."""
    files = json.dumps(ruleset.sources)
    key = hashlib.sha256(files.encode()).hexdigest() if ruleset.sources else ruleset.hash
    atoms = packed_keys({atom.key for atom in ruleset.atoms})
    return StoredRuleset(key, ruleset.hash, zlib.compress(files.encode()), atoms, _asks(ruleset))


def unpacked_files(files: bytes) -> list[tuple[str, str]]:
    """The files of a stored ruleset: name and text; none where it did not come from files."""
    return [(name, text) for name, text in json.loads(zlib.decompress(files))]


def _asks(ruleset: Ruleset) -> frozenset[str]:
    nodes = [rule.then for stage in ruleset.stages for rule in stage.rules]
    nodes += [stage.default for stage in ruleset.stages if stage.default]
    filled = {name for node in nodes for name in PLACEHOLDER.findall(json.dumps(node.plain(), ensure_ascii=False))}
    return frozenset({atom.field for atom in ruleset.atoms} | filled)


def _packed(value: object) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), _QUICKLY)
