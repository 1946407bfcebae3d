"""Files that leave with a reply: brought to the platform one by one, then shown together in the thread.

Called by `outlet`. Until the last step nobody sees anything, so whatever fails before it is begun again as a whole;
only when that last step was broken off can the files be there already, and then the thread is looked through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intakebot.channels.slack.showing.paced_calls import HeldBackError, PacedCalls
from intakebot.channels.slack.showing.reconcile import Where
from intakebot.domain.errors import IntakebotError, SlackUnreachableError


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file under the name that it is shown by. Empty files are not taken by the platform."""

    name: str
    content: bytes = field(repr=False)


@dataclass(slots=True)
class Upload:
    """How far the files of one reply have come: the platform's ids of those that it has, in order."""

    ids: list[str] = field(default_factory=list)


async def send_files(calls: PacedCalls, who: str, where: Where, files: Sequence[SentFile], upload: Upload) -> None:
    """Show the files in the thread, all or none.

    Raises as `PacedCalls.call`; SlackUnreachableError with `taken` None only when they may be there. While a call
    waits for its turn, `upload` keeps what was brought already.
    """
    try:
        for file in files[len(upload.ids) :]:
            upload.ids.append(await _bring(calls, who, file))
        shown = [{"id": id_, "title": file.name} for id_, file in zip(upload.ids, files, strict=True)]
        await calls.call(
            who, "files.completeUploadExternal", files=shown, channel_id=where.channel, thread_ts=where.thread_ts
        )
    except HeldBackError:
        raise
    except IntakebotError:
        upload.ids.clear()
        raise


async def _bring(calls: PacedCalls, who: str, file: SentFile) -> str:
    """The platform has the bytes now and shows them to nobody; returns their id."""
    try:
        slot = await calls.call(who, "files.getUploadURLExternal", filename=file.name, length=len(file.content))
        await calls.put_file(str(slot["upload_url"]), file.content)
    except SlackUnreachableError as unreachable:
        raise SlackUnreachableError(unreachable.sentence, taken=False) from unreachable
    return str(slot["file_id"])


def are_there(messages: Iterable[Mapping[str, Any]], user: str, files: Sequence[SentFile]) -> bool:
    """Whether one of the messages is ours (`user`) and shows exactly these files."""
    wanted = sorted((file.name, len(file.content)) for file in files)
    shown = (
        sorted((str(file.get("name")), int(file.get("size") or 0)) for file in message.get("files") or ())
        for message in messages
        if message.get("user") == user
    )
    return wanted in list(shown)
