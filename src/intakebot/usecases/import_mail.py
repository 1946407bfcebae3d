"""Import: old mail out of mailboxes becomes contacts, each of them once, however often it is handed over.

`desk` comes here. A mail is kept as one that comes by a channel is, on the route `import`, so that nothing answers it
by itself (`old_mail`); the worker registers it. What is known by its content is left as it is, so an import that was
interrupted goes on where it stopped.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from intakebot.domain.commands import ImportMails
from intakebot.domain.contact import Envelope, Incoming, NewContact
from intakebot.domain.errors import RefusedError
from intakebot.ports import Archive, Writer
from intakebot.reading.trace import trace_of
from intakebot.usecases.house import House
from intakebot.usecases.old_mail import IMPORTED
from intakebot.usecases.receive import keep_contacts, new_contact

NEW, KNOWN, NOT_OURS = "new", "known", "not-ours"


@dataclass(frozen=True, slots=True)
class MailImport:
    """The operation of this room, bound to the house."""

    house: House
    archive: Archive
    writer: Writer

    async def take_in(self, command: ImportMails) -> dict[str, Any]:
        """`{"mails": [{"is": "new" | "known" | "not-ours", "contact": id}]}`, in order; durable on return.

        Raises RefusedError when `to` is no address of this house.
        """
        self._refuse_foreign(command.to)
        found = await asyncio.to_thread(self._contacts, command)
        keys = [contact.content_key for contact in found if contact]
        known = await asyncio.to_thread(self.archive.known_contents, keys)
        return {"mails": await asyncio.gather(*(self._taken_in(contact, known) for contact in found))}

    async def _taken_in(self, contact: NewContact | None, known: frozenset[str]) -> dict[str, Any]:
        if contact is None:
            return {"is": NOT_OURS, "contact": None}
        if contact.content_key in known:  # no arrival of it either: the same file was only read again
            return {"is": KNOWN, "contact": None}
        kept = await self.writer.submit(keep_contacts, contact)
        return {"is": KNOWN if kept.repeat else NEW, "contact": kept.contact_id}

    def _contacts(self, command: ImportMails) -> list[NewContact | None]:
        return [self._contact(mail, command.to) for mail in command.mails]

    def _contact(self, mail: bytes, otherwise: str) -> NewContact | None:
        """The contact that a mail is; None when it is for no address of ours."""
        trace, receiving = trace_of(mail), self.house.organisation.receiving
        ours = tuple(address for address in trace.addresses if receiving(address)) or (
            (otherwise,) if otherwise else ()
        )
        if not ours:
            return None
        envelope = Envelope(trace.sender, ours, IMPORTED, arrived_at=trace.arrived_at)
        return new_contact(self.house, Incoming("email", envelope, mail))

    def _refuse_foreign(self, address: str) -> None:
        if address and self.house.organisation.receiving(address) is None:
            ours = ", ".join(self.house.organisation.addresses)
            raise RefusedError("import.address", f"{address} is no address of this house; known: {ours}")
