"""The house: what every use case is handed, made once at the start.

Nothing of it changes while the service runs, but for the rules, which are swapped whole, the agents that a chat's
user groups name, and what suggestions were learned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from intakebot.domain.actors import Actor
from intakebot.domain.case import Case, Task
from intakebot.domain.errors import NotFoundError, RefusedError
from intakebot.domain.file_policy import FilePolicy
from intakebot.domain.lifecycle import CaseInHand
from intakebot.domain.organisation import Agent, Organisation, Queue
from intakebot.domain.promises import warnings_of
from intakebot.ports import CaseFile, Clock, Render
from intakebot.rules.model import Ruleset
from intakebot.usecases.rules_in_force import RulesInForce
from intakebot.usecases.suggestions_in_force import SuggestionsInForce


@dataclass(frozen=True, slots=True)
class House:
    """The organisation, its rules and templates, time, ids, and the key that reply tokens are made with.

    `reply_key` makes them; those of `older_reply_keys` are still recognised. `replies_per_day` caps automatic replies
    per address and 24 h, `replies_per_hour` all of them in an hour; an address is muted `mute_for` so long after a mail
    to it came back. `learned` are agents beside the configured ones, as a chat's user groups name them now;
    `suggestions` what was learned from closed cases. In `shadow` everything is decided and nothing is sent.
    `files` says what becomes of files that should be opened with care.
    """

    organisation: Organisation
    rules: RulesInForce
    render: Render
    clock: Clock
    new_id: Callable[[], int]
    reply_key: bytes
    older_reply_keys: tuple[bytes, ...] = ()
    replies_per_day: int = 3
    replies_per_hour: int = 600
    mute_for: timedelta = timedelta(days=7)
    shadow: bool = False
    learned: dict[str, Agent] = field(default_factory=dict)
    suggestions: SuggestionsInForce = field(default_factory=SuggestionsInForce)
    files: FilePolicy = field(default_factory=FilePolicy)

    @property
    def ruleset(self) -> Ruleset:
        """The rules that decide now. Ask once for each decision: they may be swapped before the next."""
        return self.rules.ruleset

    @property
    def reply_keys(self) -> tuple[bytes, ...]:
        """Every key that a reply token may have been made with, newest first."""
        return (self.reply_key, *self.older_reply_keys)

    def in_hand(self, case: Case, tasks: tuple[Task, ...] = ()) -> CaseInHand:
        """A case with its workflow and the calendar of its queue, ready for a transition."""
        queue = self.organisation.queues.get(case.queue)
        calendar = self.organisation.calendars[queue.calendar if queue else "always"]
        warnings = partial(warnings_of, self.organisation)
        return CaseInHand(case, self.organisation.workflows[case.workflow], tasks, calendar, warnings)

    def hand_of(self, file: CaseFile) -> CaseInHand:
        """The same for a case file."""
        return self.in_hand(file.case, file.tasks)

    def queue(self, name: str) -> Queue:
        """A queue by name; raises NotFoundError that lists the known ones."""
        queue = self.organisation.queues.get(name)
        if queue is None:
            known = ", ".join(sorted(self.organisation.queues))
            raise NotFoundError(f"there is no queue {name!r}; known queues: {known}")
        return queue

    def agent(self, agent_id: str) -> Agent:
        """An agent by id; raises NotFoundError."""
        agent = self.known_agent(agent_id)
        if agent is None:
            known = ", ".join(sorted(self.organisation.agents))
            raise NotFoundError(f"there is no agent {agent_id!r}; known agents: {known}")
        return agent

    def known_agent(self, agent_id: str) -> Agent | None:
        """An agent, configured or learned; the configuration has the last word."""
        return self.organisation.agents.get(agent_id) or self.learned.get(agent_id)

    def agents(self) -> list[Agent]:
        """Everybody who is active, by id."""
        every = {**self.learned, **self.organisation.agents}
        return [agent for _, agent in sorted(every.items()) if agent.active]

    def learn(self, agents: Sequence[Agent]) -> None:
        """Replace the learned agents."""
        fresh = {agent.id: agent for agent in agents}
        for gone in self.learned.keys() - fresh.keys():
            self.learned.pop(gone, None)
        self.learned.update(fresh)

    def acting_agent(self, by: Actor) -> Agent | None:
        """The agent's record when a person acts; raises RefusedError for unknown or inactive people."""
        if by.agent_id is None:
            return None
        agent = self.known_agent(by.agent_id)
        if agent is None or not agent.active:
            known = ", ".join(sorted(known.id for known in self.organisation.agents.values() if known.active)) or "none"
            sentence = f"{by.agent_id!r} is no active agent of this house; configured: {known}"
            raise RefusedError("agent.unknown", sentence)
        return agent

    def owner_is_active(self, case: Case) -> bool:
        """Whether the case's human owner can take it back."""
        owner = self.known_agent(case.owner or "")
        return owner is not None and owner.active

    def default_queue(self, workflow: str) -> str:
        """The queue that the rules' default names for a process: where its people are."""
        return self.rules.default_queues.get(workflow, self.organisation.triage_queue)
