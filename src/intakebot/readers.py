"""A process of its own reads what strangers sent.

Whatever reads hostile bytes may hang, grow or die; in here it takes neither the service nor a neighbour's mail
along. What was read comes back as plain values, without the bytes of attachments (they stay in the raw message).
Made by the service before it has threads or sockets; called by the worker, one batch at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkContext, SpawnContext
from typing import Any, TypeAlias

from intakebot.domain.contact import PendingContact
from intakebot.domain.errors import ReaderLostError
from intakebot.domain.messages import ReadMessage
from intakebot.reading.chat import is_chat, read_chat
from intakebot.reading.file_flags import file_flags
from intakebot.reading.language import language_of
from intakebot.reading.message import read_message

PATIENCE = timedelta(seconds=60)
READY = "ready"
WARMING_UP = "The language model is loaded once, before the first mail needs it."


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading needs to know of the house.

    `trusted_servers` are those that are believed about senders (authserv-ids), by the route that mail came on.
    """

    own_domains: frozenset[str]
    languages: tuple[str, ...]
    trusted_servers: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def read(self, contact: PendingContact) -> ReadMessage:
        """What a contact says, without the bytes of its attachments."""
        content = contact.file.path.read_bytes() if contact.file else contact.content
        if is_chat(contact.channel, content):
            message = read_chat(content, languages=self.languages)
        else:
            message = read_message(
                content,
                own_domains=self.own_domains,
                languages=self.languages,
                envelope_sender=contact.envelope.sender,
                trusted_servers=self.trusted_servers.get(contact.envelope.route, frozenset()),
            )
        files = (replace(file, flags=file_flags(file), content=b"") for file in message.attachments)
        return replace(message, attachments=tuple(files))


ReadOne: TypeAlias = Callable[[PendingContact], ReadMessage]
Outcome: TypeAlias = "ReadMessage | ReaderLostError"


class Readers:
    """Reads batches in a child process. Make it early: the first child is forked, so threads must not exist yet."""

    def __init__(self, patience: timedelta = PATIENCE) -> None:
        self._patience = patience.total_seconds()
        self._turn = asyncio.Lock()
        self._child = _Child(ForkContext())

    async def read(self, read_one: ReadOne, contacts: Sequence[PendingContact]) -> list[Outcome]:
        """What the contacts say, in order; ReaderLostError in the place of one that the reader did not survive.

        `read_one` must be a thing that another process can be told, such as `Reading.read`.
        """
        async with self._turn:
            return await asyncio.to_thread(self._read, read_one, contacts)

    def close(self) -> None:
        """End the child."""
        self._child.end()

    def _read(self, read_one: ReadOne, contacts: Sequence[PendingContact]) -> list[Outcome]:
        try:
            return [*self._ask(read_one, contacts)]
        except ReaderLostError:
            return [self._alone(read_one, contact) for contact in contacts]

    def _alone(self, read_one: ReadOne, contact: PendingContact) -> Outcome:
        try:
            return self._ask(read_one, [contact])[0]
        except ReaderLostError as lost:
            return lost

    def _ask(self, read_one: ReadOne, contacts: Sequence[PendingContact]) -> list[ReadMessage]:
        try:
            return self._child.ask((read_one, contacts), self._patience)
        except (EOFError, OSError) as error:
            self._child.end()
            self._child = _Child(SpawnContext())
            sentence = f"reading did not survive this message ({type(error).__name__}); its raw bytes are kept"
            raise ReaderLostError(sentence) from error


class _Child:
    """One reading process and the pipe to it."""

    def __init__(self, context: ForkContext | SpawnContext) -> None:
        self._pipe, far_end = context.Pipe()
        near_end = self._pipe if isinstance(context, ForkContext) else None
        self._process = context.Process(target=_serve, args=(far_end, near_end), name="reader", daemon=True)
        self._process.start()
        self._is_ready = False
        far_end.close()

    def ask(self, request: object, patience: float) -> list[ReadMessage]:
        """Hand over a request and wait for its answer; raises TimeoutError (an OSError), EOFError or OSError."""
        if not self._is_ready:  # that it is slow to start is not the message's fault
            self._is_ready = self._received(PATIENCE.total_seconds()) == READY
        self._pipe.send(request)
        answer: list[ReadMessage] = self._received(patience)
        return answer

    def _received(self, patience: float) -> Any:  # noqa: ANN401 - what a pipe brings is any object
        if not self._pipe.poll(patience):
            raise TimeoutError(f"no answer within {patience:.0f} s")
        return self._pipe.recv()

    def end(self) -> None:
        """Kill it, whatever it does; it holds nothing that counts."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _serve(pipe: Connection, forked_copy: Connection | None) -> None:
    """The child's life: read what is asked until the house is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which ends us
    if forked_copy:
        forked_copy.close()  # else the end of the house would never be noticed
    language_of(WARMING_UP, "", ("en", "de"))
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        pipe.send(READY)
        while True:
            read_one, contacts = pipe.recv()
            pipe.send([read_one(contact) for contact in contacts])
