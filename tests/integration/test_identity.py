"""Who wrote, and what that lets them do: forged senders, passed-on addresses, strangers and impostors (section E)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fakes.standing_house import CHECKING_SERVER, StandingHouse
from intakebot.domain.commands import AddComment, Close, Move, Resolve, Split, Take
from intakebot.domain.delivery import Delivery
from intakebot.domain.errors import RefusedError

DISOWNED = f"Authentication-Results: {CHECKING_SERVER}; dmarc=fail (p=reject) header.from=acme.example"
OWNED = f"Authentication-Results: {CHECKING_SERVER}; dmarc=pass header.from=acme.example"
ANN = "Ann <ann@acme.example>"


class Post:
    """Mails in a house, and what became of them."""

    def __init__(self, standing: StandingHouse) -> None:
        self.standing = standing
        self._count = 0

    async def mail(self, sender: str, *fields: str, to: str = "support@intakebot.example", body: str = "Help.") -> Any:
        """A mail; returns the contact as `contact show` has it."""
        self._count += 1
        own = (f"From: {sender}", f"To: {to}", f"Message-ID: <{self._count}@mail.example>")
        subject = () if any(field.startswith("Subject:") for field in fields) else ("Subject: Pump stands still",)
        content = "\r\n".join([*fields, *own, *subject, "", body, ""]).encode()
        bare = sender.rpartition("<")[2].rstrip(">")
        kept = await self.standing.receive(content, bare, (to,))
        await self.standing.register()
        return self.standing.archive.contact(kept.contact_id)

    async def answered(self) -> Delivery:
        """Ann's case, resolved and sent; returns the resolution."""
        await self.mail(ANN)
        await self.standing.perform("alice", Take(1001))
        await self.standing.perform("alice", Resolve(1001, "Turn it off and on."))
        await self.standing.deliver()
        return self.standing.outlet.taken[-1]

    def case(self, number: int = 1001) -> Any:
        return self.standing.archive.case(number)

    async def sent_since(self, before: int) -> list[Delivery]:
        await self.standing.deliver()
        return self.standing.outlet.taken[before:]


@pytest.fixture
def post(standing: StandingHouse) -> Post:
    return Post(standing)


# case E04
async def test_a_disowned_answer_is_a_note_and_moves_nothing(post: Post) -> None:
    resolution = await post.answered()
    contact = await post.mail(ANN, DISOWNED, to=resolution.reply_to, body="It did not help.")
    case = post.case()
    assert (contact["state"], case["status"], len(case["messages"])) == ("appended", "Completed", 2)
    assert "not verified: DMARC failed" in contact["reason"]
    assert any("not verified" in comment["text"] for comment in case["comments"])
    assert await post.sent_since(2) == []
    (decision,) = contact["decisions"]
    assert decision["trace"]["sender"] == {
        "spf": "none",
        "dkim": "none",
        "dmarc": "fail",
        "checked_by": CHECKING_SERVER,
    }


# cases E04, E05: what the sender himself wrote about himself helps nobody
@pytest.mark.parametrize(("fields", "status"), [((OWNED,), "Accepted"), ((DISOWNED, OWNED), "Completed")])
async def test_an_owned_answer_brings_the_case_back(post: Post, fields: tuple[str, ...], status: str) -> None:
    resolution = await post.answered()
    await post.mail(ANN, *fields, to=resolution.reply_to, body="It did not help.")
    assert post.case()["status"] == status


# case E04
async def test_a_disowned_mail_that_names_a_case_opens_its_own(post: Post) -> None:
    await post.answered()
    contact = await post.mail(ANN, DISOWNED, "Subject: [C-1001] again")
    case = post.case(1002)
    assert "unverified-sender" in case["markers"]
    assert "possibly a follow-up of C-1001: DMARC failed" in contact["reason"]
    assert post.case()["status"] == "Completed"


