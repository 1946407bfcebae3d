"""What is fuzzed: each target takes any bytes and must not raise, in two seconds and 256 MB of its own.

A target is a line in `TARGETS`: how to make the function that takes an input, and the samples that inputs are made of.
What a function may refuse it refuses by the errors of the house; everything else is a finding.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fakes.sound_message import assert_sound
from fuzz.doors import slack_door, smtp_door
from intakebot.channels.control_wire import request_of
from intakebot.config.yaml_source import parse_node
from intakebot.domain.errors import ConfigError, RefusedError, TemplateError
from intakebot.domain.messages import SenderCheck, Verdict
from intakebot.domain.reply_token import token_in
from intakebot.reading.addresses import read_addresses, several, sole_sender
from intakebot.reading.authentication import UNNAMED, findings_of, server_of, stamped
from intakebot.reading.charset import clean_line
from intakebot.reading.chat import read_chat
from intakebot.reading.content_key import content_key, message_id_of
from intakebot.reading.headers import MAX_FIELD_BYTES
from intakebot.reading.message import read_message
from intakebot.reading.threading import case_numbers, message_ids, thread_ids
from intakebot.reading.trace import trace_of
from intakebot.rules.load import load_ruleset
from intakebot.templating import Templates

ROOT: Final = Path(__file__).parents[2]
MAILS: Final = ROOT / "tests" / "samples" / "mail"
OWN: Final = frozenset({"intakebot.example"})
LANGUAGES: Final = ("en", "de", "fr")
Take = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Target:
    """`make` gives the function, once for each run, so that what it needs is loaded before anything is measured."""

    make: Callable[[], Take]
    samples: Callable[[], Sequence[bytes]]


def _mails(*names: str) -> Callable[[], list[bytes]]:
    wanted = names or ("*",)
    return lambda: [path.read_bytes() for name in wanted for path in sorted(MAILS.glob(f"{name}.eml"))]


def _read(raw: bytes) -> None:
    message = read_message(raw, languages=LANGUAGES, own_domains=OWN, envelope_sender="")
    assert_sound(message)
    thread_ids(message)
    assert len(content_key(raw)) == 64
    message_id_of(raw).encode("utf-8")
    repr(trace_of(raw)).encode("utf-8")


def _trimmed(raw: bytes) -> None:
    """The same words as text, as flowed text and as HTML."""
    for kind in (b"text/plain; charset=utf-8", b"text/plain; format=flowed", b"text/html; charset=utf-8"):
        _read(b"From: ann@acme.example\r\nSubject: s\r\nContent-Type: " + kind + b"\r\n\r\n" + raw)


def _addresses(raw: bytes) -> None:
    written = clean_line(raw[:MAX_FIELD_BYTES].decode("utf-8", "replace"))
    found = (*read_addresses(written), *several((written, written), []))
    sender = sole_sender((written,), [])
    for address in (*found, *([sender] if sender else [])):
        assert "@" in address.address
        assert not {"\r", "\n", "\0"} & set(address.address + address.name)
        token_in(address.address)


def _threading(raw: bytes) -> None:
    written = clean_line(raw[:MAX_FIELD_BYTES].decode("utf-8", "replace"))
    for known in (*message_ids(written), *case_numbers(written)):
        assert known.strip()
    token_in(written)
    _read(b"Message-ID: " + raw[:4_000] + b"\r\nReferences: " + raw + b"\r\n\r\nx")


def _sender(raw: bytes) -> None:
    """What servers say about a sender, as it came, as a server writes it, and stamped on a mail that says the same."""
    raw = raw[: 2 * MAX_FIELD_BYTES]  # no more of a field is looked at; bodies are the target `mime`'s
    written = clean_line(raw.decode("utf-8", "replace"))
    server = server_of(written) or UNNAMED
    for finding in findings_of(written):
        assert finding.method == finding.method.lower()
    field = b"Authentication-Results: mx.example.com; dmarc=fail header.from=acme.example\r\n"
    mail = b"From: ann@acme.example\r\nAuthentication-Results: " + raw + b"\r\n\r\nx"
    for stranger in (frozenset({"nobody.example"}), frozenset[str]()):
        assert read_message(mail, trusted_servers=stranger - {server}).check == SenderCheck()
    read_message(mail, trusted_servers=frozenset({server}))
    ours = read_message(stamped(mail, field), trusted_servers=frozenset({"mx.example.com"})).check
    assert ours.checked_by == "mx.example.com"  # whatever came in stands below what our own server found out
    assert ours.dmarc is not Verdict.PASS


def _chat(raw: bytes) -> None:
    assert_sound(read_chat(raw, languages=LANGUAGES))


def _rules(raw: bytes) -> None:
    with contextlib.suppress(ConfigError):
        load_ruleset([parse_node(raw.decode("utf-8", "replace"), "fuzzed.yaml")])


def _control(raw: bytes) -> None:
    with contextlib.suppress(RefusedError):
        request_of(raw)


def _templates() -> Take:
    """A template file as somebody may write it; it is refused, or renders what may leave."""
    folder = Path(tempfile.mkdtemp(prefix="intakebot-fuzz-"))
    file = folder / "acknowledgement" / "en" / "body.txt"
    file.parent.mkdir(parents=True)
    (file.parent / "subject.txt").write_text("Received: {{ case.title }}", "utf-8")

    def take(raw: bytes) -> None:
        file.write_bytes(raw)
        templates = Templates(folder)
        templates.check(("en",))
        with contextlib.suppress(TemplateError):
            templates.preview("acknowledgement", "en")

    return take


def _files(pattern: str) -> Callable[[], list[bytes]]:
    return lambda: [path.read_bytes() for path in sorted(ROOT.glob(pattern))]


def _written(name: str) -> Callable[[], list[bytes]]:
    """The samples of a file, which lines of two hyphens divide; line ends as on the wire."""
    path = ROOT / "tests" / "samples" / "fuzz" / f"{name}.txt"
    return lambda: [sample.replace(b"\n", b"\r\n") for sample in path.read_bytes().split(b"\n--\n")]


def signed(body: bytes, secret: str, form: bool) -> Mapping[str, str]:  # noqa: FBT001 - a flag of the input itself
    """The headers with which Slack would send a body."""
    stamp = str(int(time.time()))  # noqa: TID251 - Slack's own verifier takes the real time
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}", "content-type": kind}


def _slack() -> Take:
    by_http, secret = slack_door()

    def take(raw: bytes) -> None:
        for form in (False, True):
            assert by_http(raw, signed(raw, secret, form)) < 500
        assert by_http(raw, {"x-slack-signature": "v0=0"}) == 401

    return take


TARGETS: Final[Mapping[str, Target]] = {
    "smtp": Target(smtp_door, _written("smtp")),
    "mime": Target(lambda: _read, _mails()),
    "addresses": Target(lambda: _addresses, _written("addresses")),
    "sender": Target(lambda: _sender, _written("sender")),
    "threading": Target(lambda: _threading, _written("threading")),
    "bounces": Target(lambda: _read, _mails("bounce*", "out-of*", "read-*")),
    "trimmed": Target(lambda: _trimmed, _mails("*antwort*", "fr-*", "it-*", "marker*", "es-*")),
    "slack": Target(_slack, _written("slack")),
    "chat": Target(lambda: _chat, _written("chat")),
    "rules": Target(lambda: _rules, _files("config/rules/*.yaml")),
    "templates": Target(_templates, _files("templates/*/*/body.*")),
    "control": Target(lambda: _control, _written("control")),
}
