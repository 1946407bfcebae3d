"""Replies to callers by Slack: once, whole, in their thread, inert, and with an end to every trouble."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from contract.channels.harness import a_delivery
from contract.slack.wall import said
from contract.slack.workspace import connection_to
from fakes.slack import Channel, FakeSlack, Message
from intakebot.channels.slack.alarms import Alarms
from intakebot.channels.slack.calls import Calls
from intakebot.channels.slack.outlet import SlackOutlet
from intakebot.channels.slack.paced_calls import PacedCalls
from intakebot.channels.slack.rooms import Rooms
from intakebot.domain.chat import ChatTies, IntakeRoom
from intakebot.domain.delivery import DeliveredFile, Delivery, DeliveryKind, DeliveryState
from intakebot.domain.errors import (
    DeliveryDeferredError,
    DeliveryFailedError,
    DeliveryUnverifiableError,
    IntakebotError,
)
from intakebot.ports import Receipt
from intakebot.usecases.deliver import Sent, settlement_of

POST = "chat.postMessage"
GET_URL, COMPLETE = "files.getUploadURLExternal", "files.completeUploadExternal"
RESOLUTION, ACKNOWLEDGEMENT = DeliveryKind.RESOLUTION, DeliveryKind.ACKNOWLEDGEMENT


@dataclass
class Desk:
    """A caller who has asked something, and the outlet. `send` does what the worker does with a delivery."""

    slack: FakeSlack
    room: Channel
    asked: Message
    opened: list[Calls] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A new process."""
        clock = self.slack.clock.source
        self.calls = Calls(connection_to(self.slack), clock)
        self.opened.append(self.calls)
        self.alarms, self.rooms = Alarms(clock), Rooms(ChatTies(IntakeRoom("", "support@intakebot.example")))
        self.outlet = SlackOutlet(PacedCalls(self.calls, clock, self.alarms), self.rooms, clock)

    def delivery(self, **changes: Any) -> Delivery:
        place = f"{self.slack.home.id}/{self.asked.channel.id}/{self.asked.ts}"
        given = {"channel": "slack", "recipient": place, "created_at": self.slack.clock.now()}
        return a_delivery(**(given | changes))

    async def outcome(self, delivery: Delivery) -> Receipt | IntakebotError:
        try:
            return await self.outlet.deliver(delivery)
        except IntakebotError as error:
            return error

    async def send(self, delivery: Delivery, times: int = 20) -> tuple[DeliveryState, Delivery]:
        """Attempt after attempt, as the house settles them, each when it is due; returns where it ends."""
        for _ in range(times):
            delivery = replace(delivery, attempts=delivery.attempts + 1)
            now = self.slack.clock.now()
            settlement = settlement_of(Sent(delivery, await self.outcome(delivery)), now, idempotent=True)
            delivery = replace(delivery, resends=settlement.resends, answer=settlement.answer)
            if settlement.due_at is None:
                return settlement.state, delivery
            self.slack.clock.advance(max((settlement.due_at - self.slack.clock.now()).total_seconds(), 0) + 0.01)
        return DeliveryState.DEFERRED, delivery

    @property
    def replies(self) -> list[Message]:
        return self.slack.thread(self.asked)


@pytest.fixture
async def desk(slack: FakeSlack) -> AsyncIterator[Desk]:
    carla = slack.person("carla")
    room = slack.channel("help", members=[carla])
    made = Desk(slack, room, await carla.says(room, "It does not work."))
    yield made
    for calls in made.opened:
        await calls.close()


async def test_a_reply_stands_in_the_thread_of_the_question(desk: Desk) -> None:
    receipt = await desk.outlet.deliver(desk.delivery(text="Restart it."))
    [reply] = desk.replies
    assert receipt.answer == f"{desk.slack.home.id}/{desk.room.id}/{reply.ts}"
    assert said(reply) == "Restart it."
    assert reply.metadata == {"event_type": "intakebot_post", "event_payload": {"id": "7001"}}


async def test_a_direct_message_is_answered_in_its_thread(desk: Desk) -> None:
    carla = desk.slack.user(desk.asked.user)
    desk.asked = await carla.says(carla.dm(), "And here?")
    assert (await desk.send(desk.delivery()))[0] is DeliveryState.SENT
    assert len(desk.replies) == 1


