"""Replies to callers by Slack: once, whole, in their thread, inert, and with an end to every trouble."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from contract.slack.asked import Asked
from contract.slack.wall import said
from intakebot.domain.delivery import DeliveryKind, DeliveryState
from intakebot.domain.errors import (
    DeliveryDeferredError,
    DeliveryFailedError,
    DeliveryUnverifiableError,
)
from intakebot.ports import Receipt

POST = "chat.postMessage"
RESOLUTION, ACKNOWLEDGEMENT = DeliveryKind.RESOLUTION, DeliveryKind.ACKNOWLEDGEMENT


async def test_a_reply_stands_in_the_thread_of_the_question(desk: Asked) -> None:
    receipt = await desk.outlet.deliver(desk.delivery(text="Restart it."))
    [reply] = desk.replies
    assert receipt.answer == f"{desk.slack.home.id}/{desk.room.id}/{reply.ts}"
    assert said(reply) == "Restart it."
    assert reply.metadata == {"event_type": "intakebot_post", "event_payload": {"id": "7001"}}


async def test_a_direct_message_is_answered_in_its_thread(desk: Asked) -> None:
    carla = desk.slack.user(desk.asked.user)
    desk.asked = await carla.says(carla.dm(), "And here?")
    assert (await desk.send(desk.delivery()))[0] is DeliveryState.SENT
    assert len(desk.replies) == 1


@pytest.mark.parametrize(
    "recipient", ["t1/c1/1700.1", "T1/C1", "T1/C1/", "T1/C1/now", "T1/C1/1700.1/2", "T1/C1/1700.1\n", "U1", "../C1/1.1"]
)
async def test_what_is_no_place_is_refused(desk: Asked, recipient: str) -> None:
    with pytest.raises(DeliveryFailedError):
        await desk.outlet.deliver(desk.delivery(recipient=recipient))
    assert not desk.slack.calls()


async def test_an_acknowledgement_is_seen_on_the_message_too(desk: Asked) -> None:
    await desk.outlet.deliver(desk.delivery(kind=ACKNOWLEDGEMENT))
    assert list(desk.asked.reactions) == ["white_check_mark"]
    await desk.outlet.deliver(desk.delivery(id=2, kind=RESOLUTION))
    assert len(desk.slack.calls("reactions.add")) == 1


@pytest.mark.parametrize(
    "kind", ["error:already_reacted", "error:invalid_name", "500", "ratelimited", "drop_after_store"]
)
async def test_a_reaction_that_fails_is_nothing(desk: Asked, kind: str) -> None:
    desk.slack.faults.add("reactions.add", kind)
    receipt = await desk.outlet.deliver(desk.delivery(kind=ACKNOWLEDGEMENT))
    assert receipt.answer.endswith(desk.replies[0].ts)


@pytest.mark.parametrize("kind", ["drop_after_store", "timeout_before", "500", "html", "error:fatal_error"])
@pytest.mark.parametrize("what", [RESOLUTION, ACKNOWLEDGEMENT])
@pytest.mark.parametrize("restarted", [False, True])
async def test_a_reply_of_which_nobody_knows_is_sent_once(
    desk: Asked,
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


async def test_an_attempt_that_was_certainly_not_taken_needs_no_look(desk: Asked) -> None:
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
    desk: Asked, what: DeliveryKind, drops: int, state: str, replies: int
) -> None:  # case I09, decision 23
    desk.slack.verdict.allow("same-outbox-id", because="nobody may look, so a resolution is resent once")
    desk.slack.app.scopes.discard("channels:history")
    desk.slack.faults.add(POST, "drop_after_store", times=drops)
    ended, _ = await desk.send(desk.delivery(kind=what))
    assert ended is DeliveryState(state)
    assert len(desk.replies) == replies


async def test_a_worker_without_a_receipt_sends_nothing_twice(desk: Asked) -> None:
    delivery = desk.delivery(attempts=1)
    first = await desk.outlet.deliver(delivery)
    desk.restart()
    assert await desk.outlet.deliver(replace(delivery, attempts=2)) == first
    assert len(desk.replies) == 1


@pytest.mark.parametrize("text", ["short", "x" * 6_999, "word " * 4_000, "💧" * 30_000, "&<>" * 20_000, "y\n" * 30_000])
async def test_nothing_of_a_long_reply_is_lost(desk: Asked, text: str) -> None:  # case I12
    assert (await desk.send(desk.delivery(text=text)))[0] is DeliveryState.SENT
    first, *more = desk.replies
    shown = said(first).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    whole = [file.content.decode() for message in more for file in message.files]
    assert text.strip() in [shown, *(part.strip() for part in whole)]


async def test_hostile_words_are_inert(desk: Asked) -> None:  # case I06
    words = "<!channel> <@U1> <https://evil.example|ok> &lt;!here&gt; *_~`` ``` \u202e @everyone"
    desk.slack.state.see_caller_text(words)
    for number, text in enumerate((words, words * 300, words * 2_000)):
        assert (await desk.send(desk.delivery(id=number, text=text)))[0] is DeliveryState.SENT


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long", "no_text"])
@pytest.mark.parametrize("times", [1, 2, 1000])
async def test_a_form_that_is_refused_becomes_plainer_and_never_loops(
    desk: Asked, error: str, times: int
) -> None:  # case I12
    desk.slack.faults.add(POST, f"error:{error}", times=times)
    state, _ = await desk.send(desk.delivery(text="Restart it. " * 500))
    assert state is (DeliveryState.SENT if times < 1000 else DeliveryState.FAILED)
    assert len(desk.slack.calls(POST)) <= 3
    files = [file.content.decode() for message in desk.replies for file in message.files]
    assert files == (["Restart it. " * 500] if times == 2 else [])


@pytest.mark.parametrize("how", ["archived", "kicked", "gone"])
async def test_a_closed_conversation_is_waited_for_and_then_a_person_is_told(desk: Asked, how: str) -> None:  # case I13
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


async def test_a_conversation_that_opens_again_is_answered(desk: Asked) -> None:
    desk.room.archived = True
    assert isinstance(await desk.outcome(desk.delivery(attempts=1)), DeliveryDeferredError)
    desk.room.archived = False
    assert (await desk.send(desk.delivery(attempts=1)))[0] is DeliveryState.SENT


async def test_a_question_that_was_deleted_is_not_answered_before_everybody(desk: Asked) -> None:
    await desk.slack.user(desk.asked.user).deletes(desk.asked)
    state, _ = await desk.send(desk.delivery())
    assert state is DeliveryState.FAILED
    assert not desk.slack.messages(desk.room)


async def test_an_app_that_is_thrown_out_keeps_replies_for_later(desk: Asked) -> None:  # case I13
    desk.slack.verdict.allow("token", because="the app cannot know before it asks")
    desk.slack.uninstall()
    state, delivery = await desk.send(desk.delivery(), times=10)
    assert state is DeliveryState.DEFERRED
    desk.slack.reinstall()
    desk.restart()
    assert (await desk.send(delivery))[0] is DeliveryState.SENT
    assert len(desk.replies) == 1


async def test_a_channel_with_another_id_is_answered_when_it_is_told(desk: Asked) -> None:  # S21
    delivery = desk.delivery()
    old = desk.slack.change_channel_id(desk.room)
    desk.rooms.rename(old, desk.room.id)
    assert (await desk.send(delivery))[0] is DeliveryState.SENT


async def test_one_room_that_is_refused_holds_no_other_back(desk: Asked) -> None:  # S10
    carla = desk.slack.user(desk.asked.user)
    other = desk.slack.channel("other", members=[carla])
    elsewhere = await carla.says(other, "And here?")
    desk.slack.faults.add(POST, "ratelimited", channel=desk.room, retry_after=60)
    assert isinstance(await desk.outcome(desk.delivery(attempts=1)), DeliveryDeferredError)
    place = f"{desk.slack.home.id}/{other.id}/{elsewhere.ts}"
    assert isinstance(await desk.outcome(desk.delivery(id=2, recipient=place, attempts=1)), Receipt)


async def test_unverifiable_is_said_as_such(desk: Asked) -> None:
    desk.slack.app.scopes.discard("channels:history")
    outcome = await desk.outcome(desk.delivery(attempts=2, kind=ACKNOWLEDGEMENT))
    assert isinstance(outcome, DeliveryUnverifiableError)
    assert "missing_scope" in outcome.sentence
    assert not desk.slack.calls(POST)


async def test_a_workspace_that_does_not_answer_holds_up_nobody_for_long(desk: Asked) -> None:  # case I09
    desk.slack.faults.add(POST, "timeout_before", times=1000)
    for number in range(50):
        assert isinstance(await desk.outcome(desk.delivery(id=number, attempts=1)), DeliveryDeferredError)
    assert len(desk.slack.calls()) == 3
