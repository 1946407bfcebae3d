"""Slack's own Node packages, where this machine has them: `present`, and how to run a script with them."""

from __future__ import annotations

import asyncio
import filecmp
import os
import shutil
from pathlib import Path
from typing import Final

SCRIPTS: Final = Path(__file__).parent / "slack/node"
LOCK: Final = "package-lock.json"


def place() -> Path:
    """Where `prepare` puts the packages."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("INTAKEBOT_NODE_PEERS") or cache / "intakebot/node-peers")


def present() -> bool:
    """Whether node is here, and the packages of the lock are."""
    installed = place()
    if shutil.which("node") is None or not (installed / ".complete").exists():
        return False
    return filecmp.cmp(SCRIPTS / LOCK, installed / LOCK, shallow=False)


async def start(script: str, *arguments: str) -> asyncio.subprocess.Process:
    """Run a script of the folder; its standard input, output and errors are pipes."""
    pipe = asyncio.subprocess.PIPE
    environment = {**os.environ, "NODE_PATH": str(place() / "node_modules"), "NODE_NO_WARNINGS": "1"}
    return await asyncio.create_subprocess_exec(
        "node", str(SCRIPTS / script), *arguments, stdin=pipe, stdout=pipe, stderr=pipe, env=environment
    )
