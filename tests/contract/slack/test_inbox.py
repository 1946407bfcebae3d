"""Nothing is acknowledged before it is kept, and nothing is kept twice, by either door."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp

from contract.slack.workspace import Transport, standing
from fakes.chat_books import ChatBooks
from fakes.slack import Channel, FakeSlack, Message, Person
from intakebot.channels.slack.doors.inbox import event_key, interaction_key
from intakebot.domain.chat import EnvelopeKind

BOTH = pytest.mark.parametrize("mode", ["http", "socket"])
TAKE = {"type": "button", "action_id": "case.take", "text": {"type": "plain_text", "text": "Take"}}
FORM = {
    "type": "modal",
    "callback_id": "form.case",
    "title": {"type": "plain_text", "text": "Case"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "text",
            "label": {"type": "plain_text", "text": "Text"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


class Listeners:
    """A button, a modal, a select and a command; `ran` is what was carried out."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.gate: asyncio.Event | None = None

    def register(self, app: AsyncApp) -> None:
        app.action("case.take")(self.take)
        app.view("form.case")(self.submit)
        app.options("case.customer")(self.offer)
        app.command("/case")(self.command)

    async def take(self, ack: AsyncAck) -> None:
        await ack()
        self.ran.append("take")
        if self.gate:
            await self.gate.wait()

    async def submit(self, ack: AsyncAck) -> None:
        self.ran.append("submit")
        await ack(response_action="errors", errors={"text": "say more"})

    async def offer(self, ack: AsyncAck) -> None:
        self.ran.append("offer")
        await ack(options=[{"text": {"type": "plain_text", "text": "Acme"}, "value": "acme"}])

    async def command(self, ack: AsyncAck) -> None:
        self.ran.append("command")
        await ack("found nothing")


@pytest.fixture
def listeners() -> Listeners:
    return Listeners()


@pytest.fixture(params=["http", "socket"])
async def transport(
    slack: FakeSlack, books: ChatBooks, listeners: Listeners, request: pytest.FixtureRequest
) -> AsyncIterator[Transport]:
    async with standing(slack, books, request.param, registrars=[listeners.register]) as made:
        yield made


@pytest.fixture
def alice(slack: FakeSlack) -> Person:
    return slack.person("alice")


@pytest.fixture
def room(slack: FakeSlack, alice: Person) -> Channel:
    return slack.channel("help", [alice])


async def card(transport: Transport, room: Channel, *elements: Any) -> Message:
    """A message of ours with buttons; that we said something is an event as well, and kept by now."""
    blocks, before = [{"type": "actions", "elements": list(elements or (TAKE,))}], len(transport.books.events)
    await transport.calls.call("chat.postMessage", channel=room.id, text="a card", blocks=blocks)
    await transport.slack.until(lambda: len(transport.books.events) > before)
    return transport.slack.messages(room)[-1]


async def test_an_event_is_kept_word_for_word_and_somebody_is_woken(
    transport: Transport, books: ChatBooks, slack: FakeSlack, alice: Person, room: Channel
) -> None:
    await alice.says(room, "My pump leaks \u2028 ü")
    await slack.until(lambda: books.events)

    [kept] = books.events
    [brought] = slack.deliveries
    assert (kept.channel, kept.kind) == ("slack", EnvelopeKind.EVENT)
    assert kept.key == f"event:{slack.home.id}|{brought.id}"
    assert json.loads(kept.payload) == brought.body
    assert transport.woken == 1


@pytest.mark.usefixtures("transport")
async def test_an_event_that_comes_again_and_again_is_one(
    books: ChatBooks, slack: FakeSlack, alice: Person, room: Channel
) -> None:
    """I01, S2: five times in all, four of them at the same instant."""
    message = await alice.says(room, "My pump leaks")
    await slack.redeliver(message, times=4, at_once=True)

    assert len(books.events) == 1
    assert books.keeping == 5
    assert [attempt.acked for attempt in slack.deliveries[0].attempts] == [True] * 5


@BOTH
async def test_two_processes_keep_an_event_once(
    slack: FakeSlack, books: ChatBooks, alice: Person, room: Channel, mode: str
) -> None:
    """S2, I11: what comes by the one and again by the other is one."""
    async with standing(slack, books, mode), standing(slack, books, mode):
        message = await alice.says(room, "My pump leaks")
        await slack.redeliver(message, times=4, at_once=True)
        await slack.until(lambda: books.keeping == 5)

    assert len(books.events) == 1


