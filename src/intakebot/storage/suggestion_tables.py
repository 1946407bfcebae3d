"""The table of what suggestions were learned; migration 0008 makes it. One row per kind of suggestion."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table

from intakebot.storage.schema import Instant, metadata

suggestion_models = Table(
    "suggestion_models",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("state", LargeBinary, nullable=False),
    Column("learned", Integer, nullable=False),
    Column("learned_until", BigInteger, nullable=False),
    Column("saved_at", Instant, nullable=False),
)
