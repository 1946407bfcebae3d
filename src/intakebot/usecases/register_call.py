"""Register a call: a phone call, fax or walk-in that an agent writes down is a contact like every other.

It is kept and registered in one transaction, by the same decisions as mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from intakebot.domain.commands import RegisterContact
from intakebot.domain.contact import SPOKEN, Envelope, Incoming, NewContact, PendingContact
from intakebot.domain.errors import IntakebotError, RefusedError
from intakebot.domain.messages import Address, ReadMessage
from intakebot.ports import Store
from intakebot.usecases.act import Request, summary
from intakebot.usecases.assessment import ReadContact
from intakebot.usecases.house import House
from intakebot.usecases.register import Registration


class CallRegistration:
    """The operation of this room, bound to the house and its registration."""

    def __init__(self, house: House, registration: Registration) -> None:
        self._house = house
        self._registration = registration

    def register_calls(self, store: Store, requests: Sequence[Request]) -> list[dict[str, Any] | Exception]:
        """Keep and register each call; a refusal is that request's result."""
        return [self._registered(store, request) for request in requests]

    def _registered(self, store: Store, request: Request) -> dict[str, Any] | Exception:
        command = request.command
        if not isinstance(command, RegisterContact):
            raise TypeError("this operation registers calls only")
        try:
            self._house.acting_agent(request.by)
            receiving = self._receiving_address(command)
        except IntakebotError as refusal:
            return refusal
        read = self._read(command, receiving, str(request.by))
        store.keep([self._contact(read)])
        store.begin_attempts([read.pending.id], 1)
        registered = self._registration.register(store, [read])[0]
        return {"contact": registered.contact_id, "state": registered.state.value} | summary(registered.change)

    def _receiving_address(self, command: RegisterContact) -> str:
        """An address of the process that the agent named; any address of the house when none was."""
        if command.channel not in SPOKEN:
            raise RefusedError("contact.channel", f"an agent registers contacts by {', '.join(SPOKEN)}")
        if not command.title.strip():
            raise RefusedError("contact.title", "say in a title what the contact is about")
        addresses = self._house.organisation.addresses
        for known in addresses.values():
            if command.address in ("", known.address) and command.workflow in ("", known.workflow):
                return known.address
        raise RefusedError(
            "contact.process", f"no receiving address fits the process {command.workflow!r} {command.address}".rstrip()
        )

    def _read(self, command: RegisterContact, receiving: str, by: str) -> ReadContact:
        now = self._house.clock.now()
        text = command.description.strip() or command.title
        envelope = Envelope(sender=command.caller, recipients=(receiving,), route=f"cli:{by}")
        content = f"{command.channel} contact from {command.caller}\n\n{command.title}\n\n{text}\n".encode()
        pending = PendingContact(self._house.new_id(), command.channel, envelope, content, now, 1)
        message = ReadMessage(
            message_id="",
            in_reply_to=(),
            references=(),
            subject=command.title,
            sender=Address(command.caller) if command.caller else None,
            reply_to=(),
            to=(),
            cc=(),
            date=now,
            text=text,
            new_text=text,
            html="",
            attachments=(),
            headers=(),
            language="",
            machine=None,
            defects=(),
        )
        return ReadContact.of(pending, message, self._house.reply_keys)

    def _contact(self, read: ReadContact) -> NewContact:
        """Two calls are never the same call, whatever was written down: the key is the contact's own id."""
        pending = read.pending
        incoming = Incoming(pending.channel, pending.envelope, pending.content)
        return NewContact(pending.id, incoming, f"call:{pending.id}", f"call:{pending.id}", pending.received_at)
