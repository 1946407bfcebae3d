"""The process that reads: it answers like reading itself, and its death takes nobody along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes.deadly_reading import READING, read_or_die
from intakebot.domain.contact import Envelope, KeptFile, PendingContact
from intakebot.domain.errors import ReaderLostError
from intakebot.domain.messages import ReadMessage
from intakebot.readers import PATIENCE, Readers
from intakebot.reading.message import read_message

SRC = Path(__file__).parents[2] / "src"


def contact(number: int, subject: str) -> PendingContact:
    content = f"From: ann@customer.example\r\nSubject: {subject}\r\n\r\nHello {number}\r\n".encode()
    envelope = Envelope("ann@customer.example", ("support@house.example",), "smtp")
    return PendingContact(number, "email", envelope, content, datetime(2026, 11, 23, tzinfo=UTC), 1)


@pytest.fixture
def readers() -> Iterator[Readers]:
    with closing(Readers(patience=timedelta(seconds=10))) as made:
        yield made


async def test_a_batch_comes_back_in_order_and_as_reading_itself_gives_it(readers: Readers) -> None:
    contacts = [contact(number, f"mail {number}") for number in range(40)]
    assert await readers.read(READING.read, contacts) == [READING.read(each) for each in contacts]


async def test_the_bytes_of_attachments_stay_behind_but_their_size_and_hash_come(readers: Readers) -> None:
    mail = (
        b"From: ann@customer.example\r\nContent-Type: application/pdf; name=a.pdf\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0x\r\n"
    )
    envelope = Envelope("", (), "smtp")
    pending = PendingContact(1, "email", envelope, mail, datetime(2026, 11, 23, tzinfo=UTC), 1)
    (message,) = await readers.read(READING.read, [pending])
    assert isinstance(message, ReadMessage)
    (file,) = message.attachments
    (whole,) = read_message(mail).attachments
    assert (file.content, file.size, file.sha256) == (b"", 6, whole.sha256)


async def test_a_large_contact_is_read_from_its_file(readers: Readers, tmp_path: Path) -> None:
    whole = contact(1, "large")
    (tmp_path / "blob").write_bytes(whole.content)
    pending = replace(whole, content=whole.content[:10], file=KeptFile(tmp_path / "blob", len(whole.content)))
    assert await readers.read(READING.read, [pending]) == [READING.read(whole)]


# case J10; who dies is noticed at once, who hangs after the patience
@pytest.mark.parametrize(("end", "patience"), [("die", PATIENCE), ("hang", timedelta(seconds=1))])
async def test_a_message_that_the_reader_does_not_survive_takes_no_neighbour_along(
    end: str, patience: timedelta
) -> None:
    contacts = [contact(1, "first"), contact(2, end), contact(3, "last")]
    with closing(Readers(patience)) as readers:
        first, lost, last = await readers.read(read_or_die, contacts)
        assert isinstance(first, ReadMessage)
        assert isinstance(lost, ReaderLostError)
        assert isinstance(last, ReadMessage)
        (again,) = await readers.read(read_or_die, [contact(4, "afterwards")])
        assert isinstance(again, ReadMessage)


def test_the_reader_ends_with_the_house_even_when_that_is_killed() -> None:
    code = (
        "import multiprocessing, signal\n"
        "from intakebot.readers import Readers\n"
        "readers = Readers()\n"
        "print(multiprocessing.active_children()[0].pid, flush=True)\n"
        "signal.pause()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    house = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment)
    assert house.stdout is not None
    reader = int(house.stdout.readline())
    house.send_signal(signal.SIGKILL)
    house.wait()
    # The reader holds the other end of this pipe: it says end-of-file when the last process is gone.
    assert house.stdout.read() == b""
    house.stdout.close()
    assert not is_alive(reader)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
