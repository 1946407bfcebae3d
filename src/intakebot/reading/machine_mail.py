"""Recognise mail that no person typed: our own, bounces, read receipts, lists, automatic replies.

Such mail is evidence: it is registered and never answered. A false alarm would leave a customer without an
answer, so that every sign here is one that people's mail programs do not set.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from intakebot.domain.messages import MachineKind, MachineMail
from intakebot.reading.attempt import attempt
from intakebot.reading.bounces import Bounce, original_ids, read_bounce
from intakebot.reading.threading import message_ids

if TYPE_CHECKING:
    from intakebot.reading.headers import Headers
    from intakebot.reading.mime import Part

OWN_HEADER: Final = "X-Intakebot-Delivery"
OWN_ID_PREFIX: Final = "delivery."

_NO_BOUNCE: Final = Bounce((), ())
_DAEMON: Final = re.compile(r"\b(?:mailer-?daemon|mdaemon|mail[ .-]?delivery[ .-]?(?:sub)?system)\b", re.IGNORECASE)
_PASSED_ON: Final = re.compile(r"\s*(?:re|fwd?|aw|wg|tr|rv|sv|vs)\s*:", re.IGNORECASE)
_BOUNCE_SUBJECT: Final = re.compile(
    r"undeliver|unzustellbar|could not be delivered|not delivered|returned mail|failure notice|delayed mail"
    r"|failure delivery|mail failed|non-delivery"
    r"|delivery (?:status|failure|has failed|warning|notification|problem|report|unsuccessful)"
    r"|mail delivery (?:failed|failure|problem|error|system)|message (?:delivery )?(?:failed|delayed)"
    r"|non.?remis|no entregado",
    re.IGNORECASE,
)
_AUTO_SUBJECT: Final = re.compile(
    r"\s*(?:auto(?:matic|mated)?[ -]?(?:reply|response|answer)\b|auto:|out of (?:the )?office\b|vacation:"
    r"|abwesenheits|automatische antwort|automatisch antwoord|réponse automatique|respuesta automática"
    r"|risposta automatica|resposta automática)",
    re.IGNORECASE,
)
_BULK: Final = frozenset({"bulk", "junk", "auto_reply", "auto-reply"})
_LIST_FIELDS: Final = ("list-id", "list-post", "mailing-list", "x-mailing-list")
_AUTO_FIELDS: Final = (
    "x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponder", "x-autoreply-from", "x-mail-autoreply",
    "x-auto-reply-from", "x-loop", "x-vacation", "x-apple-vacation",
)  # fmt: skip


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
    leaves = tree.leaves()
    bounce = _bounce(headers, leaves, raw, envelope_sender, defects)
    if bounce is not None:
        return bounce
    if sign := _receipt_sign(leaves):
        return MachineMail(MachineKind.RECEIPT, sign, original_ids=original_ids(leaves))
    null_sender = _is_null_sender(headers, envelope_sender)
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
    if OWN_HEADER.lower() in headers:
        return OWN_HEADER.lower()
    for found in message_ids(headers.sent("message-id")):
        local, _, domain = found.rpartition("@")
        if local.startswith(OWN_ID_PREFIX) and domain.lower() in own_domains:
            return "message-id"
    return ""


def _bounce(
    headers: Headers, leaves: list[Part], raw: bytes, envelope_sender: str | None, defects: list[str]
) -> MachineMail | None:
    """Return the bounce, if it is one: by a sure sign, or by a suspicion that a known form confirms."""
    sign = _sure_bounce_sign(headers, leaves, envelope_sender)
    if not sign and not _is_bounce_suspected(headers, envelope_sender):
        return None
    found = attempt(lambda: read_bounce(raw, leaves), _NO_BOUNCE, defects, "bounce.unreadable")
    if not sign and not found.reports:
        return None
    return MachineMail(MachineKind.BOUNCE, sign or "known-form", found.reports, found.original_ids)


def _sure_bounce_sign(headers: Headers, leaves: list[Part], envelope_sender: str | None) -> str:
    if any(part.media_type in ("message/delivery-status", "message/global-delivery-status") for part in leaves):
        return "delivery-status"
    if "report-type=delivery-status" in headers.sent("content-type").lower().replace('"', "").replace(" ", ""):
        return "report-type"
    if "x-failed-recipients" in headers:
        return "x-failed-recipients"
    if _DAEMON.search(headers.text("from")):
        return "daemon"
    returned = _BOUNCE_SUBJECT.search(headers.text("subject"))
    return "subject" if returned and _is_null_sender(headers, envelope_sender) else ""


def _is_bounce_suspected(headers: Headers, envelope_sender: str | None) -> bool:
    """Tell whether the text is worth a look; a person who forwards or answers a bounce is no machine."""
    subject = headers.text("subject")
    if _PASSED_ON.match(subject):
        return False
    return bool(_BOUNCE_SUBJECT.search(subject)) or _is_null_sender(headers, envelope_sender)


def _receipt_sign(leaves: list[Part]) -> str:
    for part in leaves:
        if part.media_type == "message/disposition-notification":
            return "disposition-notification"
        if part.media_type == "text/calendar" and b"METHOD:REPLY" in part.content[:4096].upper():
            return "calendar-reply"
    return ""


def _auto_sign(headers: Headers) -> str:
    submitted = headers.sent("auto-submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return "auto-submitted"
    for name in _AUTO_FIELDS:
        if headers.sent(name).lower() not in ("", "no", "false"):
            return name
    suppressed = {word.strip().lower() for word in headers.sent("x-auto-response-suppress").split(",")}
    if suppressed & {"all", "oof", "autoreply"}:
        return "x-auto-response-suppress"
    if headers.sent("precedence").lower() in _BULK:
        return "precedence"
    return "subject" if _AUTO_SUBJECT.match(headers.text("subject")) else ""


def _list_sign(headers: Headers) -> str:
    for name in (*_LIST_FIELDS, "list-unsubscribe"):
        if name in headers:
            return name
    return "precedence" if headers.sent("precedence").lower() == "list" else ""
