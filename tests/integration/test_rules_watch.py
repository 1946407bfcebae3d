"""Rule files that change under a house: what is on disk decides, or what decided before; never half of both."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from intakebot.app.house import OpenHouse, open_house
from intakebot.app.rules_watch import RulesWatch, Step
from intakebot.clocks import SimulatedClock
from intakebot.domain.actors import Actor
from intakebot.domain.commands import ReloadRules
from intakebot.domain.contact import Envelope, Incoming, PendingContact
from intakebot.domain.errors import RefusedError
from intakebot.ports import Store
from intakebot.readers import Reading
from intakebot.rules.model import Ruleset
from intakebot.usecases.assess import ReadContact
from intakebot.usecases.receive import Reception
from intakebot.usecases.rules_in_force import RulesInForce

ROOT = Path(__file__).parents[2]
OURS = "rules/35-ours.yaml"


def rule_file(category: str) -> str:
    rule = f"id: ours, when: {{subject.contains: ZIRKON}}, then: {{category: {category}}}"
    return f"schema: intakebot.rules/1\nstages:\n  classify:\n    rules:\n      - {{{rule}}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped configuration, with a rule file of ours."""
    for name in ("config", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    write(tmp_path / "config", rule_file("ours/first"))
    return tmp_path / "config"


def write(folder: Path, text: str) -> None:
    (folder / OURS).write_text(text, "utf-8")


@pytest.fixture
def opened(folder: Path) -> Iterator[OpenHouse]:
    clock = SimulatedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    with open_house(folder, folder.parent / "data", clock, lambda: None) as house:
        yield house


async def looked(watch: RulesWatch) -> list[Step]:
    return [await watch.look(), await watch.look()]


def begin(store: Store, limits: Any) -> list[list[PendingContact]]:
    return [store.begin_attempts(None, limit) for limit in limits]


async def register(opened: OpenHouse, numbers: range) -> None:
    """Take mails in and register them, one after the other."""
    reception = Reception(opened.house, opened.writer, lambda: None)
    reading = Reading(opened.house.organisation.own_domains, opened.house.organisation.languages)
    for number in numbers:
        sender, to = f"a{number}@elsewhere.example", "support@intakebot.example"
        mail = f"From: {sender}\r\nTo: {to}\r\nSubject: ZIRKON {number}\r\n\r\nHello {number}\r\n".encode()
        await reception.receive(Incoming("email", Envelope(sender, (to,), "smtp"), mail))
        for pending in await opened.writer.submit(begin, 10):
            message = reading.read(pending)
            await opened.writer.submit(
                opened.registration.register, ReadContact.of(pending, message, opened.house.reply_keys)
            )


def decided(opened: OpenHouse) -> list[tuple[str, str]]:
    """Of every decision its ruleset, and the category that it came to."""
    contacts = [opened.archive.contact(row["id"]) for row in opened.archive.contacts("", 1000)]
    made = [decision for contact in contacts for decision in contact["decisions"]]
    return [(decision["ruleset"], decision["trace"]["outcome"]["category"]) for decision in made]


async def test_a_change_is_taken_when_it_stands_still(opened: OpenHouse, folder: Path) -> None:
    watch, before = RulesWatch(opened), opened.house.ruleset.hash
    assert await looked(watch) == [Step.REST, Step.REST]
    write(folder, rule_file("ours/second"))
    assert await watch.look() is Step.WAIT
    assert opened.house.ruleset.hash == before
    assert await watch.look() is Step.LOAD
    await register(opened, range(1))
    assert decided(opened) == [(opened.house.ruleset.hash, "ours/second")]
    assert opened.house.ruleset.hash != before


async def test_a_file_that_comes_or_goes_counts_too(opened: OpenHouse, folder: Path) -> None:
    watch, with_ours = RulesWatch(opened), opened.house.ruleset.hash
    (folder / OURS).unlink()
    assert await looked(watch) == [Step.WAIT, Step.LOAD]
    assert opened.house.ruleset.hash != with_ours
    write(folder, rule_file("ours/first"))
    assert await looked(watch) == [Step.WAIT, Step.LOAD]
    assert opened.house.ruleset.hash == with_ours


async def test_moved_lines_are_shown_where_they_are_now(opened: OpenHouse, folder: Path) -> None:
    watch, before = RulesWatch(opened), opened.house.ruleset.hash
    write(folder, f"# A remark.\n\n{rule_file('ours/first')}")
    await looked(watch)
    places = [rule.place.line for rule in opened.house.ruleset.stage("classify").rules if rule.id == "ours"]
    assert (opened.house.ruleset.hash, places) == (before, [7])


BAD = {
    "unknown queue": (rule_file("x").replace("category: x", "queue: nowhere"), f"{OURS}:5: "),
    "no YAML": ("stages: [\n", f"{OURS}:"),
    "no mapping": ("- a\n", f"{OURS}:1: expected a mapping"),
    "half a character": (rule_file("caf\N{LATIN SMALL LETTER E WITH ACUTE}"), f"{OURS}:5: is not valid UTF-8"),
}


@pytest.mark.parametrize("bad", BAD)
async def test_bad_files_leave_the_rules_and_are_told_once(
    opened: OpenHouse, folder: Path, caplog: pytest.LogCaptureFixture, bad: str
) -> None:
    told: list[str] = []
    opened.criers.append(told.append)
    watch, before = RulesWatch(opened), opened.house.ruleset.hash
    text, place = BAD[bad]
    (folder / OURS).write_bytes(text.encode("latin-1"))
    assert await looked(watch) == [Step.WAIT, Step.LOAD]
    (folder / OURS).write_bytes(text.encode("latin-1") + b"# another remark\n")
    assert await looked(watch) == [Step.WAIT, Step.LOAD]
    assert opened.house.ruleset.hash == before
    (alarm,) = watch.alarms()
    assert alarm.sentence.startswith(f"rules running {before[:8]}, disk has ")
    assert f": {place}" in alarm.sentence
    assert len(told) == 1
    assert told[0] in [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    write(folder, rule_file("ours/first"))
    await looked(watch)
    assert watch.alarms() == []
    assert told[1:] == [f"the rule files are in order again: rules running {before[:8]}"]


async def test_a_link_that_leads_nowhere_is_named(opened: OpenHouse, folder: Path) -> None:
    watch = RulesWatch(opened)
    (folder / OURS).unlink()
    (folder / OURS).symlink_to(folder / "nowhere.yaml")
    assert await looked(watch) == [Step.WAIT, Step.LOAD]
    (alarm,) = watch.alarms()
    assert f"{OURS}: cannot be read: No such file or directory" in alarm.sentence


async def test_what_an_editor_hides_beside_an_open_file_is_no_rule_file(opened: OpenHouse, folder: Path) -> None:
    watch = RulesWatch(opened)
    (folder / "rules" / ".#35-ours.yaml").symlink_to("somebody@somewhere.1234")
    (folder / "rules" / ".35-ours.yaml").write_text("half a", "utf-8")
    assert await looked(watch) == [Step.REST, Step.REST]
    assert watch.alarms() == []


async def test_another_trouble_is_told_too(opened: OpenHouse, folder: Path) -> None:
    told: list[str] = []
    opened.criers.append(told.append)
    watch = RulesWatch(opened)
    for text in ("- a\n", "stages: [\n", "- a\n"):
        write(folder, text)
        await looked(watch)
    assert ["expected a mapping" in sentence for sentence in told] == [True, False]
    assert "expected a mapping" in watch.alarms()[0].sentence
    for text in (rule_file("ours/first"), "- a\n"):  # what was mended and comes back is news
        write(folder, text)
        await looked(watch)
    assert "expected a mapping" in told[3]


async def test_reload_takes_at_once_and_says_what_it_did(opened: OpenHouse, folder: Path) -> None:
    watch = RulesWatch(opened)
    desk = opened.desk(reload=watch.reload)
    before = opened.house.ruleset.hash
    write(folder, rule_file("ours/second"))
    done = await desk.perform(ReloadRules(), Actor.agent("dana"))
    assert (done["reloaded"], done["old"], done["new"]) == (True, before, opened.house.ruleset.hash)
    assert (done["new"] == before, done["problems"], done["read_at_the_start_only"]) == (False, [], [])
    write(folder, "- a\n")
    kept = await desk.perform(ReloadRules(), Actor.agent("dana"))
    assert (kept["reloaded"], kept["old"], kept["new"]) == (False, done["new"], done["new"])
    problem = {"severity": "error", "place": f"{OURS}:1", "sentence": "expected a mapping, found a list"}
    assert kept["problems"] == [problem]
    assert await watch.look() is Step.REST  # it was acted upon


async def test_reload_names_what_is_read_at_the_start_only(opened: OpenHouse, folder: Path) -> None:
    watch = RulesWatch(opened)
    settings = folder / "intakebot.yaml"
    settings.write_text(settings.read_text("utf-8") + "# A remark.\n", "utf-8")
    template = next(iter((folder.parent / "templates").rglob("*.txt")))
    template.write_text("Hello.\n", "utf-8")
    named = f"templates/{template.relative_to(folder.parent / 'templates')}"
    assert (await watch.reload())["read_at_the_start_only"] == ["intakebot.yaml", named]


async def test_without_a_service_there_is_nothing_to_reload(opened: OpenHouse) -> None:
    with pytest.raises(RefusedError) as refusal:
        await opened.desk().perform(ReloadRules(), Actor.agent("dana"))
    assert refusal.value.reason == "rules.no-service"


async def test_decisions_that_are_made_while_rules_change_are_whole(opened: OpenHouse, folder: Path) -> None:
    watch = RulesWatch(opened)
    categories = {opened.house.ruleset.hash: "ours/first"}

    async def change() -> None:
        for number in range(12):
            write(folder, rule_file(f"ours/{number}"))
            done = await watch.reload()
            categories[done["new"]] = f"ours/{number}"

    await asyncio.gather(change(), register(opened, range(60)))
    made = decided(opened)
    assert len(made) == 60
    assert len({ruleset for ruleset, _ in made}) > 1
    assert [category for _, category in made] == [categories[ruleset] for ruleset, _ in made]


class RestlessRules(RulesInForce):
    """Rules that are others whenever somebody looks again: who looks twice for one decision mixes two sets."""

    def __init__(self, first: Ruleset, second: Ruleset) -> None:
        self._pair: list[Any] = []
        super().__init__(first)
        self.swap(second)

    @property
    def _now(self) -> Any:
        self._pair.reverse()
        return self._pair[0]

    @_now.setter
    def _now(self, now: Any) -> None:
        self._pair = [*self._pair, now][-2:]


async def test_a_decision_looks_at_the_rules_once(opened: OpenHouse, folder: Path) -> None:
    first = opened.house.ruleset
    write(folder, rule_file("ours/second"))
    await RulesWatch(opened).reload()
    second = opened.house.ruleset
    object.__setattr__(opened.house, "rules", RestlessRules(first, second))
    await register(opened, range(8))
    expected = {first.hash: "ours/first", second.hash: "ours/second"}
    made = decided(opened)
    assert len(made) == 8
    assert [category for _, category in made] == [expected[ruleset] for ruleset, _ in made]
