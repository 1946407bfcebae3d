"""The page of `intakebot read`: one mail as we understand it, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from intakebot.cli.looks import Rows, fields, listed, quoted, section
from intakebot.cli.plain_text import one_line, shown
from intakebot.reading.cut_reasons import SENTENCES

Record = Mapping[str, Any]
UNVERIFIED = "unverified: there is not exactly one From with exactly one address"
UNCHECKED = "nobody whom we trust has checked it"


def mails_page(mails: Sequence[Record], *, why: bool) -> RenderableType:
    """Every mail (`reading_records.whole`), one after the other; `why` adds what was cut, with the reasons."""
    return Group(*(_mail(mail, why=why) for mail in mails))


def _mail(mail: Record, *, why: bool) -> RenderableType:
    blocks: list[RenderableType] = [fields(_head(mail)), Text(""), quoted(mail["text"] or "(no text)")]
    if mail["attachments"]:
        blocks.append(section("Attachments", _files(mail["attachments"])))
    if mail["defects"]:
        blocks.append(section("Defects", _defects(mail["defects"])))
    if why:
        blocks.append(section("What the trimmed view shows", quoted(mail["new_text"] or "(nothing)")))
        blocks.append(section("What it leaves out", listed(mail["cuts"], _cuts(mail["cuts"]), "nothing")))
    return section(one_line(mail["file"]).plain, Group(*blocks))


def _head(mail: Record) -> Iterator[tuple[str, Text | str]]:
    sender = mail["sender"]
    yield "from", one_line(_named(sender)) if sender else Text(UNVERIFIED, style="yellow")
    for name in ("to", "cc", "reply_to"):
        yield name.replace("_", " "), shown([_named(one) for one in mail[name]])
    yield "subject", one_line(mail["subject"], "bold")
    yield "date", one_line(mail["date"])
    yield "message id", one_line(mail["message_id"])
    yield "answers", shown(list(dict.fromkeys(mail["in_reply_to"] + mail["references"])))
    yield "language", one_line(mail["language"])
    yield "machine", one_line(_machine(mail["machine"]))
    yield "marks", shown(mail["marks"])
    yield "sender check", one_line(_check(mail["check"]))


def _named(person: Record) -> str:
    return f"{person['name']} <{person['address']}>" if person["name"] else person["address"]


def _machine(machine: Record | None) -> str:
    if machine is None:
        return ""
    about = [f"{one['recipient']} {'hard' if one['hard'] else 'soft'} {one['status']}" for one in machine["bounces"]]
    return ", ".join([f"{machine['kind']}, known by {machine['sign']}", *map(str.strip, about)])


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
    return Rows(("name", "type", "bytes", "shown", "sha-256"), rows, wraps=("name",), right=("bytes",))


def _defects(defects: Sequence[Record]) -> RenderableType:
    rows = [(one_line(defect["code"]), one_line(defect["meaning"])) for defect in defects]
    return Rows(("code", "meaning"), rows, wraps=("meaning",))


def _cuts(cuts: Sequence[Record]) -> RenderableType:
    rows = [(one_line(SENTENCES.get(cut["reason"], cut["reason"])), shown(cut["text"])) for cut in cuts]
    return Rows(("why", "words"), rows, wraps=("why", "words"))
