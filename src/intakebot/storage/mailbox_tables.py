"""The tables of mailboxes that we fetch from: where each folder stands, and its mails that are unfinished."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from intakebot.storage.schema import Instant, metadata

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("account", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("uid_validity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
    Column("looked_at", Instant),
    Column("holder", BigInteger),
    Column("held_until", Instant),
)

mailbox_mails = Table(
    "mailbox_mails",
    metadata,
    Column("account", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("stage", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
