"""Clients that are a burden: many that wait, many that trickle, and few that bring much. Used by `benchmarks.door`."""

from __future__ import annotations

import smtplib
import socket
import sqlite3
import threading
import time
from base64 import encodebytes
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from random import Random

from benchmarks.mails import RECIPIENT, mail, sender

_PER_ADDRESS = 40
_TRICKLE_EVERY = 0.5
_LONGEST_WAIT = 120.0
_numbers = count(5_000_000)


def accept_times(port: int, mails: int = 300) -> list[float]:
    """Seconds from the first command to 250, for each of these mails, on one connection from an address of its own."""
    times = []
    with smtplib.SMTP("127.0.0.1", port, source_address=("127.0.0.99", 0)) as client:
        client.ehlo()
        for number in (next(_numbers) for _ in range(mails)):
            began = time.perf_counter()
            client.sendmail(sender(number), [RECIPIENT], mail(number))
            times.append(time.perf_counter() - began)
    return times


@contextmanager
def crowd(port: int, idle: int, trickling: int) -> Iterator[None]:
    """So many connections that say nothing, and so many that send one octet of content every half a second."""
    sockets = [_connected(port, number) for number in range(idle + trickling)]
    for one in sockets[idle:]:
        one.recv(200)  # who speaks before the greeting is sent away
        one.sendall(f"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n".encode())
    over = threading.Event()
    dripping = threading.Thread(target=_drip, args=(sockets[idle:], over))
    dripping.start()
    try:
        yield
    finally:
        over.set()
        dripping.join()
        for one in sockets:
            one.close()


def _connected(port: int, number: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 10, (f"127.0.0.{100 + number // _PER_ADDRESS}", 0))


def _drip(sockets: list[socket.socket], over: threading.Event) -> None:
    while not over.wait(_TRICKLE_EVERY):
        for one in sockets:
            one.sendall(b"x")


def large_mails(port: int, mails: int, octets: int) -> None:
    """Send mails of that size, which is an attachment, all at once; returns when the last of them was answered."""
    contents = [_large(octets, seed) for seed in range(mails)]
    senders = [threading.Thread(target=_send, args=(port, number, content)) for number, content in enumerate(contents)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()


def wait_until_large_are_registered(place: Path, mails: int) -> None:
    """Return when they have become cases."""
    latest = time.perf_counter() + _LONGEST_WAIT
    question = "SELECT count(*) FROM contacts WHERE state = 'registered' AND sender LIKE 'large%'"
    with closing(sqlite3.connect(f"file:{place}/data/intakebot.db?mode=ro", uri=True)) as database:
        while database.execute(question).fetchone() != (mails,):
            if time.perf_counter() > latest:
                raise TimeoutError(f"not registered after {_LONGEST_WAIT:.0f} s")
            time.sleep(0.05)


def _large(octets: int, seed: int) -> bytes:
    head = (
        f"From: large{seed}@customer.example\r\nTo: {RECIPIENT}\r\nSubject: Pictures\r\n"
        f"Message-ID: <large{seed}@customer.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee them.\r\n"
        '--b\r\nContent-Type: image/png; name="p.png"\r\nContent-Transfer-Encoding: base64\r\n'
        'Content-Disposition: attachment; filename="p.png"\r\n\r\n'
    )
    picture = encodebytes(Random(seed).randbytes(octets * 3 // 4 * 76 // 78)).replace(b"\n", b"\r\n")  # noqa: S311 - a picture, no secret
    return head.encode() + picture + b"--b--\r\n"


def _send(port: int, number: int, content: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail(f"large{number}@customer.example", [RECIPIENT], content)