@pytest.mark.parametrize(
    "recipient", ["t1/c1/1700.1", "T1/C1", "T1/C1/", "T1/C1/now", "T1/C1/1700.1/2", "T1/C1/1700.1\n", "U1", "../C1/1.1"]
)
async def test_what_is_no_place_is_refused(desk: Desk, recipient: str) -> None:
    with pytest.raises(DeliveryFailedError):
        await desk.outlet.deliver(desk.delivery(recipient=recipient))
    assert not desk.slack.calls()


async def test_an_acknowledgement_is_seen_on_the_message_too(desk: Desk) -> None:
    await desk.outlet.deliver(desk.delivery(kind=ACKNOWLEDGEMENT))
    assert list(desk.asked.reactions) == ["white_check_mark"]
    await desk.outlet.deliver(desk.delivery(id=2, kind=RESOLUTION))
    assert len(desk.slack.calls("reactions.add")) == 1


@pytest.mark.parametrize(
    "kind", ["error:already_reacted", "error:invalid_name", "500", "ratelimited", "drop_after_store"]
)
async def test_a_reaction_that_fails_is_nothing(desk: Desk, kind: str) -> None:
    desk.slack.faults.add("reactions.add", kind)
    receipt = await desk.outlet.deliver(desk.delivery(kind=ACKNOWLEDGEMENT))
    assert receipt.answer.endswith(desk.replies[0].ts)


@pytest.mark.parametrize("kind", ["drop_after_store", "timeout_before", "500", "html", "error:fatal_error"])
@pytest.mark.parametrize("what", [RESOLUTION, ACKNOWLEDGEMENT])
@pytest.mark.parametrize("restarted", [False, True])
async def test_a_reply_of_which_nobody_knows_is_sent_once(
    desk: Desk,
    kind: str,
    what: DeliveryKind,
    restarted: bool,  # noqa: FBT001 - a column of the table
) -> None:  # case I09
    desk.slack.faults.add(POST, kind)
    delivery = desk.delivery(kind=what, attempts=1)
    assert isinstance(await desk.outcome(delivery), DeliveryDeferredError)
    if restarted:
        desk.restart()
    assert (await desk.send(delivery))[0] is DeliveryState.SENT
    assert len(desk.replies) == 1


async def test_an_attempt_that_was_certainly_not_taken_needs_no_look(desk: Desk) -> None:
    desk.slack.faults.add(POST, "ratelimited", retry_after=30)
    delivery = desk.delivery(attempts=1)
    before = desk.slack.clock.now()
    outcome = await desk.outcome(delivery)
    assert isinstance(outcome, DeliveryDeferredError)
    assert outcome.retry_after == pytest.approx(timedelta(seconds=30), abs=timedelta(seconds=0.5))
    assert (await desk.send(delivery))[0] is DeliveryState.SENT
    assert timedelta(seconds=29) < desk.slack.clock.now() - before < timedelta(seconds=32)
    assert not desk.slack.calls("conversations.replies")


@pytest.mark.parametrize(
    ("what", "drops", "state", "replies"),
    [
        pytest.param(RESOLUTION, 1, "sent", 2, id="a-resolution-is-sent-once-more"),
        pytest.param(RESOLUTION, 2, "held", 2, id="and-held-when-nobody-knows-again"),
        pytest.param(ACKNOWLEDGEMENT, 1, "held", 1, id="an-acknowledgement-is-held"),
    ],
)
async def test_where_nobody_may_look_the_house_decides_as_for_mail(
    desk: Desk, what: DeliveryKind, drops: int, state: str, replies: int
) -> None:  # case I09, decision 23
    desk.slack.verdict.allow("same-outbox-id", because="nobody may look, so a resolution is resent once")
    desk.slack.app.scopes.discard("channels:history")
    desk.slack.faults.add(POST, "drop_after_store", times=drops)
    ended, _ = await desk.send(desk.delivery(kind=what))
    assert ended is DeliveryState(state)
    assert len(desk.replies) == replies


async def test_a_worker_without_a_receipt_sends_nothing_twice(desk: Desk) -> None:
    delivery = desk.delivery(attempts=1)
    first = await desk.outlet.deliver(delivery)
    desk.restart()
    assert await desk.outlet.deliver(replace(delivery, attempts=2)) == first
    assert len(desk.replies) == 1


@pytest.mark.parametrize("text", ["short", "x" * 6_999, "word " * 4_000, "💧" * 30_000, "&<>" * 20_000, "y\n" * 30_000])
async def test_nothing_of_a_long_reply_is_lost(desk: Desk, text: str) -> None:  # case I12
    assert (await desk.send(desk.delivery(text=text)))[0] is DeliveryState.SENT
    first, *more = desk.replies
    shown = said(first).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    whole = [file.content.decode() for message in more for file in message.files]
    assert text.strip() in [shown, *(part.strip() for part in whole)]


