"""`intakebot read`: what a saved mail says, for people, for programs, and for a scorer of mail readers."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intakebot.cli.reading_records import scored, whole
from intakebot.domain.messages import Cut, ReadMessage, SenderCheck, Verdict
from intakebot.reading.message import read_message

SAMPLES = Path(__file__).parents[2] / "samples" / "mail"
BOUNCE = SAMPLES / "bounce-hard.eml"
PLAIN = SAMPLES / "nl-attachment.eml"
MAIL = b"""From: Ann <ann@customer.example>\r
Reply-To: ann.home@customer.example\r
To: Support <support@helpdesk.example>, b@helpdesk.example\r
Cc: carl@customer.example\r
Subject: =?utf-8?q?Stra=C3=9Fe?=\r
Date: Mon, 02 Nov 2026 09:15:00 +0100\r
Message-ID: <m1@customer.example>\r
In-Reply-To: <m0@helpdesk.example>\r
References: <k@helpdesk.example> <m0@helpdesk.example>\r
Content-Type: text/html\r
\r
<p>Dead <b>again</b></p>\r
"""


def read(raw: bytes = MAIL, **changed: Any) -> ReadMessage:
    return replace(read_message(raw), **changed)


def test_a_batch_record_is_flat() -> None:
    record = scored("a.eml", read())
    assert {key: record[key] for key in ("file", "from", "from_name", "subject", "message_id", "date")} == {
        "file": "a.eml",
        "from": "ann@customer.example",
        "from_name": "Ann",
        "subject": "Straße",
        "message_id": "m1@customer.example",
        "date": "2026-11-02T08:15:00+00:00",
    }
    assert record["to"] == ["support@helpdesk.example", "b@helpdesk.example"]
    assert record["cc"] == ["carl@customer.example"]
    assert record["reply_to"] == ["ann.home@customer.example"]
    assert record["in_reply_to"] == ["m0@helpdesk.example"]
    assert record["references"] == ["k@helpdesk.example", "m0@helpdesk.example"]
    assert (record["text"], record["html_text"], record["reply_text"]) == ("Dead again",) * 3
    assert (record["auto"], record["bounce"], record["may_autoreply"]) == (False, False, True)


def test_a_batch_record_names_the_claimed_sender_of_an_unverified_mail() -> None:
    record = scored("a.eml", read(b"From: a@x.example, b@x.example\r\n\r\nhello"))
    assert record["from"] == "a@x.example"
    assert record["defects"] == ["sender.several"]


def test_a_batch_record_tells_what_a_bounce_reports() -> None:
    record = scored("b.eml", read_message(BOUNCE.read_bytes()))
    assert (record["auto"], record["bounce"], record["may_autoreply"]) == (True, True, False)
    assert record["bounce_recipients"] == ["gone@customer.example", "full@customer.example"]
    assert (record["bounce_hard"], record["bounce_status"]) == (True, "5.1.1")


def test_a_record_for_programs_holds_all_that_reading_found() -> None:
    message = read(
        cuts=(Cut("marker", "On Monday ..."),),
        marks=("calendar",),
        check=SenderCheck(spf=Verdict.PASS, checked_by="mx.example"),
        defects=("date.unreadable",),
    )
    record = whole("a.eml", message)
    names = set(ReadMessage.__dataclass_fields__)
    assert set(record) == names | {"file", "claimed_sender"}
    assert record["cuts"] == [{"reason": "marker", "text": "On Monday ..."}]
    assert record["check"] == {"spf": "pass", "dkim": "none", "dmarc": "none", "checked_by": "mx.example"}
    assert record["defects"] == [
        {"code": "date.unreadable", "meaning": "The Date field is no date; the time of receipt counts."}
    ]
    assert json.loads(json.dumps(record)) == record


def test_the_page_names_people_files_and_the_machine(intakebot: Any) -> None:
    printed = intakebot("read", str(PLAIN), str(BOUNCE)).stdout
    for expected in ("Sanne de Vries <sanne@klant.example>", "Zie de foto", "vooré modem.png", "image/png"):
        assert expected in printed
    assert "bounce, known by delivery-status: gone@customer.example given up 5.1.1" in printed
    assert "What it leaves out" not in printed


def test_why_shows_defects_in_words_and_the_trimmed_view(intakebot: Any, written: Any) -> None:
    path = written("x.eml", b"From: nobody\r\nSubject: \x1b[31mred\r\n\r\nhello\r\n")
    printed = intakebot("read", "--why", str(path)).stdout
    assert "There is no From field with a usable address" in printed
    assert "What the trimmed view shows" in printed
    assert "nobody for certain" in printed
    assert re.search(r"it claims +nobody", printed)
    assert "\x1b" not in printed


def test_the_date_is_a_local_one_and_no_date_ends_the_page(intakebot: Any, written: Any) -> None:
    path = written("x.eml", b"From: a@b.example\nDate: Mon, 1 Jan 0001 00:00:00 +2359\n\nhello\n")
    assert "hello" in intakebot("read", str(path)).stdout
    assert re.search(r"date +2[0-9]{3}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} *\n", intakebot("read", str(PLAIN)).stdout)


def test_json_is_one_object_for_one_file_and_a_list_for_several(intakebot: Any) -> None:
    one = json.loads(intakebot("read", "--json", str(PLAIN)).stdout)
    assert (one["file"], one["sender"]["name"]) == (str(PLAIN), "Sanne de Vries")
    several = json.loads(intakebot("read", "--json", str(PLAIN), str(BOUNCE)).stdout)
    assert [each["file"] for each in several] == [str(PLAIN), str(BOUNCE)]


def test_standard_input_may_be_the_mail(intakebot: Any) -> None:
    found = json.loads(intakebot("read", "--json", "-", given=MAIL.decode()).stdout)
    assert (found["file"], found["subject"]) == ("standard input", "Straße")


def test_a_batch_goes_on_behind_a_file_that_cannot_be_read(intakebot: Any) -> None:
    printed = intakebot("read", "--batch", given=f"{PLAIN}\n\n/nowhere.eml\na\0b\n{BOUNCE}\n").stdout
    records = [json.loads(line) for line in printed.splitlines()]
    assert [record["file"] for record in records] == [str(PLAIN), "/nowhere.eml", "a\0b", str(BOUNCE)]
    assert records[1] == {"file": "/nowhere.eml", "error": "No such file or directory"}
    assert "error" in records[2]
    assert records[3]["bounce"]


def test_without_settings_no_house_is_asked_for(intakebot: Any, house: Any, tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        assert intakebot("read", str(PLAIN)).exit_code == 0
        assert intakebot("--config", "mine.yaml", "read", str(PLAIN)).exit_code == 0
    assert house.asked == [None, Path("mine.yaml")]


@pytest.mark.parametrize("words", [("read",), ("read", "--batch", str(PLAIN)), ("read", "/nowhere.eml")])
def test_it_says_what_it_needs(intakebot: Any, words: tuple[str, ...]) -> None:
    assert intakebot(*words).exit_code == 2