async def test_what_was_not_kept_comes_again_and_is_kept_once(
    transport: Transport, books: ChatBooks, slack: FakeSlack, alice: Person, room: Channel
) -> None:
    """S1: the disk is full twice; Slack is not told that we have it before we have it."""
    slack.verdict.allow("event-attempt")
    books.failures = 2

    await alice.says(room, "My pump leaks")
    for tried in (1, 2):
        await slack.until(lambda tried=tried: books.keeping >= tried)
        slack.clock.advance(3.1)
        await slack.until(lambda tried=tried: len(slack.deliveries[0].attempts) >= tried)
    assert "the disk is full" in transport.inbox.trouble
    slack.clock.advance(61)
    await slack.until(lambda: slack.deliveries[0].acked)

    assert [attempt.acked for attempt in slack.deliveries[0].attempts] == [False, False, True]
    assert len(books.events) == 1
    assert transport.woken == 1
    assert transport.inbox.trouble == ""


@pytest.mark.usefixtures("transport")
async def test_a_slow_disk_makes_no_second_contact(
    books: ChatBooks, slack: FakeSlack, alice: Person, room: Channel
) -> None:
    """S4: it takes 3.5 s; Slack gives up after three and brings it again."""
    slack.verdict.allow("event-attempt")
    books.gate = asyncio.Event()

    await alice.says(room, "My pump leaks")
    await slack.until(lambda: books.keeping == 1)
    slack.clock.advance(3.5)
    await slack.until(lambda: books.keeping == 2)
    books.gate.set()
    await slack.until(lambda: slack.deliveries[0].acked)

    assert len(books.events) == 1


@pytest.mark.usefixtures("transport")
async def test_nothing_is_acknowledged_before_it_is_kept(
    books: ChatBooks, slack: FakeSlack, alice: Person, room: Channel
) -> None:
    """I08: killed here, Slack brings it again."""
    books.gate = asyncio.Event()
    await alice.says(room, "My pump leaks")
    await slack.until(lambda: books.keeping == 1)

    assert not slack.deliveries[0].attempts
    books.gate.set()
    await slack.until(lambda: slack.deliveries[0].acked)


async def test_what_is_under_way_when_the_house_closes_is_finished(
    slack: FakeSlack, books: ChatBooks, alice: Person, room: Channel, transport: Transport
) -> None:
    books.gate = asyncio.Event()
    await alice.says(room, "My pump leaks")
    await slack.until(lambda: books.keeping == 1)

    transport.stop.set()
    assert not await slack.comes(transport.serving.done, within=0.2)
    books.gate.set()
    await asyncio.wait_for(transport.serving, 5)
    await slack.until(lambda: slack.deliveries[0].acked)

    assert len(books.events) == 1


async def test_an_interaction_is_carried_out_and_its_answer_is_stored(
    transport: Transport, books: ChatBooks, alice: Person, room: Channel, listeners: Listeners
) -> None:
    seen = await alice.clicks(await card(transport, room), "Take")
    await transport.app.close()

    assert seen.acked
    assert listeners.ran == ["take"]
    [kept] = [one for one in books.events if one.kind is EnvelopeKind.INTERACTION]
    assert json.loads(kept.payload)["actions"][0]["action_id"] == "case.take"
    assert books.answers == {len(books.events): ""}


async def test_an_interaction_that_comes_again_is_answered_as_the_first_time(
    transport: Transport, books: ChatBooks, slack: FakeSlack, alice: Person, room: Channel, listeners: Listeners
) -> None:
    seen = await alice.clicks(await card(transport, room), "Take")
    await transport.app.close()
    books.answers[len(books.events)] = json.dumps({"text": "the answer of then"})

    again = await transport.app.by_socket(slack.deliveries[-1].body, {})

    assert seen.acked
    assert json.loads(again.body) == {"text": "the answer of then"}
    assert listeners.ran == ["take"]


async def test_the_errors_of_a_form_are_an_answer(
    transport: Transport, books: ChatBooks, alice: Person, room: Channel, listeners: Listeners
) -> None:
    await _open_form(transport, alice, room)

    seen = await alice.submits({"text": "short"})
    await transport.app.close()

    assert seen.errors == {"text": "say more"}
    assert json.loads(books.answers[len(books.events)])["errors"] == {"text": "say more"}
    assert listeners.ran == ["command", "submit"]


async def _open_form(transport: Transport, alice: Person, room: Channel) -> None:
    await alice.runs("/case", "new", room)
    trigger = transport.slack.deliveries[-1].body["trigger_id"]
    await transport.calls.call("views.open", trigger_id=trigger, view=FORM)


async def test_when_an_answer_leaves_its_listener_has_ended(
    transport: Transport, slack: FakeSlack, alice: Person, room: Channel, listeners: Listeners
) -> None:
    """Fact 8: slack_bolt would let it go on in a task that nobody keeps."""
    shown, listeners.gate = await card(transport, room), asyncio.Event()

    clicking = asyncio.create_task(alice.clicks(shown, "Take"))
    await slack.until(lambda: listeners.ran == ["take"])
    assert not await slack.comes(clicking.done, within=0.1)
    listeners.gate.set()

    assert (await clicking).acked


