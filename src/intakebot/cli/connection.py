"""What the command line needs from the composition root, and nothing more of it.

`intakebot.app` keeps this promise as a module; tests hand in a house of their own through click's `obj`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from intakebot.domain.messages import ReadMessage
from intakebot.ports import Desk
from intakebot.ports.history import LookingBack


class House(Protocol):
    """The composition root as the command line sees it. All raise ConfigError for an unusable configuration."""

    def open_desk(self, settings: Path, data: Path | None) -> AbstractAsyncContextManager[Desk]:
        """The running service's desk, else the house opened in this process under the lock.

        Raises AlreadyRunningError when another process holds the lock and does not answer.
        """

    def open_registering_desk(self, settings: Path, data: Path | None) -> AbstractAsyncContextManager[Desk]:
        """The same; without a service, contacts that are kept are registered in this process."""

    def is_served(self, desk: Desk) -> bool:
        """Whether a running service stands behind this desk, so that what it owes leaves by itself."""

    def begins_in(self, settings: Path, data: Path | None) -> Path | None:
        """The data directory where it is not there yet, so that an empty house begins in it."""

    async def run(self, settings: Path, data: Path | None, *, simulated_clock: bool) -> None:
        """Be the service until a signal stops it."""

    def check_configuration(self, settings: Path) -> Mapping[str, Any]:
        """Load and check everything; `{"files": [...], "queues": n, ...}`: what was found, by name."""

    def check_rules(self, settings: Path) -> Mapping[str, Any]:
        """Check the rules; `{"rules": n, "stages": n, "problems": [{"severity", "place", "sentence"}]}`."""

    def mail_reader(self, settings: Path | None) -> Callable[[bytes], ReadMessage]:
        """Reads mails as registration does, by the house's domains and languages; None: of no house."""

    def explain_mails(
        self, settings: Path, data: Path | None, mails: Sequence[tuple[str, bytes]], to: Sequence[str]
    ) -> list[Mapping[str, Any]]:
        """What would become of each mail (name, bytes) and why: `usecases.reasons.mail_explained` and its `file`.

        `to` are the addresses that it comes to; without any, those of ours that it names. Nothing is kept.
        """

    def why_not(
        self, settings: Path, data: Path | None, rule: str, mail: tuple[str, bytes], to: Sequence[str]
    ) -> Mapping[str, Any]:
        """`{"rule", "place", "note", "applies", "sentence", "looked_up", "file"}`; raises NotFoundError."""

    def try_rules(self, settings: Path, rules: Path | None) -> Mapping[str, Any]:
        """Run inline tests, those of the configured rules or those in `rules`, a file or folder.

        `{"rules": n, "tests": n, "failed": n, "untested": [...], "trials": [{"rule", "number", "place", "expected",
        "passed", "sentence"}]}`.
        """

    async def now(self, settings: Path, data: Path | None) -> datetime:
        """This moment by the running service's clock, which may be simulated; else by the real one."""

    def backtest_rules(
        self, back: LookingBack, rules: Path | None, progress: Callable[[int, int], None]
    ) -> Mapping[str, Any]:
        """What other rules would have decided; see `usecases.rehearsal_figures`. It reads beside a running service."""

    def diff_rules(
        self, back: LookingBack, old: Path, new: Path, progress: Callable[[int, int], None]
    ) -> Mapping[str, Any]:
        """The same for two folders of rules."""

    def rule_coverage(self, back: LookingBack) -> Mapping[str, Any]:
        """Rules without hits and the share of defaults; see `usecases.rule_figures`."""

    def rule_report(self, back: LookingBack) -> Mapping[str, Any]:
        """What people corrected, by rule; see `usecases.rule_figures`."""

    def check_templates(self, settings: Path) -> Mapping[str, Any]:
        """Render every template with sample values; `{"templates": n, "problems": [{"place", "sentence"}]}`."""

    async def check_mailboxes(self, settings: Path, name: str) -> Mapping[str, Any]:
        """Look at one mailbox ('' = all of them); findings as of `check_slack`.

        Raises NotFoundError when no such mailbox is configured.
        """

    async def check_slack(self, settings: Path) -> Mapping[str, Any]:
        """Look at the workspace; `{"findings": [{"severity", "place", "sentence"}]}`, severity ok, warning or error.

        Raises NotFoundError when no Slack is configured.
        """

    def attached_file(self, channel: str, content: bytes, sha256: str) -> bytes:
        """The file with this hash in the raw message of a contact; raises NotFoundError."""

    def draw_workflows(self, settings: Path, name: str) -> Mapping[str, str]:
        """Mermaid diagrams by workflow name ('' = all); raises NotFoundError."""


def real_house() -> House:
    """The composition root, imported only when a command needs it, so that --help stays quick."""
    from intakebot import app  # noqa: PLC0415 - it brings in the whole program

    return app
