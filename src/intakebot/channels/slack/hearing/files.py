"""Files of a message on their way in: fetched, or said why not. The words of the message never wait for them for long.

A file that cannot be had now is asked for again while attempts are left; then the message is taken in without it, with
a defect that says so and a link to where the file lies.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from intakebot.channels.slack.hearing.arrived import Later
from intakebot.channels.slack.web.calls import Calls, SlackRefusedError
from intakebot.domain.errors import IntakebotError, Remedy
from intakebot.reading.chat import MAX_FILES, ChatFile

FILE_LIMIT: Final = 25 * 1024 * 1024
"""Bytes of one file that we take, and of all files of one message together."""
FILE_ATTEMPTS: Final = 3
TOO_LARGE: Final = "file.too-large"
UNAVAILABLE: Final = "file.unavailable"
_GONE_MODES: Final = frozenset({"tombstone", "hidden_by_limit"})
_CHECK_FIRST: Final = "check_file_info"
_PAGE_BEGINS: Final = (b"<!doctype html", b"<html")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The files of a message: what was had, what is wrong with the rest, and lines of text that say where it lies."""

    files: tuple[ChatFile, ...] = ()
    defects: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


class Files:
    """Fetches files, within `limit` bytes for one message."""

    def __init__(self, calls: Calls, limit: int = FILE_LIMIT) -> None:
        self._calls = calls
        self._limit = limit

    async def fetch(self, listed: Sequence[Mapping[str, Any]], attempt: int) -> Fetched | Later:
        """The files that a message lists, or `Later` while one is worth another attempt. Raises what `calls` raises."""
        room = self._limit
        files: list[ChatFile] = []
        unhad: list[_NotHad] = []
        for file in listed[:MAX_FILES]:
            had = await self._one(file, room, may_wait=attempt < FILE_ATTEMPTS)
            if isinstance(had, Later):
                return had
            if isinstance(had, ChatFile):
                files.append(had)
                room -= len(had.content)
            else:
                unhad.append(had)
        defects = dict.fromkeys(each.defect for each in unhad if each.defect)
        return Fetched(tuple(files), tuple(defects), tuple(each.line for each in unhad))

    async def _one(self, listed: Mapping[str, Any], room: int, *, may_wait: bool) -> ChatFile | _NotHad | Later:
        try:
            file = await self._whole(listed)
            if why := _not_to_be_had(file, room):
                return why
            content = await self._calls.fetch_file(_address(file), room)
        except IntakebotError as error:
            if isinstance(error, SlackRefusedError) and error.error == "file_too_large":
                return _NotHad(TOO_LARGE, f"{named(listed)} (too large to be taken along)")
            if may_wait and error.remedy is not Remedy.NEVER:
                raise
            return _unhad(listed, error.sentence, may_wait=may_wait)
        media_type = str(file.get("mimetype") or "application/octet-stream")
        if _is_sign_in_page(content, media_type, _size(file)):
            return _unhad(file, "a page for signing in came instead", may_wait=may_wait)
        return ChatFile(str(file.get("name") or file.get("title") or "file"), media_type, content)

    async def _whole(self, listed: Mapping[str, Any]) -> Mapping[str, Any]:
        """The file with its address; those of other organisations have to be asked for by id."""
        if listed.get("file_access") != _CHECK_FIRST and listed.get("mode") != "file_access":
            return listed
        answer = await self._calls.call("files.info", file=str(listed.get("id")))
        file = answer.get("file")
        return file if isinstance(file, Mapping) else listed


@dataclass(frozen=True, slots=True)
class _NotHad:
    defect: str
    line: str


def _not_to_be_had(file: Mapping[str, Any], room: int) -> _NotHad | None:
    """What keeps a file where it is, when that is known before it is fetched."""
    if file.get("is_external") or file.get("mode") == "external":
        return _NotHad("", named(file))
    if file.get("mode") in _GONE_MODES or not _address(file):
        return _NotHad(UNAVAILABLE, f"{named(file)} (no longer there)")
    if _size(file) > room:
        return _NotHad(TOO_LARGE, f"{named(file)} (too large to be taken along)")
    return None


def _unhad(file: Mapping[str, Any], why: str, *, may_wait: bool) -> _NotHad | Later:
    _log.warning("slack file %s: not had: %s", file.get("id"), why)
    if may_wait:
        return Later("a file could not be fetched", "taken in without a file")
    return _NotHad(UNAVAILABLE, f"{named(file)} (could not be fetched)")


def named(file: Mapping[str, Any]) -> str:
    """A file in a line of text: its name, and where it lies."""
    name = str(file.get("name") or file.get("title") or file.get("id") or "a file")
    link = str(file.get("permalink") or file.get("url_private") or "")
    return f"file: {name} {link}".rstrip()


def _address(file: Mapping[str, Any]) -> str:
    return str(file.get("url_private_download") or file.get("url_private") or "")


def _size(file: Mapping[str, Any]) -> int:
    size = file.get("size")
    return size if isinstance(size, int) else 0


def _is_sign_in_page(content: bytes, media_type: str, size: int) -> bool:
    """Whether a lost right shows: then a page for signing in comes instead of the file, with a 200."""
    is_page = content[:200].lstrip().lower().startswith(_PAGE_BEGINS)
    return is_page and (media_type != "text/html" or size not in (0, len(content)))
