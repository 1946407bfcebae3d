"""The chat part of the store: `ports.chat_store.ChatStore` on one connection, inside the writer's transaction.

Made by `SqlStore.chat`. Posts and tokens have modules of their own; here are envelopes, messages and people.
Several processes may claim at once on PostgreSQL: whoever claims skips what others hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, literal_column, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from intakebot.domain.chat import (
    SET_ASIDE,
    ChatEnvelope,
    ChatMessage,
    ChatPost,
    EnvelopeKind,
    KeptEnvelope,
    PostOwed,
    PostSettlement,
    Preferences,
)
from intakebot.domain.ids import node_of
from intakebot.domain.organisation import Agent
from intakebot.ports.chat_store import Claim, EnvelopeSettlement, EnvelopeToKeep, StoredTokens
from intakebot.storage import chat_posts, chat_tokens
from intakebot.storage.chat_tables import chat_agents, chat_envelopes, chat_messages, chat_preferences
from intakebot.storage.rows import KEYS, StoredRow, insert_rows, select_in, write_rows

KEPT, SETTLED = "kept", "settled"

_KEEP = {
    "sqlite": sqlite.insert(chat_envelopes).on_conflict_do_nothing(index_elements=["channel", "key"]),
    "postgresql": postgresql.insert(chat_envelopes).on_conflict_do_nothing(index_elements=["channel", "key"]),
}
_BY_KEY = select(chat_envelopes.c.id, chat_envelopes.c.channel, chat_envelopes.c.key, chat_envelopes.c.answer).where(
    chat_envelopes.c.key.in_(KEYS)
)
_DUE = (
    select(chat_envelopes)
    .where(chat_envelopes.c.state == KEPT, chat_envelopes.c.due_at <= bindparam("now"))
    .order_by(chat_envelopes.c.id)
    .limit(bindparam("count"))
    .with_for_update(skip_locked=True)
)
_HOLD = (
    update(chat_envelopes)
    .where(chat_envelopes.c.id.in_(KEYS))
    .values(attempts=chat_envelopes.c.attempts + 1, holder=bindparam("new_holder"), due_at=bindparam("until"))
)
_HELD = (
    select(chat_envelopes.c.id, chat_envelopes.c.holder)
    .where(chat_envelopes.c.state == KEPT, chat_envelopes.c.holder.is_not(None))
    .with_for_update(skip_locked=True)
)
_RELEASE = update(chat_envelopes).where(chat_envelopes.c.id.in_(KEYS)).values(holder=None, due_at=bindparam("now"))
_ONCE_MORE = (
    update(chat_envelopes)
    .where(chat_envelopes.c.state == SET_ASIDE, chat_envelopes.c.kind == EnvelopeKind.EVENT.value)
    .values(state=KEPT, due_at=bindparam("now"), settled_at=None)
)
_POSTPONE = (
    update(chat_envelopes)
    .where(chat_envelopes.c.id == bindparam("this_id"), literal_column("state <> 'settled'"))
    .values(
        state=bindparam("new_state"),
        answer=bindparam("new_answer"),
        error=bindparam("new_error"),
        due_at=bindparam("new_due_at"),
        settled_at=bindparam("at"),
        holder=null(),
    )
)
_SETTLE = _POSTPONE.values(payload=literal_column("''"))  # what it said is a contact by now, or was done
_LEARNED = select(chat_agents).where(chat_agents.c.id == bindparam("this_id"))


@dataclass(frozen=True, slots=True)
class SqlChatStore:
    """`ports.chat_store.ChatStore` on a connection."""

    connection: Connection

    def keep_envelopes(self, new: Sequence[EnvelopeToKeep]) -> list[KeptEnvelope]:
        """Insert envelopes; one whose key is there already is a repeat, also when another process was faster."""
        in_one_order = sorted(new, key=lambda one: (one.envelope.channel, one.envelope.key))  # or two would deadlock
        write_rows(self.connection, _KEEP[self.connection.dialect.name], [_envelope_row(one) for one in in_one_order])
        found = {
            (row.channel, row.key): row
            for row in select_in(self.connection, _BY_KEY, [one.envelope.key for one in new])
        }
        kept = [(one.id, found[one.envelope.channel, one.envelope.key]) for one in new]
        return [KeptEnvelope(row.id, repeat=row.id != new_id, answer=row.answer) for new_id, row in kept]

    def begin_envelopes(self, claim: Claim, limit: int) -> list[ChatEnvelope]:
        """Claim unsettled envelopes that are due, oldest first, attempt counted."""
        rows = self.connection.execute(_DUE, {"now": claim.at, "count": limit}).all()
        if not rows:
            return []
        held = {"keys": [row.id for row in rows], "new_holder": claim.holder, "until": claim.until}
        self.connection.execute(_HOLD, held)
        return [
            ChatEnvelope(row.id, row.key, EnvelopeKind(row.kind), row.payload, row.received_at, row.attempts + 1)
            for row in rows
        ]

    def release_envelopes(self, claim: Claim) -> int:
        """Make due what earlier runs of this process held when they ended, and events set aside; returns how many."""
        ours = node_of(claim.holder)
        held = self.connection.execute(_HELD).all()
        left = [row.id for row in held if row.holder != claim.holder and node_of(row.holder) == ours]
        if left:
            self.connection.execute(_RELEASE, {"keys": left, "now": claim.at})
        return len(left) + self.connection.execute(_ONCE_MORE, {"now": claim.at}).rowcount

    def settle_envelopes(self, settlements: Sequence[EnvelopeSettlement]) -> None:
        """Envelopes are worked off; the first answer stays, and the payload goes."""
        write_rows(self.connection, _SETTLE, [_settlement_row(one, SETTLED) for one in settlements])

    def postpone_envelopes(self, settlements: Sequence[EnvelopeSettlement]) -> None:
        """Envelopes wait for another attempt, or are set aside."""
        rows = [_settlement_row(one, KEPT if one.due_at else SET_ASIDE) for one in settlements]
        write_rows(self.connection, _POSTPONE, rows)

    def remember_messages(self, messages: Sequence[ChatMessage]) -> None:
        """Messages were taken in; the ones that are known already stay as they are."""
        rows = [
            {
                "place": message.place,
                "ts": message.ts,
                "root_ts": message.root_ts,
                "person": message.person,
                "contact_id": message.contact_id,
            }
            for message in sorted(messages, key=lambda one: (one.place, one.ts))
        ]
        insert_rows(self.connection, chat_messages, rows, updating=())

    def owe_posts(self, owed: Sequence[PostOwed]) -> None:
        """Owe posts: a card that is there already is owed again, everything else only once."""
        chat_posts.owe_posts(self.connection, owed)

    def claim_posts(self, claim: Claim, limit: int) -> list[ChatPost]:
        """Move due posts to `sending`, attempt counted; a lost claim counts as a resend."""
        return chat_posts.claim_posts(self.connection, claim, limit)

    def settle_posts(self, settlements: Sequence[PostSettlement], new_ids: Sequence[int]) -> None:
        """Write what became of posts. `new_ids` has one id per settlement, for what is left of a moved card."""
        chat_posts.settle_posts(self.connection, settlements, new_ids)

    def recover_posts(self, claim: Claim) -> int:
        """Make due, with one resend more, what this process (any run of it) was sending; returns how many."""
        return chat_posts.recover_posts(self.connection, claim)

    def prefer(self, preferences: Sequence[Preferences]) -> None:
        """Replace preferences."""
        rows = [
            {
                "agent": one.agent,
                "muted": one.muted,
                "quiet_from": one.quiet_from,
                "quiet_to": one.quiet_to,
                "zone": one.zone,
            }
            for one in preferences
        ]
        insert_rows(self.connection, chat_preferences, rows, updating=("muted", "quiet_from", "quiet_to", "zone"))

    def learn_agents(self, agents: Sequence[Agent]) -> None:
        """Replace the agents that user groups named."""
        self.connection.execute(delete(chat_agents))
        rows: list[StoredRow] = [
            {"id": agent.id, "name": agent.name, "email": agent.email, "queues": agent.queues}
            for agent in {agent.id: agent for agent in agents}.values()
        ]
        insert_rows(self.connection, chat_agents, rows, updating=("name", "email", "queues"))

    def learned_agent(self, agent_id: str) -> Agent | None:
        """An agent that user groups named, or None."""
        return read_learned_agent(self.connection, agent_id)

    def claim_tokens(self, name: str, claim: Claim) -> bool:
        """Take the right to renew a connection's tokens, unless somebody holds it."""
        return chat_tokens.claim_tokens(self.connection, name, claim)

    def save_tokens(self, tokens: StoredTokens, holder: int) -> None:
        """Replace a pair and let go of it; raises ConflictError when `holder` has not (or no longer) claimed it."""
        chat_tokens.save_tokens(self.connection, tokens, holder)


def read_learned_agent(connection: Connection, agent_id: str) -> Agent | None:
    """An agent that user groups named, or None."""
    row = connection.execute(_LEARNED, {"this_id": agent_id}).one_or_none()
    return Agent(row.id, row.name, row.email, tuple(row.queues)) if row else None


def _envelope_row(new: EnvelopeToKeep) -> StoredRow:
    return {
        "id": new.id,
        "channel": new.envelope.channel,
        "key": new.envelope.key,
        "kind": new.envelope.kind.value,
        "payload": new.envelope.payload,
        "received_at": new.at,
        "state": KEPT,
        "attempts": 0,
        "holder": new.holder,
        "due_at": new.due_at,
        "answer": "",
        "error": "",
        "settled_at": None,
    }


def _settlement_row(settlement: EnvelopeSettlement, state: str) -> StoredRow:
    return {
        "this_id": settlement.id,
        "new_state": state,
        "new_answer": settlement.answer,
        "new_error": settlement.error,
        "new_due_at": settlement.due_at,
        "at": None if state == KEPT else settlement.at,
    }