async def test_hostile_words_are_inert(desk: Desk) -> None:  # case I06
    words = "<!channel> <@U1> <https://evil.example|ok> &lt;!here&gt; *_~`` ``` \u202e @everyone"
    desk.slack.state.see_caller_text(words)
    for number, text in enumerate((words, words * 300, words * 2_000)):
        assert (await desk.send(desk.delivery(id=number, text=text)))[0] is DeliveryState.SENT


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long", "no_text"])
@pytest.mark.parametrize("times", [1, 2, 1000])
async def test_a_form_that_is_refused_becomes_plainer_and_never_loops(
    desk: Desk, error: str, times: int
) -> None:  # case I12
    desk.slack.faults.add(POST, f"error:{error}", times=times)
    state, _ = await desk.send(desk.delivery(text="Restart it. " * 500))
    assert state is (DeliveryState.SENT if times < 1000 else DeliveryState.FAILED)
    assert len(desk.slack.calls(POST)) <= 3
    files = [file.content.decode() for message in desk.replies for file in message.files]
    assert files == (["Restart it. " * 500] if times == 2 else [])


@pytest.mark.parametrize("how", ["archived", "kicked", "gone"])
async def test_a_closed_conversation_is_waited_for_and_then_a_person_is_told(desk: Desk, how: str) -> None:  # case I13
    if how == "archived":
        desk.room.archived = True
    elif how == "kicked":
        await desk.slack.user(desk.asked.user).kicks_the_app(desk.room)
    else:
        desk.slack.state.channels.pop(desk.room.id)
    state, delivery = await desk.send(desk.delivery(), times=100)
    assert state is DeliveryState.FAILED
    assert timedelta(hours=23) < desk.slack.clock.now() - delivery.created_at < timedelta(hours=25)
    assert len(desk.slack.calls(POST)) < 60
    assert desk.room.id in str(desk.alarms.next())


async def test_a_conversation_that_opens_again_is_answered(desk: Desk) -> None:
    desk.room.archived = True
    assert isinstance(await desk.outcome(desk.delivery(attempts=1)), DeliveryDeferredError)
    desk.room.archived = False
    assert (await desk.send(desk.delivery(attempts=1)))[0] is DeliveryState.SENT


async def test_a_question_that_was_deleted_is_not_answered_before_everybody(desk: Desk) -> None:
    await desk.slack.user(desk.asked.user).deletes(desk.asked)
    state, _ = await desk.send(desk.delivery())
    assert state is DeliveryState.FAILED
    assert not desk.slack.messages(desk.room)


async def test_an_app_that_is_thrown_out_keeps_replies_for_later(desk: Desk) -> None:  # case I13
    desk.slack.verdict.allow("token", because="the app cannot know before it asks")
    desk.slack.uninstall()
    state, delivery = await desk.send(desk.delivery(), times=10)
    assert state is DeliveryState.DEFERRED
    desk.slack.reinstall()
    desk.restart()
    assert (await desk.send(delivery))[0] is DeliveryState.SENT
    assert len(desk.replies) == 1


async def test_a_channel_with_another_id_is_answered_when_it_is_told(desk: Desk) -> None:  # S21
    delivery = desk.delivery()
    old = desk.slack.change_channel_id(desk.room)
    desk.rooms.rename(old, desk.room.id)
    assert (await desk.send(delivery))[0] is DeliveryState.SENT


def a_file(name: str, content: bytes) -> DeliveredFile:
    return DeliveredFile(name, "text/plain", hashlib.sha256(content).hexdigest(), len(content), content)


FILES = (a_file("one.txt", b"first"), a_file("two.txt", b"second" * 1000))


def shown_files(desk: Desk) -> list[list[tuple[str, bytes]]]:
    return [[(file.name, file.content) for file in message.files] for message in desk.replies if message.files]


ALL_FILES = [[("one.txt", b"first"), ("two.txt", b"second" * 1000)]]


async def test_files_go_along_in_one_message(desk: Desk) -> None:  # S22
    assert (await desk.send(desk.delivery(files=FILES)))[0] is DeliveryState.SENT
    assert shown_files(desk) == ALL_FILES
    assert len(desk.replies) == 2


