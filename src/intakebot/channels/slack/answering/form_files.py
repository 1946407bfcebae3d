"""Files that an agent adds to a form: fetched from the workspace when the answer is sent, as the house sends them.

Called by the forms that write to a caller. A file that cannot be had is said, by name; nothing is sent without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from intakebot.channels.slack.answering.answers import Workplace
from intakebot.channels.slack.answering.clicks import mapping
from intakebot.domain.commands import OutgoingFile
from intakebot.domain.errors import RefusedError, SlackRefusedError

LARGEST_FILE = 20 * 2**20
MOST_FILES = 10
_WHY_NOT = {
    "file_too_large": f"it is larger than {LARGEST_FILE // 2**20} MB",
    "login_page": "the app may not read files; ask an administrator to allow it (files:read)",
    "file_not_found": "it is not there any more",
    "file_deleted": "it is not there any more",
}


async def fetched(workplace: Workplace, files: Iterable[Mapping[str, Any]]) -> tuple[OutgoingFile, ...]:
    """The files, whole. Raises RefusedError that names the first one that cannot be had, and what `calls` raise."""
    return tuple([await _fetched(workplace, str(file.get("id"))) for file in list(files)[:MOST_FILES]])


async def named(workplace: Workplace, files: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The files by id and name, for people to read."""
    return [await _record(workplace, str(file.get("id"))) for file in list(files)[:MOST_FILES]]


async def _record(workplace: Workplace, file_id: str) -> dict[str, Any]:
    try:
        return mapping((await workplace.calls.call("files.info", file=file_id)).get("file"))
    except SlackRefusedError as refusal:
        raise _missing(file_id, refusal) from refusal


async def _fetched(workplace: Workplace, file_id: str) -> OutgoingFile:
    record = await _record(workplace, file_id)
    name = str(record.get("name") or record.get("title") or file_id)
    url = str(record.get("url_private_download") or record.get("url_private") or "")
    try:
        content = await workplace.calls.fetch_file(url, LARGEST_FILE)
    except SlackRefusedError as refusal:
        raise _missing(name, refusal) from refusal
    return OutgoingFile(name, str(record.get("mimetype") or "application/octet-stream"), content)


def _missing(name: str, refusal: SlackRefusedError) -> RefusedError:
    why = _WHY_NOT.get(refusal.error, f"Slack says {refusal.error}")
    return RefusedError("file.not-fetched", f"the file {name} cannot be sent along: {why}; nothing was sent")
