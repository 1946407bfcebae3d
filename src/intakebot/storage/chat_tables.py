"""The tables of what a chat workspace needs: envelopes at the door, messages taken in, posts owed, who wants what.

Migration 0004 makes them. None of it is part of a case: what was owed or sent is still settled after a case has
ended, as with deliveries.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint, text

from intakebot.storage.schema import Instant, case_column, id_column, metadata

_WAITING_POST = text("state IN ('due', 'sending')")
_WAITING_ENVELOPE = text("state = 'kept'")

chat_envelopes = Table(
    "chat_envelopes",
    metadata,
    id_column(),
    Column("channel", String(20), nullable=False),
    Column("key", String(255), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("payload", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("holder", BigInteger),
    Column("due_at", Instant),
    Column("answer", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("settled_at", Instant),
    UniqueConstraint("channel", "key"),
    Index("ix_chat_envelopes_due", "due_at", sqlite_where=_WAITING_ENVELOPE, postgresql_where=_WAITING_ENVELOPE),
)

chat_messages = Table(
    "chat_messages",
    metadata,
    Column("place", String(100), primary_key=True),
    Column("ts", String(40), primary_key=True),
    Column("root_ts", String(40), nullable=False),
    Column("person", String(100), nullable=False),
    Column("contact_id", BigInteger),
    Index("ix_chat_messages_place_person_ts", "place", "person", "ts"),
)

chat_posts = Table(
    "chat_posts",
    metadata,
    id_column(),
    Column("kind", String(20), nullable=False),
    case_column(),
    Column("target", String(100), nullable=False),
    Column("reference", String(100), nullable=False),
    Column("owed_at", Instant, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("holder", BigInteger),
    Column("place", String(100), nullable=False),
    Column("ts", String(40), nullable=False),
    Column("queue", String(60), nullable=False),
    Column("shown", String(100), nullable=False),
    Column("resends", Integer, nullable=False),
    Column("due_at", Instant),
    Column("error", Text, nullable=False),
    Column("settled_at", Instant),
    UniqueConstraint("kind", "case_id", "target", "reference"),
    Index("ix_chat_posts_due", "due_at", sqlite_where=_WAITING_POST, postgresql_where=_WAITING_POST),
)

chat_preferences = Table(
    "chat_preferences",
    metadata,
    Column("agent", String(60), primary_key=True),
    Column("muted", JSON, nullable=False),
    Column("quiet_from", String(10), nullable=False),
    Column("quiet_to", String(10), nullable=False),
    Column("zone", String(60), nullable=False),
)

chat_agents = Table(
    "chat_agents",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("queues", JSON, nullable=False),
)

chat_tokens = Table(
    "chat_tokens",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("access", Text, nullable=False),
    Column("refresh", Text, nullable=False),
    Column("expires_at", Instant),
    Column("lease_until", Instant),
    Column("holder", BigInteger),
    Column("version", Integer, nullable=False),
)
