"""How fast mail is read, beside the standard library with `email.policy.default`, in the same run and in turns.

The standard library is asked for what it can give of the same: every header decoded, the people, the date, the text,
the HTML and the attachments; for comparison also without the headers that nobody asks for. Ours gives the trimmed
view, the language, and the signs of machine mail besides. Times are of the processor: a busy machine counts less.
"""

from __future__ import annotations

import email
import time
from collections.abc import Callable, Iterator, Sequence
from email import policy
from email.message import EmailMessage
from statistics import median
from typing import Any

from benchmarks.figures import Figure
from benchmarks.ordinary_mails import ordinary_mails

from intakebot.reading.message import read_message

LEAST_RATIO = 5.0
OF_EACH = 20
ROUNDS = 7
LANGUAGES = ("en", "de", "fr", "es", "nl")


def reading() -> Iterator[Figure]:
    """Mails a second of each shape, and of all of them together; the bar is on all together."""
    shapes = ordinary_mails(OF_EACH)
    for shape, mails in shapes.items():
        yield Figure.beside(f"reading: {shape}", *_in_turns(mails, _theirs), None)
    everything = [mail for mails in shapes.values() for mail in mails]
    yield Figure.beside("reading: all shapes", *_in_turns(everything, _theirs), LEAST_RATIO)
    yield Figure.beside("reading: all, few headers asked", *_in_turns(everything, _their_least), None)


def _in_turns(mails: Sequence[bytes], theirs: Callable[[bytes], Any]) -> tuple[float, str, float, float]:
    """Mails a second of ours and theirs, and the ratio: medians over rounds that measure one after the other."""
    rounds = [(_rate(_ours, mails), _rate(theirs, mails)) for _ in range(ROUNDS + 1)][1:]
    ours, other = (median(rates) for rates in zip(*rounds, strict=True))
    return ours, "by email.policy.default", other, median(mine / its for mine, its in rounds)


def _rate(read: Callable[[bytes], Any], mails: Sequence[bytes]) -> float:
    began = time.process_time()
    for mail in mails:
        read(mail)
    return len(mails) / (time.process_time() - began)


def _ours(mail: bytes) -> object:
    return read_message(mail, languages=LANGUAGES, own_domains=frozenset({"intakebot.example"}))


def _theirs(mail: bytes) -> object:
    message, asked = _parsed(mail)
    return [(name, str(value)) for name, value in message.items()], asked


def _their_least(mail: bytes) -> object:
    return _parsed(mail)[1]


def _parsed(mail: bytes) -> tuple[EmailMessage, object]:
    message = email.message_from_bytes(mail, _class=EmailMessage, policy=policy.default)
    people = [list(message[name].addresses) for name in ("from", "to", "cc") if message[name]]
    lines = [str(message[name]) for name in ("subject", "message-id", "references", "in-reply-to")]
    bodies = [message.get_body((kind,)) for kind in ("plain", "html")]
    texts = [body.get_content() for body in bodies if body]
    files = [(part.get_filename(), part.get_content()) for part in message.iter_attachments() if part.get_filename()]
    return message, (people, lines, message["date"].datetime, texts, files)
