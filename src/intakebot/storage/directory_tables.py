"""The tables of who is known: customers and what hangs on them. Shaped like `domain.customer`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, String, Table, Text, UniqueConstraint

from intakebot.storage.schema import id_column, metadata

customers = Table(
    "customers",
    metadata,
    id_column(),
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
    id_column(),
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
    id_column(),
    Column("customer_id", BigInteger, ForeignKey("customers.id"), nullable=False, index=True),
    Column("reference", String(200), nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("customer_id", "reference"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    id_column(),
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
    id_column(),
    Column("reference", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("policy", String(60), nullable=False),
    Column("customer_id", BigInteger, ForeignKey("customers.id"), nullable=False, index=True),
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.id")),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
)
