"""Files that came are listed and saved by the command line, with care."""

from __future__ import annotations

import base64
import hashlib
import json
import stat
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from fakes.desk import RecordingDesk
from unit.cli.conftest import CommandLine

CONTACT = 287_000_000_000_000_001
BYTES = b"%PDF-1.7 \0\xff" * 20


def raw_mail() -> bytes:
    mail = EmailMessage()
    mail["From"] = "ann@acme.example"
    mail.set_content("See the file.")
    mail.add_attachment(BYTES, maintype="application", subtype="pdf", filename="plan.pdf")
    return mail.as_bytes()


def a_file(**changes: Any) -> dict[str, Any]:
    digest = hashlib.sha256(BYTES).hexdigest()
    row = {"id": 7, "contact_id": CONTACT, "name": "plan.pdf", "media_type": "application/pdf", "size": len(BYTES)}
    return row | {"sha256": digest, "flags": [], "withheld": False, "channel": "email"} | changes


@pytest.fixture(autouse=True)
def house_with_a_file(desk: RecordingDesk) -> None:
    desk.answers |= {
        "attachment.list": [a_file(), a_file(id=8, name="setup.exe", flags=["program"], withheld=True)],
        "attachment.show": a_file(),
        "contact.content": base64.b64encode(raw_mail()).decode(),
    }


@pytest.mark.parametrize(
    ("word", "asked"),
    [
        ("C-1001", {"case": 1001}),
        ("c-1001", {"case": 1001}),
        ("1001", {"case": 1001}),
        (str(CONTACT), {"contact": CONTACT}),
    ],
)
def test_a_list_is_asked_of_a_case_or_a_contact(
    intakebot: CommandLine, desk: RecordingDesk, word: str, asked: dict[str, int]
) -> None:
    ended = intakebot("attachment", "list", word)
    assert ended.exit_code == 0
    assert desk.asked[0] == ("attachment.list", asked)
    assert "plan.pdf" in ended.stdout
    assert "program, kept back" in ended.stdout
    assert json.loads(intakebot("attachment", "list", word, "--json").stdout) == desk.answers["attachment.list"]


def test_what_names_neither_is_a_usage_error(intakebot: CommandLine) -> None:
    assert intakebot("attachment", "list", "plan.pdf").exit_code == 2


def test_a_file_is_saved_for_its_owner_alone_and_never_over_another(intakebot: CommandLine, tmp_path: Path) -> None:
    ended = intakebot("attachment", "save", "7", "--into", str(tmp_path), "--json")
    place = tmp_path / "plan.pdf"
    assert ended.exit_code == 0
    assert json.loads(ended.stdout) == [{"id": 7, "path": str(place), "size": len(BYTES), "flags": []}]
    assert place.read_bytes() == BYTES
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    place.write_bytes(b"mine")
    again = intakebot("attachment", "save", "7", "--into", str(tmp_path))
    assert (again.exit_code, place.read_bytes()) == (3, b"mine")
    assert "attachment.exists" in again.stderr


def test_a_link_is_not_followed(intakebot: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").symlink_to(tmp_path / "elsewhere")
    assert intakebot("attachment", "save", "7", "--into", str(tmp_path)).exit_code == 3
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["../plan.pdf", "/elsewhere/plan.pdf", ".bashrc", "..", "."])
def test_no_name_leads_out_of_the_folder_or_hides(
    intakebot: CommandLine, desk: RecordingDesk, tmp_path: Path, name: str
) -> None:  # case F13
    desk.answers["attachment.show"] = a_file(name=name)
    folder = tmp_path / "in"
    folder.mkdir()
    assert intakebot("attachment", "save", "7", "--into", str(folder)).exit_code == 0
    [saved] = folder.iterdir()
    assert not saved.name.startswith(".")
    assert [found.name for found in tmp_path.iterdir()] == ["in"]


def test_what_is_kept_back_is_saved_by_a_word_only(intakebot: CommandLine, desk: RecordingDesk, tmp_path: Path) -> None:
    desk.answers["attachment.show"] = a_file(flags=["program"], withheld=True)
    refused = intakebot("attachment", "save", "7", "--into", str(tmp_path))
    assert (refused.exit_code, list(tmp_path.iterdir())) == (3, [])
    assert "kept back (program)" in refused.stderr
    assert intakebot("attachment", "save", "7", "--into", str(tmp_path), "--flagged").exit_code == 0


def test_a_message_that_is_read_otherwise_today_gives_nothing_false(
    intakebot: CommandLine, desk: RecordingDesk, tmp_path: Path
) -> None:
    desk.answers["attachment.show"] = a_file(sha256="0" * 64)
    ended = intakebot("attachment", "save", "7", "--into", str(tmp_path))
    assert (ended.exit_code, list(tmp_path.iterdir())) == (4, [])
