"""An IMAP server that fails where the test says: for what real servers do once a year.

It knows as much of RFC 3501, 4315 and 6851 as our channel says. A `Fault` looks at every command line.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

_LITERAL = re.compile(r"\{(\d+)\}$")


@dataclass
class Fault:
    """What happens to commands that match, so many times: `no`, `bye`, `silent`, `hang-up`, `cut` (inside a literal);
    `bye in idle` and `hang-up in idle` once IDLE has begun.

    `after` = the command is carried out first, and then nothing is said of it; `words` come with a `no`.
    """

    line: str
    act: str
    times: int = 1
    after: bool = False
    words: str = "not now"


@dataclass
class ScriptedImap:
    """`boxes` has the mails of each folder by UID, `flags` of INBOX; `heard` every command line."""

    mails: dict[int, bytes] = field(default_factory=dict)
    capabilities: str = "IMAP4rev1 IDLE UIDPLUS MOVE"
    uid_validity: int = 7
    faults: list[Fault] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    tls: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None
    sizes: dict[int, int] = field(default_factory=dict)
    permanent: bool = True
    partial_copy: set[int] = field(default_factory=set)
    folders: dict[str, dict[int, bytes]] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _idle: set[asyncio.StreamWriter] = field(default_factory=set)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _conversations: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        for task in self._conversations:
            task.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)

    async def comes(self, mail: bytes) -> int:
        """A mail comes into INBOX; whoever is in IDLE hears of it."""
        uid = max(self.mails, default=0) + 1
        self.mails[uid] = mail
        for writer in self._idle:
            writer.write(f"* {len(self.mails)} EXISTS\r\n".encode())
        return uid

    def said(self, part: str) -> int:
        """How many commands had this in them."""
        return sum(part in line for line in self.heard)

    async def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._idle.discard(writer)
            self._writers.discard(writer)
            self._conversations.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            while found := _LITERAL.search(line):
                writer.write(b"+ go on\r\n")
                line = line[: found.start()] + (await reader.readexactly(int(found[1]))).decode()
                line += (await reader.readline()).decode().rstrip("\r\n")
            self.heard.append(line)
            tag, _, command = line.partition(" ")
            fault = self._fault(command)
            if fault is None or fault.after:
                said = await self._obey(tag, command, reader, writer)
            if fault is not None:
                if not await self._fail(fault, tag, command, writer):
                    return
                continue
            writer.write(said)
            await writer.drain()
            if command == "LOGOUT":
                return

    def _fault(self, command: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and re.search(fault.line, command):
                fault.times -= 1
                return fault
        return None

    async def _fail(self, fault: Fault, tag: str, command: str, writer: asyncio.StreamWriter) -> bool:
        """Whether the conversation goes on."""
        if fault.act.endswith(" in idle"):
            writer.write(b"+ idling\r\n")
            await writer.drain()
        if fault.act == "no":
            writer.write(f"{tag} NO {fault.words}\r\n".encode())
        elif fault.act.startswith("bye"):
            writer.write(b"* BYE shutting down\r\n")
            return False
        elif fault.act == "cut":
            uid = int(re.findall(r"\d+", command)[0])
            writer.write(f"* 1 FETCH (UID {uid} BODY[] {{1000}}\r\nSubject: half".encode())
            await writer.drain()
            return False
        elif fault.act.startswith("hang-up"):
            return False
        return True

    async def _obey(  # noqa: PLR0911 - a table of commands
        self, tag: str, command: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes:
        word, _, rest = command.partition(" ")
        done = f"{tag} OK done\r\n".encode()
        match word:
            case "CAPABILITY":
                return f"* CAPABILITY {self.capabilities}\r\n".encode() + done
            case "STARTTLS":
                writer.write(done)
                await writer.start_tls(self.starttls)
                return b""
            case "AUTHENTICATE":
                return await self._authenticate(tag, reader, writer)
            case "LOGIN":
                return done if "secret" in rest else f"{tag} NO [AUTHENTICATIONFAILED] wrong\r\n".encode()
            case "SELECT" | "EXAMINE":
                return self._select(tag, rest.strip('"'))
            case "LIST":
                name = rest.rpartition(" ")[2].strip('"')
                there = name in self.folders or name == "INBOX"
                return (f'* LIST () "/" {name}\r\n'.encode() if there else b"") + done
            case "CREATE":
                self.folders[rest.strip('"')] = {}
                return done
            case "IDLE":
                return await self._be_idle(tag, reader, writer)
            case "UID":
                return self._by_uid(tag, *rest.split(" ", 1))
            case _:
                return done

    async def _authenticate(self, tag: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"+ \r\n")
        said = base64.b64decode(await reader.readline()).decode()
        self.heard.append(said)
        if any(f"auth=Bearer {token}\1" in said for token in self.tokens):
            return f"{tag} OK in\r\n".encode()
        writer.write(b"+ " + base64.b64encode(b'{"status":"400"}') + b"\r\n")
        self.heard.append("after the error: " + repr((await reader.readline()).strip().decode()))
        return f"{tag} NO [AUTHENTICATIONFAILED] the token has run out\r\n".encode()

    def _select(self, tag: str, name: str) -> bytes:
        if name != "INBOX":
            return f"{tag} NO [NONEXISTENT] no such folder\r\n".encode()
        upcoming = max(self.mails, default=0) + 1
        lines = (
            f"* {len(self.mails)} EXISTS",
            f"* OK [UIDVALIDITY {self.uid_validity}] ok",
            f"* OK [UIDNEXT {upcoming}] ok",
            f"{tag} OK [{'READ-WRITE' if self.permanent else 'READ-ONLY'}] ok",
        )
        return "".join(f"{line}\r\n" for line in lines).encode()

    async def _be_idle(self, tag: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"+ idling\r\n")
        self._idle.add(writer)
        said = (await reader.readline()).strip()
        self._idle.discard(writer)
        if said != b"DONE":
            raise ConnectionResetError
        self.heard.append("DONE")
        return f"{tag} OK done\r\n".encode()

    def _by_uid(self, tag: str, word: str, rest: str) -> bytes:
        done = f"{tag} OK done\r\n".encode()
        if word == "SEARCH":
            found = re.fullmatch(r"(?:(\d+):(\d+|\*) )?UID ([\d:*,]+)", rest)
            assert found, rest
            first, last, uids = found.groups()
            within = sorted(self.mails)[int(first or 1) - 1 : None if last in (None, "*") else int(last)]
            wanted = sorted({*within}.intersection(self._wanted(uids)))
            return f"* SEARCH {' '.join(map(str, wanted))}\r\n".encode() + done
        uids = self._wanted(rest.split(" ", 1)[0])
        if word == "FETCH":
            return b"".join(self._fetched(uid, rest) for uid in uids) + done
        if word == "STORE" and not self.permanent:
            return f"{tag} NO read only\r\n".encode()
        if word == "STORE":
            for uid in uids:
                self.flags.setdefault(uid, set()).update(re.findall(r"\\\w+", rest))
            return done
        if word == "EXPUNGE":
            for uid in uids:
                self.mails.pop(uid, None)
            return done
        return self._into_folder(tag, word, uids, rest.split(" ", 1)[1].strip('"'))

    def _into_folder(self, tag: str, word: str, uids: list[int], name: str) -> bytes:
        if name not in self.folders:
            return f"{tag} NO [TRYCREATE] no such folder\r\n".encode()
        gone = [uid for uid in uids if uid not in self.partial_copy]
        for uid in gone:
            self.folders[name][uid] = self.mails[uid]
            if word == "MOVE":
                del self.mails[uid]
        code = f"[COPYUID 1 {_set(gone)} {_set(gone)}] " if gone else ""
        return f"{tag} OK {code}done\r\n".encode()

    def _fetched(self, uid: int, rest: str) -> bytes:
        content = self.mails[uid]
        place = sorted(self.mails).index(uid) + 1
        if "RFC822.SIZE" in rest:
            size = self.sizes.get(uid, len(content))
            if size < 0:
                return b""
            line = f'* {place} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE "01-Mar-2026 10:00:00 +0100")\r\n'
            return line.encode()
        shown, part = content, "BODY[]"
        if "HEADER" in rest:
            shown, part = content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", "BODY[HEADER]<0>"
        return f"* {place} FETCH (UID {uid} {part} {{{len(shown)}}}\r\n".encode() + shown + b")\r\n"

    def _wanted(self, ranges: str) -> list[int]:
        found: set[int] = set()
        highest = max(self.mails, default=0)
        for part in ranges.split(","):
            first, _, last = part.partition(":")
            low, high = sorted(highest if end == "*" else int(end) for end in (first, last or first))
            found |= {uid for uid in self.mails if low <= uid <= high}
        return sorted(found)


def _set(uids: Iterable[int]) -> str:
    return ",".join(map(str, uids))
