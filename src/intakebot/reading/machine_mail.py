"""Recognise mail that no person typed: our own, bounces, read receipts, lists, automatic replies.

Such mail is evidence: it is registered and never answered. A false alarm would leave a customer without an
answer, so that every sign here is one that people's mail programs do not set.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from intakebot.domain.messages import MachineKind, MachineMail
from intakebot.reading.addresses import read_addresses
from intakebot.reading.attempt import attempt
from intakebot.reading.bounce_prose import prose_reports, says_not_delivered
from intakebot.reading.bounces import DELIVERY_STATUS, Bounce, bounce_text, known_forms, original_ids, read_bounce
from intakebot.reading.machine_words import AUTOMATIC_SUBJECT, DAEMON, MACHINE_NAME, PASSED_ON, RETURNED_SUBJECT
from intakebot.reading.threading import message_ids

if TYPE_CHECKING:
    from intakebot.reading.headers import Headers
    from intakebot.reading.mime import Part

OWN_HEADER: Final = "X-Intakebot-Delivery"
OWN_ID_PREFIX: Final = "delivery."

_NO_BOUNCE: Final = Bounce((), ())
_BULK: Final = frozenset({"bulk", "junk", "auto_reply", "auto-reply", "autoreply"})
_LIST_FIELDS: Final = ("list-id", "list-post", "mailing-list", "x-mailing-list")
_AUTO_FIELDS: Final = (
    "x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponder", "x-autoreply-from", "x-mail-autoreply",
    "x-auto-reply-from", "x-vacation", "x-apple-vacation",
    "x-fc-machinegenerated",
)  # fmt: skip
_LOOP_FIELD: Final = re.compile(r"x-(?!ms-exchange)(?:[a-z0-9]+-){0,3}loop(?:-[a-z]+)?")
"""Set by programs that answer; Exchange's own is set on a person's mail that a rule of the inbox passes on."""
_SAYS_NO: Final = ("", "no", "false", "0")
_ANSWERING_PROGRAM: Final = re.compile(r"auto-?(?:respond|reply|answer)|vacation", re.IGNORECASE)


def recognise_machine_mail(
    headers: Headers,
    tree: Part,
    raw: bytes,
    defects: list[str],
    *,
    own_domains: frozenset[str],
    envelope_sender: str | None,
) -> MachineMail | None:
    """Return what kind of machine sent the mail, or None for a person's.

    `envelope_sender` is the MAIL FROM address: '' the null sender, None when it is not known.
    """
    if sign := _own_sign(headers, own_domains):
        return MachineMail(MachineKind.OWN, sign)
    leaves, null_sender = tree.leaves(), _is_null_sender(headers, envelope_sender)
    bounce = _bounce(headers, leaves, raw, defects, envelope_sender=envelope_sender, null_sender=null_sender)
    if bounce is not None:
        return bounce
    if sign := _receipt_sign(headers, leaves):
        return MachineMail(MachineKind.RECEIPT, sign, original_ids=original_ids(leaves))
    if sign := _auto_sign(headers):
        return MachineMail(MachineKind.AUTO_REPLY, sign)
    if (sign := _list_sign(headers)) and not null_sender:
        return MachineMail(MachineKind.LIST, sign)
    return MachineMail(MachineKind.AUTO_REPLY, "null-sender") if null_sender else None


def _is_null_sender(headers: Headers, envelope_sender: str | None) -> bool:
    """Tell whether the envelope named nobody; where it is unknown, the last hop's Return-Path says it."""
    if envelope_sender is None:
        return headers.sent("return-path").replace(" ", "") == "<>"
    return envelope_sender == ""


def _own_sign(headers: Headers, own_domains: frozenset[str]) -> str:
    """Other houses write with this program too: their mail is a customer's, whatever marks it has."""
    domains = {found.domain for found in read_addresses(headers.sent("from"))}
    if OWN_HEADER.lower() in headers and domains & own_domains:
        return OWN_HEADER.lower()
    for found in message_ids(headers.sent("message-id")):
        local, _, domain = found.rpartition("@")
        if local.startswith(OWN_ID_PREFIX) and domain.lower() in own_domains:
            return "message-id"
    return ""


def _bounce(
    headers: Headers,
    leaves: list[Part],
    raw: bytes,
    defects: list[str],
    *,
    envelope_sender: str | None,
    null_sender: bool,
) -> MachineMail | None:
    """Return the bounce, if it is one: by a sure sign, or by a suspicion that its words confirm."""
    structured = any(part.media_type in DELIVERY_STATUS for part in leaves)
    passed_on = structured and _takes_bounces(headers, envelope_sender)
    sign = _sure_bounce_sign(headers, structured=structured and not passed_on, null_sender=null_sender)
    if not sign and not _is_bounce_suspected(headers, passed_on=passed_on, null_sender=null_sender):
        return None
    found = attempt(lambda: read_bounce(headers, raw, leaves, defects), _NO_BOUNCE, defects, "bounce.unreadable")
    if not sign and not _is_confirmed(headers, leaves, raw, null_sender=null_sender):
        return None
    return MachineMail(MachineKind.BOUNCE, sign or "known-form", found.reports, found.original_ids)


