"""Reading for a chat: `ports.chat_store.ChatArchive` on the engine that cannot write.

Used by `usecases.chat`, after the commits that it waited for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, func, select

from intakebot.domain.chat import ChatMessage, PostKind, PostState, Preferences
from intakebot.domain.organisation import Agent
from intakebot.ports.chat_store import StoredTokens
from intakebot.storage.chat_posts import CARD_IS_SHOWN
from intakebot.storage.chat_records import KEPT, read_learned_agent
from intakebot.storage.chat_tables import (
    chat_envelopes,
    chat_messages,
    chat_posts,
    chat_preferences,
    chat_tokens,
)
from intakebot.storage.engine import Database
from intakebot.storage.tables import cases, thread_ids

_NEXT_DUE = (
    select(func.min(chat_envelopes.c.due_at)).where(chat_envelopes.c.state == KEPT),
    select(func.min(chat_posts.c.due_at)).where(
        chat_posts.c.state.in_([PostState.DUE.value, PostState.SENDING.value]),
        (chat_posts.c.kind != PostKind.LINE.value) | CARD_IS_SHOWN,
    ),
)


@dataclass(frozen=True, slots=True)
class SqlChatArchive:
    """`ports.chat_store.ChatArchive` on a database."""

    database: Database

    def message(self, place: str, ts: str) -> ChatMessage | None:
        """The message, if it was taken in."""
        row = self._first(select(chat_messages).where(chat_messages.c.place == place, chat_messages.c.ts == ts))
        return _message(row) if row else None

    def burst_of(self, place: str, person: str, since_ts: str, before_ts: str) -> ChatMessage | None:
        """The person's latest top-level message there with since_ts <= ts < before_ts, or None."""
        statement = select(chat_messages).where(
            chat_messages.c.place == place,
            chat_messages.c.person == person,
            chat_messages.c.ts >= since_ts,
            chat_messages.c.ts < before_ts,
            chat_messages.c.root_ts == chat_messages.c.ts,
        )
        row = self._first(statement.order_by(chat_messages.c.ts.desc()).limit(1))
        return _message(row) if row else None

    def case_of_thread_ids(self, ids: Sequence[str]) -> int | None:
        """The number of the newest case that one of these thread ids belongs to, or None."""
        statement = (
            select(cases.c.number)
            .join_from(thread_ids, cases, cases.c.id == thread_ids.c.case_id)
            .where(thread_ids.c.message_id.in_(ids))
        )
        row = self._first(statement.order_by(cases.c.id.desc()).limit(1))
        return int(row.number) if row else None

    def card_of(self, case_id: int) -> tuple[str, str] | None:
        """(place, ts) of a case's card as it is shown now, or None."""
        statement = select(chat_posts.c.place, chat_posts.c.ts).where(
            chat_posts.c.case_id == case_id, chat_posts.c.kind == PostKind.CARD.value, chat_posts.c.ts != ""
        )
        row = self._first(statement)
        return (row.place, row.ts) if row else None

    def former_cards(self, case_id: int) -> tuple[tuple[str, str], ...]:
        """(place, ts) of what is left of a case's card where it stood before, newest first."""
        left = (
            select(chat_posts.c.place, chat_posts.c.ts)
            .where(chat_posts.c.case_id == case_id, chat_posts.c.kind == PostKind.MOVED.value)
            .order_by(chat_posts.c.id.desc())
        )
        with self.database.reading.connect() as connection:
            return tuple((row.place, row.ts) for row in connection.execute(left))

    def next_due(self) -> datetime | None:
        """When the next envelope or post is due, or a claim runs out; None when nothing waits."""
        with self.database.reading.connect() as connection:
            moments = [connection.scalar(statement) for statement in _NEXT_DUE]
        return min((moment for moment in moments if moment is not None), default=None)

    def preferences(self, agent: str) -> Preferences | None:
        """What was set, or None."""
        row = self._first(select(chat_preferences).where(chat_preferences.c.agent == agent))
        return Preferences(row.agent, tuple(row.muted), row.quiet_from, row.quiet_to, row.zone) if row else None

    def learned_agent(self, agent_id: str) -> Agent | None:
        """An agent that user groups named, or None."""
        with self.database.reading.connect() as connection:
            return read_learned_agent(connection, agent_id)

    def tokens(self, name: str) -> StoredTokens | None:
        """A connection's tokens; None before the first pair was saved."""
        row = self._first(select(chat_tokens).where(chat_tokens.c.name == name, chat_tokens.c.version > 0))
        return StoredTokens(row.name, row.access, row.refresh, row.expires_at, row.version) if row else None

    def _first(self, statement: Executable) -> Row[Any] | None:
        with self.database.reading.connect() as connection:
            return connection.execute(statement).first()


def _message(row: Row[Any]) -> ChatMessage:
    return ChatMessage(row.place, row.ts, row.root_ts, row.person, row.contact_id)
