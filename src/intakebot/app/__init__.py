"""The composition root as the command line sees it: a desk, the service, the checks.

A command for a running service needs its control socket only, so everything else is imported where it is used:
asking a question takes a fraction of the time that building the house takes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from intakebot.channels.control import RemoteDesk, control_socket
from intakebot.domain.errors import ServiceUnreachableError
from intakebot.domain.messages import ReadMessage
from intakebot.ports import Desk
from intakebot.ports.history import LookingBack


@asynccontextmanager
async def open_desk(settings: Path, data: Path | None) -> AsyncIterator[Desk]:
    """The running service's desk, else the house opened in this process under the lock.

    Raises AlreadyRunningError when another process holds the lock and does not answer.
    """
    remote = RemoteDesk(control_socket(data or data_directory(settings)))
    try:
        await remote.ask("clock", {})
    except ServiceUnreachableError:
        from intakebot.app.house import open_house  # noqa: PLC0415 - see the module's docstring
        from intakebot.clocks import SystemClock  # noqa: PLC0415

        with open_house(settings, data, SystemClock(), lambda: None) as opened:
            yield opened.desk()
        return
    yield remote


@asynccontextmanager
async def open_registering_desk(settings: Path, data: Path | None) -> AsyncIterator[Desk]:
    """The same; without a service, what is kept is registered in this process. See `registering`."""
    remote = RemoteDesk(control_socket(data or data_directory(settings)))
    try:
        await remote.ask("clock", {})
    except ServiceUnreachableError:
        from intakebot.app.registering import registering_desk  # noqa: PLC0415

        async with registering_desk(settings, data) as desk:
            yield desk
        return
    yield remote


def is_served(desk: Desk) -> bool:
    """Whether a running service stands behind this desk, so that what it owes leaves by itself."""
    return isinstance(desk, RemoteDesk)


def data_directory(settings: Path) -> Path:
    """Where a configuration keeps its files; raises ConfigError."""
    from intakebot.config.settings import load_house_directory  # noqa: PLC0415

    return load_house_directory(settings)


def begins_in(settings: Path, data: Path | None) -> Path | None:
    """The data directory where it is not there yet, so that an empty house begins in it; raises ConfigError."""
    directory = data or data_directory(settings)
    return None if directory.exists() else directory


async def run(settings: Path, data: Path | None, *, simulated_clock: bool) -> None:
    """Be the service until a signal stops it."""
    from intakebot.app.service import run_service  # noqa: PLC0415

    await run_service(settings, data, simulated_clock=simulated_clock)


def check_configuration(settings: Path) -> Mapping[str, Any]:
    """See `checks`."""
    from intakebot.app import checks  # noqa: PLC0415

    return checks.check_configuration(settings)


def check_rules(settings: Path) -> Mapping[str, Any]:
    """See `checks`."""
    from intakebot.app import checks  # noqa: PLC0415

    return checks.check_rules(settings)


def mail_reader(settings: Path | None) -> Callable[[bytes], ReadMessage]:
    """See `mail_reading`."""
    from intakebot.app import mail_reading  # noqa: PLC0415

    return mail_reading.mail_reader(settings)


def explain_mails(
    settings: Path, data: Path | None, mails: Sequence[tuple[str, bytes]], to: Sequence[str]
) -> list[Mapping[str, Any]]:
    """See `explaining`."""
    from intakebot.app import explaining  # noqa: PLC0415

    return explaining.explain_mails(settings, data, mails, to)


def why_not(
    settings: Path, data: Path | None, rule: str, mail: tuple[str, bytes], to: Sequence[str]
) -> Mapping[str, Any]:
    """See `explaining`."""
    from intakebot.app import explaining  # noqa: PLC0415

    return explaining.why_not(settings, data, rule, mail, to)


def try_rules(settings: Path, rules: Path | None) -> Mapping[str, Any]:
    """See `explaining`."""
    from intakebot.app import explaining  # noqa: PLC0415

    return explaining.try_rules(settings, rules)


async def now(settings: Path, data: Path | None) -> datetime:
    """This moment by the running service's clock, which may be simulated; else by the real one."""
    try:
        answer = await RemoteDesk(control_socket(data or data_directory(settings))).ask("clock", {})
    except ServiceUnreachableError:
        from intakebot.clocks import SystemClock  # noqa: PLC0415

        return SystemClock().now()
    return datetime.fromisoformat(answer)


def backtest_rules(back: LookingBack, rules: Path | None, progress: Callable[[int, int], None]) -> Mapping[str, Any]:
    """See `rule_history`."""
    from intakebot.app import rule_history  # noqa: PLC0415

    return rule_history.backtest(back, rules, progress)


def diff_rules(back: LookingBack, old: Path, new: Path, progress: Callable[[int, int], None]) -> Mapping[str, Any]:
    """See `rule_history`."""
    from intakebot.app import rule_history  # noqa: PLC0415

    return rule_history.diff(back, old, new, progress)


def rule_coverage(back: LookingBack) -> Mapping[str, Any]:
    """See `rule_history`."""
    from intakebot.app import rule_history  # noqa: PLC0415

    return rule_history.coverage(back)


def rule_report(back: LookingBack) -> Mapping[str, Any]:
    """See `rule_history`."""
    from intakebot.app import rule_history  # noqa: PLC0415

    return rule_history.report(back)


def check_templates(settings: Path) -> Mapping[str, Any]:
    """See `checks`."""
    from intakebot.app import checks  # noqa: PLC0415

    return checks.check_templates(settings)


def attached_file(channel: str, content: bytes, sha256: str) -> bytes:
    """See `attached_files`."""
    from intakebot.app import attached_files  # noqa: PLC0415

    return attached_files.attached_file(channel, content, sha256)


def draw_workflows(settings: Path, name: str) -> Mapping[str, str]:
    """See `checks`."""
    from intakebot.app import checks  # noqa: PLC0415

    return checks.draw_workflows(settings, name)


async def check_mailboxes(settings: Path, name: str) -> Mapping[str, Any]:
    """See `mailboxes.mailbox_findings`."""
    from intakebot.app.mailboxes import mailbox_findings  # noqa: PLC0415
    from intakebot.config.settings import load_settings  # noqa: PLC0415

    return {"findings": await mailbox_findings(load_settings(settings), name)}


async def check_slack(settings: Path) -> Mapping[str, Any]:
    """See `slack.slack_findings`."""
    from intakebot.app.slack import slack_findings  # noqa: PLC0415
    from intakebot.config.settings import load_settings  # noqa: PLC0415

    return {"findings": await slack_findings(load_settings(settings))}
