"""The whole house on a real database, with the shipped configuration: everything but its doors.

Tests drive it as the outside does: mail comes in by `Reception`, commands go to the desk, the worker does what
is owed, an outlet of the test's takes what leaves, and time moves when the test says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from fakes.outlet import ScriptedOutlet
from intakebot.app.house import checked
from intakebot.cli.customer_files import read_customers
from intakebot.clocks import SimulatedClock
from intakebot.config.settings import Settings
from intakebot.config.yaml_source import parse_node
from intakebot.domain.actors import Actor
from intakebot.domain.commands import Command, ImportCustomers
from intakebot.domain.contact import Envelope, Incoming, Kept, PendingContact
from intakebot.domain.errors import IntakebotError
from intakebot.domain.ids import IdSource
from intakebot.domain.messages import ReadMessage
from intakebot.ports import CaseFile, Render, Store
from intakebot.ports.chat_store import owes_nothing
from intakebot.readers import Reading
from intakebot.reading.chat import ChatContent, chat_id
from intakebot.rules.load import load_ruleset
from intakebot.rules.model import Ruleset
from intakebot.storage.archive import SqlArchive
from intakebot.storage.blobs import Blobs
from intakebot.storage.engine import Database, open_database
from intakebot.storage.store import SqlStore
from intakebot.storage.writer import GroupWriter
from intakebot.templating import Templates
from intakebot.usecases.desk import CaseDesk
from intakebot.usecases.house import House
from intakebot.usecases.receive import Reception
from intakebot.usecases.register import Registration
from intakebot.usecases.rules_in_force import RulesInForce
from intakebot.usecases.tell_agents import TellAgents
from intakebot.worker import Wake, Worker

CONFIG = Path(__file__).parents[2] / "config"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday, within business hours
CHECKING_SERVER = "mx.intakebot.example"
"""The mail server in front of the door `smtp`, whose word about senders is believed there."""
REPLY_KEY = b"a key that only this house knows"


@cache
def shipped() -> tuple[Settings, Ruleset, Templates]:
    """The shipped configuration, read once."""
    settings, ruleset, templates, _ = checked(CONFIG / "intakebot.yaml")
    return settings, ruleset, templates


@dataclass
class PoisonableRender:
    """Templates that fail, in a way nobody planned for, for every case whose title has one of `poisons`."""

    templates: Render
    poisons: set[str] = field(default_factory=set)

    def render(self, name: str, language: str, values: Mapping[str, Any]) -> tuple[str, str, str]:
        if any(poison in values["case"]["title"] for poison in self.poisons):
            raise RuntimeError("a template engine that breaks")
        return self.templates.render(name, language, values)

    def render_chat(self, name: str, language: str, values: Mapping[str, Any]) -> tuple[str, str]:
        if any(poison in values["case"]["title"] for poison in self.poisons):
            raise RuntimeError("a template engine that breaks")
        return self.templates.render_chat(name, language, values)

    def preview(self, name: str, language: str) -> tuple[str, str, str]:
        return self.templates.preview(name, language)

    def preview_chat(self, name: str, language: str) -> str:
        return self.templates.preview_chat(name, language)

    def resolutions(self) -> tuple[str, ...]:
        return self.templates.resolutions()

    def languages(self, name: str) -> tuple[str, ...]:
        return self.templates.languages(name)


class StandingHouse:
    """One house. Must be made and used inside one running event loop, and closed.

    `cards` names the queues that have a channel in a chat; none = a house without a chat.
    """

    def __init__(self, url: str, directory: Path, cards: frozenset[str] = frozenset()) -> None:
        settings, ruleset, templates = shipped()
        self.clock = SimulatedClock(START)
        self.database: Database = open_database(url, directory)
        blobs = Blobs(directory)
        new_id = IdSource(self.clock.now)
        follow_up = TellAgents(settings.organisation, cards, new_id) if cards else owes_nothing
        self.writer = GroupWriter(self.database, lambda connection: SqlStore(connection, blobs, follow_up))
        self.archive = SqlArchive(self.database, blobs)
        self.outlet = ScriptedOutlet()
        self.render = PoisonableRender(templates)
        self.wake = Wake()
        self.house = House(
            organisation=settings.organisation,
            rules=RulesInForce(ruleset),
            render=self.render,
            clock=self.clock,
            new_id=new_id,
            reply_key=REPLY_KEY,
            replies_per_day=settings.automatic_replies.per_address_and_day,
        )
        self._rebuild()

    def _rebuild(self) -> None:
        registration = Registration(self.house)
        self.reception = Reception(self.house, self.writer, self.wake.received.set)
        self.desk = CaseDesk(self.house, self.writer, self.archive, registration, self.wake.all)
        outlets = {self.outlet.channel: self.outlet, "slack": self.outlet}
        self.worker = Worker(self.house, self.writer, self.archive, registration, outlets, self.wake, self.read)

    async def read(self, contacts: Sequence[PendingContact]) -> list[ReadMessage | IntakebotError]:
        """Read in this process: the reader process has tests of its own."""
        organisation = self.house.organisation
        reading = Reading(organisation.own_domains, organisation.languages, {"smtp": frozenset({CHECKING_SERVER})})
        return [reading.read(contact) for contact in contacts]

    def restart(self, **changes: Any) -> None:
        """The same database under a new process, with other parts of the organisation where given."""
        organisation = replace(self.house.organisation, **changes)
        self.house = replace(self.house, organisation=organisation)
        self._rebuild()

    def swap_rules(self, stages: Mapping[str, Any]) -> None:
        """From now on these rules stand before the shipped ones, as a reload would bring them."""
        rules = {name: {"rules": list(given)} for name, given in stages.items()}
        written = yaml.safe_dump({"schema": "intakebot.rules/1", "stages": rules})
        shipped_rules = shipped()[0].rules.nodes()
        self.house.rules.swap(load_ruleset([parse_node(written, "added.yaml"), *shipped_rules]))

    def move_to(self, domain: str) -> None:
        """The same house under another domain."""

        def moved(address: str) -> str:
            return f"{address.partition('@')[0]}@{domain}"

        organisation = self.house.organisation
        addresses = [replace(known, address=moved(known.address)) for known in organisation.addresses.values()]
        queues = {
            name: replace(queue, reply_address=moved(queue.reply_address))
            for name, queue in organisation.queues.items()
        }
        self.restart(addresses={known.address: known for known in addresses}, queues=queues)

    def dismiss(self, agent_id: str) -> None:
        """An agent leaves the house."""
        agents = dict(self.house.organisation.agents)
        agents[agent_id] = replace(agents[agent_id], active=False)
        self.restart(agents=agents)

    async def import_customers(self) -> None:
        """The example customers."""
        entries = read_customers(CONFIG / "customers.example.yaml")
        await self.desk.perform(ImportCustomers(tuple(entries)), Actor.agent("dana"))

    async def receive(self, content: bytes, sender: str, recipients: tuple[str, ...], route: str = "smtp") -> Kept:
        """A mail at the door."""
        return await self.reception.receive(Incoming("email", Envelope(sender, recipients, route), content))

    async def receive_chat(self, said: ChatContent, recipient: str) -> Kept:
        """A chat message, handed over as the chat channel does."""
        envelope = Envelope(f"{said.place}/{said.root_ts}", (recipient,), f"slack:{said.place}")
        key, known = f"slack:{said.place}/{said.ts}", chat_id(said.place, said.ts)
        return await self.reception.receive(Incoming("slack", envelope, said.to_bytes(), key, known))

    async def register(self) -> int:
        """One look of the worker at what was kept."""
        return await self.worker.register_pending()

    async def deliver(self, *outcomes: str) -> int:
        """One look of the worker at what is due; the outlet does what `outcomes` say, then takes everything."""
        self.outlet.script.extend(outcomes)
        found = await self.worker.act_on_what_is_due()
        self.outlet.script.clear()
        return found

    async def perform(self, agent: str, command: Command) -> Mapping[str, Any]:
        return await self.desk.perform(command, Actor.agent(agent))

    def advance(self, span: timedelta) -> None:
        self.clock.advance(span)

    async def case_file(self, number: int) -> CaseFile:
        """The case as decisions see it."""

        def read(store: Store, numbers: Any) -> list[CaseFile]:
            return [store.case_file(wanted) for wanted in numbers]

        return await self.writer.submit(read, number)

    async def close(self) -> None:
        await asyncio.to_thread(self.writer.close)
        self.database.close()
