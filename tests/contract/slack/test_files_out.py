"""Files that leave with replies: all or none, once, and never at the cost of the words."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from contract.slack.asked import Asked
from contract.slack.wall import said
from intakebot.domain.delivery import DeliveredFile, DeliveryKind, DeliveryState
from intakebot.domain.errors import DeliveryDeferredError, DeliveryFailedError

GET_URL, COMPLETE = "files.getUploadURLExternal", "files.completeUploadExternal"
ACKNOWLEDGEMENT = DeliveryKind.ACKNOWLEDGEMENT


def a_file(name: str, content: bytes) -> DeliveredFile:
    return DeliveredFile(name, "text/plain", hashlib.sha256(content).hexdigest(), len(content), content)


FILES = (a_file("one.txt", b"first"), a_file("two.txt", b"second" * 1000))


def shown_files(desk: Asked) -> list[list[tuple[str, bytes]]]:
    return [[(file.name, file.content) for file in message.files] for message in desk.replies if message.files]


ALL_FILES = [[("one.txt", b"first"), ("two.txt", b"second" * 1000)]]


async def test_files_go_along_in_one_message(desk: Asked) -> None:  # S22
    assert (await desk.send(desk.delivery(files=FILES)))[0] is DeliveryState.SENT
    assert shown_files(desk) == ALL_FILES
    assert len(desk.replies) == 2


@pytest.mark.parametrize("method", [GET_URL, COMPLETE])
@pytest.mark.parametrize(
    "kind", ["500", "timeout_before", "drop_after_store", "ratelimited", "html", "error:fatal_error"]
)
@pytest.mark.parametrize("restarted", [False, True])
async def test_an_upload_that_fails_half_way_doubles_neither_words_nor_files(
    desk: Asked,
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


async def test_more_files_than_may_be_sent_at_once_arrive_in_the_end(desk: Asked) -> None:
    files = tuple(a_file(f"{number}.txt", f"content {number}".encode()) for number in range(60))
    state, _ = await desk.send(desk.delivery(files=files), times=200)
    assert state is DeliveryState.SENT
    [shown] = shown_files(desk)
    assert len(shown) == 60
    assert len(desk.slack.calls(GET_URL)) == 60


async def test_an_upload_that_nobody_saw_is_no_doubt(desk: Asked) -> None:
    """Nothing is shown before the last step: nobody has to look, so an app that may not look goes on as well."""
    desk.slack.app.scopes.discard("channels:history")
    desk.slack.faults.add(GET_URL, "drop_after_store")
    state, delivery = await desk.send(desk.delivery(files=FILES, kind=ACKNOWLEDGEMENT))
    assert state is DeliveryState.SENT
    assert delivery.resends == 0
    assert shown_files(desk) == ALL_FILES


async def test_files_that_are_refused_for_good_are_told_of_and_the_words_are_there(desk: Asked) -> None:
    desk.slack.faults.add(COMPLETE, "error:invalid_arguments", times=100)
    state, delivery = await desk.send(desk.delivery(files=FILES))
    assert state is DeliveryState.FAILED
    assert "the words are there, the files are not" in delivery.answer
    assert len(desk.replies) == 1


async def test_an_empty_file_is_left_out_and_a_lost_one_stops_the_reply(desk: Asked) -> None:
    await desk.outlet.deliver(desk.delivery(files=(a_file("empty.txt", b""), *FILES)))
    assert shown_files(desk) == ALL_FILES
    with pytest.raises(DeliveryFailedError):
        await desk.outlet.deliver(desk.delivery(id=2, files=(replace(FILES[0], content=b""),)))
    assert len(desk.replies) == 2


async def test_a_question_without_words_has_its_subject(desk: Asked) -> None:
    await desk.outlet.deliver(desk.delivery(text="", subject="C-1001", files=FILES))
    assert said(desk.replies[0]) == "C-1001"
