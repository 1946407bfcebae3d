"""Tokens that rotate: sealed in the database, renewed by one process at a time."""

from __future__ import annotations

import asyncio
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from contract.storage.chat_room import ChatRoom
from intakebot.domain.errors import ConflictError, StorageUnavailableError
from intakebot.storage.sealing import TOKEN_KEY_FILE, KeySeal, key_seal
from intakebot.usecases.chat_tokens import HouseTokens

LATER = timedelta(hours=12)


def tokens(books: ChatRoom, node: int = 0, directory: Path | None = None) -> HouseTokens:
    seal = key_seal(directory or books.room.database.data_dir)
    return HouseTokens(books.house(node), books.room.writer, books.archive, seal)


async def test_there_are_none_until_a_pair_was_saved(books: ChatRoom) -> None:
    mine = tokens(books)
    assert await mine.load("main") is None
    assert await mine.claim("main", 60)
    assert await mine.load("main") is None


async def test_a_pair_is_saved_whole_and_counted(books: ChatRoom) -> None:
    mine, expires_at = tokens(books), books.clock.now() + LATER
    for version, access in ((1, "xoxe.xoxb-1"), (2, "xoxe.xoxb-2")):
        assert await mine.claim("main", 60)
        await mine.save("main", access, f"xoxe-1-{version}", expires_at)
        pair = await tokens(books, 1).load("main")
        assert pair is not None
        assert (pair.access, pair.refresh, pair.expires_at, pair.version) == (
            access,
            f"xoxe-1-{version}",
            expires_at,
            version,
        )
    assert await mine.load("other") is None


async def test_one_process_at_a_time_may_renew(books: ChatRoom) -> None:
    claimed = await asyncio.gather(*(tokens(books, node).claim("main", 60) for node in range(8)))
    assert sorted(claimed) == [False] * 7 + [True]


async def test_the_right_to_renew_runs_out(books: ChatRoom) -> None:
    slow, other = tokens(books), tokens(books, 1)
    expires_at = books.clock.now() + LATER
    assert await slow.claim("main", 60)
    assert not await other.claim("main", 60)
    books.clock.advance(timedelta(seconds=60))
    assert await other.claim("main", 60)
    with pytest.raises(ConflictError):
        await slow.save("main", "late", "late", expires_at)
    await other.save("main", "fresh", "fresh", expires_at)
    with pytest.raises(ConflictError):
        await slow.save("main", "late", "late", expires_at)
    pair = await slow.load("main")
    assert pair is not None
    assert pair.access == "fresh"


async def test_who_has_not_claimed_saves_nothing(books: ChatRoom) -> None:
    mine = tokens(books)
    with pytest.raises(ConflictError):
        await mine.save("main", "a", "b", books.clock.now())
    assert await mine.claim("main", 60)
    await mine.save("main", "a", "b", books.clock.now())
    with pytest.raises(ConflictError):
        await mine.save("main", "c", "d", books.clock.now())


async def test_the_database_tells_no_token(books: ChatRoom) -> None:
    mine = tokens(books)
    await mine.claim("main", 60)
    await mine.save("main", "xoxe.xoxb-secret", "xoxe-1-secret", books.clock.now())
    assert "secret" not in str(books.room.rows("SELECT access, refresh FROM chat_tokens"))


async def test_a_pair_does_not_open_under_another_key_or_in_another_place(books: ChatRoom, tmp_path: Path) -> None:
    mine = tokens(books)
    await mine.claim("main", 60)
    await mine.save("main", "xoxe.xoxb-1", "xoxe-1-1", books.clock.now())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(StorageUnavailableError, match=TOKEN_KEY_FILE):
        await tokens(books, 0, elsewhere).load("main")
    books.room.execute("UPDATE chat_tokens SET access = refresh")
    with pytest.raises(StorageUnavailableError):
        await mine.load("main")


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    sealed = key_seal(tmp_path).seal("ünïcode and more than one block of the keystream", "x")
    assert key_seal(tmp_path).open(sealed, "x") == "ünïcode and more than one block of the keystream"
    assert [path.name for path in tmp_path.iterdir()] == [TOKEN_KEY_FILE]
    assert stat.S_IMODE((tmp_path / TOKEN_KEY_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("spoil", ["chmod", "cut", "folder"])
def test_a_key_that_cannot_be_trusted_is_refused(tmp_path: Path, spoil: str) -> None:
    key_seal(tmp_path)
    path = tmp_path / TOKEN_KEY_FILE
    if spoil == "chmod":
        path.chmod(0o640)
    elif spoil == "cut":
        path.write_bytes(path.read_bytes()[:16])
    else:
        path.unlink()
        path.mkdir()
    with pytest.raises(StorageUnavailableError, match=TOKEN_KEY_FILE):
        key_seal(tmp_path)


@pytest.mark.parametrize("at", range(0, 50, 7))
def test_a_changed_text_does_not_open(at: int) -> None:
    seal = KeySeal(b"k" * 32, "the key")
    sealed = seal.seal("xoxe.xoxb-1", "x")
    changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
    with pytest.raises(StorageUnavailableError):
        seal.open(changed, "x")


def test_the_same_text_is_sealed_differently_each_time() -> None:
    seal = KeySeal(b"k" * 32, "the key")
    assert len({seal.seal("xoxb-1", "x") for _ in range(100)}) == 100
    assert seal.open(seal.seal("", "x"), "x") == ""
