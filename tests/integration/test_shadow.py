"""An installation in shadow mode: everything is registered and decided, and nothing leaves, now or later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fakes.standing_house import StandingHouse
from intakebot.domain import commands as c
from intakebot.domain.delivery import SHADOW
from intakebot.domain.errors import RefusedError


def in_shadow(standing: StandingHouse, *, shadow: bool) -> None:
    standing.house = replace(standing.house, shadow=shadow)
    standing.restart()


async def mailed(standing: StandingHouse, subject: str, body: str = "Please help.") -> None:
    mail = (
        f"From: ann@acme.example\r\nTo: support@intakebot.example\r\nMessage-ID: <{subject.replace(' ', '.')}@acme>\r\n"
    )
    await standing.receive(
        f"{mail}Subject: {subject}\r\n\r\n{body}\r\n".encode(), "ann@acme.example", ("support@intakebot.example",)
    )
    await standing.register()


async def deliveries(standing: StandingHouse) -> list[tuple[str, str, str]]:
    rows: list[dict[str, Any]] = await standing.desk.ask("delivery.list", {})
    return [(row["kind"], row["state"], row["answer"]) for row in reversed(rows)]


async def test_what_would_leave_is_written_and_never_leaves(standing: StandingHouse) -> None:
    in_shadow(standing, shadow=True)
    await mailed(standing, "The pump stands still")
    await standing.perform("alice", c.Take(1001))
    await standing.perform("alice", c.Ask(1001, "Which pump?"))
    await standing.perform("alice", c.Resolve(1001, "Switch it on."))
    kept = [(kind, "withdrawn", SHADOW) for kind in ("acknowledgement", "question", "resolution")]
    assert await deliveries(standing) == kept
    in_shadow(standing, shadow=False)
    standing.advance(timedelta(days=11))
    await standing.deliver()
    assert standing.outlet.taken == []
    assert (await deliveries(standing))[:3] == kept


async def test_what_a_rule_would_answer_is_a_comment(standing: StandingHouse) -> None:
    in_shadow(standing, shadow=True)
    await mailed(standing, "How do I reset my password?", "I cannot log in: how do I reset my password?")
    case = await standing.desk.ask("case.show", {"number": 1001})
    assert (case["status"], case["resolution"]) == ("Queued", None)
    assert any(SHADOW in comment["text"] and "it would have sent" in comment["text"] for comment in case["comments"])
    assert await deliveries(standing) == []


async def test_what_a_rule_would_answer_later_is_a_comment_too(standing: StandingHouse) -> None:
    in_shadow(standing, shadow=True)
    when, then = {"case.queue": "triage"}, {"resolve": {"template": "how-to-reset"}}
    standing.swap_rules({"route": [{"id": "r.state", "on": "state", "when": when, "then": then}]})
    await mailed(standing, "The pump stands still")
    await standing.perform("alice", c.Move(1001, queue="triage", comment="whose is it"))
    case = await standing.desk.ask("case.show", {"number": 1001})
    assert (case["status"], case["queue"], case["resolution"]) == ("Queued", "triage", None)
    assert any(SHADOW in comment["text"] and "it would have sent" in comment["text"] for comment in case["comments"])
    assert [kind for kind, _, _ in await deliveries(standing)] == ["acknowledgement"]


async def test_what_was_owed_before_waits_for_a_person(standing: StandingHouse) -> None:
    await mailed(standing, "The pump stands still")
    in_shadow(standing, shadow=True)
    await standing.deliver()
    assert await deliveries(standing) == [("acknowledgement", "held", SHADOW)]
    owed = (await standing.desk.ask("delivery.list", {}))[0]["id"]
    with pytest.raises(RefusedError) as refusal:
        await standing.perform("alice", c.RetryDelivery(owed))
    assert refusal.value.reason == "delivery.shadow"
    in_shadow(standing, shadow=False)
    await standing.deliver()
    assert standing.outlet.taken == []
    await standing.perform("alice", c.RetryDelivery(owed))
    await standing.deliver()
    assert [delivery.id for delivery in standing.outlet.taken] == [owed]


async def test_health_says_so(standing: StandingHouse) -> None:
    assert (await standing.desk.ask("health", {}))["mode"] == "live"
    in_shadow(standing, shadow=True)
    assert (await standing.desk.ask("health", {}))["mode"] == "shadow"


async def test_agreement_is_read_off_what_people_did(standing: StandingHouse) -> None:
    in_shadow(standing, shadow=True)
    await mailed(standing, "The pump stands still")
    await mailed(standing, "Another matter")
    await mailed(standing, "A third one")
    first = await standing.desk.ask("case.show", {"number": 1001})
    await standing.perform("alice", c.Take(1001))
    await standing.perform("alice", c.Classify(1002, category="commercial/offer"))
    await standing.perform("alice", c.Move(1002, queue="triage", comment="who is it?"))
    found = await standing.desk.ask("rules.agreement", {"since": "2026-03-01T00:00:00+00:00"})
    assert (found["cases"], found["category"]["judged"], found["category"]["agreed"]) == (3, 2, 1)
    (moved,) = found["queue"]["differences"]
    assert (moved["rules"], moved["people"], moved["examples"]) == (first["queue"], "triage", ["C-1002"])
    truth = [["<A.third.one@acme>", "commercial/offer", first["queue"]]]
    told = await standing.desk.ask("rules.agreement", {"since": "2026-03-01T00:00:00+00:00", "truth": truth})
    assert (told["category"]["agreed"], told["queue"]["agreed"], told["truth"]["without_case"]) == (0, 1, 0)
    later = await standing.desk.ask("rules.agreement", {"since": "2026-03-03T00:00:00+00:00"})
    assert later["cases"] == 0
