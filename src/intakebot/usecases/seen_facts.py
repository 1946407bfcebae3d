"""What the rules saw, packed beside the decision; and unpacked, so that they can decide again.

Packed are what the message said, what the rules were told beside it, and the keys of the conditions that held. It is
little: texts are cut where rules stop reading, and headers that only mail systems read are left out, unless a rule asks
for them.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intakebot.domain.change import DecidedFacts, StoredRuleset
from intakebot.rules.decide import PLACEHOLDER, Deliberation
from intakebot.rules.facts import Fact, Facts
from intakebot.rules.folding import SCAN_CAP
from intakebot.rules.model import Ruleset

_QUICKLY = 1
"""zlib's level: it is packed while the writer waits, and the next levels save a twentieth."""
_OF_MAIL_SYSTEMS = re.compile(
    r"header\.(received|dkim-signature|arc-.*|authentication-results|references|x-google-.*|x-ms-.*|x-forefront-.*)"
)
_HEADER_CAP = 2_000
_SAME_AS_BODY = "body.full"
_SAID = frozenset(
    {"channel", "subject", "body", "body.full", "from", "from.domain", "to", "cc", "language", "size", "client.ip"}
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rules were told while they decided, and the deliberation that knows what held.

    `last` is the last stage that ran; '' where no rule was asked.
    """

    rules: StoredRuleset
    given: Facts
    identified: Mapping[str, Any]
    workflow: str
    last: str
    deliberation: Deliberation

    @property
    def by_stage(self) -> Mapping[str, Facts]:
        """What they were told, by the stage before which they were."""
        return {"guard": self.given, "classify": self.identified, "flag": {"case.workflow": self.workflow}}


@dataclass(frozen=True, slots=True)
class Told:
    """What the rules were told beside the message: before the first stage, and in between.

    `given` are the facts about the caller and the process before the first stage, `identified` those that
    identification added for what was `asked` (`lookup`, `agreement`); `named` is the workflow that a rule named,
    `workflow` is the variant of the process that `category` fixed, `last` the last
    stage that ran.
    """

    given: Mapping[str, Fact]
    identified: Mapping[str, Fact]
    asked: Mapping[str, Any]
    named: str
    category: str
    workflow: str
    last: str


def packed_facts(seen: Seen, decision_id: int, outcome: Mapping[str, Any], at: datetime) -> tuple[DecidedFacts, ...]:
    """What to keep of a decision; nothing where no rule was asked. `outcome` is what the rules wrote."""
    if not seen.last:
        return ()
    told = [
        {name: fact for name, fact in seen.given.items() if not is_said(name)},
        dict(seen.identified),
        asked_for(outcome),
        outcome.get("workflow", ""),
        outcome.get("category", ""),
        seen.workflow,
        seen.last,
    ]
    facts = zlib.compress(_written(bounded(seen.given, seen.rules.asks)), _QUICKLY)
    keys = packed_keys(seen.deliberation.true_keys())
    return (DecidedFacts(decision_id, seen.rules, "created", facts, _written(told), keys, at),)


def bounded(given: Facts, asks: frozenset[str]) -> dict[str, Any]:
    """The facts of the message that are worth keeping: what rules may ask, cut where they stop reading."""
    kept: dict[str, Any] = {}
    for name, fact in given.items():
        if name.startswith("header.") and name not in asks:
            if not _OF_MAIL_SYSTEMS.fullmatch(name):
                kept[name] = [value[:_HEADER_CAP] for value in fact] if isinstance(fact, tuple) else fact
        elif is_said(name):
            kept[name] = fact[:SCAN_CAP] if isinstance(fact, str) else fact
    if kept.get(_SAME_AS_BODY) == kept.get("body"):
        kept[_SAME_AS_BODY] = None
    return kept


def unpacked_facts(facts: bytes) -> dict[str, Fact]:
    """What the message said, as the rules were told it."""
    said = json.loads(zlib.decompress(facts))
    if _SAME_AS_BODY in said and said[_SAME_AS_BODY] is None:
        said[_SAME_AS_BODY] = said["body"]
    return _facts(said)


def unpacked_told(told: bytes) -> Told:
    """What the rules were told beside the message."""
    given, identified, asked, named, category, workflow, last = json.loads(told)
    return Told(_facts(given), _facts(identified), asked, named, category, workflow, last)


def asked_for(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """What an outcome asks identification for."""
    return {name: outcome[name] for name in ("lookup", "agreement") if name in outcome}


def facts_by_stage(facts: bytes, told: bytes) -> dict[str, Mapping[str, Fact]]:
    """What the rules were told, by the stage before which they were: packed facts laid out again (`Seen.by_stage`)."""
    beside = unpacked_told(told)
    learned = {"classify": beside.identified, "flag": {"case.workflow": beside.workflow}}
    return {"guard": {**unpacked_facts(facts), **beside.given}, **learned}


class NotKept:
    """The names of facts that nobody can say any more: headers that are not kept, as far as no rule asked for them."""

    def __init__(self, kept: Mapping[str, Fact]) -> None:
        self._kept = kept

    def __contains__(self, name: object) -> bool:
        return name not in self._kept and bool(_OF_MAIL_SYSTEMS.fullmatch(str(name)))


def is_said(name: str) -> bool:
    """Whether a fact is the message's own: nothing that is looked up or decided changes it."""
    return name in _SAID or name.startswith(("header.", "attachment.", "sender."))


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


def _written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
