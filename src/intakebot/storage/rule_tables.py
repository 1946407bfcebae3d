"""The tables of what rules saw: the facts of each decision, and every ruleset that has ever decided."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, String, Table

from intakebot.storage.schema import Instant, metadata

decided_facts = Table(
    "decided_facts",
    metadata,
    Column("decision_id", BigInteger, primary_key=True, autoincrement=False),
    Column("rules", String(64), nullable=False),
    Column("event", String(20), nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("told", LargeBinary, nullable=False),
    Column("true_keys", LargeBinary, nullable=False),
)

rulesets = Table(
    "rulesets",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("files", LargeBinary, nullable=False),
    Column("atoms", LargeBinary, nullable=False),
    Column("first_used_at", Instant, nullable=False),
)
