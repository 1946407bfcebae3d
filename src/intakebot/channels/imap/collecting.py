"""One look into a mailbox: what is new is measured, fetched, kept, and only then marked.

Called by `inlet` with an open connection, again and again. It promises that a mail is marked only when it is a contact
on our disk, that an attempt is committed before it is made, and that a mail that three attempts did not survive is set
aside, with its headers as a contact, so that it stops nobody else. What a person did in the mailbox (seen, flagged)
and when a mail came never decides whether it is taken: the UIDs do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from intakebot.channels.imap.batches import MEASURED_AT_ONCE, batches, slices
from intakebot.channels.imap.connection import Connection, Folder, Measured
from intakebot.channels.imap.letters import HEADERS_READ, incoming, stand_in
from intakebot.channels.imap.mailbox import Mailbox
from intakebot.channels.imap.marking import mark
from intakebot.channels.imap.thread import MailThread
from intakebot.domain.contact import Kept
from intakebot.domain.errors import IntakebotError, MailboxError, Remedy, StorageUnavailableError
from intakebot.edge import guarded
from intakebot.ports import Intake
from intakebot.ports.mailboxes import Arrived, Hold, Mailboxes, MailStage, Noted, Standing, UnfinishedMail

ATTEMPTS = 3
"""So often a mail is fetched, and so often it is marked, before it is left to a person."""

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Look:
    """What a look came to: mails taken, mails that have to wait for another look. `elsewhere`: not ours to work on.

    `folder` is as it was when the look began.
    """

    folder: Folder
    taken: int = 0
    waiting: int = 0
    elsewhere: bool = False


class Collector:
    """Looks into one mailbox for one intake; after `stop` what is under way is finished and nothing more begun."""

    def __init__(
        self, mailbox: Mailbox, books: Mailboxes, intake: Intake, thread: MailThread, stop: asyncio.Event
    ) -> None:
        self.mailbox = mailbox
        self.books = books
        self.intake = intake
        self.thread = thread
        self.stop = stop

    async def look(self, connection: Connection) -> Look:
        """Take everything that is there.

        Raises MailboxError when the connection is lost, ConflictError when another process took over, and
        StorageUnavailableError; what was begun is known to the next look.
        """
        folder = await self.thread.call(connection.select)
        first = folder.last_uid if self.mailbox.from_now else 0
        standing = await self.books.claim(Arrived(self.mailbox.place, folder.uid_validity, first))
        if standing is None:
            return Look(folder, elsewhere=True)
        work = _Work(self, connection, standing.hold, Look(folder))
        await work.through(standing)
        await self.books.finish(standing.hold)
        return work.look


@dataclass(frozen=True, slots=True)
class _Work:
    """The work of one look, under one hold."""

    collector: Collector
    connection: Connection
    hold: Hold
    look: Look

    async def through(self, standing: Standing) -> None:
        """What is left of earlier looks, then what is new; marks that are owed come last.

        A server that hangs up at a mark would end each look before it took anything.
        """
        mails = standing.mails
        await self._forget_what_is_gone(mails)
        begun = sorted((mail for mail in mails if mail.stage is MailStage.BEGUN), key=lambda one: one.attempts)
        for mail in begun:  # each alone: one of them may be what ended the last look
            if self.collector.stop.is_set():
                return
            for measured in await self._measured([mail.uid]):
                await self._again(measured, mail)
        new = await self.collector.thread.call(self.connection.uids_after, standing.last_uid, self.look.folder.messages)
        for uids in slices(new, MEASURED_AT_ONCE):
            for batch in batches(await self._measured(uids), self.collector.mailbox.batch_bytes):
                if self.collector.stop.is_set():
                    return
                await self._take(batch)
        await self._mark({mail.uid: mail.attempts for mail in mails if mail.stage is MailStage.KEPT})

    async def _measured(self, uids: Sequence[int]) -> list[Measured]:
        """Those that are there, ascending; one that the server gives no size of is fetched as if it had none.

        A mail that is not among them would never be looked for again.
        """
        try:
            found = await self._call(self.connection.measure, uids)
        except MailboxError as error:
            if error.trouble != "refused":
                raise
            if len(uids) > 1:
                middle = len(uids) // 2
                return [*await self._measured(uids[:middle]), *await self._measured(uids[middle:])]
            found = []
        missing = sorted({*uids} - {mail.uid for mail in found})
        untold = [Measured(uid, 0, None) for uid in await self._call(self.connection.present, missing)]
        return sorted([*found, *untold], key=lambda mail: mail.uid)

    async def _call(self, function: Callable[[ItemT], ResultT], argument: ItemT) -> ResultT:
        return await self.collector.thread.call(function, argument)

    async def _forget_what_is_gone(self, mails: Sequence[UnfinishedMail]) -> None:
        """Somebody deleted or moved them: there is nothing left to be done with them."""
        gone: list[int] = []
        for some in slices([mail.uid for mail in mails], MEASURED_AT_ONCE):
            gone += set(some) - await self._call(self.connection.present, some)
        if gone:
            await self.collector.books.settle(Noted(self.hold, tuple(sorted(gone))))

    async def _again(self, measured: Measured, mail: UnfinishedMail) -> None:
        """Another attempt at a mail that is still there; after the last one it is set aside."""
        if mail.attempts < ATTEMPTS:
            await self._take([measured], mail.attempts)
            return
        await self.collector.books.begin(self.hold, [mail.uid])
        # Whoever asks for the headers may not survive that either: the next time there is only the note.
        headers = b"" if mail.attempts > ATTEMPTS else await self._headers(measured)
        sentence = (
            f"{_where(self.collector.mailbox, mail.uid)} could not be taken in {ATTEMPTS} attempts"
            f" ({mail.reason or 'the connection broke, or the service ended'})."
        )
        await self._keep_in_place(measured, MailStage.SET_ASIDE, headers, sentence)

    async def _take(self, batch: Sequence[Measured], attempts: int = 0) -> None:
        """Fetch, keep, mark; each step is on our disk before the next one."""
        await self.collector.books.begin(self.hold, [mail.uid for mail in batch])
        fitting: list[Measured] = []
        for mail in batch:
            if mail.size > self.collector.mailbox.size_limit:
                await self._leave(mail)
            else:
                fitting.append(mail)
        contents = await self._fetch(fitting, attempts)
        noted = await asyncio.gather(
            *(self._hand_over(mail, contents.pop(mail.uid, None), attempts) for mail in fitting)
        )
        if noted:
            await self.collector.books.keep(Noted(self.hold, mails=tuple(noted)))
        kept = [mail.uid for mail in noted if mail.stage is MailStage.KEPT]
        self.look.taken += len(kept)
        self.look.waiting += sum(mail.stage is MailStage.BEGUN for mail in noted)
        await self._mark(dict.fromkeys(kept, 0))
        if any(mail.reason == StorageUnavailableError.code for mail in noted):
            raise StorageUnavailableError("the house cannot keep mail now; what was not kept is fetched again later")

    async def _fetch(self, mails: Sequence[Measured], attempts: int) -> dict[int, bytes]:
        """The contents; none when the server says no, which one mail of several may be the reason of."""
        try:
            return await self._call(self.connection.fetch, [mail.uid for mail in mails]) if mails else {}
        except MailboxError as error:
            if error.trouble == "busy":  # this was no attempt: no mail is to blame
                again = (UnfinishedMail(mail.uid, MailStage.BEGUN, attempts, error.sentence) for mail in mails)
                await self.collector.books.settle(Noted(self.hold, mails=tuple(again)))
            if error.trouble != "refused":
                raise
            _log.warning("imap %s: FETCH was refused: %s", self.collector.mailbox.name, error.sentence)
            return {}

    async def _hand_over(self, mail: Measured, content: bytes | None, attempts: int) -> UnfinishedMail:
        """Give a mail to the house; where it stands then."""
        if content is None:
            return UnfinishedMail(mail.uid, MailStage.BEGUN, attempts + 1, "the server does not give it")
        outcome = await self._receive(mail, content)
        if isinstance(outcome, Kept):
            return UnfinishedMail(mail.uid, MailStage.KEPT)
        if outcome.remedy is Remedy.NEVER:
            return UnfinishedMail(mail.uid, MailStage.SET_ASIDE, attempts + 1, outcome.code)
        # A full disk is not the mail's fault; whatever else keeps it out may be.
        counted = attempts if isinstance(outcome, StorageUnavailableError) else attempts + 1
        return UnfinishedMail(mail.uid, MailStage.BEGUN, counted, outcome.code)

    async def _receive(self, mail: Measured, content: bytes) -> Kept | IntakebotError:
        collector = self.collector
        message = incoming(collector.mailbox, content, mail.arrived_at, collector.intake.takes)
        return await guarded(f"imap {collector.mailbox.name}", collector.intake.receive(message))

    async def _leave(self, mail: Measured) -> None:
        """Too large (case B10): its headers and a note become a contact, and it stays where it is."""
        mailbox = self.collector.mailbox
        sentence = (
            f"{_where(mailbox, mail.uid)} has {_shown_size(mail.size)}, more than the {_shown_size(mailbox.size_limit)}"
            " that are taken from there, so only its headers were."
        )
        await self._keep_in_place(mail, MailStage.TOO_LARGE, await self._headers(mail), sentence)

    async def _headers(self, mail: Measured) -> bytes:
        return await self.collector.thread.call(self.connection.headers, mail.uid, HEADERS_READ)

    async def _keep_in_place(self, mail: Measured, stage: MailStage, headers: bytes, sentence: str) -> None:
        """A contact in the place of a mail that we do not take, for an agent to see; the mail is not touched."""
        note = f"{sentence} It is still in that folder: read it there, or move it out and back to have it tried again."
        outcome = await self._receive(mail, stand_in(headers, note))
        if isinstance(outcome, Kept):
            noted = UnfinishedMail(mail.uid, stage, 0, sentence)
            _log.warning("imap %s: %s", self.collector.mailbox.name, sentence)
        else:
            noted = UnfinishedMail(mail.uid, MailStage.BEGUN, 0, outcome.code)
            self.look.waiting += 1
        await self.collector.books.settle(Noted(self.hold, mails=(noted,)))

    async def _mark(self, attempts: Mapping[int, int]) -> None:
        """Mark kept mails, and write which are done with; after some refusals one stays as it is, for a person."""
        for uids in slices(sorted(attempts), MEASURED_AT_ONCE):
            marked = await self.collector.thread.call(mark, self.connection, uids)
            refused = tuple(_refused(uid, attempts[uid] + 1, words) for uid, words in marked.refused.items())
            await self.collector.books.settle(Noted(self.hold, marked.done, refused))


def _refused(uid: int, attempts: int, words: str) -> UnfinishedMail:
    return UnfinishedMail(uid, MailStage.KEPT if attempts < ATTEMPTS else MailStage.UNMARKED, attempts, words)


def _where(mailbox: Mailbox, uid: int) -> str:
    return f"Mail {uid} in the folder {mailbox.folder} of {mailbox.username}"


def _shown_size(octets: int) -> str:
    return f"{octets / (1 << 20):.1f} MB" if octets >= 1 << 20 else f"{octets} bytes"