def _sure_bounce_sign(headers: Headers, *, structured: bool, null_sender: bool) -> str:
    if structured:
        return "delivery-status"
    if "report-type=delivery-status" in headers.sent("content-type").lower().replace('"', "").replace(" ", ""):
        return "report-type"
    if "x-failed-recipients" in headers:
        return "x-failed-recipients"
    if DAEMON.search(headers.text("from")):
        return "daemon"
    return "subject" if null_sender and RETURNED_SUBJECT.search(headers.text("subject")) else ""


def _takes_bounces(headers: Headers, envelope_sender: str | None) -> bool:
    """Whether the sender takes bounces itself: then it is somebody who passes a report on (RFC 5321 4.5.5)."""
    path = headers.sent("return-path") if envelope_sender is None else envelope_sender
    back = {found.address.lower() for found in read_addresses(path)}
    return bool(back & {found.address.lower() for found in read_addresses(headers.sent("from"))})


def _is_bounce_suspected(headers: Headers, *, passed_on: bool, null_sender: bool) -> bool:
    """Tell whether the text is worth a look; a person who forwards or answers a bounce is no machine."""
    if null_sender or MACHINE_NAME.search(headers.text("from")):
        return True
    subject = headers.text("subject")
    if PASSED_ON.match(subject) or not RETURNED_SUBJECT.search(subject):
        return False
    return not passed_on


def _is_confirmed(headers: Headers, leaves: list[Part], raw: bytes, *, null_sender: bool) -> bool:
    """Whether the words say that a message did not arrive, and to whom.

    A program's words may be any; under a person's name only the forms count that mail servers are known for.
    """
    if AUTOMATIC_SUBJECT.match(headers.text("subject")):  # "I cannot be reached, write to ..."
        return False
    if known_forms(raw, []):
        return True
    text = bounce_text(raw, leaves)
    spoken = (null_sender or MACHINE_NAME.search(headers.text("from"))) and says_not_delivered(text)
    return bool(spoken and prose_reports(text, frozenset()))


def _receipt_sign(headers: Headers, leaves: list[Part]) -> str:
    """Read receipts (RFC 8098), answers to invitations (RFC 5546 3.2.3), reports about abuse (RFC 5965)."""
    for part in leaves:
        if part.media_type in ("message/disposition-notification", "message/global-disposition-notification"):
            return "disposition-notification"
        if part.media_type == "message/feedback-report":
            return "feedback-report"
        if part.media_type == "text/calendar" and b"METHOD:REPLY" in part.content[:4096].upper():
            return "calendar-reply"
    report = "report-type=disposition-notification" in headers.sent("content-type").lower().replace('"', "")
    return "disposition-notification" if report else ""


def _auto_sign(headers: Headers) -> str:
    submitted = headers.sent("auto-submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return "auto-submitted"
    for field in headers.fields:
        name = field.name
        known = name in _AUTO_FIELDS or ("loop" in name and _LOOP_FIELD.fullmatch(name))
        if known and field.sent.lower() not in _SAYS_NO:
            return field.name
    suppressed = {word.strip().lower() for word in headers.sent("x-auto-response-suppress").split(",")}
    if suppressed & {"all", "oof", "autoreply"}:
        return "x-auto-response-suppress"
    if headers.sent("precedence").lower() in _BULK or headers.sent("preference").lower() in _BULK:
        return "precedence"
    subject = "subject" if AUTOMATIC_SUBJECT.match(headers.text("subject")) else ""
    return _answering_program(headers) or subject


def _answering_program(headers: Headers) -> str:
    """Programs that say what they are without Auto-Submitted: Apple's vacation rule, qmail's and Exchange's answers."""
    for name, word in (("x-apple-action", "vacation"), ("x-autogenerated", "reply")):
        if headers.sent(name).lower() == word:
            return name
    if "mailbox rules agent" in headers.sent("x-ms-exchange-generated-message-source").lower():
        return "x-ms-exchange-generated-message-source"
    for name in ("delivered-to", "x-mailer", "user-agent", "x-post-messageclass"):
        if any(_ANSWERING_PROGRAM.search(value) and "@" not in value for value in headers.all_sent(name)):
            return name
    return ""


def _list_sign(headers: Headers) -> str:
    for name in (*_LIST_FIELDS, "list-unsubscribe"):
        if name in headers:
            return name
    return "precedence" if headers.sent("precedence").lower() == "list" else ""