@pytest.mark.parametrize("method", [GET_URL, COMPLETE])
@pytest.mark.parametrize(
    "kind", ["500", "timeout_before", "drop_after_store", "ratelimited", "html", "error:fatal_error"]
)
@pytest.mark.parametrize("restarted", [False, True])
async def test_an_upload_that_fails_half_way_doubles_neither_words_nor_files(
    desk: Desk,
    method: str,
    kind: str,
    restarted: bool,  # noqa: FBT001 - a column of the table
) -> None:  # S22
    desk.slack.faults.add(method, kind)
    delivery = desk.delivery(files=FILES, attempts=1)
    assert isinstance(await desk.outcome(delivery), DeliveryDeferredError)
    desk.slack.clock.advance(61)
    if restarted:
        desk.restart()
    assert (await desk.send(delivery))[0] is DeliveryState.SENT
    assert shown_files(desk) == ALL_FILES
    assert len(desk.replies) == 2


async def test_more_files_than_may_be_sent_at_once_arrive_in_the_end(desk: Desk) -> None:
    files = tuple(a_file(f"{number}.txt", f"content {number}".encode()) for number in range(60))
    state, _ = await desk.send(desk.delivery(files=files), times=200)
    assert state is DeliveryState.SENT
    [shown] = shown_files(desk)
    assert len(shown) == 60
    assert len(desk.slack.calls(GET_URL)) == 60


async def test_an_upload_that_nobody_saw_is_no_doubt(desk: Desk) -> None:
    """Nothing is shown before the last step: nobody has to look, so an app that may not look goes on as well."""
    desk.slack.app.scopes.discard("channels:history")
    desk.slack.faults.add(GET_URL, "drop_after_store")
    state, delivery = await desk.send(desk.delivery(files=FILES, kind=ACKNOWLEDGEMENT))
    assert state is DeliveryState.SENT
    assert delivery.resends == 0
    assert shown_files(desk) == ALL_FILES


async def test_files_that_are_refused_for_good_are_told_of_and_the_words_are_there(desk: Desk) -> None:
    desk.slack.faults.add(COMPLETE, "error:invalid_arguments", times=100)
    state, delivery = await desk.send(desk.delivery(files=FILES))
    assert state is DeliveryState.FAILED
    assert "the words are there, the files are not" in delivery.answer
    assert len(desk.replies) == 1


async def test_an_empty_file_is_left_out_and_a_lost_one_stops_the_reply(desk: Desk) -> None:
    await desk.outlet.deliver(desk.delivery(files=(a_file("empty.txt", b""), *FILES)))
    assert shown_files(desk) == ALL_FILES
    with pytest.raises(DeliveryFailedError):
        await desk.outlet.deliver(desk.delivery(id=2, files=(replace(FILES[0], content=b""),)))
    assert len(desk.replies) == 2


async def test_a_question_without_words_has_its_subject(desk: Desk) -> None:
    await desk.outlet.deliver(desk.delivery(text="", subject="C-1001", files=FILES))
    assert said(desk.replies[0]) == "C-1001"


async def test_one_room_that_is_refused_holds_no_other_back(desk: Desk) -> None:  # S10
    carla = desk.slack.user(desk.asked.user)
    other = desk.slack.channel("other", members=[carla])
    elsewhere = await carla.says(other, "And here?")
    desk.slack.faults.add(POST, "ratelimited", channel=desk.room, retry_after=60)
    assert isinstance(await desk.outcome(desk.delivery(attempts=1)), DeliveryDeferredError)
    place = f"{desk.slack.home.id}/{other.id}/{elsewhere.ts}"
    assert isinstance(await desk.outcome(desk.delivery(id=2, recipient=place, attempts=1)), Receipt)


async def test_unverifiable_is_said_as_such(desk: Desk) -> None:
    desk.slack.app.scopes.discard("channels:history")
    outcome = await desk.outcome(desk.delivery(attempts=2, kind=ACKNOWLEDGEMENT))
    assert isinstance(outcome, DeliveryUnverifiableError)
    assert "missing_scope" in outcome.sentence
    assert not desk.slack.calls(POST)


async def test_a_workspace_that_does_not_answer_holds_up_nobody_for_long(desk: Desk) -> None:  # case I09
    desk.slack.faults.add(POST, "timeout_before", times=1000)
    for number in range(50):
        assert isinstance(await desk.outcome(desk.delivery(id=number, attempts=1)), DeliveryDeferredError)
    assert len(desk.slack.calls()) == 3
