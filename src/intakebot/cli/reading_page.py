"""The page of `intakebot read`: one mail as we understand it, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.looks import Rows, fields, listed, quoted, section
from intakebot.cli.plain_text import one_line, shown
from intakebot.reading.cut_reasons import SENTENCES

Record = Mapping[str, Any]
UNVERIFIED = "nobody for certain: there is not exactly one From with exactly one address"
UNCHECKED = "looked at when it comes in: see `intakebot contact show`"


def mails_page(mails: Sequence[Record], *, why: bool) -> RenderableType:
    """Every mail (`reading_records.whole`), one after the other; `why` adds what was cut, with the reasons."""
    return Group(*(_mail(mail, why=why) for mail in mails))


def _mail(mail: Record, *, why: bool) -> RenderableType:
    blocks: list[RenderableType] = [fields(_head(mail)), Text(""), quoted(mail["text"] or "(no text)")]
    if mail["attachments"]:
        blocks.append(section("Files", _files(mail["attachments"])))
    if mail["defects"]:
        blocks.append(section("Defects", _defects(mail["defects"])))
    if why:
        blocks.append(section("What the trimmed view shows", quoted(mail["new_text"] or "(nothing)")))
        blocks.append(section("What it leaves out", listed(mail["cuts"], _cuts(mail["cuts"]), "nothing")))
    return section(one_line(mail["file"]).plain, Group(*blocks))


def _head(mail: Record) -> Iterator[tuple[str, Text | str]]:
    sender = mail["sender"]
    yield "from", one_line(_named(sender)) if sender else Text(UNVERIFIED, style="yellow")
    if not sender:
        yield "it claims", one_line(_named(mail["claimed_sender"]))
    for name in ("to", "cc", "reply_to"):
        yield name.replace("_", " "), shown([_named(one) for one in mail[name]])
    yield "subject", one_line(mail["subject"], "bold")
    yield "date", one_line(_local(mail["date"]))
    yield "message id", one_line(mail["message_id"])
    yield "answers", shown(list(dict.fromkeys(mail["in_reply_to"] + mail["references"])))
    yield "language", one_line(mail["language"])
    yield "machine", one_line(_machine(mail["machine"]))
    yield "marks", shown(mail["marks"])
    yield "sender check", one_line(_check(mail["check"]))


def _local(date: str) -> str:
    """The date in this machine's zone, as on every other page; one that no calendar has stays as it is."""
    try:
        return f"{datetime.fromisoformat(date).astimezone():%Y-%m-%d %H:%M}" if date else ""
    except (ValueError, OverflowError):
        return date


def _named(person: Record) -> str:
    return f"{person['name']} <{person['address']}>" if person["name"] else person["address"]


def _machine(machine: Record | None) -> str:
    if machine is None:
        return ""
    about = [
        f"{one['recipient']} {'given up' if one['hard'] else 'delayed'} {one['status']}" for one in machine["bounces"]
    ]
    known = f"{machine['kind']}, known by {machine['sign']}"
    return f"{known}: {', '.join(map(str.strip, about))}" if about else known


def _check(check: Record) -> str:
    if not check["checked_by"]:
        return UNCHECKED
    verdicts = ", ".join(f"{name} {check[name]}" for name in ("spf", "dkim", "dmarc"))
    return f"{verdicts} (says {check['checked_by']})"


def _files(files: Sequence[Record]) -> RenderableType:
    rows = [
        (
            one_line(file["name"]),
            one_line(file["type"]),
            one_line(f"{file['size']:,}"),
            "inline" if file["inline"] else "",
            one_line(file["sha256"][:16]),
        )
        for file in files
    ]
    return Rows(
        ("File", "Type", "Bytes", "Shown", "SHA-256"), rows, wraps=("File",), right=("Bytes",), gives_way=("SHA-256",)
    )


def _defects(defects: Sequence[Record]) -> RenderableType:
    rows = [(one_line(defect["code"]), one_line(defect["meaning"])) for defect in defects]
    return Rows(("Code", "Meaning"), rows, wraps=("Meaning",))


def _cuts(cuts: Sequence[Record]) -> RenderableType:
    rows = [(one_line(SENTENCES.get(cut["reason"], cut["reason"])), shown(cut["text"])) for cut in cuts]
    return Rows(("Why", "Words"), rows, wraps=("Why", "Words"))
