"""Files that should be opened with care are known by their names and by how they begin."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.domain.file_policy import LARGE, FilePolicy, FlaggedFiles
from intakebot.domain.messages import Attachment
from intakebot.reading.file_flags import FLAGS, file_flags

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def flags(name: str, content: bytes = b"harmless") -> tuple[str, ...]:
    return file_flags(Attachment(name, "application/octet-stream", len(content), "0" * 64, content))


def a_zip(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 100)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("report.pdf", b"%PDF-1.7", ()),
        ("photo.jpg", b"\xff\xd8\xff\xe0", ()),
        ("notes.txt", b"plain words", ()),
        ("old.doc", OLE + b"\0" * 600, ()),
        ("table.xlsx", a_zip("xl/workbook.xml"), ()),
        ("bundle.zip", a_zip("setup.exe"), ()),  # never opened: what is inside is nobody's business here
        ("no-ending", b"words", ()),
        ("", b"", ()),
        ("setup.exe", b"MZ\x90", ("program",)),
        ("setup.exe", b"", ("program",)),
        ("SETUP.EXE. ", b"MZ", ("program",)),
        ("invoice.pdf.exe", b"MZ", ("program",)),
        ("invoice.pdf", b"MZ\x90", ("disguised", "program")),
        ("photo.jpg", b"\x7fELF\x02", ("disguised", "program")),
        ("applet.jar", a_zip("a.class"), ("program",)),
        ("run", b"#!/bin/sh\n", ("script",)),
        ("readme.txt", b"#!/bin/sh\n", ("disguised", "script")),
        ("login.js", b"alert(1)", ("script",)),
        ("folder.lnk", b"", ("shortcut",)),
        ("folder.pdf", b"\x4c\x00\x00\x00\x01\x14\x02\x00\x00", ("disguised", "shortcut")),
        ("orders.xlsm", a_zip("xl/vbaProject.bin"), ("macros",)),
        ("orders.xlsx", a_zip("xl/vbaProject.bin"), ("disguised", "macros")),
        ("letter.doc", OLE + b"\0" * 600 + "_VBA_PROJECT".encode("utf-16-le"), ("disguised", "macros")),
        ("disk.iso", b"", ("disk-image",)),
        ("disk.dat", b"\0" * 0x8001 + b"CD001", ("disguised", "disk-image")),
        ("page.html", b"<p>", ("page",)),
        ("page.txt", b"\xef\xbb\xbf\r\n<!DOCTYPE html>", ("page",)),
        ("picture.svg", b"<svg onload=x>", ("page",)),
        ("secret.zip", b"PK\x03\x04\x14\x00\x01\x00" + b"\0" * 30, ("locked-archive",)),
    ],
)
def test_what_is_known_against_a_file(name: str, content: bytes, found: tuple[str, ...]) -> None:
    assert flags(name, content) == found


@given(st.text(max_size=40), st.binary(max_size=200))
def test_any_name_and_bytes_have_an_answer(name: str, content: bytes) -> None:
    assert set(flags(name, content)) <= set(FLAGS)


def test_a_bomb_is_only_stored() -> None:  # case F09
    bomb = a_zip(*(f"{number}.txt" for number in range(50)))
    assert flags("bomb.zip", bomb * 20) == ()


@pytest.mark.parametrize(
    ("flagged", "known", "size", "noted", "withheld"),
    [
        (FlaggedFiles.MARK, (), 100, (), False),
        (FlaggedFiles.WITHHOLD, (), 100, (), False),
        (FlaggedFiles.MARK, ("program",), 100, ("program",), False),
        (FlaggedFiles.WITHHOLD, ("program",), 100, ("program",), True),
        (FlaggedFiles.WITHHOLD, (), 101, (LARGE,), True),
        (FlaggedFiles.MARK, ("program",), 101, (LARGE, "program"), False),
    ],
)
def test_the_house_decides_what_is_kept_back(
    flagged: FlaggedFiles,
    known: tuple[str, ...],
    size: int,
    noted: tuple[str, ...],
    withheld: bool,  # noqa: FBT001 - a column of the table
) -> None:
    policy = FilePolicy(flagged, largest=100)
    assert policy.flags(size, known) == noted
    assert policy.withholds(noted) is withheld
