"""What becomes of taken mails in the mailbox: flagged, moved or deleted, with what the server can do.

Called by `collecting` in the mailbox's thread, after the mails are contacts on our disk. It promises to touch the mails
that it is given and no others, and to say of each whether it is done; it raises only when the connection is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from intakebot.channels.imap.connection import Connection
from intakebot.channels.imap.mailbox import After
from intakebot.domain.errors import MailboxError


@dataclass(frozen=True, slots=True)
class Marked:
    """Which mails are done with; `refused` has the server's words for each of the others."""

    done: tuple[int, ...]
    refused: dict[int, str]


def mark(connection: Connection, uids: Sequence[int]) -> Marked:
    """Mark all of them at once; where the server says no, one by one, so that one does not stop the others."""
    try:
        return _marked(connection, uids)
    except MailboxError as error:
        if error.trouble != "refused":
            raise
        if len(uids) == 1:
            return Marked((), {uids[0]: error.sentence})
    each = [mark(connection, [uid]) for uid in uids]
    done = tuple(uid for one in each for uid in one.done)
    return Marked(done, {uid: words for one in each for uid, words in one.refused.items()})


def _marked(connection: Connection, uids: Sequence[int]) -> Marked:
    mailbox = connection.mailbox
    if mailbox.after is After.FLAG:
        connection.flag_seen(uids)
        return Marked(tuple(uids), {})
    if mailbox.after is After.DELETE:
        connection.delete(uids)
        return Marked(tuple(uids), {})
    if connection.can("MOVE"):
        _into(connection, lambda: connection.move(uids, mailbox.move_to))
        left = connection.present(uids)  # an answer of OK does not say that all of them went (RFC 6851 3.3)
    else:
        copied: set[int] = set()
        _into(connection, lambda: copied.update(connection.copy(uids, mailbox.move_to)))
        if copied:
            connection.delete(sorted(copied))
        left = set(uids) - copied
    words = f"it was not moved to {mailbox.move_to}"
    return Marked(tuple(uid for uid in uids if uid not in left), dict.fromkeys(sorted(left), words))


def _into(connection: Connection, put: Callable[[], None]) -> None:
    """Put mails into the folder that they go to; it is made when it is not there yet."""
    try:
        put()
    except MailboxError as error:
        folder = connection.mailbox.move_to
        if error.trouble != "refused" or connection.has_folder(folder):
            raise
        connection.make_folder(folder)
        put()
