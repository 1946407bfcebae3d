"""The books of mailboxes: `ports.mailboxes.Mailboxes` over the one writer, for channels that fetch mail.

The composition root makes one for each run of the process. Everything returns after the commit, together with
whatever else waited for it (group commit).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from intakebot.domain.errors import IntakebotError
from intakebot.ports import Clock, Store, Writer
from intakebot.ports.chat_store import Claim
from intakebot.ports.mailboxes import Arrived, Hold, Noted, Standing

HELD_FOR = timedelta(minutes=10)
"""So long a mailbox is its claimer's from the last commit on; a process that died is waited for no longer."""


class HouseMailboxes:
    """The house's books about its mailboxes. `life` tells this run of the process from all others."""

    def __init__(self, clock: Clock, new_id: Callable[[], int], writer: Writer) -> None:
        self.clock = clock
        self._writer = writer
        self._life = new_id()

    async def claim(self, arrived: Arrived) -> Standing | None:
        """Take the right to work on the folder; None while another process has it."""
        return await self._writer.submit(_claim_mailbox, (arrived, self._claim()))

    async def begin(self, hold: Hold, uids: Sequence[int]) -> None:
        """Count an attempt at each of them, before anything else happens to it."""
        await self._writer.submit(_begin_mails, (hold, tuple(uids), self._claim()))

    async def keep(self, noted: Noted) -> None:
        """Write which mails are kept, before any of them is marked."""
        await self._writer.submit(_keep_mails, (noted, self._claim()))

    async def settle(self, noted: Noted) -> None:
        """Write what became of mails in the mailbox."""
        await self._writer.submit(_settle_mails, (noted, self._claim()))

    async def finish(self, hold: Hold) -> None:
        """Write the proof of life, and give the right back."""
        await self._writer.submit(_finish_look, (hold, self.clock.now()))

    def _claim(self) -> Claim:
        now = self.clock.now()
        return Claim(self._life, now, now + HELD_FOR)


def _claim_mailbox(store: Store, claims: Sequence[tuple[Arrived, Claim]]) -> list[Standing | None]:
    return [store.mailboxes.claim(arrived, claim) for arrived, claim in claims]


def _begin_mails(store: Store, begun: Sequence[tuple[Hold, tuple[int, ...], Claim]]) -> list[IntakebotError | None]:
    return [_refusal(partial(store.mailboxes.begin, *each)) for each in begun]


def _keep_mails(store: Store, noted: Sequence[tuple[Noted, Claim]]) -> list[IntakebotError | None]:
    return [_refusal(partial(store.mailboxes.note, *each)) for each in noted]


def _settle_mails(store: Store, noted: Sequence[tuple[Noted, Claim]]) -> list[IntakebotError | None]:
    return [_refusal(partial(store.mailboxes.note, *each)) for each in noted]


def _finish_look(store: Store, finished: Sequence[tuple[Hold, datetime]]) -> list[IntakebotError | None]:
    return [_refusal(partial(store.mailboxes.finish, *each)) for each in finished]


def _refusal(write: Callable[[], None]) -> IntakebotError | None:
    """A lost hold is the answer for that one alone: nothing of it was written, and its neighbours commit."""
    try:
        write()
    except IntakebotError as refusal:
        return refusal
    return None
