"""S22, on the way in: files come along, and what cannot be had never costs a word."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.databases import ON_SQLITE
from intakebot.channels.slack.hearing.files import FILE_ATTEMPTS
from integration.slack_intake.standing_intake import StandingIntake

pytestmark = ON_SQLITE
PICTURE = ("pump.png", b"\x89PNG" + b"\x00\x01" * 100, "image/png")
LOG = ("log.txt", "Öl läuft".encode(), "text/plain")


def stored(intake: StandingIntake) -> list[tuple[str, str, int]]:
    (contact,) = intake.contacts()
    return [(file["name"], file["media_type"], file["size"]) for file in contact["files"]]


def defects(intake: StandingIntake) -> list[str]:
    (contact,) = intake.contacts()
    return list(contact["defects"])


async def test_two_files_of_one_message_come_along(intake: StandingIntake) -> None:
    await intake.ann.says(intake.help, "see both", files=[PICTURE, LOG])
    await intake.work()

    assert intake.conversations() == [["see both"]]
    assert stored(intake) == [("pump.png", "image/png", 204), ("log.txt", "text/plain", 10)]
    assert defects(intake) == []


async def test_a_message_of_files_alone_is_a_case(intake: StandingIntake) -> None:
    await intake.ann.says(intake.help, files=[PICTURE])
    await intake.work()

    assert stored(intake) == [("pump.png", "image/png", 204)]


async def test_a_file_of_another_organisation_is_asked_for_first(intake: StandingIntake) -> None:
    await intake.ann.says(intake.help, "see", files=[PICTURE], check_first=True)
    await intake.work()

    assert len(intake.slack.calls("files.info")) == 1
    assert stored(intake) == [("pump.png", "image/png", 204)]


async def test_a_page_for_signing_in_is_no_file(intake: StandingIntake) -> None:
    intake.slack.app.scopes.discard("files:read")
    said = await intake.ann.says(intake.help, "see", files=[PICTURE])
    await intake.work()

    link = intake.slack.shapes.whole_file(said.files[0])["permalink"]
    assert intake.conversations() == [[f"see\nfile: pump.png {link} (could not be fetched)"]]
    assert (stored(intake), defects(intake)) == ([], ["file.unavailable"])
    assert intake.counted["waiting"] == FILE_ATTEMPTS - 1


async def test_a_page_is_a_file_where_it_is_one(intake: StandingIntake) -> None:
    await intake.ann.says(intake.help, "see", files=[("page.html", b"<!DOCTYPE html><p>hello", "text/html")])
    await intake.work()

    assert stored(intake) == [("page.html", "text/html", 23)]


async def test_a_file_is_asked_for_again_while_the_message_waits(intake: StandingIntake) -> None:
    intake.slack.faults.add("files.info", "503", times=FILE_ATTEMPTS - 1)
    await intake.ann.says(intake.help, "see", files=[PICTURE], check_first=True)
    await intake.work()

    assert stored(intake) == [("pump.png", "image/png", 204)]
    assert intake.counted["waiting"] == FILE_ATTEMPTS - 1


async def test_the_words_do_not_wait_for_ever(intake: StandingIntake) -> None:
    intake.slack.faults.add("files.info", "503", times=50)
    await intake.ann.says(intake.help, "see", files=[PICTURE], check_first=True)
    await intake.work()

    ((text,),) = intake.conversations()
    assert text.startswith("see\nfile: F")
    assert defects(intake) == ["file.unavailable"]


async def test_a_file_that_waits_holds_up_nobody(intake: StandingIntake) -> None:
    intake.slack.faults.add("files.info", "503", times=50)
    await intake.ann.says(intake.help, "see", files=[PICTURE], check_first=True)
    await intake.cal.says(intake.help, "No signal")
    await intake.ann.says(intake.help, "it leaks")
    await intake.slack.settled()
    await intake.step()
    assert intake.conversations() == [["No signal"], ["it leaks"]]
    await intake.work()

    first, second = intake.conversations()
    assert first == ["No signal"]
    assert [line.partition("\n")[0] for line in second] == ["it leaks", "see"]


@pytest.mark.parametrize(
    ("change", "line", "defect"),
    [
        pytest.param({"size": 26 * 1024 * 1024}, " (too large to be taken along)", ["file.too-large"], id="large"),
        pytest.param({"mode": "tombstone", "name": ""}, " (no longer there)", ["file.unavailable"], id="deleted"),
        pytest.param({"is_external": True, "mode": "external"}, "", [], id="elsewhere"),
        pytest.param(
            {"url_private": "", "url_private_download": ""}, " (no longer there)", ["file.unavailable"], id="no-address"
        ),
    ],
)
async def test_what_cannot_come_along_is_named(
    intake: StandingIntake, change: dict[str, Any], line: str, defect: list[str]
) -> None:
    intake.slack.hold_events()
    said = await intake.ann.says(intake.help, "see", files=[PICTURE, LOG])
    (event, *_) = intake.recorded()
    event["event"]["files"][0] |= change
    await intake.bring(event)
    await intake.work()

    file = event["event"]["files"][0]
    assert intake.conversations() == [[f"see\nfile: {file['name'] or file['title']} {file['permalink']}{line}"]]
    assert (stored(intake), defects(intake)) == ([("log.txt", "text/plain", 10)], defect)
    assert said.files


async def test_a_file_that_is_larger_than_it_says_is_left_out(intake: StandingIntake) -> None:
    intake.slack.hold_events()
    await intake.ann.says(intake.help, "see", files=[("big.bin", b"\x00" * (26 * 1024 * 1024), "a/b")])
    (event, *_) = intake.recorded()
    event["event"]["files"][0]["size"] = 10
    await intake.bring(event)
    await intake.work()

    assert (stored(intake), defects(intake)) == ([], ["file.too-large"])
