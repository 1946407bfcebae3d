"""Old mail: what was imported, or came into its mailbox long before it reached us, is answered by nobody but a person.

After an outage, or out of an archive, an automatic answer comes too late to help and may come by the thousand. Such
mail is registered as every other; the reason is written into the case's history, and the case has the tag `old-mail`,
so that no rule answers it later by itself. Called by `assess`, `open_case`, `append` and `look_again`. Pure.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from intakebot.domain.case import Case
from intakebot.domain.organisation import Queue
from intakebot.reading.trace import arrival_of
from intakebot.usecases.assessment import ReadContact
from intakebot.usecases.house import House

IMPORTED: Final = "import"
"""The route of contacts that were imported."""
OLD_MAIL: Final = "old-mail"
"""The tag of cases that old mail opened."""


def arrived_at(read: ReadContact) -> datetime:
    """When a contact came into the mailbox that we took it from, or to the last server before us; never in the future.

    What the mailbox itself says counts most (IMAP's INTERNALDATE), then the topmost Received field, then Date. In a
    chat it is now: a message may be old when a person makes a case of it, and then that is the asking.
    """
    pending = read.pending
    if read.clues.answer_to:
        return pending.received_at
    arrived = pending.envelope.arrived_at or arrival_of(read.message) or pending.received_at
    return min(arrived, pending.received_at)


def why_old(read: ReadContact, queue: Queue, at: datetime) -> str:
    """Why a contact is old mail, as a sentence; '' when it is not."""
    arrived = arrived_at(read)
    if read.pending.envelope.route == IMPORTED:
        return f"it is old mail that was imported; it arrived on {arrived:%Y-%m-%d %H:%M} UTC"
    if at - arrived > queue.acknowledge_within:
        return f"it is old mail: it arrived on {arrived:%Y-%m-%d %H:%M} UTC, longer ago than {queue.name} acknowledges"
    return ""


def is_our_own(house: House, read: ReadContact) -> bool:
    """Whether imported mail was sent from one of our addresses: an archive has what people here answered by hand.

    What went from us to us is not: forms on websites write so in the name of their visitors.
    """
    if read.pending.envelope.route != IMPORTED or house.organisation.receiving(read.sender) is None:
        return False
    to = read.message.to
    return bool(to) and not any(house.organisation.receiving(one.address) for one in to)


def why_silent(case: Case) -> str:
    """Why no rule answers a case by itself, however late; '' when one may."""
    return "the case was opened by old mail" if OLD_MAIL in case.tags else ""
