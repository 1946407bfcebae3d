"""Receive: make a message durable before anybody is answered. Channels come here through `Intake`.

Nothing of the message is read but its header names (for the content key) and its Message-ID: what a message
says is read after acceptance, so no defect of a mail can keep it out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from intakebot.domain.bounce_address import delivery_of_bounce
from intakebot.domain.contact import Incoming, Kept, NewContact
from intakebot.domain.errors import StorageUnavailableError
from intakebot.domain.organisation import domain_forms
from intakebot.ports import Store, Writer
from intakebot.reading.content_key import content_key, message_id_of
from intakebot.usecases.house import House

POSTMASTER = "postmaster"
MOST_REFUSED = 1000
"""Addresses a day that refusals are counted for one by one: strangers try names without end."""
OTHERS = ""
"""Stands for all further ones."""
LARGE = 1 << 20
"""Octets above which a message is not looked at in the loop."""


def keep_contacts(store: Store, contacts: Sequence[NewContact]) -> list[Kept]:
    """The operation: contacts become rows, repeats become arrivals."""
    return store.keep(contacts)


def count_refusals(store: Store, counted: Sequence[Counter[tuple[str, str, str]]]) -> list[None]:
    """The operation: refusals before content are added to their day's counters."""
    for counts in counted:
        store.count_refusals(counts)
    return [None for _ in counted]


class Reception:
    """The `Intake` of this house. `kept` is called after each commit, so that registration starts at once."""

    def __init__(self, house: House, writer: Writer, kept: Callable[[], None]) -> None:
        self._house = house
        self._writer = writer
        self._kept = kept
        self._refusals: Counter[tuple[str, str, str]] = Counter()
        self._refused: set[tuple[str, str, str]] = set()
        self._refused_on = ""

    def takes(self, address: str) -> bool:
        """Whether mail to this address is ours.

        So is postmaster, without a domain or at each of ours (RFC 5321 4.5.1), and return paths we made.
        """
        organisation = self._house.organisation
        local, at, domain = address.lower().partition("@")
        if local == POSTMASTER and (not at or not organisation.own_domains.isdisjoint(domain_forms(domain))):
            return True
        if organisation.receiving(address):
            return True
        return delivery_of_bounce(self._house.reply_keys, address) is not None

    async def receive(self, incoming: Incoming) -> Kept:
        """Keep the message; durable when this returns."""
        if len(incoming.content) > LARGE:  # hashing it would stop the loop for everybody
            contact = await asyncio.to_thread(new_contact, self._house, incoming)
        else:
            contact = new_contact(self._house, incoming)
        kept = await self._writer.submit(keep_contacts, contact)
        self._kept()
        return kept

    def refused_before_content(self, address: str, code: str) -> None:
        """Count a refusal; written with the next call of `flush_refusals`."""
        day = self._house.clock.now().date().isoformat()
        if day != self._refused_on:
            self._refused_on = day
            self._refused.clear()
        key = (day, address.lower()[:320], code)
        if key not in self._refused and len(self._refused) >= MOST_REFUSED:
            key = (day, OTHERS, code)
        self._refused.add(key)
        self._refusals[key] += 1

    async def flush_refusals(self) -> None:
        """Write the counted refusals; those that could not be written are counted on."""
        if self._refusals:
            counted, self._refusals = self._refusals, Counter()
            try:
                await self._writer.submit(count_refusals, counted)
            except StorageUnavailableError:
                self._refusals.update(counted)
                raise


def new_contact(house: House, incoming: Incoming) -> NewContact:
    """The contact to keep: id, content key, Message-ID and the moment."""
    return NewContact(
        id=house.new_id(),
        incoming=incoming,
        content_key=incoming.content_key or content_key(incoming.content, house.organisation.hop_headers),
        message_id=incoming.message_id or message_id_of(incoming.content),
        received_at=house.clock.now(),
    )
