"""What was decided is decided again: from what registration stored, by the rules of then and by others."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fakes.standing_house import CONFIG, START, StandingHouse, shipped
from intakebot.app.rule_history import remembered, ruleset_of
from intakebot.cli.program import program
from intakebot.domain.commands import Classify, Move, Take
from intakebot.rules.model import Ruleset
from intakebot.storage.history import SqlHistory
from intakebot.usecases.past import Judge, past_contact
from intakebot.usecases.rehearsal import rehearse

WORKFLOWS = shipped()[0].organisation.workflows
KARI, ANN, NOBODY = "kari@fjord.example", "ann@acme.example", "somebody@elsewhere.example"
MAILS = [
    (KARI, "crc", "Internet", "Our internet is down since this morning."),
    (KARI, "crc", "Invoice", "I was charged twice."),
    (NOBODY, "crc", "Invoice 7", "A question about my bill."),
    (ANN, "support", "Pump", "Our support key is KEY-123456. The pump is broken."),
    (ANN, "support", "KEY-999999", "How do I reset my password?"),
    (NOBODY, "support", "Hello", "Good morning"),
    ("warehouse@logistics.example", "support", "RMA-20931 received", "at gate 4"),
]


async def registered(standing: StandingHouse, mails: list[tuple[str, str, str, str]] = MAILS) -> None:
    for number, (sender, local, subject, text) in enumerate(mails):
        to = f"{local}@intakebot.example"
        head = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{number}@{local}.example>\r\n"
        received = "Received: from a by b; Mon, 2 Mar 2026 09:00:00 +0000\r\n"
        await standing.receive(f"{received}{head}\r\n{text}\r\n".encode(), sender, (to,))
        await standing.register()


def rewritten(folder: Path, name: str, old: str, new: str) -> Path:
    """The shipped rules with one change."""
    shutil.copytree(CONFIG / "rules", folder, dirs_exist_ok=True)
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return folder


async def test_a_stored_decision_is_made_again_bit_for_bit(standing: StandingHouse) -> None:
    await registered(standing)
    history = SqlHistory(standing.database.reading)
    rules = {key: ruleset_of(kept) for key, kept in history.rules().items()}
    assert [each.hash for each in rules.values() if each] == [standing.house.ruleset.hash]

    rows = list(history.decided(START))

    assert len(rows) == len(MAILS)
    for row in rows:
        found = past_contact(row)
        assert found
        again, anew = Judge(_there(rules[row.rules]), WORKFLOWS, {}).decision(found[0])
        assert json.loads(json.dumps([stage.to_plain() for stage in again.stages])) == row.trace["stages"]
        assert not anew or found[0].told.last == "guard"


def _there(ruleset: Ruleset | None) -> Ruleset:
    assert ruleset is not None
    return ruleset


async def test_headers_that_only_mail_systems_read_are_kept_when_rules_ask_for_them(standing: StandingHouse) -> None:
    await registered(standing, MAILS[:1])
    found, _ = remembered(SqlHistory(standing.database.reading), START)
    said = found.contacts[0].said()

    assert "header.received" not in said
    assert said["body.full"] == said["body"] == "Our internet is down since this morning."


async def test_the_rules_of_then_are_not_decided_again(standing: StandingHouse) -> None:
    await registered(standing)
    past, older = remembered(SqlHistory(standing.database.reading), START)

    found = rehearse(past, standing.house.ruleset, WORKFLOWS)

    assert (found.contacts, found.decided_again, found.altered, older) == (len(MAILS), 0, (), 0)


class Line:
    """The command line over a history that people have worked on, with the shipped configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str) -> tuple[int, str]:
        place = ["--config", str(CONFIG / "intakebot.yaml"), "--data", str(self.folder)]
        found = CliRunner(env={"COLUMNS": "110", "NO_COLOR": "1"}).invoke(
            program, [*place, "rules", *words, "--since", "20000d"]
        )
        return found.exit_code, re.sub(r" +\n", "\n", found.stdout) + found.stderr

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json")[1])


