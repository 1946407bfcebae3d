"""S22: files come in and leave, whole and once, or it is said that they do not."""

from __future__ import annotations

from datetime import timedelta

from intakebot.domain import commands as c
from intakebot.reading.chat import read_chat
from integration.slack_whole.whole import Whole
from integration.slack_whole.workspace import Workspace, read

PLAN = c.OutgoingFile("plan.txt", "text/plain", b"turn left")
PHOTO = c.OutgoingFile("valve.png", "image/png", b"\x89PNG valve")


def attached(whole: Whole, number: int = 1001) -> list[str]:
    return [file["name"] for file in whole.opened.archive.files_of(number)]


async def test_s22_two_files_of_one_message_come_in(whole: Whole, workspace: Workspace) -> None:
    files = [("leak.png", b"\x89PNG leak", "image/png"), ("log.txt", b"drip drip", "text/plain")]
    await whole.says(workspace.ann, workspace.help, "See here", files=files)
    assert attached(whole) == ["leak.png", "log.txt"]
    assert all(name in read(workspace.card(1001)) for name in ("leak.png", "log.txt"))
    (message,) = whole.case(1001)["messages"]
    kept = read_chat(whole.opened.archive.content(message["contact_id"]), languages=("en",))
    assert [(file.name, file.content) for file in kept.attachments] == [(name, content) for name, content, _ in files]


async def test_s22_a_page_to_log_in_is_no_file(whole: Whole, workspace: Workspace) -> None:
    workspace.slack.verdict.allow("missing-scope", because="the app lacks the right to read files")
    workspace.slack.app.scopes.discard("files:read")
    await whole.says(workspace.ann, workspace.help, "See here", files=[("leak.png", b"\x89PNG", "image/png")])
    await whole.settles(timedelta(minutes=30))
    assert attached(whole) == []
    assert whole.conversations()[0][0].startswith("See here")
    assert "leak.png" in str(whole.case(1001)), "it is said what did not come along"


async def test_s22_a_file_that_is_too_large_is_named(whole: Whole, workspace: Workspace) -> None:
    huge = ("huge.bin", b"x" * (60 << 20), "application/octet-stream")
    await whole.says(workspace.ann, workspace.help, "See here", files=[huge, ("log.txt", b"drip", "text/plain")])
    assert attached(whole) == ["log.txt"]
    assert "huge.bin" in str(whole.case(1001))


async def test_s22_files_leave_with_an_answer(whole: Whole, workspace: Workspace) -> None:
    said = await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await whole.perform("alice", c.Take(1001))
    await whole.perform("alice", c.Ask(1001, "Is it this one?", files=(PLAN, PHOTO)))
    answers = workspace.slack.thread(said)
    assert [file.name for one in answers for file in one.files] == ["plan.txt", "valve.png"]
    assert [file.content for one in answers for file in one.files] == [PLAN.content, PHOTO.content]
    assert sum("Is it this one?" in read(one) for one in answers) == 1


async def test_s22_an_upload_that_fails_half_way_doubles_nothing(whole: Whole, workspace: Workspace) -> None:
    said = await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await whole.perform("alice", c.Take(1001))
    for method, kind in (
        ("files.getUploadURLExternal", "500"),
        ("files.completeUploadExternal", "timeout_before"),
        ("files.completeUploadExternal", "drop_after_store"),
    ):
        workspace.slack.faults.add(method, kind)
    await whole.perform("alice", c.Ask(1001, "Is it this one?", files=(PLAN, PHOTO)))
    await whole.settles(timedelta(hours=1))
    answers = workspace.slack.thread(said)
    assert [file.name for one in answers for file in one.files] == ["plan.txt", "valve.png"]
    assert sum("Is it this one?" in read(one) for one in answers) == 1
    assert whole.counts("deliveries") == {"sent": 2}
