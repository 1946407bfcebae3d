"""What rules do when a timer moves a case, and when their own wish breaks: things that no conversation can say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fakes.standing_house import START, StandingHouse
from intakebot.app.rule_history import remembered
from intakebot.domain.commands import Move, Take
from intakebot.domain.positions import Place
from intakebot.domain.workflow import TimerRule
from intakebot.rules.model import EVENTS
from intakebot.storage.history import SqlHistory
from intakebot.usecases.rule_figures import coverage, report
from intakebot.usecases.rules_in_force import LOOKED_AT_AGAIN
from integration.test_rules_watch import RestlessRules

MAIL = b"From: Ann <ann@acme.example>\r\nSubject: Invoice wrong\r\n\r\nPlease look at it.\r\n"


async def registered(standing: StandingHouse) -> None:
    await standing.receive(MAIL, "ann@acme.example", ("support@intakebot.example",))
    await standing.register()


def ruled(name: str, event: str, when: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "on": event, "when": when, "then": then}


async def test_a_step_of_a_timer_is_looked_at(standing: StandingHouse) -> None:
    workflows = dict(standing.house.organisation.workflows)
    timer = TimerRule("Queued", "accept", timedelta(days=1), Place("test", 1))
    workflows["manage-case"] = replace(workflows["manage-case"], timers=(timer,))
    standing.restart(workflows=workflows)
    standing.swap_rules({"flag": [ruled("f.state", "state", {"case.status": "Accepted"}, {"tags": ["moved"]})]})
    await registered(standing)
    standing.advance(timedelta(days=2))
    await standing.deliver()
    case = standing.archive.case(1001)
    assert (case["status"], case["tags"]) == ("Accepted", ["gold", "moved"])
    assert [made["contact_id"] is None for made in standing.archive.decisions(1001)] == [False, True]


async def test_a_decision_without_a_contact_is_shown_and_names_its_event(standing: StandingHouse) -> None:
    standing.swap_rules({"flag": [ruled("f.state", "state", {"channel": "email"}, {"tags": ["moved"]})]})
    await registered(standing)
    await standing.perform("alice", Take(1001))
    why = await standing.desk.ask("case.why", {"number": 1001})
    made = why["decisions"][-1]
    assert made["trace"]["event"] == "state"
    assert made["trace"]["event"] in EVENTS
    assert [stage["stage"] for stage in made["trace"]["stages"]] == list(LOOKED_AT_AGAIN)
    assert made["case_id"] == why["decisions"][0]["case_id"]


async def test_a_rule_in_shadow_mode_is_noted_and_moves_nothing(standing: StandingHouse) -> None:
    shadow = ruled("r.state", "state", {"channel": "email"}, {"queue": "triage"}) | {"mode": "shadow"}
    standing.swap_rules({"route": [shadow]})
    await registered(standing)
    await standing.perform("alice", Take(1001))
    case, made = standing.archive.case(1001), standing.archive.decisions(1001)[-1]
    assert (case["status"], case["queue"]) == ("Accepted", "support")
    assert [rule["id"] for stage in made["trace"]["stages"] for rule in stage["shadow"]] == ["r.state"]


async def test_a_template_that_breaks_does_not_stop_the_agent(standing: StandingHouse) -> None:
    wish = ruled("r.state", "state", {"case.queue": "triage"}, {"resolve": {"template": "no-such-template"}})
    standing.swap_rules(
        {"route": [wish], "flag": [ruled("f", "created", {"channel": "email"}, {"suppress_reply": True})]}
    )
    await registered(standing)
    await standing.perform("alice", Move(1001, queue="triage", comment="whose is it"))
    assert standing.archive.case(1001)["queue"] == "triage"
    assert "rule.held-back" in [event["kind"] for event in standing.archive.events(1001)]


async def test_figures_count_rules_that_looked_again_and_no_contact_for_them(standing: StandingHouse) -> None:
    standing.swap_rules({"flag": [ruled("f.state", "state", {"channel": "email"}, {"tags": ["moved"]})]})
    await registered(standing)
    await standing.perform("alice", Take(1001))
    history = SqlHistory(standing.database.reading)

    past, older = remembered(history, START)
    covered = coverage(history.decided(START), standing.house.ruleset)
    reported = report(history.decided(START), history.corrections(START))

    assert (len(past.contacts), older) == (1, 0)
    assert [stage["contacts"] for stage in covered["stages"]] == [1, 1, 1, 1, 1]
    assert "f.state" not in {rule["rule"] for rule in covered["without_hits"]}
    assert (covered["contacts"], reported["contacts"]) == (1, 1)
    assert {rule["rule"]: (rule["hits"], rule["cases"]) for rule in reported["rules"]}["f.state"] == (1, 0)


async def test_what_continues_a_case_is_decided_by_one_ruleset(standing: StandingHouse) -> None:
    """Also while rules are swapped: whether any looks at the case again is asked of those that decide."""
    silent = standing.house.ruleset
    standing.swap_rules({"flag": [ruled("f.again", "appended", {"channel": "email"}, {"tags": ["again"]})]})
    spoken = standing.house.ruleset
    await registered(standing)
    restless = RestlessRules(silent, spoken)
    object.__setattr__(standing.house, "rules", restless)
    for number in range(6):
        turned = restless.now if number % 2 else None  # one look more, so that both come first now and then
        assert turned is None or turned.ruleset in (silent, spoken)
        again = MAIL.replace(b"Invoice wrong", b"Re: C-1001 %d" % number)
        await standing.receive(again, "ann@acme.example", ("support@intakebot.example",))
        await standing.register()
    made = standing.archive.decisions(1001)[1:]
    looked = {(row["ruleset"], any(stage["stage"] == "flag" for stage in row["trace"]["stages"])) for row in made}
    assert looked == {(silent.hash, False), (spoken.hash, True)}
