"""What agents' doors ask of a standing house: the card, an agent's work, choices, previews, suggestions."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.standing_house import StandingHouse
from intakebot.domain import commands as c
from intakebot.domain.errors import NotFoundError, RefusedError
from intakebot.domain.organisation import Agent
from intakebot.reading.chat import ChatContent
from intakebot.storage.chat_archive import SqlChatArchive
from intakebot.usecases.chat import HouseChat
from intakebot.usecases.questions_work import MINE_ON_A_PAGE

ZIRKON = "ZIRKON-internal"


async def mailed(standing: StandingHouse, subject: str, body: str = "Please help.", **headers: str) -> None:
    given = {"From": "ann@acme.example", "To": "support@intakebot.example", "Subject": subject} | headers
    given["Message-ID"] = f"<{subject.replace(' ', '.')}@acme.example>"
    mail = "\r\n".join([*(f"{name}: {value}" for name, value in given.items()), "", body, ""])
    await standing.receive(mail.encode(), given["From"], (given["To"],))
    await standing.register()


def said(text: str, ts: str = "1772442000.000100", root: str = "", **more: Any) -> ChatContent:
    fields: dict[str, Any] = {"person": "t1/u1", "name": "Kari N.", "email": ""} | more
    return ChatContent(platform="slack", place="T1/C1", ts=ts, root_ts=root or ts, text=text, **fields)


async def chatted(standing: StandingHouse, content: ChatContent, to: str = "crc@intakebot.example") -> None:
    await standing.receive_chat(content, to)
    await standing.register()


async def card(standing: StandingHouse, number: int = 1001) -> dict[str, Any]:
    answer: dict[str, Any] = await standing.desk.ask("case.card", {"number": number})
    return answer


async def test_a_card_shows_a_case_at_a_glance(standing: StandingHouse) -> None:
    await mailed(standing, "Pump stands still", "Our key is KEY-123456. It is broken.")
    shown = await card(standing)
    expected = {
        "label": "C-1001",
        "status": "Queued",
        "kind": "waiting",
        "ended": False,
        "queue": {"name": "support", "title": "Product support"},
        "owner": None,
        "caller": {"name": "Ann Archer", "address": "ann@acme.example", "channel": "email"},
        "customer": {"name": "ACME Pumps", "reference": "ACME", "tier": "gold"},
        "support_key": {"key": "KEY-123456", "state": "valid"},
        "category": "technical/defect",
        "source": {"channel": "email", "permalink": ""},
        "messages_count": 1,
        "resolution": None,
        "proposals": [],
        "undelivered": [],
    }
    assert {name: shown[name] for name in expected} == expected
    agreements = {each["kind"]: each["state"] for each in shown["agreements"]}
    assert agreements == {"support": "valid", "customer": "valid"}
    assert shown["last_message"]["sender"] == "Ann Archer"
    assert any("classify" in sentence for sentence in shown["why"])
    assert [step["label"] for step in shown["allowed"]] == ["Dispatch", "Accept"]


async def test_a_card_offers_what_the_process_allows_next(standing: StandingHouse) -> None:
    await mailed(standing, "Pump stands still")
    await standing.perform("alice", c.Take(1001))
    await standing.perform("alice", c.AddComment(1001, "Looked into it", "work_info"))
    await standing.perform("alice", c.AddTask(1001, "Send a seal", handover="RMA-7"))
    at_work = await card(standing)
    assert [step["verb"] for step in at_work["allowed"]] == ["move", "resolve"]
    assert at_work["owner"] == {"id": "alice", "name": "Alice Archer"}
    assert (at_work["last_comment"]["by"], at_work["last_comment"]["kind"]) == ("Alice Archer", "work_info")
    assert [(task["title"], task["handover"]) for task in at_work["tasks"]] == [("Send a seal", "RMA-7")]
    await standing.perform("alice", c.Resolve(1001, "Turn the valve", draft=True))
    drafted = await card(standing)
    assert (drafted["resolution"]["state"], drafted["resolution"]["by"]) == ("draft", "Alice Archer")
    assert [step["verb"] for step in drafted["allowed"]] == ["reopen"], "nothing closes before it was sent"
    await standing.perform("alice", c.SendResolution(1001))
    await standing.deliver("sent", "failed")
    failed = await card(standing)
    assert [(each["kind"], each["state"]) for each in failed["undelivered"]] == [("resolution", "failed")]
    await standing.perform("alice", c.Resolve(1001, "Turn it twice"))
    await standing.deliver("sent")
    sent = await card(standing)
    assert (sent["resolution"]["state"], [step["verb"] for step in sent["allowed"]]) == ("sent", ["close", "reopen"])
    await standing.perform("alice", c.Close(1001))
    closed = await card(standing)
    assert (closed["kind"], closed["ended"], closed["allowed"]) == ("closed", True, [])


async def test_a_card_of_a_chat_names_people_and_proposes_a_customer(standing: StandingHouse) -> None:
    link = "https://chat.example/p1"
    await chatted(standing, said("There is no signal", email="kari@fjord.example", permalink=link))
    shown = await card(standing)
    assert shown["caller"] == {"name": "Kari N.", "address": "t1/u1", "channel": "slack"}
    assert shown["source"] == {"channel": "slack", "permalink": link}
    assert shown["customer"] is None
    (proposal,) = shown["proposals"]
    assert (proposal["reference"], "kari@fjord.example" in proposal["sentence"]) == ("FJORD-1001", True)
    await chatted(standing, said("Me too", "1772442100.000100", "1772442000.000100", person="t1/u2", name="Bo"))
    assert (await card(standing))["last_message"]["sender"] == "Bo"
    await standing.perform("dana", c.Identify(1001, "FJORD-1001"))
    assert (await card(standing))["proposals"] == []


async def test_files_and_links_and_proposed_tasks_are_on_the_card(standing: StandingHouse) -> None:
    await mailed(standing, "Please send me a return label")
    await mailed(standing, "Another matter")
    await standing.perform("alice", c.Link(1001, 1002, "predecessor"))
    shown = await card(standing)
    assert shown["links"] == [{"label": "C-1002", "relation": "predecessor", "title": "Another matter"}]
    (task,) = shown["proposed_tasks"]
    assert (task["queue"], task["assignee"], task["handover"], task["handover_kind"]) == (
        "support",
        "",
        "",
        "return_material_authorisation",
    )
    await standing.perform("alice", c.Take(1001))
    await standing.perform("alice", c.AddTask(1001, task["title"], queue=task["queue"]))
    assert (await card(standing))["proposed_tasks"] == []


async def test_a_proposed_task_says_for_whom_the_rule_means_it(standing: StandingHouse) -> None:
    await mailed(standing, "Please send me a return label")
    case = await standing.desk.ask("case.show", {"number": 1001})
    (task,) = case["proposed_tasks"]
    assert (task["title"], task["queue"]) == ("Authorise the return and wait for the goods", "support")


async def test_the_home_of_an_agent(standing: StandingHouse) -> None:
    for number in range(MINE_ON_A_PAGE + 2):
        await mailed(standing, f"Matter {number}")
    for number in range(1001, 1001 + MINE_ON_A_PAGE + 1):
        await standing.perform("alice", c.Take(number))
    home = await standing.desk.ask("agent.home", {"agent": "alice", "page": 1})
    assert (home["agent"], home["mine_total"], home["pages"]) == ({"id": "alice", "name": "Alice Archer"}, 21, 2)
    assert (len(home["mine"]), len(home["unclaimed"]), home["unclaimed_total"]) == (MINE_ON_A_PAGE, 1, 1)
    by_name = {queue["name"]: queue for queue in home["queues"]}
    assert set(by_name) == {"support", "triage"}
    assert (by_name["support"]["waiting"], by_name["support"]["in_charge"]) == (1, 21)
    last = await standing.desk.ask("agent.home", {"agent": "alice", "page": 2})
    assert (len(last["mine"]), last["page"]) == (1, 2)
    with pytest.raises(RefusedError):
        await standing.desk.ask("agent.home", {"agent": "nobody"})


async def test_an_agent_of_a_user_group_works_like_every_other(standing: StandingHouse) -> None:
    await mailed(standing, "Pump stands still")
    with pytest.raises(RefusedError):
        await standing.perform("u7", c.Take(1001))
    chat = HouseChat(standing.house, standing.writer, SqlChatArchive(standing.database))
    await chat.learn_agents([Agent("u7", "Uma", "", ("support",))])
    await standing.perform("u7", c.Take(1001))
    standing.house.learned.clear()  # the next run of the service, before the chat has named them again
    await standing.perform("u7", c.AddComment(1001, "still here"))
    standing.house.learned.clear()
    assert await chat.agent("u7") == Agent("u7", "Uma", "", ("support",))
    assert (await standing.desk.ask("agent.home", {"agent": "u7"}))["mine_total"] == 1
    assert (await card(standing))["owner"] == {"id": "u7", "name": "Uma"}
    assert "u7" in {agent["id"] for agent in (await standing.desk.ask("house.choices", {}))["agents"]}
    with pytest.raises(RefusedError) as refused:
        await standing.perform("u7", c.Move(1001, queue="noc"))
    assert refused.value.reason.startswith("guard.")


async def test_what_a_form_may_offer(standing: StandingHouse) -> None:
    await mailed(standing, "Pump stands still")
    await standing.perform("alice", c.Classify(1001, "odd/one"))
    choices = await standing.desk.ask("house.choices", {})
    assert [queue["name"] for queue in choices["queues"]] == ["crc", "noc", "support", "triage"]
    assert {"odd/one", "technical/defect", "general/unsorted"} <= set(choices["categories"])
    assert choices["priorities"] == ["low", "normal", "high", "urgent"]
    assert choices["markers"] == ["NNR"]
    assert {"address": "crc@intakebot.example", "title": "Customer relations"} in choices["addresses"]
    assert [agent["id"] for agent in choices["agents"]] == ["alice", "bob", "carol", "dana"]


async def test_a_preview_is_what_leaves(standing: StandingHouse) -> None:
    await mailed(standing, "Pump stands still", Cc="boss@acme.example, Kim <kim@acme.example>")
    await standing.deliver("sent")
    await standing.perform("alice", c.Take(1001))
    counted = standing.archive.counts()
    asked: dict[str, Any] = {"case": 1001, "kind": "question", "text": "Which lamp?\nThe red one?"}
    preview = await standing.desk.ask("reply.preview", asked)
    assert preview["to"] == [{"name": "Ann Archer", "address": "ann@acme.example", "channel": "email"}]
    assert preview["cc_ignored"] == ["boss@acme.example", "kim@acme.example"]
    await standing.perform("alice", c.Ask(1001, asked["text"]))
    await standing.deliver("sent")
    left = standing.outlet.taken[-1]
    assert (left.subject, left.text) == (preview["subject"], preview["text"])
    for wanted in ({"text": "Turn the valve"}, {"template": "how-to-reset"}):
        resolution = await standing.desk.ask("reply.preview", {"case": 1001, "kind": "resolution", **wanted})
        await standing.perform("alice", c.Resolve(1001, **wanted))
        await standing.deliver("sent")
        left = standing.outlet.taken[-1]
        assert (left.subject, left.text, "") == (resolution["subject"], resolution["text"], resolution["problem"])
        await standing.perform("alice", c.Reopen(1001, "once more"))
    assert counted["deliveries"] == {"sent": 1}


async def test_a_preview_in_a_thread_is_what_leaves(standing: StandingHouse) -> None:
    await chatted(standing, said("There is no signal on my line"))
    await standing.deliver("sent")
    await standing.perform("bob", c.Take(1001))
    preview = await standing.desk.ask("reply.preview", {"case": 1001, "kind": "question", "text": "Which lamp?"})
    assert preview["to"] == [{"name": "Kari N.", "address": "T1/C1/1772442000.000100", "channel": "slack"}]
    await standing.perform("bob", c.Ask(1001, "Which lamp?"))
    await standing.deliver("sent")
    assert standing.outlet.taken[-1].text == preview["text"]
    assert "reply above" not in preview["text"].lower()


async def test_a_preview_says_what_would_be_refused(standing: StandingHouse) -> None:
    await standing.perform("alice", c.RegisterContact("phone", "+44 1", "No signal", address="crc@intakebot.example"))
    preview = await standing.desk.ask("reply.preview", {"case": 1001, "kind": "question", "text": "x"})
    assert (preview["to"], preview["text"]) == ([], "")
    assert "the caller has no address" in preview["problem"]
    await mailed(standing, "Pump stands still")
    broken = await standing.desk.ask("reply.preview", {"case": 1002, "kind": "resolution", "template": "nothing"})
    assert "nothing" in broken["problem"]
    await standing.perform("alice", c.Void(1002, "spam"))
    ended = await standing.desk.ask("reply.preview", {"case": 1002, "kind": "question", "text": "x"})
    assert "no change is possible" in ended["problem"]
    with pytest.raises(RefusedError):
        await standing.desk.ask("reply.preview", {"case": 1002, "kind": "closing-notice"})
    with pytest.raises(NotFoundError):
        await standing.desk.ask("reply.preview", {"case": 1009, "kind": "question"})


async def solved(standing: StandingHouse, number: int, subject: str, body: str, answer: str) -> None:
    await mailed(standing, subject, body)
    await standing.perform("alice", c.Take(number))
    await standing.perform("alice", c.AddComment(number, f"{ZIRKON} impeller cavitation whistle"))
    await standing.perform("alice", c.Resolve(number, answer))
    await standing.deliver()


async def test_what_helped_before_is_suggested(standing: StandingHouse) -> None:
    await solved(standing, 1001, "Impeller makes noise", "A whistle and cavitation.", "Bleed the inlet.")
    await solved(standing, 1002, "Invoice is wrong", "It is too high.", "You get it back.")
    await mailed(standing, "Cavitation", "The impeller of pump 3 has a whistle since Monday.")
    await mailed(standing, "A different whistle", f"{ZIRKON} is written on it.")
    best, *others = await standing.desk.ask("case.suggest", {"number": 1003, "limit": 5})
    assert (best["label"], best["text"], best["template"]) == ("C-1001", "Bleed the inlet.", "")
    assert {"impeller", "whistle", "cavitation"} <= set(best["words"])
    assert "You get it back." not in {each["text"] for each in others}
    internal = await standing.desk.ask("case.suggest", {"number": 1004, "limit": 5})
    assert ZIRKON not in str([*internal, best, *others])
    with pytest.raises(NotFoundError):
        await standing.desk.ask("case.suggest", {"number": 1009, "limit": 5})


async def test_a_template_is_suggested_as_the_caller_would_read_it(standing: StandingHouse) -> None:
    await mailed(standing, "Router", "After five minutes the router has no network name and no password.")
    (best,) = await standing.desk.ask("case.suggest", {"number": 1001, "limit": 5})
    assert (best["template"], best["label"]) == ("how-to-reset", "")
    assert "press the reset button" in best["text"]
    (choice,) = await standing.desk.ask("template.choices", {"number": 1001})
    assert choice == {"name": "how-to-reset", "subject": "[C-1001] Router", "languages": ["de", "en"]}


async def test_what_a_template_said_to_another_caller_is_not_suggested(standing: StandingHouse) -> None:
    await mailed(standing, "Router password", "The router has no network name any more.")
    await standing.perform("alice", c.Take(1001))
    await standing.perform("alice", c.Resolve(1001, template="how-to-reset"))
    await standing.deliver()
    await mailed(standing, "Router again", "The router has lost its network name and password.", From="bo@acme.example")
    found = await standing.desk.ask("case.suggest", {"number": 1002, "limit": 5})
    assert [(each["template"], each["label"]) for each in found] == [("how-to-reset", "")]
    assert "Ann" not in found[0]["text"]


async def test_cases_and_customers_are_found(standing: StandingHouse) -> None:
    await mailed(standing, "Pump stands still")
    found = await standing.desk.ask("case.find", {"text": "pump acme archer"})
    assert (found["total"], [row["label"] for row in found["cases"]]) == (1, ["C-1001"])
    assert await standing.desk.ask("case.find", {"text": "nothing like it", "limit": 5, "offset": 0}) == {
        "total": 0,
        "cases": [],
    }
    (customer,) = await standing.desk.ask("customer.find", {"text": "fjord-1001"})
    assert customer["reference"] == "FJORD-1001"