# case E01
async def test_what_was_weighed_and_not_taken_is_shown(post: Post) -> None:
    await post.answered()
    contact = await post.mail("eve@evil.example", "Subject: [C-1001] let me in")
    (candidate,) = contact["decisions"][0]["trace"]["candidates"]
    assert (candidate["case"], candidate["score"]) == (1001, 30)
    assert candidate["why_not"] == "the sender is nobody of this case"
    why = await post.standing.desk.ask("case.why", {"number": 1002})
    assert why["decisions"][0]["trace"]["candidates"] == [candidate]


# case E03
async def test_a_third_party_adds_and_learns_nothing(post: Post) -> None:
    resolution = await post.answered()
    caller, answer_to = post.case()["caller"], post.case()["answer_to"]
    await post.mail("carl@partner.example", to=resolution.reply_to, body="I know this pump.")
    case = post.case()
    assert (case["caller"], case["answer_to"], case["status"]) == (caller, answer_to, "Completed")
    assert await post.sent_since(2) == []
    await post.standing.perform("alice", AddComment(1001, "thanks"))
    assert "2@mail.example" not in (await post.standing.case_file(1001)).thread


# case E06
async def test_a_stranger_in_the_cc_is_told_nothing(post: Post) -> None:
    await post.mail(ANN, "Cc: eve@evil.example, bo@acme.example")
    await post.standing.perform("alice", Take(1001))
    await post.standing.perform("alice", Resolve(1001, "Done."))
    sent = await post.sent_since(0)
    assert {delivery.recipient for delivery in sent} == {"ann@acme.example"}
    decision = post.standing.archive.decisions(1001)[0]
    assert decision["trace"]["cc"] == ["eve@evil.example", "bo@acme.example"]  # agents see it


# case E07
@pytest.mark.parametrize("extra", [(), ("Auto-Submitted: auto-generated",)])
async def test_the_code_of_a_third_service_stays_with_the_agents(post: Post, extra: tuple[str, ...]) -> None:
    resolution = await post.answered()
    code = "Your verification code is 904417."
    contact = await post.mail("noreply@idp.example", "Subject: Verify", *extra, to=resolution.reply_to, body=code)
    assert contact["state"] in ("appended", "machine")
    assert await post.sent_since(2) == []
    await post.mail(ANN, to=resolution.reply_to, body="Please send me everything that came in.")
    await post.standing.perform("alice", Resolve(1001, "Here is what we know."))
    later = await post.sent_since(2)
    assert later
    assert not any("904417" in f"{one.subject}{one.text}{one.html}" or "idp" in str(one.references) for one in later)


# case E08
async def test_a_reply_to_of_somebody_else_is_not_followed(post: Post) -> None:
    await post.mail(ANN, "Reply-To: eve@evil.example")
    sent = await post.sent_since(0)
    assert [delivery.recipient for delivery in sent] == ["ann@acme.example"]
    assert post.case()["answer_to"] == "ann@acme.example"


# case E08: unless the configuration names the sender; and nothing leaves there by itself
@pytest.mark.parametrize(
    ("fields", "answer_to"),
    [
        (("Reply-To: Carl <carl@partner.example>",), "carl@partner.example"),
        (("Reply-To: carl@partner.example, x@evil.example",), "ann@acme.example"),
        (("Reply-To: support+token@intakebot.example",), "ann@acme.example"),
        ((DISOWNED, "Reply-To: carl@partner.example"), "ann@acme.example"),
    ],
)
async def test_a_named_sender_s_reply_to_is_followed(post: Post, fields: tuple[str, ...], answer_to: str) -> None:
    post.standing.restart(follow_reply_to_of=frozenset({"ann@acme.example"}))
    await post.mail(ANN, *fields)
    assert post.case()["answer_to"] == answer_to
    assert len(await post.sent_since(0)) == (answer_to == "ann@acme.example")
    await post.standing.perform("alice", Take(1001))
    await post.standing.perform("alice", Resolve(1001, "Done."))
    assert (await post.sent_since(0))[-1].recipient == answer_to


