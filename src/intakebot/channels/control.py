"""The control socket: how the CLI reaches the running service, by a Unix socket in the data directory.

Both ends live here. `ControlInlet` serves a `Desk` to whoever owns the data directory: one JSON request per
line, one JSON answer per line. `RemoteDesk` is the same `Desk` at the other end, with the same errors. The
file rights are the login: the socket and its directory are the owner's only.
"""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from intakebot.channels.control_wire import (
    Performance,
    Question,
    answer_line,
    answer_of,
    error_line,
    line_of,
    request_of,
)
from intakebot.domain.actors import Actor
from intakebot.domain.commands import Command
from intakebot.domain.errors import (
    AlreadyRunningError,
    ConfigError,
    IntakebotError,
    Problem,
    RefusedError,
    ServiceUnreachableError,
)
from intakebot.edge import guarded
from intakebot.ports import Desk, Intake

REQUEST_LIMIT = 72 * 2**20
"""Bytes of one request; an old mail of 50 MB that is imported is the largest."""
ANSWER_LIMIT = 256 * 2**20
"""Bytes of one answer; the content of a contact is the largest."""
PATH_LIMIT = 103
"""Bytes of a socket's path: the smallest limit among systems (macOS; Linux takes 107)."""
GRACE = 5.0
"""Seconds that requests under way get when the service stops."""


def control_socket(directory: Path) -> Path:
    """Where the control socket of a data directory is; raises ConfigError when no socket can have that path."""
    path = directory / "control.sock"
    if len(os.fsencode(path)) > PATH_LIMIT:
        sentence = f"the path is too long for a socket ({PATH_LIMIT} bytes at most); choose a shorter data directory"
        raise ConfigError([Problem(str(path), 0, sentence)])
    return path


def _own_directory(directory: Path) -> None:
    """Make the directory, or take others' rights from it; shared ones (/tmp) are refused, not changed."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = stat.S_IMODE(directory.stat().st_mode)
    if mode & stat.S_ISVTX:
        sentence = "this directory is shared with other users; choose one of your own as data directory"
        raise ConfigError([Problem(str(directory), 0, sentence)])
    if mode & 0o077:
        directory.chmod(mode & 0o700)


def _make_way(path: Path) -> None:
    """Remove the socket of a service that is gone; raises when one answers, or when it is no socket at all."""
    if not path.exists():
        return
    if not path.is_socket():
        raise ConfigError([Problem(str(path), 0, "something else is where the control socket should be; move it away")])
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
        try:
            visitor.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise AlreadyRunningError(f"a service already answers on {path}; stop it first, or use it")


def _open_socket(path: Path) -> socket.socket:
    """A bound socket that only we may connect to: its rights are set before it listens."""
    _own_directory(path.parent)
    _make_way(path)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        door.bind(str(path))
        path.chmod(0o600)
    except OSError:
        door.close()
        raise
    return door


class ControlInlet:
    """Serves a desk on the control socket at `path`; `listening` is set once it answers."""

    name = "control"

    def __init__(self, path: Path, desk: Desk) -> None:
        self._path = path
        self._desk = desk
        self.listening = asyncio.Event()
        self._talks: set[asyncio.Task[None]] = set()
        self._waiting: set[asyncio.Task[None]] = set()

    async def serve(self, intake: Intake, stop: asyncio.Event) -> None:  # noqa: ARG002 - an inlet's shape; no contact comes this way
        """Answer requests until `stop`; requests under way then get a few seconds, idle clients none.

        Raises AlreadyRunningError when another service answers here, ConfigError when the place cannot be used.
        """

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._talk(reader, writer, stop)

        server = await asyncio.start_unix_server(talk, sock=_open_socket(self._path), limit=REQUEST_LIMIT)
        self.listening.set()
        try:
            await stop.wait()
        finally:
            self._path.unlink(missing_ok=True)
            server.close()
            await self._end_talks()

    async def _end_talks(self) -> None:
        for task in self._waiting:
            task.cancel()
        if self._talks:
            _, late = await asyncio.wait(self._talks, timeout=GRACE)
            for task in late:
                task.cancel()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stop: asyncio.Event) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())  # a coroutine always runs in one
        self._talks.add(task)
        try:
            while not stop.is_set() and await self._exchange(task, reader, writer):
                pass
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client went away, or we stop; what it asked for is done or was never begun
        finally:
            self._talks.discard(task)
            writer.close()

    async def _exchange(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """One request and its answer; False when no other can follow."""
        self._waiting.add(task)
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            return False
        except asyncio.LimitOverrunError:
            sentence = f"the request is larger than {REQUEST_LIMIT // 2**20} MB; split it"
            writer.write(error_line(RefusedError("request.too-large", sentence)))
            await writer.drain()
            return False
        finally:
            self._waiting.discard(task)
        answer = await guarded("control socket", self._answer(line))
        writer.write(error_line(answer) if isinstance(answer, IntakebotError) else answer)
        await writer.drain()
        return True

    async def _answer(self, line: bytes) -> bytes:
        request = request_of(line)
        if isinstance(request, Question):
            return answer_line(await self._desk.ask(request.name, request.arguments))
        return answer_line(await self._desk.perform(request.command, request.by))


class RemoteDesk:
    """The desk of the service that listens on the socket at `path`; one connection per request."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def perform(self, command: Command, by: Actor) -> Mapping[str, Any]:
        """As `Desk.perform`; raises ServiceUnreachableError too."""
        changed: Mapping[str, Any] = await self._exchange(Performance(command, by))
        return changed

    async def ask(self, question: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON-like data, by question
        """As `Desk.ask`; raises ServiceUnreachableError too."""
        return await self._exchange(Question(question, arguments))

    async def _exchange(self, request: Performance | Question) -> Any:  # noqa: ANN401 - JSON-like data, by question
        line = line_of(request)
        if len(line) > REQUEST_LIMIT:
            sentence = f"the request is larger than {REQUEST_LIMIT // 2**20} MB; split it"
            raise RefusedError("request.too-large", sentence)
        try:
            reader, writer = await asyncio.open_unix_connection(self._path, limit=ANSWER_LIMIT)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise ServiceUnreachableError(f"no service answers on {self._path}; is it running?") from error
        except PermissionError as error:
            raise ServiceUnreachableError(f"{self._path} belongs to another user; run this as that user") from error
        try:
            writer.write(line)
            return answer_of(await reader.readuntil(b"\n"))
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            sentence = "the service went away before it answered; look whether it was done before you ask again"
            raise ServiceUnreachableError(sentence) from error
        finally:
            writer.close()
