"""Whether a mailbox is set up as the configuration says: asked by a person before, and when something is silent.

Called by the command line. It only looks: nothing is fetched, marked or made. What is wrong comes with the next step,
and what is right is said as well.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from intakebot.channels.imap.connection import Connection, Folder
from intakebot.channels.imap.mailbox import After, Mailbox, Security
from intakebot.domain.errors import MailboxError

Severity = Literal["ok", "warning", "error"]
_NEXT_STEPS = {
    "unreachable": "look at `host` and `port`, and whether a firewall lets this machine out",
    "certificate": "the name in `host` has to be the one in the certificate; a private authority goes into"
    " `certificate_authority`",
    "login": "look at `username` and the password or client; many providers want an app password or OAuth",
    "folder": "look at `folder`: upper and lower case and the separator count",
}

_NO_TLS = "look at `port` and `tls`: as a rule 993 goes with implicit, 143 with starttls"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; the sentence says what to do."""

    severity: Severity
    what: str
    sentence: str


def check(mailbox: Mailbox) -> list[Finding]:
    """Host, certificate, login, folder, rights, in this order; it ends with what the others depend on. Blocks."""
    connection = Connection(mailbox)
    try:
        return list(_looks(connection))
    finally:
        connection.close()


def _looks(connection: Connection) -> Iterator[Finding]:
    mailbox = connection.mailbox
    failed = _attempt(connection.connect)
    if failed:
        yield from _failed(failed)
        return
    yield Finding("ok", "host", f"{mailbox.host}:{mailbox.port} speaks IMAP")
    protected = mailbox.security is not Security.NONE
    yield Finding("ok", "certificate", "it is valid for that name" if protected else "none is asked for (`tls: none`)")
    failed = _attempt(lambda: connection.login(fresh=False))
    if failed and failed.trouble == "unreachable":  # not the server of the mailbox: the one that gives tokens
        yield Finding("error", "login", failed.sentence)
        return
    if failed:
        yield from _failed(failed)
        return
    yield Finding("ok", "login", f"{mailbox.username} may enter" + (" with a token" if mailbox.tokens else ""))
    try:
        folder = connection.select()
        yield from _rights(connection, folder)
    except MailboxError as error:
        yield from _failed(error)


def _rights(connection: Connection, folder: Folder) -> Iterator[Finding]:
    mailbox = connection.mailbox
    yield Finding(
        "ok", "folder", f"{mailbox.folder} opens; mails in it: {folder.messages}; UIDVALIDITY {folder.uid_validity}"
    )
    if not folder.writable:
        sentence = f"{mailbox.username} may only read {mailbox.folder}: mails are taken, and cannot be marked"
        yield Finding("error", "rights", sentence)
    else:
        yield Finding("ok", "rights", f"mails may be changed; after being taken each is to be: {mailbox.after.value}")
    if mailbox.after is After.MOVE:
        yield _target(connection)
    if mailbox.after is not After.FLAG and not connection.can("UIDPLUS") and not _moves(connection):
        sentence = "no UIDPLUS: taken mails stay in the folder, flagged as deleted, until somebody expunges it"
        yield Finding("warning", "delete", sentence)
    if not connection.can("IDLE"):
        yield Finding("warning", "idle", f"no IDLE: new mail is seen at the next poll, every {mailbox.poll}")


def _target(connection: Connection) -> Finding:
    folder = connection.mailbox.move_to
    if connection.has_folder(folder):
        how = "" if connection.can("MOVE") else "; without MOVE mails are copied there, then deleted here"
        return Finding("ok", "move_to", f"{folder} is there{how}")
    return Finding("warning", "move_to", f"there is no folder {folder!r} yet; it is made for the first mail")


def _moves(connection: Connection) -> bool:
    return connection.mailbox.after is After.MOVE and connection.can("MOVE")


def _attempt(step: Callable[[], None]) -> MailboxError | None:
    try:
        step()
    except MailboxError as error:
        return error
    return None


def _failed(error: MailboxError) -> Iterator[Finding]:
    what = "host" if error.trouble == "unreachable" else error.trouble
    refused = error.trouble != "certificate" or isinstance(error.__cause__, ssl.SSLCertVerificationError)
    step = _NEXT_STEPS.get(error.trouble) if refused else _NO_TLS
    yield Finding("error", what, f"{error.sentence}; {step}" if step else error.sentence)