@pytest.fixture(scope="module")
def worked_on(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worked-on")
    shutil.copy(migrated_file, folder / "intakebot.db")
    asyncio.run(_story(folder))
    return folder


@pytest.fixture
def line(worked_on: Path) -> Line:
    return Line(worked_on)


async def _story(tmp_path: Path) -> None:
    standing = StandingHouse("sqlite+pysqlite:///intakebot.db", tmp_path)
    await standing.import_customers()
    await registered(standing)
    # 1002: the invoice of Kari waits in crc; bob takes it, says what it is, and sends it to triage.
    await standing.perform("bob", Take(1002))
    await standing.perform("bob", Classify(1002, "commercial/offer"))
    await standing.perform("bob", Move(1002, "triage", comment="not ours"))
    standing.advance(timedelta(days=2))
    await standing.perform("carol", Take(1001))
    await standing.close()


def test_a_backtest_shows_what_would_move_beside_what_people_did(line: Line, tmp_path: Path) -> None:
    rules = rewritten(
        tmp_path / "new",
        "30-classify.yaml",
        "then: {category: commercial/invoice}",
        "then: {category: commercial/offer}",
    )

    code, page = line("backtest", "--rules", str(rules), "--fail-over", "5%")

    assert code == 1
    assert page == BACKTEST
    assert line("backtest", "--rules", str(rules), "--fail-over", "50%")[0] == 0
    assert line.json("backtest", "--rules", str(rules))["changed"] == 2


BACKTEST = """\
2 of 7 contacts would change (28.6%)
2 could be touched and were decided again

What would change
What      From                To                Contacts  As people left it  Against people
───────────────────────────────────────────────────────────────────────────────────────────
category  commercial/invoice  commercial/offer         2                  1               1

By which rules
Stage     Rule                Changed contacts
──────────────────────────────────────────────
classify  commercial.invoice                 2

Some of them
Case    Would change                                     Left by people as
─────────────────────────────────────────────────────────────────────────────────────
C-1002  category commercial/invoice -> commercial/offer  commercial/offer in triage
C-1003  category commercial/invoice -> commercial/offer  commercial/invoice in triage

more than 5% would change: see above whether you meant it
"""


def test_the_configured_rules_change_nothing(line: Line) -> None:
    code, page = line("backtest")

    assert (code, page) == (0, "0 of 7 contacts would change (0%)\n0 could be touched and were decided again\n")


def test_two_folders_are_compared(line: Line, tmp_path: Path) -> None:
    to_noc = rewritten(tmp_path / "noc", "50-route.yaml", "crc: {queue: crc}", "crc: {queue: triage}")

    found = line.json("diff", str(CONFIG / "rules"), str(to_noc))

    assert found["moves"] == [
        {
            "part": "queue",
            "from": "crc",
            "to": "triage",
            "contacts": 1,
            "people_agree": 1,
            "people_disagree": 0,
            "compared": True,
        }
    ]
    assert found["rules"] == [{"stage": "route", "rule": "default", "gained": 0, "lost": 0, "changed": 1}]
    assert [case["label"] for case in found["cases"]] == ["C-1002"]
    assert line.json("diff", str(to_noc), str(to_noc))["changed"] == 0


def test_coverage_names_the_rules_without_a_hit(line: Line) -> None:
    found = line.json("coverage")

    assert {stage["stage"]: stage["defaulted"] for stage in found["stages"]}["classify"] == pytest.approx(
        1 / 6, abs=1e-3
    )
    silent = {rule["rule"] for rule in found["without_hits"]}
    assert "technical.no-signal" in silent
    assert "technical.no-service" not in silent
    assert line("coverage")[1] == COVERAGE


COVERAGE = """\
Stage     Contacts  By a rule  By its default  Nothing said
───────────────────────────────────────────────────────────
guard            7      14.3%              0%         85.7%
identify         6      66.7%           33.3%            0%
classify         6      83.3%           16.7%            0%
flag             6      33.3%              0%         66.7%
route            6      66.7%           33.3%            0%

11 of 23 rules without a hit; contacts looked at: 7
Stage     Rule                            Where
────────────────────────────────────────────────────────────────────
classify  cancellation.before-activation  rules/30-classify.yaml:32
classify  cancellation.after-activation   rules/30-classify.yaml:47
classify  logistics.return                rules/30-classify.yaml:54
classify  technical.no-signal             rules/30-classify.yaml:76
classify  logistics.delivery              rules/30-classify.yaml:92
classify  commercial.offer                rules/30-classify.yaml:108
flag      flag.urgent                     rules/40-flag.yaml:20
flag      flag.gold-outage                rules/40-flag.yaml:27
flag      flag.works-again                rules/40-flag.yaml:34
route     route.cancellation              rules/50-route.yaml:38
route     route.returns                   rules/50-route.yaml:45
"""


def test_the_report_counts_what_people_corrected_within_a_day(line: Line) -> None:
    code, page = line("report")

    assert code == 0
    assert page == REPORT
    invoice = next(rule for rule in line.json("report")["rules"] if rule["rule"] == "commercial.invoice")
    assert (invoice["hits"], invoice["requeued"], invoice["recategorised"], invoice["examples"]) == (2, 1, 1, [1002])


REPORT = """\
Contacts looked at: 7
Stage     Rule                      Hits  Corrected                                                     As in
──────────────────────────────────────────────────────────────────────────────────────────────────────────────
classify  commercial.invoice           2  1 of 2 re-queued by people within a day, 1 of 2               C-1002
                                          re-categorised by people within a day
route     default                      2  1 of 2 re-queued by people within a day                       C-1002
identify  default                      2
flag      flag.gold                    2
identify  identify.known-sender        2
route     route.unidentified           2
classify  default                      1
guard     guard.warehouse-handover     1
identify  identify.key-in-body         1
identify  identify.key-in-subject      1
classify  product.how-to               1
route     route.how-to-reset           1
route     route.technical              1
classify  technical.defect             1
classify  technical.no-service         1
"""


def test_rules_that_cannot_be_used_are_named_and_nothing_is_decided(line: Line, tmp_path: Path) -> None:
    broken = rewritten(tmp_path / "broken", "50-route.yaml", "crc: {queue: crc}", "crc: {queue: nowhere}")

    code, said = line("backtest", "--rules", str(broken))

    assert code == 6
    assert "nowhere" in said
    (tmp_path / "none").mkdir()
    assert "there is no rule file" in line("backtest", "--rules", str(tmp_path / "none"))[1]


def test_a_share_is_written_as_one(line: Line) -> None:
    code, said = line("backtest", "--fail-over", "5")

    assert code == 2
    assert "write 5% or 0.5%" in said


def test_a_house_without_a_database_says_what_makes_it(tmp_path: Path) -> None:
    code, said = Line(tmp_path)("report")

    assert code == 4
    assert "intakebot run" in said
