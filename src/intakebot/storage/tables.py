"""The tables, on SQLAlchemy Core. Migrations make them; a test holds both to the same shape.

Names are the glossary's. Ids are made by us, so no table has a server-side key; times are UTC (`Instant`).
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time. Refuses naive values; SQLite would otherwise drop the offset in silence."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: UTC; naive on SQLite, which has no zones."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """From the database: aware, UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id() -> Column[int]:
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def _case(*, nullable: bool = False, index: bool = True) -> Column[int]:
    return Column("case_id", BigInteger, ForeignKey("cases.id"), nullable=nullable, index=index)


counters = Table(
    "counters", metadata, Column("name", String(40), primary_key=True), Column("value", BigInteger, nullable=False)
)

contacts = Table(
    "contacts",
    metadata,
    _id(),
    Column("channel", String(20), nullable=False),
    Column("content_key", String(64), nullable=False),
    Column("repeat_of", BigInteger),
    Column("message_id", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
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
    _case(nullable=True),
    Column("settled_at", Instant),
    Index(
        "ix_contacts_received",
        "id",
        sqlite_where=text("state = 'received'"),
        postgresql_where=text("state = 'received'"),
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

customers = Table(
    "customers",
    metadata,
    _id(),
    Column("reference", String(200), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("segment", String(60), nullable=False),
    Column("tier", String(60), nullable=False),
)

customer_domains = Table(
    "customer_domains",
    metadata,
    Column("domain", String(255), primary_key=True),
    Column("customer_id", BigInteger, ForeignKey("customers.id"), nullable=False, index=True),
)

callers = Table(
    "callers",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("language", String(20), nullable=False),
    Column("customer_id", BigInteger, ForeignKey("customers.id"), index=True),
)

caller_addresses = Table(
    "caller_addresses",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("caller_id", BigInteger, ForeignKey("callers.id"), nullable=False, index=True),
)

accounts = Table(
    "accounts",
    metadata,
    _id(),
    Column("customer_id", BigInteger, ForeignKey("customers.id"), nullable=False, index=True),
    Column("reference", String(200), nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("customer_id", "reference"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    _id(),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("customer_id", BigInteger, ForeignKey("customers.id"), nullable=False, index=True),
    Column("reference", String(200), nullable=False, unique=True),
    Column("product", Text, nullable=False),
    Column("status", String(20), nullable=False),
)

support_keys = Table(
    "support_keys",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.id"), nullable=False),
    Column("customer_id", BigInteger, ForeignKey("customers.id"), nullable=False, index=True),
)

agreements = Table(
    "agreements",
    metadata,
    _id(),
    Column("reference", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("policy", String(60), nullable=False),
    Column("customer_id", BigInteger, ForeignKey("customers.id"), nullable=False, index=True),
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.id")),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
)

cases = Table(
    "cases",
    metadata,
    _id(),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("workflow", String(60), nullable=False),
    Column("status", String(40), nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("contact_id", BigInteger),
    Column("caller_id", BigInteger, index=True),
    Column("customer_id", BigInteger, index=True),
    Column("account_id", BigInteger),
    Column("subscription_id", BigInteger),
    Column("support_key", String(100), nullable=False),
    Column("support_key_state", String(20), nullable=False),
    Column("support_agreement_id", BigInteger),
    Column("support_agreement_state", String(20), nullable=False),
    Column("customer_agreement_id", BigInteger),
    Column("customer_agreement_state", String(20), nullable=False),
    Column("business_object", JSON),
    Column("category", String(200), nullable=False),
    Column("priority", String(20), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("markers", JSON, nullable=False),
    Column("missing", JSON, nullable=False),
    Column("language", String(20), nullable=False),
    Column("queue", String(60), nullable=False, index=True),
    Column("owner", String(60), index=True),
    Column("assignee", String(60)),
    Column("resolution", JSON),
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
)

case_events = Table(
    "case_events",
    metadata,
    _id(),
    _case(),
    Column("kind", String(60), nullable=False),
    Column("by", String(100), nullable=False),
    Column("at", Instant, nullable=False),
    Column("changes", JSON, nullable=False),
    Column("note", Text, nullable=False),
)

tasks = Table(
    "tasks",
    metadata,
    _id(),
    _case(),
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
    _id(),
    _case(),
    Column("kind", String(20), nullable=False),
    Column("by", String(100), nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Text, nullable=False),
)

case_messages = Table(
    "case_messages",
    metadata,
    _id(),
    _case(),
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
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    _case(),
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
    _id(),
    Column("contact_id", BigInteger, nullable=False, index=True),
    _case(nullable=True),
    Column("ruleset", String(64), nullable=False),
    Column("trace", JSON, nullable=False),
    Column("at", Instant, nullable=False),
)

files = Table(
    "files",
    metadata,
    _id(),
    Column("contact_id", BigInteger, ForeignKey("contacts.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
)