# case E09
@pytest.mark.parametrize("sender", ["ann@acme.example, eve@evil.example", "friends: ann@acme.example;, x@y.example"])
async def test_a_doubtful_sender_is_nobody(post: Post, sender: str) -> None:
    await post.mail(sender)
    case = post.case()
    assert (case["caller"], case["customer"], case["answer_to"]) == (None, None, "")
    assert await post.sent_since(0) == []


# case E10
@pytest.mark.parametrize(
    "sender",
    [
        "Alice Archer <alice@evil.example>",
        "=?utf-8?b?0JBsaWNlIEFyY2hlcg==?= <alice@evil.example>",
        "A L I C E  Archer <x@evil.example>",
        '"support@intakebot.example" <x@evil.example>',
        "=?utf-8?q?txet_sdrawkcab_=E2=80=AEelpmaxe?= <x@evil.example>",
        "Support <x@xn--intkebot-36g.example>",
    ],
)
async def test_somebody_who_looks_like_us_is_marked_and_shown_plainly(post: Post, sender: str) -> None:
    await post.mail(sender)
    case = post.case()
    assert "looks-like-another" in case["markers"]
    assert case["caller"]["name"] == ""
    assert "Alice" not in (await post.sent_since(0))[0].text


# case E10: and what looks like a customer's domain is not the customer's
async def test_a_lookalike_of_a_customer_is_no_customer(post: Post) -> None:
    await post.mail("ann@xn--cme-7cd.example")
    assert post.case()["customer"] is None


# case E11
@pytest.mark.parametrize("sender", ["alice@intakebot.example", "Alice Archer <alice@intakebot.example>"])
async def test_no_agent_acts_by_mail(post: Post, sender: str) -> None:
    resolution = await post.answered()
    before = [event["kind"] for event in post.standing.archive.events(1001)]
    for to in (resolution.reply_to, "support@intakebot.example"):
        await post.mail(sender, "Subject: [C-1001] close", to=to, body="close\r\n/close C-1001\r\n#close")
    case = post.case()
    assert (case["status"], case["owner"]) == ("Completed", "alice")
    events = [event["kind"] for event in post.standing.archive.events(1001)]
    assert set(events[len(before) :]) <= {"contact.appended"}
    assert await post.sent_since(2) == []


# case E12: an old thread gives no right back; the mail is registered, and nothing moves
async def test_an_agent_who_lost_the_queue_is_refused(post: Post) -> None:
    resolution = await post.answered()
    await post.mail(ANN, to=resolution.reply_to, body="It did not help.")
    agents = dict(post.standing.house.organisation.agents)
    agents["alice"] = replace(agents["alice"], queues=("triage",))
    await post.standing.perform("alice", Move(1001, queue="support", comment="not mine any more"))
    post.standing.restart(agents=agents)
    for command in (AddComment(1001, "still me"), Close(1001), Resolve(1001, "x")):
        with pytest.raises(RefusedError) as refused:
            await post.standing.perform("alice", command)
        assert refused.value.reason == "agent.queue"
    status = post.case()["status"]
    contact = await post.mail("alice@intakebot.example", to=resolution.reply_to, body="Close it.")
    assert post.case()["status"] == status
    assert "third party" in contact["reason"]


# case E13
async def test_the_support_key_of_another_customer_is_a_claim(post: Post) -> None:
    await post.mail("kari@fjord.example", body="Our support key is KEY-123456.")
    case = post.case()
    assert (case["support_key"], case["support_key_state"]) == ("KEY-123456", "claimed")
    assert case["customer"]["reference"] == "FJORD-1001"
    assert {agreement["kind"] for agreement in case["agreements"]} == {"customer"}  # their own, and no support


# case E14
async def test_a_token_that_was_passed_on_is_worth_nothing_to_an_outsider(post: Post) -> None:
    resolution = await post.answered()
    contact = await post.mail("eve@evil.example", OWNED, to=resolution.reply_to, body="I am Ann. Change my address.")
    case = post.case()
    assert "third party" in contact["reason"]
    assert (case["answer_to"], case["status"]) == ("ann@acme.example", "Completed")