@pytest.mark.usefixtures("transport")
async def test_a_command_is_answered_in_words(alice: Person, room: Channel) -> None:
    seen = await alice.runs("/case", "find pump", room)

    assert seen.ephemerals == ["found nothing"]


async def test_an_interaction_that_was_not_kept_is_not_carried_out(
    transport: Transport, books: ChatBooks, slack: FakeSlack, alice: Person, room: Channel, listeners: Listeners
) -> None:
    slack.verdict.allow("interaction-late")
    shown = await card(transport, room)
    books.failures = 1

    clicking = asyncio.create_task(alice.clicks(shown, "Take"))
    await slack.until(lambda: books.failures == 0)
    slack.clock.advance(3.1)

    assert not (await clicking).acked
    assert listeners.ran == []


async def test_what_is_asked_at_every_key_press_is_not_kept(
    transport: Transport, books: ChatBooks, alice: Person, room: Channel
) -> None:
    select = {"type": "external_select", "action_id": "case.customer", "min_query_length": 1}
    shown = await card(transport, room, select)
    before = len(books.events)

    offered = await alice.is_offered(shown, "case.customer", "ac")

    assert [option["value"] for option in offered] == ["acme"]
    assert len(books.events) == before


@pytest.mark.parametrize(
    ("event", "kept"),
    [("user_change", 0), ("team_join", 0), ("subteam_updated", 0), ("tokens_revoked", 1), ("app_uninstalled", 1)],
)
async def test_what_must_be_known_at_once_is_heard_and_only_hints_are_not_kept(
    transport: Transport, books: ChatBooks, slack: FakeSlack, event: str, kept: int
) -> None:
    slack.send_event({"type": event})

    await slack.until(lambda: slack.deliveries[0].acked)
    assert [one["type"] for one in transport.heard] == [event]
    assert len(books.events) == kept


async def test_slack_that_holds_events_back_is_an_event_each_minute(
    transport: Transport, books: ChatBooks, slack: FakeSlack
) -> None:
    """Fact 7: it is no event_callback and has no id."""
    for _ in range(2):
        slack.say_rate_limited()
    slack.clock.advance(60)
    slack.say_rate_limited()
    await slack.until(lambda: all(one.acked for one in slack.deliveries))

    assert len(books.events) == 2
    assert transport.woken == 2


async def test_an_event_that_nobody_knows_is_kept_and_an_envelope_that_nobody_knows_is_let_go(
    transport: Transport, books: ChatBooks, slack: FakeSlack
) -> None:
    slack.send_event({"type": "something_new"})
    await slack.until(lambda: slack.deliveries[0].acked)

    answer = await transport.app.by_socket({"type": "block_dance"}, {})

    assert answer.status == 200
    assert len(books.events) == 1


async def test_the_address_is_verified(slack: FakeSlack, books: ChatBooks) -> None:
    async with standing(slack, books, "http"):
        assert await slack.verify_url()
    assert books.events == []


async def test_an_interaction_that_nobody_answers_is_settled(
    transport: Transport, books: ChatBooks, slack: FakeSlack, alice: Person, room: Channel
) -> None:
    """Else it would be carried out again after each restart."""
    slack.verdict.allow("interaction-late")
    shown = await card(transport, room, TAKE | {"action_id": "case.gone"})

    clicking = asyncio.create_task(alice.clicks(shown, "Take"))
    await slack.until(lambda: len(books.answers) == 1)
    slack.clock.advance(3.1)

    assert not (await clicking).acked


@BOTH
async def test_what_the_environment_says_to_slacks_framework_changes_nothing(
    slack: FakeSlack,
    books: ChatBooks,
    listeners: Listeners,
    alice: Person,
    room: Channel,
    mode: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """slack_bolt reads these by itself, and would look for installations, or use another token."""
    for name in ("BOT_TOKEN", "SIGNING_SECRET", "CLIENT_ID", "CLIENT_SECRET", "SCOPES", "VERIFICATION_TOKEN"):
        monkeypatch.setenv(f"SLACK_{name}", "of-another-app")

    async with standing(slack, books, mode, registrars=[listeners.register]) as transport:
        seen = await alice.clicks(await card(transport, room), "Take")

    assert seen.acked
    assert listeners.ran == ["take"]


def test_the_same_thing_has_the_same_key_whatever_the_order_of_its_parts() -> None:
    assert interaction_key({"a": 1, "b": {"c": 2, "d": 3}}) == interaction_key({"b": {"d": 3, "c": 2}, "a": 1})
    assert interaction_key({"a": 1}) != interaction_key({"a": 2})
    assert event_key({"team_id": "T1", "event_id": "Ev1"}) == "event:T1|Ev1"
    assert event_key({"team_id": "T1"}) != event_key({"team_id": "T1", "event": {}})


def test_half_a_character_can_be_kept() -> None:
    assert interaction_key({"text": "\ud800"})
