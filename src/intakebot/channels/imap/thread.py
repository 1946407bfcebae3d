"""The thread of a mailbox: whatever blocks in the IMAP channel runs here, one call after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


class MailThread:
    """One thread, named after the mailbox; a connection belongs to it."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"imap-{name}")

    async def call(self, function: Callable[P, ResultT], *arguments: P.args, **named: P.kwargs) -> ResultT:
        """Run it there and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: function(*arguments, **named))

    def close(self) -> None:
        """No more calls."""
        self._executor.shutdown(wait=False)