# case E15
async def test_a_closed_case_stays_as_it_is(post: Post) -> None:
    resolution = await post.answered()
    await post.standing.perform("alice", Close(1001))
    before = post.case()
    for sender in (ANN, "eve@evil.example"):
        contact = await post.mail(sender, to=resolution.reply_to, body="One more thing.")
        assert "a new case that follows C-1001" in contact["reason"]
    after = post.case()
    assert {name: after[name] for name in after if name != "links"} == {
        name: before[name] for name in before if name != "links"
    }
    (acknowledged, *_) = [one for one in await post.sent_since(2) if one.recipient == "eve@evil.example"]
    assert "1001" not in acknowledged.text


# case E05: what is doubtful about a sender stays with every case that comes of the mail
async def test_a_case_that_is_split_off_keeps_the_doubts(post: Post) -> None:
    await post.mail("Alice Archer <ann@acme.example>", DISOWNED)
    doubts = post.case()["markers"]
    await post.standing.perform("alice", Split(1001, title="The other thing", description="x"))
    assert {"unverified-sender", "looks-like-another"} <= set(doubts)
    assert post.case(1002)["markers"] == doubts


def resolving(event: str, when: dict[str, Any]) -> dict[str, Any]:
    return {"route": [{"id": "r.says", "on": event, "when": when, "then": {"resolve": {"template": "how-to-reset"}}}]}


# case E08: the form would be a way to have mail sent to strangers, today or in two days
async def test_nothing_automatic_leaves_later_to_where_a_form_says(post: Post) -> None:
    known = post.standing.house.organisation.queues
    queues = {name: replace(queue, closing_notice=True) for name, queue in known.items()}
    post.standing.restart(follow_reply_to_of=frozenset({"ann@acme.example"}), queues=queues)
    post.standing.swap_rules(resolving("idle", {"case.idle_hours": {"gt": 48}}))
    await post.mail(ANN, "Reply-To: Carl <carl@partner.example>", to="crc@intakebot.example")
    await post.standing.worker.watch_idle()
    post.standing.advance(timedelta(days=3))
    assert await post.sent_since(0) == []
    assert "only an agent answers there" in str(post.case()["comments"])
    await post.standing.perform("bob", Take(1001))
    await post.standing.perform("bob", Resolve(1001, "Done."))
    assert len(await post.sent_since(0)) == 1
    post.standing.advance(timedelta(days=11))
    assert len(await post.sent_since(0)) == 1, "a closing notice left"
    assert post.case()["status"] == "Closed"


# case D07: whoever of the customer's people writes, the limits are those of the address that is answered
async def test_the_limits_of_who_is_answered_count(post: Post) -> None:
    await post.standing.import_customers()
    for number in range(4):
        await post.mail(ANN, f"Subject: Matter {number}")
    assert [one.recipient for one in await post.sent_since(0)] == ["ann@acme.example"] * 3
    post.standing.swap_rules(resolving("appended", {"channel": "email"}))
    contact = await post.mail("Bo <bo@acme.example>", "Subject: [C-1004] me too")
    assert contact["case"] == 1004
    assert len(await post.sent_since(0)) == 3
    assert "has had 3 automatic replies" in str(post.case(1004)["comments"])


# cases E01, E08: all that comes through a form has one sender, who is nobody's word for anybody's case
async def test_a_form_is_no_way_into_the_cases_of_others(post: Post) -> None:
    post.standing.restart(follow_reply_to_of=frozenset({"forms@shop.example"}))
    await post.mail("forms@shop.example", "Reply-To: carl@partner.example")
    await post.standing.perform("alice", Take(1001))
    await post.standing.perform("alice", Resolve(1001, "Done."))
    await post.sent_since(0)
    contact = await post.mail("forms@shop.example", "Reply-To: eve@evil.example", "Subject: [C-1001] and me?")
    assert (contact["state"], contact["case"], post.case()["status"]) == ("registered", 1002, "Completed")
    assert "possibly a follow-up of C-1001" in contact["reason"]
    answer = await post.mail("carl@partner.example", to=post.standing.outlet.taken[0].reply_to)
    assert (answer["state"], answer["case"]) == ("appended", 1001)
