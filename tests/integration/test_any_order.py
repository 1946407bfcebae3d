"""Any order of mails, commands, times and outcomes keeps the invariants: a state machine over the whole house."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fakes.standing_house import StandingHouse
from intakebot.domain import commands as c
from intakebot.domain.errors import NotFoundError, RefusedError
from integration.conversation import Conversation
from integration.invariants import CANARY, Watcher

MOST_LOOKS = 20
"""After so many looks of the worker at one moment there is nothing left to do, whatever the rules say."""
AGENTS = st.sampled_from(["alice", "bob", "carol", "dana"])
CASES = st.integers(1001, 1004)
QUEUES = st.sampled_from(["support", "crc", "noc", "triage", "nowhere"])
SENDERS = st.sampled_from(["ann@acme.example", "kari@fjord.example", "eve@evil.example", "support@intakebot.example"])
OUTCOMES = st.lists(st.sampled_from(["sent", "deferred", "failed", "ambiguous", "unplanned"]), max_size=3)
SUBJECTS = st.sampled_from(["No signal", "Invoice wrong", "How do I reset my router", "Hello", "[C-1001] again"])
HEADERS = st.sampled_from([{}, {}, {"Auto-Submitted": "auto-replied"}, {"List-Id": "news"}])


def on(events: str, name: str, when: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "on": events.split(), "when": when, "then": then}


FLAGS = [
    on("appended state", "f.again", {"channel": "email"}, {"tags": ["seen"]}),
    on("idle", "f.idle", {"case.idle_hours": {"gt": 20}}, {"priority": "urgent"}),
]
ROUTES = [
    on("state idle", "r.fro", {"case.queue": "triage"}, {"queue": "support"}),
    on("state idle", "r.to", {"case.queue": ["support", "crc"]}, {"queue": "triage"}),
    on("idle", "r.late", {"case.idle_hours": {"gt": 200}}, {"assignee": "dana"}),
    on("appended idle", "r.says", {"channel": "email"}, {"resolve": {"template": "how-to-reset"}}),
]
RULES = st.fixed_dictionaries({"flag": st.just(FLAGS), "route": st.permutations(ROUTES)})
"""Rules that send a case to and fro, whatever happens to it."""
ADDRESSES = st.sampled_from(["support@intakebot.example", "crc@intakebot.example"])
COMMANDS = st.one_of(
    st.builds(c.Take, CASES),
    st.builds(c.Move, CASES, queue=QUEUES, comment=st.sampled_from(["", CANARY])),
    st.builds(c.Move, CASES, assignee=AGENTS, comment=st.just(CANARY)),
    st.builds(
        c.Resolve, CASES, st.sampled_from(["", "Done."]), draft=st.booleans(), final=st.booleans(), told_by=st.just("")
    ),
    st.builds(c.Resolve, CASES, st.just("Done."), told_by=st.just("phone")),
    st.builds(c.SendResolution, CASES),
    st.builds(c.Close, CASES, notify=st.booleans()),
    st.builds(c.Reopen, CASES, st.sampled_from(["", CANARY])),
    st.builds(c.Void, CASES, st.just(CANARY)),
    st.builds(c.Split, CASES, st.just("another")),
    st.builds(c.Ask, CASES, st.just("Which?")),
    st.builds(c.AddComment, CASES, st.just(CANARY)),
    st.builds(c.AddTask, CASES, st.just(CANARY), queue=QUEUES),
    st.builds(c.Classify, CASES, category=st.sampled_from(["technical/defect", "commercial/invoice"])),
    st.builds(c.Identify, CASES, st.sampled_from(["ACME", "FJORD-1001"])),
    st.builds(c.RegisterContact, st.just("phone"), st.just("+47 22 33 44 55"), SUBJECTS),
)


class AnyOrder(RuleBasedStateMachine):
    """A house of its own for every example; `template` is a migrated database."""

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="any-order-"))
        shutil.copy(self.template, self.folder / "intakebot.db")
        self.loop = asyncio.new_event_loop()

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def open_the_house(self) -> None:
        async def opened() -> StandingHouse:
            return StandingHouse("sqlite+pysqlite:///intakebot.db", self.folder)

        self.standing = self.wait(opened())
        self.wait(self.standing.import_customers())
        self.watcher = Watcher(self.standing)
        self.conversation = Conversation(self.standing, self.watcher)

    @rule(sender=SENDERS, to=ADDRESSES, subject=SUBJECTS, headers=HEADERS)
    def a_mail_comes(self, sender: str, to: str, subject: str, headers: dict[str, str]) -> None:
        mail = {"from": sender, "to": to, "subject": subject, "headers": headers}
        self.wait(self.conversation.hold([{"mail": mail}]))

    @precondition(lambda self: self.standing.outlet.taken)
    @rule(which=st.integers(0, 50), headers=HEADERS, other=st.sampled_from([None, "eve@evil.example"]))
    def somebody_answers(self, which: int, headers: dict[str, str], other: str | None) -> None:
        taken = self.standing.outlet.taken
        answered = which % len(taken)
        sender = other or taken[answered].recipient
        self.wait(self.conversation.hold([{"mail": {"from": sender, "answers": answered + 1, "headers": headers}}]))

    @rule(agent=AGENTS, command=COMMANDS)
    def an_agent_acts(self, agent: str, command: c.Command) -> None:
        async def performed() -> None:
            try:
                done = await self.standing.perform(agent, command)
            except (RefusedError, NotFoundError):
                return
            if "contact" in done:
                self.watcher.contacts.add(done["contact"])

        self.wait(performed())

    @rule(outcomes=OUTCOMES)
    def the_worker_looks(self, outcomes: list[str]) -> None:
        self.wait(self.standing.deliver(*outcomes))

    @rule(hours=st.sampled_from([-1, 1, 24, 241]))
    def time_passes(self, hours: int) -> None:
        self.standing.advance(timedelta(hours=hours))

    @rule(stages=RULES)
    def the_rules_change(self, stages: dict[str, Any]) -> None:
        self.wait(self.conversation.hold([{"rules": stages}]))

    @rule()
    def the_service_starts_again(self) -> None:
        self.wait(self.conversation.hold([{"stop_while_sending": True}, {"restart": True}]))

    @invariant()
    def the_invariants_hold(self) -> None:
        if hasattr(self, "watcher"):
            self.wait(self.watcher.check())

    def teardown(self) -> None:
        if hasattr(self, "standing"):
            self.standing.advance(timedelta(days=100))
            assert 0 in (self.wait(self.standing.deliver()) for _ in range(MOST_LOOKS)), "it goes to and fro for ever"
            self.wait(self.watcher.check(thorough=True))
            self.wait(self.standing.close())
        self.wait(self.loop.shutdown_default_executor())
        self.loop.close()
        shutil.rmtree(self.folder)


# case J15
def test_any_order_keeps_the_invariants(migrated_file: Path) -> None:
    AnyOrder.template = migrated_file
    bounds = settings(max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(AnyOrder, settings=bounds)
