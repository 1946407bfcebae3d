"""`intakebot import` hands mail over in parts, waits for its registration, and ends with figures and a code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fakes.house import FakeHouse
from intakebot.cli.import_mail import AT_ONCE
from intakebot.domain.actors import Actor
from intakebot.domain.commands import Command, ImportMails


class Mailroom:
    """A desk that knows every second mail, registers at the second question, and quarantines the first of all."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.asked = 0
        self.taken = 0

    async def perform(self, command: Command, by: Actor) -> Mapping[str, Any]:
        assert isinstance(command, ImportMails)
        assert by == Actor.agent("alice")
        self.sizes.append(len(command.mails))
        return {"mails": [self._taken(mail) for mail in command.mails]}

    def _taken(self, mail: bytes) -> Mapping[str, Any]:
        self.taken += 1
        if b"nobody" in mail:
            return {"is": "not-ours", "contact": None}
        return {"is": ("new", "known")[self.taken % 2], "contact": self.taken}

    async def ask(self, question: str, arguments: Mapping[str, Any]) -> Any:
        assert question == "contact.states"
        self.asked += 1
        state = "received" if self.asked == 1 else "registered"
        return {str(known): "quarantined" if known == 2 else state for known in arguments["ids"]}


def test_a_place_without_mail_is_no_success(intakebot: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no mail", "utf-8")
    result = intakebot("import", str(tmp_path))
    assert (result.exit_code, result.stderr) == (1, "")
    assert "no mail was found there" in result.stdout
    assert json.loads(intakebot("import", str(tmp_path), "--json").stdout)["read"] == 0


def test_everything_is_handed_over_in_parts_and_counted(intakebot: Any, house: FakeHouse, tmp_path: Path) -> None:
    for number in range(AT_ONCE + 6):
        (tmp_path / f"{number:03}.eml").write_text(f"Subject: {number}\n\nx", "utf-8")
    (tmp_path / "200.eml").write_text("Subject: nobody\n\nx", "utf-8")
    (tmp_path / "201.eml").write_bytes(b"")
    room = Mailroom()
    house.desk = room  # type: ignore[assignment] # a desk is a protocol
    result = intakebot("import", str(tmp_path), "--json")
    answer = json.loads(result.stdout)
    assert (answer["read"], answer["new"], answer["known"]) == (71, 35, 35)
    assert (answer["quarantined"], answer["registered"], answer["waiting"], answer["unreadable"]) == (1, 34, 0, 2)
    assert [Path(problem["file"]).name for problem in answer["problems"]] == ["200.eml", "201.eml"]
    assert max(room.sizes) == AT_ONCE
    assert result.exit_code == 1, "somebody should look at what is quarantined and at what was not taken in"


def test_figures_for_people_leave_out_what_is_nothing(intakebot: Any, house: FakeHouse, tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_text("Subject: 1\n\nx", "utf-8")
    house.desk = Mailroom()  # type: ignore[assignment]
    result = intakebot("import", str(tmp_path))
    assert result.exit_code == 0, result.stderr
    assert "known already" in result.stdout
    assert "quarantined" not in result.stdout


def test_a_path_that_is_not_there_is_a_usage_error(intakebot: Any) -> None:
    assert intakebot("import", "/nowhere").exit_code == 2
