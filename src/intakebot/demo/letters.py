"""Letters: what callers' mail programs send, and what they find in their mailboxes.

What leaves the house lies in a Maildir under the data directory; a caller answers what lies there, by its own
Message-ID and reply address. Called by `playing` and by the checks.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator, Sequence
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path

from intakebot.demo.stage import HOST
from intakebot.demo.story import Mail
from intakebot.domain.case import shown_number


def outgoing(outbox: Path) -> list[EmailMessage]:
    """Everything that has left the house, oldest first."""
    files = sorted((outbox / "new").glob("*"), key=lambda path: int(path.name.partition(".")[0]))
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]


def newest_about(outbox: Path, number: int, recipient: str = "") -> EmailMessage | None:
    """The newest outgoing mail about a case (to a recipient), or None."""
    label = f"[{shown_number(number)}]"
    about = [message for message in outgoing(outbox) if label in str(message["Subject"])]
    found = [message for message in about if recipient.lower() in ("", parseaddr(str(message["To"]))[1].lower())]
    return found[-1] if found else None


def words_of(message: EmailMessage) -> str:
    """Every word that a recipient can see: header fields and the text of all parts."""
    texts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*(f"{name}: {value}" for name, value in message.items()), *texts])


def compose(mail: Mail, message_id: str, at: datetime, answered: EmailMessage | None) -> bytes:
    """The bytes of a mail that a person or a machine wrote, perhaps in answer to ours."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = mail.sender
    message["To"] = answered["Reply-To"] if answered and not mail.to else mail.to
    message["Subject"] = mail.subject or (f"Re: {answered['Subject']}" if answered else "")
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    if answered:
        message["In-Reply-To"] = answered["Message-ID"]
        message["References"] = f"{answered.get('References', '')} {answered['Message-ID']}".strip()
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content("\n".join([mail.body, *_quoted(answered)]))
    return message.as_bytes()


def _quoted(answered: EmailMessage | None) -> Iterator[str]:
    """The answered text below the new one, as mail programs add it."""
    part = answered.get_body(("plain",)) if answered else None
    if answered and part:
        yield f"On {answered['Date']}, {parseaddr(answered['From'])[1]} wrote:"
        yield from (f"> {line}" for line in part.get_content().splitlines())


def compose_bounce(mail: Mail, message_id: str, at: datetime, returned: EmailMessage) -> bytes:
    """A mail server's report that our mail could not be delivered (RFC 3464)."""
    recipient = parseaddr(returned["To"])[1]
    lines = (
        f"From: {mail.sender}",
        f"To: {returned['From']}",
        f"Subject: {mail.subject}",
        f"Date: {format_datetime(at)}",
        f"Message-ID: {message_id}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="report"',
        "",
        "--report",
        "Content-Type: text/plain; charset=utf-8",
        "",
        mail.body,
        "--report",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; {mail.sender.rpartition('@')[2]}",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 no such user",
        "",
        "--report",
        "Content-Type: text/rfc822-headers",
        "",
        f"From: {returned['From']}",
        f"To: {recipient}",
        f"Message-ID: {returned['Message-ID']}",
        "",
        "--report--",
        "",
    )
    return "\r\n".join(line.replace("\n", "\r\n") for line in lines).encode()


def hand_in(port: int, sender: str, recipients: Sequence[str], content: bytes, copies: int) -> None:
    """Give a mail to the house's door, each copy in a conversation of its own; raises smtplib.SMTPException."""
    for _ in range(copies):
        with smtplib.SMTP(HOST, port, timeout=30) as door:
            door.sendmail(sender, list(recipients), content)
