"""What comes instead of a file is told from the file, and what is much is cut."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from intakebot.channels.slack.hearing.arrived import Later
from intakebot.channels.slack.hearing.files import FILE_ATTEMPTS, Fetched, Files
from intakebot.domain.errors import SlackLimitedError, SlackUnreachableError
from intakebot.reading.chat import MAX_FILES, ChatFile

PAGE = b"\n<!DOCTYPE html><html><title>Sign in</title>"
FILE = {"id": "F1", "name": "a.png", "mimetype": "image/png", "url_private_download": "https://files.slack.com/a"}


@dataclass
class Shelf:
    """Hands out `contents`, one by one; the last one for ever."""

    contents: list[bytes | Exception]
    limits: list[int] = field(default_factory=list)

    async def fetch_file(self, _url: str, limit: int) -> bytes:
        self.limits.append(limit)
        content = self.contents.pop(0) if len(self.contents) > 1 else self.contents[0]
        if isinstance(content, Exception):
            raise content
        return content


async def fetched(shelf: Shelf, *files: dict[str, Any], attempt: int = 1, limit: int = 1000) -> Fetched | Later:
    return await Files(shelf, limit).fetch(files, attempt)


@pytest.mark.parametrize("media_type", ["image/png", ""])
async def test_a_page_for_signing_in_is_asked_for_again_and_then_left(media_type: str) -> None:
    file = FILE | {"mimetype": media_type, "size": len(PAGE)}
    assert isinstance(await fetched(Shelf([PAGE]), file), Later)
    left = await fetched(Shelf([PAGE]), file, attempt=FILE_ATTEMPTS)
    assert left == Fetched(defects=("file.unavailable",), lines=("file: a.png (could not be fetched)",))


@pytest.mark.parametrize(("size", "is_file"), [(len(PAGE), True), (None, True), (5, False)])
async def test_a_page_that_is_the_file_is_told_by_its_size(size: int | None, *, is_file: bool) -> None:
    had = await fetched(Shelf([PAGE]), FILE | {"mimetype": "text/html", "size": size}, attempt=FILE_ATTEMPTS)
    assert isinstance(had, Fetched)
    assert had.files == ((ChatFile("a.png", "text/html", PAGE),) if is_file else ())


async def test_trouble_that_passes_is_raised_while_it_is_worth_it() -> None:
    for trouble in (SlackUnreachableError("down", taken=False), SlackLimitedError("slow", retry_after=None)):
        with pytest.raises(type(trouble)):
            await fetched(Shelf([trouble]), FILE, attempt=FILE_ATTEMPTS - 1)
        had = await fetched(Shelf([trouble]), FILE, attempt=FILE_ATTEMPTS)
        assert isinstance(had, Fetched)
        assert had.defects == ("file.unavailable",)


async def test_all_files_of_a_message_share_one_limit() -> None:
    shelf = Shelf([b"x" * 600, b"x" * 400, b"x"])
    had = await fetched(shelf, *(FILE | {"size": size} for size in (600, 500, 400, 1)))
    assert isinstance(had, Fetched)
    assert [len(file.content) for file in had.files] == [600, 400]
    assert had.defects == ("file.too-large",)
    assert shelf.limits == [1000, 400]
    assert len(had.lines) == 2


async def test_more_files_than_anybody_sends_are_cut() -> None:
    had = await fetched(Shelf([b""]), *[FILE] * (MAX_FILES + 5))
    assert isinstance(had, Fetched)
    assert len(had.files) == MAX_FILES
