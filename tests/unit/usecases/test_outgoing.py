"""Files that leave with an answer: named and typed so that no header and no file system misreads them."""

from __future__ import annotations

import hashlib

import pytest

from intakebot.domain.commands import OutgoingFile
from intakebot.domain.errors import RefusedError
from intakebot.usecases.outgoing import MOST_BYTES, MOST_FILES, UNKNOWN_TYPE, delivered_files


def test_a_file_is_known_by_its_bytes_and_has_a_safe_name() -> None:
    (file,) = delivered_files((OutgoingFile("../a\nb.png", " image/PNG", b"PNG"),))
    assert (file.name, file.media_type, file.size, file.content) == ("a b.png", "image/png", 3, b"PNG")
    assert file.sha256 == hashlib.sha256(b"PNG").hexdigest()


@pytest.mark.parametrize("written", ["", "x", "text/html\r\nBcc: eve@evil.example", "text/html; charset=x", "a/b/c"])
def test_what_is_no_media_type_is_no_media_type(written: str) -> None:
    assert delivered_files((OutgoingFile("a", written, b""),))[0].media_type == UNKNOWN_TYPE


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param((OutgoingFile("a", "a/b", b""),) * (MOST_FILES + 1), "files.too-many", id="many"),
        pytest.param((OutgoingFile("a", "a/b", bytes(MOST_BYTES // 2 + 1)),) * 2, "files.too-large", id="large"),
    ],
)
def test_too_much_is_refused(files: tuple[OutgoingFile, ...], reason: str) -> None:
    with pytest.raises(RefusedError) as caught:
        delivered_files(files)
    assert caught.value.reason == reason
