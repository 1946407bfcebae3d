"""Decisions explained: a case by what is stored with it, and a mail on disk, beside a house that is open."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from fakes.standing_house import CONFIG, StandingHouse
from intakebot.app import explain_mails, try_rules, why_not
from intakebot.domain.errors import ConfigError, NotFoundError, StorageUnavailableError
from intakebot.rules.load import load_ruleset
from intakebot.storage.archive import SqlArchive
from intakebot.storage.blobs import Blobs
from intakebot.storage.json_rows import JsonRow
from intakebot.storage.tables import decisions
from intakebot.usecases.desk import CaseDesk
from intakebot.usecases.register import Registration
from integration.test_questions import mailed
from unit.rules.nodes import parse

SETTINGS = CONFIG / "intakebot.yaml"
MAIL = b"""From: Ann Archer <ann@acme.example>
To: support@intakebot.example, boss@acme.example
Subject: Pump stands still
Message-ID: <a1@acme.example>

Hello,

our key is KEY-123456 and the pump is broken. It leaked before.
"""


@pytest_asyncio.fixture
async def beside(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Path]:
    """The data directory of a house that is open, with the example customers."""
    shutil.copy(migrated_file, tmp_path / "intakebot.db")
    house = StandingHouse("sqlite+pysqlite:///intakebot.db", tmp_path)
    await house.import_customers()
    yield tmp_path
    await house.close()


def stage(explained: Mapping[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in explained["reasons"] if each["stage"] == name)


async def why(standing: StandingHouse) -> dict[str, Any]:
    answer: dict[str, Any] = await standing.desk.ask("case.why", {"number": 1001})
    return answer


async def test_a_case_says_why_it_is_here_with_the_callers_own_words(standing: StandingHouse) -> None:
    await mailed(standing, "Pump stands still", "Our key is KEY-123456. It is broken.")
    (decision,) = (await why(standing))["decisions"]
    assert decision["rules_changed"] is False
    classify = stage(decision, "classify")
    (applied,) = classify["rules"]
    assert applied["id"] == "technical.defect"
    place = applied["because"][0]["place"]
    assert (place["before"], place["words"], place["after"]) == ("Our key is KEY-123456. It is ", "broken", ".")
    near = {each["id"]: each["sentence"] for each in stage(decision, "flag")["nearly"]}
    assert near["flag.gold-outage"] == ("category is 'technical/defect'; wanted: category is 'technical/no-service'"), (
        "the agreement, which was looked up, is gold"
    )
    route = {each["id"] for each in stage(decision, "route")["nearly"]}
    assert route == {"route.technical"}, "a rule of which the process alone holds is not near"


async def test_nobody_waits_while_every_rule_is_tried_on_every_decision_of_a_case(
    standing: StandingHouse, tmp_path: Path
) -> None:
    """With thousands of rules that takes seconds, so it is answered beside the event loop."""
    await mailed(standing, "Pump stands still", "It is broken.")
    others_ran = threading.Event()

    class Slow(SqlArchive):
        def decisions(self, number: int) -> list[JsonRow]:
            assert others_ran.wait(5), "the event loop stood still"
            return super().decisions(number)

    slow = Slow(standing.database, Blobs(tmp_path))
    standing.desk = CaseDesk(standing.house, standing.writer, slow, Registration(standing.house), standing.wake.all)
    asked = asyncio.create_task(why(standing))
    asyncio.get_running_loop().call_later(0.05, others_ran.set)
    assert len((await asked)["decisions"]) == 1


async def test_a_decision_from_before_rules_had_a_shadow_mode_is_laid_out(standing: StandingHouse) -> None:
    await mailed(standing, "Pump stands still", "It is broken.")
    with standing.database.writing.begin() as connection:
        trace = dict(connection.scalar(select(decisions.c.trace)))
        trace["stages"] = [{name: of[name] for name in of if name != "shadow"} for of in trace["stages"]]
        connection.execute(update(decisions).values(trace=trace))
    (decision,) = (await why(standing))["decisions"]
    assert stage(decision, "classify")["shadow"] == []


async def test_words_of_a_long_text_are_shown_in_their_place(standing: StandingHouse) -> None:
    await mailed(standing, "Pump stands still", "It is broken. " * 3_000, **{"X-Short": "y" * 50})
    (decision,) = (await why(standing))["decisions"]
    assert stage(decision, "classify")["rules"][0]["because"][0]["place"]["after"].startswith(". It is broken.")


async def test_a_case_decided_by_other_rules_than_todays_says_so(standing: StandingHouse) -> None:
    await mailed(standing, "Pump stands still", "It is broken.")
    standing.house.rules.swap(load_ruleset([parse("schema: intakebot.rules/1\nstages: {}")]))
    (decision,) = (await why(standing))["decisions"]
    assert decision["rules_changed"] is True
    assert stage(decision, "classify")["rules"][0]["id"] == "technical.defect"
    assert stage(decision, "flag")["nearly"] == []


async def test_a_mail_is_explained_with_whom_it_is_from_beside_an_open_house(beside: Path) -> None:
    (explained,) = explain_mails(SETTINGS, beside, [("pump.eml", MAIL)], ())
    assert (explained["file"], explained["disposition"], explained["looked_up"]) == ("pump.eml", "open a case", True)
    assert explained["recipients"] == ["support@intakebot.example"]
    assert explained["outcome"]["queue"] == "support"
    assert explained["not_run"] == []
    assert "the support key KEY-123456 belongs to the caller's customer" in explained["identification"]
    (applied,) = stage(explained, "classify")["rules"]
    assert applied["because"][0]["place"] | {"offset": 0} == {
        "field": "body",
        "before": "…key is KEY-123456 and the pump is ",
        "words": "broken",
        "after": ". It leaked before.",
        "line": 3,
        "column": 39,
        "offset": 0,
    }


def test_without_a_database_nobody_is_looked_up_and_none_is_made(tmp_path: Path) -> None:
    directory = tmp_path / "none"
    (explained,) = explain_mails(SETTINGS, directory, [("pump.eml", MAIL)], ("crc@intakebot.example",))
    assert (explained["looked_up"], explained["workflow"]) == (False, "crc-technical")
    assert explained["outcome"]["queue"] == "triage"
    assert not directory.exists()


def test_a_mail_to_somebody_else_is_not_explained_as_if_it_were_taken(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"who@else\.example is no address of this house.*crc@intakebot\.example"):
        explain_mails(SETTINGS, tmp_path / "none", [("pump.eml", MAIL)], ("who@else.example",))


def test_a_database_that_is_none_of_ours_is_named(tmp_path: Path) -> None:
    (tmp_path / "intakebot.db").touch()
    with pytest.raises(StorageUnavailableError, match="start the service once"):
        explain_mails(SETTINGS, tmp_path, [("pump.eml", MAIL)], ())


async def test_why_not_knows_the_look_ups(beside: Path) -> None:
    answer = why_not(SETTINGS, beside, "flag.gold-outage", ("pump.eml", MAIL), ())
    assert answer["applies"] is False
    assert answer["sentence"].endswith("category is 'technical/defect'; wanted: category is 'technical/no-service'")
    assert why_not(SETTINGS, beside, "flag.gold", ("pump.eml", MAIL), ())["applies"] is True


def test_why_not_of_machine_mail_says_what_it_was_taken_for(tmp_path: Path) -> None:
    bounce = b"Auto-Submitted: auto-replied\n" + MAIL
    answer = why_not(SETTINGS, tmp_path / "none", "technical.defect", ("out.eml", bounce), ())
    (explained,) = explain_mails(SETTINGS, tmp_path / "none", [("out.eml", bounce)], ())
    assert explained["not_run"] == ["guard", "identify", "classify", "flag", "route"]
    assert "stage classify did not run: keep as machine mail" in answer["sentence"]
    with pytest.raises(NotFoundError, match=r"did you mean technical\.defect"):
        why_not(SETTINGS, tmp_path / "none", "technical.defekt", ("out.eml", bounce), ())


def test_tests_of_the_configured_rules_and_of_a_file_run(tmp_path: Path) -> None:
    configured = try_rules(SETTINGS, None)
    assert (configured["failed"], configured["untested"]) == (0, [])
    assert configured["tests"] == len(configured["trials"])
    assert try_rules(SETTINGS, CONFIG / "rules")["ruleset"] == configured["ruleset"]
    alone = tmp_path / "a.yaml"
    alone.write_text(
        "schema: intakebot.rules/1\nstages: {flag: {rules: [{id: a, when: {subject: x}, then: {priority: low},"
        " tests: [{given: {subject: y}, expect: match}]}]}}"
    )
    (trial,) = try_rules(SETTINGS, alone)["trials"]
    assert trial["sentence"] == "subject is 'y'; wanted: subject is 'x'"
    with pytest.raises(ConfigError):
        try_rules(SETTINGS, tmp_path / "nothing")
