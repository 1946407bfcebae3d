"""The keys of answer addresses: made once, several in one file, the newest signs."""

from __future__ import annotations

from pathlib import Path

import pytest

from intakebot.app.house import REPLY_KEY_FILE, keys_in, known_reply_keys, reply_keys
from intakebot.domain.errors import ConfigError

OLD, NEW = "a1" * 32, "B2" * 32


def test_the_first_start_makes_one_that_only_the_owner_reads(tmp_path: Path) -> None:
    assert known_reply_keys(tmp_path) == ()
    made = reply_keys(tmp_path)
    assert [len(key) for key in made] == [32]
    assert reply_keys(tmp_path) == known_reply_keys(tmp_path) == made
    assert (tmp_path / REPLY_KEY_FILE).stat().st_mode & 0o777 == 0o600


# case E14: a key that leaked is rotated, and answers to what was sent before still find their case
def test_every_line_is_a_key_and_the_first_one_signs() -> None:
    assert keys_in(f"{NEW}\n{OLD}\r\n\n".encode()) == (bytes.fromhex(NEW), bytes.fromhex(OLD))


@pytest.mark.parametrize("content", [bytes(range(32)), b"\n" * 32, b"a" * 32])
def test_a_file_of_32_bytes_is_one_key_as_it_is(content: bytes) -> None:
    assert keys_in(content) == (content,)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"short\n", f"{NEW}\nshort\n".encode(), b"\x00" * 64, NEW[:-1].encode()]
)
def test_a_file_without_a_key_says_so(content: bytes) -> None:
    with pytest.raises(ConfigError, match=REPLY_KEY_FILE):
        keys_in(content)
