"""What `mailbox` and `health` print of mailboxes, and how a check ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakes.desk import RecordingDesk
from fakes.house import FakeHouse

FINE = {"severity": "ok", "place": "post: host", "sentence": "imap.example.com:993 speaks IMAP"}
WRONG = {"severity": "error", "place": "post: login", "sentence": "it refuses the login; look at `username`"}


@pytest.mark.parametrize(("findings", "code"), [([FINE], 0), ([FINE, WRONG], 1)])
def test_a_check_says_everything_and_fails_when_something_is_wrong(
    intakebot: Any, house: FakeHouse, findings: list[dict[str, str]], code: int
) -> None:
    house.found = {"findings": findings}
    said = intakebot("mailbox", "check")
    assert said.exit_code == code
    for finding in findings:
        assert finding["sentence"] in said.stdout
    as_json = intakebot("mailbox", "check", "post", "--json")
    assert as_json.exit_code == code
    assert json.loads(as_json.stdout) == {"findings": findings, "name": "post"}


def test_a_house_without_mailboxes_says_how_to_get_one(intakebot: Any, desk: RecordingDesk) -> None:
    desk.answers["mailbox.list"] = []
    assert "docs/howto/imap.md" in intakebot("mailbox", "list").stdout


def test_the_last_look_is_the_proof_of_life(intakebot: Any) -> None:
    for command in (["mailbox", "list"], ["health"]):
        said = intakebot(*command).stdout
        assert "support-mailbox" in said
        assert "INBOX of support@example.com at imap.example.com" in said
        assert "never" in said, "a mailbox that nobody has looked into yet"
