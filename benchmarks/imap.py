"""10,000 mails waiting in a mailbox: how fast they are kept and marked, in which memory, and who waits meanwhile.

Both from one Dovecot on this machine, in one run; without Dovecot there is nothing to measure. `python -m
benchmarks.imap PORT PLACE` is the process that takes the mails.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.mails import RECIPIENT, mail, sender
from benchmarks.smtp import directory
from imapclient import IMAPClient

from fakes.mail_servers import DOVECOT, PASSWORD, USER, MailServer, dovecot_server
from intakebot.app.house import OpenHouse, open_house
from intakebot.channels.imap.collecting import Collector
from intakebot.channels.imap.connection import Connection
from intakebot.channels.imap.mailbox import Mailbox, Security
from intakebot.channels.imap.thread import MailThread
from intakebot.clocks import SystemClock
from intakebot.domain.contact import Envelope, Incoming, Kept
from intakebot.usecases.mailboxes import HouseMailboxes
from intakebot.usecases.receive import Reception

MAILS = 10_000
SETTLED = 1_000
"""After so many mails everything is loaded that will ever be: memory is compared from there on."""
AT_ONCE = 50
MOST_GROWTH = 48.0
"""Megabytes: less than the mails themselves have (80), so that nothing of them stays."""
MOST_WAIT = 1000.0
"""Milliseconds that a mail at another door may take while a mailbox is worked off."""
RAW = "raw fetch by imapclient, nothing kept or marked"
_ROOT = Path(__file__).resolve().parents[1]


def imap() -> Iterator[Figure]:
    """The figures."""
    if not DOVECOT:
        sys.stderr.write("imap: no Dovecot on this machine, so nothing is measured\n")
        return
    with dovecot_server() as server, directory() as place:
        _fill(server)
        raw = _raw_rate(server)
        command = [sys.executable, "-m", "benchmarks.imap", str(server.port), str(place)]
        said = subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True).stdout
        taken = Taken(**json.loads(said))
    rate = taken.mails / taken.seconds
    yield Figure.beside(f"{MAILS} waiting mails kept and marked", rate, RAW, raw, rate / raw, None)
    ok = taken.growth <= MOST_GROWTH
    yield Figure(f"growth of memory from mail {SETTLED} on", taken.growth, "MB", ok=ok, most=MOST_GROWTH)
    kept = Figure(
        "p99 of another mail to be kept meanwhile",
        round(taken.p99, 1),
        "ms",
        ok=taken.p99 <= MOST_WAIT,
        most=MOST_WAIT,
    )
    yield kept


def _fill(server: MailServer) -> None:
    with server.post() as post:
        for start in range(0, MAILS, 500):
            post.client.multiappend("INBOX", [mail(number) for number in range(start, start + 500)])


def _raw_rate(server: MailServer) -> float:
    with IMAPClient("127.0.0.1", server.port, ssl=False) as client:
        client.login(USER, PASSWORD)
        client.select_folder("INBOX", readonly=True)
        began = time.perf_counter()
        uids = client.search("ALL")
        for start in range(0, len(uids), AT_ONCE):
            client.fetch(uids[start : start + AT_ONCE], ["BODY.PEEK[]"])
        return len(uids) / (time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class Taken:
    """What the taking process says of itself.

    `growth` in megabytes of peak memory; `p99` in milliseconds, of other mails to be kept.
    """

    mails: int
    seconds: float
    growth: float
    p99: float


class Counting:
    """The house's intake, which notes how much memory was needed at most by then."""

    def __init__(self, reception: Reception) -> None:
        self.reception = reception
        self.takes = reception.takes
        self.refused_before_content = reception.refused_before_content
        self.count = 0
        self.settled = 0.0

    async def receive(self, incoming: Incoming) -> Kept:
        """Keep it."""
        self.count += 1
        if self.count == SETTLED:
            self.settled = _peak()
        return await self.reception.receive(incoming)

    async def meanwhile(self, waited: list[float]) -> None:
        """Hand over mails as an SMTP session does, one after the other, and note how long each took to be kept."""
        for number in count(MAILS):
            began = time.perf_counter()
            await self.reception.receive(
                Incoming("email", Envelope(sender(number), (RECIPIENT,), "smtp"), mail(number))
            )
            waited.append(1000 * (time.perf_counter() - began))
            await asyncio.sleep(0.02)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _take(opened: OpenHouse, port: int) -> Taken:
    house = opened.house
    books = HouseMailboxes(house.clock, house.new_id, opened.writer)
    intake = Counting(Reception(house, opened.writer, lambda: None))
    mailbox = Mailbox("bench", "127.0.0.1", port, Security.NONE, USER, RECIPIENT, PASSWORD)
    thread, connection = MailThread("bench"), Connection(mailbox)
    await thread.call(connection.open)
    waited: list[float] = []
    others = asyncio.create_task(intake.meanwhile(waited))
    began = time.perf_counter()
    look = await Collector(mailbox, books, intake, thread, asyncio.Event()).look(connection)
    seconds = time.perf_counter() - began
    others.cancel()
    await thread.call(connection.close)
    thread.close()
    p99 = statistics.quantiles(waited, n=100)[-1]
    return Taken(look.taken, seconds, _peak() - intake.settled, p99)


def _main(port: str, place: str) -> None:
    settings, data = Path(place, "config", "intakebot.yaml"), Path(place, "data")
    with open_house(settings, data, SystemClock(), lambda: None) as opened:
        taken = asyncio.run(_take(opened, int(port)))
    print(json.dumps(asdict(taken)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
