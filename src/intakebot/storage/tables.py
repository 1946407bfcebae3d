"""The tables of what happens: contacts, cases, deliveries, timers. Migrations make them; a test holds both together.

Names are the glossary's; columns are shaped like the domain's records.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from intakebot.storage.schema import Instant, case_column, id_column, metadata

counters = Table(
    "counters", metadata, Column("name", String(40), primary_key=True), Column("value", BigInteger, nullable=False)
)

contacts = Table(
    "contacts",
    metadata,
    id_column(),
    Column("channel", String(20), nullable=False),
    Column("content_key", String(64), nullable=False),
    Column("repeat_of", BigInteger),
    Column("message_id", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("arrived_at", Instant),
    Column("envelope_sender", Text, nullable=False),
    Column("route", String(60), nullable=False),
    Column("peer", Text, nullable=False),
    Column("greeting", Text, nullable=False),
    Column("tls", Boolean, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("blob", Text),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("defects", JSON, nullable=False, server_default="[]"),
    Column("subject", Text, nullable=False, server_default=""),
    Column("sender", Text, nullable=False, server_default=""),
    Column("caller_id", BigInteger),
    case_column(nullable=True),
    Column("settled_at", Instant),
    Index(
        "ix_contacts_received",
        "id",
        sqlite_where=text("state = 'received'"),
        postgresql_where=text("state = 'received'"),
    ),
    Index(
        "ix_contacts_repeat_of",
        "repeat_of",
        sqlite_where=text("repeat_of IS NOT NULL"),
        postgresql_where=text("repeat_of IS NOT NULL"),
    ),
    Index(
        "uq_contacts_content_key_first",
        "content_key",
        unique=True,
        sqlite_where=text("repeat_of IS NULL"),
        postgresql_where=text("repeat_of IS NULL"),
    ),
)

raw_messages = Table(
    "raw_messages",
    metadata,
    Column("contact_id", BigInteger, ForeignKey("contacts.id"), primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

arrivals = Table(
    "arrivals",
    metadata,
    Column("contact_id", BigInteger, ForeignKey("contacts.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("recipient", Text, nullable=False),
    Column("route", String(60), nullable=False),
    Column("at", Instant, nullable=False),
)

refusals = Table(
    "refusals",
    metadata,
    Column("day", Date, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("count", Integer, nullable=False),
)

NOT_ENDED = "closed_at IS NULL AND ended_as IS NULL"

cases = Table(
    "cases",
    metadata,
    id_column(),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("workflow", String(60), nullable=False),
    Column("status", String(40), nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("contact_id", BigInteger),
    Column("caller_id", BigInteger, index=True),
    Column("answer_to", Text, nullable=False),
    Column("customer_id", BigInteger, index=True),
    Column("account_id", BigInteger),
    Column("subscription_id", BigInteger),
    Column("support_key", String(100), nullable=False),
    Column("support_key_state", String(20), nullable=False),
    Column("support_agreement_id", BigInteger),
    Column("support_agreement_state", String(20), nullable=False),
    Column("customer_agreement_id", BigInteger),
    Column("customer_agreement_state", String(20), nullable=False),
    Column("business_object", JSON(none_as_null=True)),
    Column("category", String(200), nullable=False),
    Column("priority", String(20), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("markers", JSON, nullable=False),
    Column("missing", JSON, nullable=False),
    Column("language", String(20), nullable=False),
    Column("queue", String(60), nullable=False, index=True),
    Column("owner", String(60), index=True),
    Column("assignee", String(60)),
    Column("resolution", JSON(none_as_null=True)),
    Column("close_when_sent", Boolean, nullable=False),
    Column("answered_by", JSON, nullable=False),
    Column("parent_id", BigInteger),
    Column("follows_id", BigInteger),
    Column("respond_by", Instant),
    Column("solve_by", Instant),
    Column("resolved_at", Instant),
    Column("closed_at", Instant),
    Column("ended_as", String(20)),
    Column("version", Integer, nullable=False),
    *(
        Index(f"ix_cases_open_{name}", name, sqlite_where=text(NOT_ENDED), postgresql_where=text(NOT_ENDED))
        for name in ("queue", "owner", "assignee")
    ),
)

case_events = Table(
    "case_events",
    metadata,
    id_column(),
    case_column(),
    Column("kind", String(60), nullable=False),
    Column("by", String(100), nullable=False),
    Column("at", Instant, nullable=False),
    Column("changes", JSON, nullable=False),
    Column("note", Text, nullable=False),
)

tasks = Table(
    "tasks",
    metadata,
    id_column(),
    case_column(),
    Column("title", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("queue", String(60), nullable=False),
    Column("assignee", String(60)),
    Column("handover", String(200), nullable=False, index=True),
    Column("completed_at", Instant),
    Column("reason", Text, nullable=False),
)

comments = Table(
    "comments",
    metadata,
    id_column(),
    case_column(),
    Column("kind", String(20), nullable=False),
    Column("by", String(100), nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Text, nullable=False),
)

case_messages = Table(
    "case_messages",
    metadata,
    id_column(),
    case_column(),
    Column("contact_id", BigInteger, nullable=False),
    Column("sender", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("new_text", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

thread_ids = Table(
    "thread_ids",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("case_id", BigInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Index("ix_thread_ids_case_id_position", "case_id", "position"),
)

deliveries = Table(
    "deliveries",
    metadata,
    id_column(),
    case_column(),
    Column("kind", String(20), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("recipient_name", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("sender_name", Text, nullable=False),
    Column("reply_to", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("message_id", String(255), nullable=False, unique=True),
    Column("in_reply_to", Text, nullable=False),
    Column("references", JSON, nullable=False),
    Column("automatic", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("resends", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("settled_at", Instant),
    Column("files", JSON, nullable=False, server_default="[]"),
    Column("claimed_by", Integer),
    Column("leased_until", Instant),
    Index(
        "ix_deliveries_due",
        "due_at",
        sqlite_where=text("state IN ('queued', 'deferred')"),
        postgresql_where=text("state IN ('queued', 'deferred')"),
    ),
    Index("ix_deliveries_recipient_created_at", "recipient", "created_at"),
)

delivery_steps = Table(
    "delivery_steps",
    metadata,
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("state", String(20), nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

timers = Table(
    "timers",
    metadata,
    Column("case_id", BigInteger, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("kind", String(40), primary_key=True),
    Column("due_at", Instant, nullable=False, index=True),
)

decisions = Table(
    "decisions",
    metadata,
    id_column(),
    Column("contact_id", BigInteger, index=True),
    case_column(nullable=True),
    Column("ruleset", String(64), nullable=False),
    Column("trace", JSON, nullable=False),
    Column("at", Instant, nullable=False),
)

files = Table(
    "files",
    metadata,
    id_column(),
    Column("contact_id", BigInteger, ForeignKey("contacts.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("flags", JSON, nullable=False, server_default="[]"),
)
