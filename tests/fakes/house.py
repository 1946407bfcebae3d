"""A composition root without a house: it opens the recording desk and answers checks as the test says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fakes.desk import RecordingDesk
from intakebot.app.attached_files import attached_file
from intakebot.domain.errors import IntakebotError
from intakebot.domain.messages import ReadMessage
from intakebot.ports import Desk
from intakebot.reading.message import read_message


@dataclass
class FakeHouse:
    """Opens `desk`, behind which a service runs or not; `opened` keeps the paths it was opened with, `ran` the runs."""

    desk: RecordingDesk = field(default_factory=RecordingDesk)
    found: Mapping[str, Any] = field(default_factory=dict)
    closed_by: IntakebotError | None = None
    served: bool = True
    begins: Path | None = None
    opened: list[tuple[Path, Path | None]] = field(default_factory=list)
    asked: list[Path | None] = field(default_factory=list)
    ran: list[bool] = field(default_factory=list)
    mails: list[tuple[str, bytes]] = field(default_factory=list)
    explained: list[Mapping[str, Any]] = field(default_factory=list)

    @asynccontextmanager
    async def open_desk(self, settings: Path, data: Path | None) -> AsyncIterator[Desk]:
        self.opened.append((settings, data))
        if self.closed_by:
            raise self.closed_by
        yield self.desk

    def open_registering_desk(self, settings: Path, data: Path | None) -> AbstractAsyncContextManager[Desk]:
        return self.open_desk(settings, data)

    def begins_in(self, settings: Path, data: Path | None) -> Path | None:  # noqa: ARG002 - a house's own shape
        return self.begins

    def is_served(self, desk: Desk) -> bool:
        return self.served and desk is self.desk

    async def run(self, settings: Path, data: Path | None, *, simulated_clock: bool) -> None:
        self.opened.append((settings, data))
        self.ran.append(simulated_clock)

    def check_configuration(self, settings: Path) -> Mapping[str, Any]:
        return self._checked(settings)

    def check_rules(self, settings: Path) -> Mapping[str, Any]:
        return self._checked(settings)

    def mail_reader(self, settings: Path | None) -> Callable[[bytes], ReadMessage]:
        self.asked.append(settings)
        return read_message

    def explain_mails(
        self, settings: Path, data: Path | None, mails: Sequence[tuple[str, bytes]], to: Sequence[str]
    ) -> list[Mapping[str, Any]]:
        self.opened.append((settings, data))
        self.mails += mails
        return [answer | {"recipients": list(to)} for answer in self.explained]

    def why_not(
        self, settings: Path, data: Path | None, rule: str, mail: tuple[str, bytes], to: Sequence[str]
    ) -> Mapping[str, Any]:
        self.opened.append((settings, data))
        self.mails.append(mail)
        return {**self.found, "rule": rule, "to": list(to)}

    def try_rules(self, settings: Path, rules: Path | None) -> Mapping[str, Any]:
        return self._checked(rules or settings)

    def check_templates(self, settings: Path) -> Mapping[str, Any]:
        return self._checked(settings)

    async def check_mailboxes(self, settings: Path, name: str) -> Mapping[str, Any]:
        return {**self._checked(settings), "name": name}

    async def check_slack(self, settings: Path) -> Mapping[str, Any]:
        return self._checked(settings)

    def attached_file(self, channel: str, content: bytes, sha256: str) -> bytes:
        return attached_file(channel, content, sha256)

    def draw_workflows(self, settings: Path, name: str) -> Mapping[str, str]:
        self.opened.append((settings, None))
        return {name or "crc": "stateDiagram-v2\n"}

    def _checked(self, settings: Path) -> Mapping[str, Any]:
        self.opened.append((settings, None))
        if self.closed_by:
            raise self.closed_by
        return self.found
