"""What a mail says as JSON-like records: everything we hold, or the keys that scorers of mail readers ask for.

Pure; `cli.reading` prints them. Bytes of attachments are left out, their size and hash stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intakebot.domain.messages import Address, Attachment, MachineKind, MachineMail, ReadMessage, SenderCheck
from intakebot.reading.addresses import claimed_sender
from intakebot.reading.defects import DEFECTS
from intakebot.reading.html import to_text

Record = Mapping[str, Any]


def whole(file: str, message: ReadMessage) -> Record:
    """All that reading understood, defects with their meaning. Addresses are `{"address", "name"}`."""
    return {
        "file": file,
        "message_id": message.message_id,
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "subject": message.subject,
        "sender": _person(message.sender) if message.sender else None,
        "claimed_sender": _person(claimed_sender(message)),
        "reply_to": [_person(one) for one in message.reply_to],
        "to": [_person(one) for one in message.to],
        "cc": [_person(one) for one in message.cc],
        "date": _moment(message),
        "text": message.text,
        "new_text": message.new_text,
        "cuts": [{"reason": cut.reason, "text": cut.text} for cut in message.cuts],
        "html": message.html,
        "attachments": [_file(attachment) for attachment in message.attachments],
        "headers": [list(pair) for pair in message.headers],
        "language": message.language,
        "machine": _machine(message.machine) if message.machine else None,
        "marks": list(message.marks),
        "check": _check(message.check),
        "defects": [{"code": code, "meaning": DEFECTS.get(code, "")} for code in message.defects],
    }


def scored(file: str, message: ReadMessage) -> Record:
    """One line of `intakebot read --batch`: flat keys, addresses as text, times as ISO 8601.

    `from` is what the mail claims, also where it names several or the sender is unverified.
    """
    claimed = claimed_sender(message)
    return {
        "file": file,
        "from": claimed.address,
        "from_name": claimed.name,
        "to": [one.address for one in message.to],
        "cc": [one.address for one in message.cc],
        "reply_to": [one.address for one in message.reply_to],
        "subject": message.subject,
        "message_id": message.message_id,
        "date": _moment(message),
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "text": message.text,
        "html_text": to_text(message.html) if message.html else "",
        "reply_text": message.new_text,
        "attachments": [_file(attachment) for attachment in message.attachments],
        "language": message.language,
        "marks": list(message.marks),
        "defects": list(message.defects),
        **_reported(message.machine),
    }


def _reported(machine: MachineMail | None) -> Record:
    """What kind of machine wrote it, and what a bounce reports; `bounce_hard` is None where it does not say."""
    kind = machine.kind if machine else None
    reports = machine.bounces if machine else ()
    return {
        "auto": kind not in (None, MachineKind.LIST) or (machine is not None and machine.sign == "precedence"),
        "bounce": kind is MachineKind.BOUNCE,
        "may_autoreply": machine is None,
        "bounce_recipients": [report.recipient for report in reports],
        "bounce_hard": any(report.hard for report in reports) if reports else None,
        "bounce_status": next((report.status for report in reports if report.status), ""),
    }


def _person(address: Address) -> Record:
    return {"address": address.address, "name": address.name}


def _moment(message: ReadMessage) -> str:
    return message.date.isoformat() if message.date else ""


def _file(attachment: Attachment) -> Record:
    return {
        "name": attachment.name,
        "type": attachment.media_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "content_id": attachment.content_id,
        "inline": attachment.inline,
    }


def _machine(machine: MachineMail) -> Record:
    return {
        "kind": machine.kind.value,
        "sign": machine.sign,
        "bounces": [
            {"recipient": report.recipient, "hard": report.hard, "status": report.status} for report in machine.bounces
        ],
        "original_ids": list(machine.original_ids),
    }


def _check(check: SenderCheck) -> Record:
    return {
        "spf": check.spf.value,
        "dkim": check.dkim.value,
        "dmarc": check.dmarc.value,
        "checked_by": check.checked_by,
    }
