"""Files that came with a mail are known by hash and flags, kept in the raw message only, and found by case."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from fakes.standing_house import StandingHouse
from intakebot.app.attached_files import attached_file
from intakebot.domain.errors import NotFoundError
from intakebot.domain.file_policy import FilePolicy, FlaggedFiles
from intakebot.ports import CaseFilter
from intakebot.reading.chat import ChatContent, ChatFile

FILES = {"plan.pdf": b"%PDF-1.7 plan", "setup.exe": b"MZ\x90\0 program", "copy.pdf": b"%PDF-1.7 plan"}


async def received(standing: StandingHouse, words: str = "See the files.") -> int:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "ann@acme.example", "Files"
    mail.set_content(words)
    for name, content in FILES.items():
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    await standing.receive(mail.as_bytes(), "ann@acme.example", ("support@intakebot.example",))
    await standing.register()
    return int(standing.archive.cases(CaseFilter())[0]["number"])


# case F15
async def test_that_a_mail_is_encrypted_is_kept_with_its_contact(standing: StandingHouse) -> None:
    content = (Path(__file__).parents[1] / "samples" / "mail" / "pgp-encrypted.eml").read_bytes()
    kept = await standing.receive(content, "ann@acme.example", ("support@intakebot.example",))
    await standing.register()
    (decision,) = (await standing.desk.ask("contact.show", {"id": kept.contact_id}))["decisions"]
    assert decision["trace"]["marks"] == ["pgp-encrypted"]


async def listed(standing: StandingHouse, **of: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await standing.desk.ask("attachment.list", of)
    return found


async def test_every_file_is_listed_and_comes_back_as_it_was(standing: StandingHouse) -> None:
    number = await received(standing)
    rows = await listed(standing, case=number)
    assert [(row["name"], row["flags"], row["withheld"]) for row in rows] == [
        ("plan.pdf", [], False),
        ("setup.exe", ["program"], False),
        ("copy.pdf", [], False),
    ]
    assert await listed(standing, contact=rows[0]["contact_id"]) == rows
    for row in rows:
        shown = await standing.desk.ask("attachment.show", {"id": row["id"]})
        raw = standing.archive.content(row["contact_id"])
        assert attached_file(shown["channel"], raw, shown["sha256"]) == FILES[row["name"]]
    assert rows[0]["sha256"] == rows[2]["sha256"]


async def test_the_bytes_are_nowhere_but_in_the_raw_message(standing: StandingHouse) -> None:
    await received(standing, "long " * 60_000)  # above what the database keeps itself
    blobs = [path for path in standing.database.data_dir.glob("blobs/*/*") if path.is_file()]
    assert len(blobs) == 1


@pytest.mark.parametrize("flagged", list(FlaggedFiles))
async def test_no_policy_ever_loses_the_text(standing: StandingHouse, flagged: FlaggedFiles) -> None:
    standing.house = replace(standing.house, files=FilePolicy(flagged, largest=1))
    standing.restart()
    number = await received(standing, "These words count.")
    assert "These words count." in standing.archive.case(number)["description"]
    rows = await listed(standing, case=number)
    assert all("large" in row["flags"] and row["withheld"] == (flagged is FlaggedFiles.WITHHOLD) for row in rows)
    card = await standing.desk.ask("case.card", {"number": number})
    assert [(file["name"], file["flags"], file["withheld"]) for file in card["files"]] == [
        (row["name"], row["flags"], row["withheld"]) for row in rows
    ]


async def test_files_of_a_chat_come_back_too(standing: StandingHouse) -> None:
    file = ChatFile("run.sh", "text/plain", b"#!/bin/sh\n")
    said = ChatContent("slack", "T1/C1", "1.1", "1.1", "t1/u1", "Ann", "", "A file.", files=(file,))
    await standing.receive_chat(said, "support@intakebot.example")
    await standing.register()
    number = int(standing.archive.cases(CaseFilter())[0]["number"])
    [row] = await listed(standing, case=number)
    assert row["flags"] == ["script"]
    raw = standing.archive.content(row["contact_id"])
    assert attached_file("slack", raw, row["sha256"]) == b"#!/bin/sh\n"


async def test_what_there_is_not_is_said(standing: StandingHouse) -> None:
    for question, of in (("attachment.list", {"case": 9}), ("attachment.list", {"contact": 9})):
        with pytest.raises(NotFoundError):
            await standing.desk.ask(question, of)
    with pytest.raises(NotFoundError):
        await standing.desk.ask("attachment.show", {"id": 9})
