"""What a chat workspace needs: envelopes, messages, posts, preferences, tokens; and files that leave with answers.

All of it is transport: the triggers of 0003 do not guard it, because a closed case's card and its last lines are
still shown.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make these tables, and the list of a delivery's files."""
    op.add_column("deliveries", sa.Column("files", sa.JSON, server_default="[]", nullable=False))
    _incoming()
    _outgoing()
    _people()
    op.create_table(
        "chat_tokens",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("access", sa.Text, nullable=False),
        sa.Column("refresh", sa.Text, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("lease_until", INSTANT),
        sa.Column("holder", sa.BigInteger),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_chat_tokens"),
    )


def _incoming() -> None:
    op.create_table(
        "chat_envelopes",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("holder", sa.BigInteger),
        sa.Column("due_at", INSTANT),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("settled_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_chat_envelopes"),
        sa.UniqueConstraint("channel", "key", name="uq_chat_envelopes_channel_key"),
    )
    _index_of_due("chat_envelopes", "state = 'kept'")
    op.create_table(
        "chat_messages",
        sa.Column("place", sa.String(100), nullable=False),
        sa.Column("ts", sa.String(40), nullable=False),
        sa.Column("root_ts", sa.String(40), nullable=False),
        sa.Column("person", sa.String(100), nullable=False),
        sa.Column("contact_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("place", "ts", name="pk_chat_messages"),
    )
    op.create_index("ix_chat_messages_place_person_ts", "chat_messages", ["place", "person", "ts"])


def _outgoing() -> None:
    op.create_table(
        "chat_posts",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("case_id", sa.BigInteger, nullable=False),
        sa.Column("target", sa.String(100), nullable=False),
        sa.Column("reference", sa.String(100), nullable=False),
        sa.Column("owed_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("holder", sa.BigInteger),
        sa.Column("place", sa.String(100), nullable=False),
        sa.Column("ts", sa.String(40), nullable=False),
        sa.Column("queue", sa.String(60), nullable=False),
        sa.Column("shown", sa.String(100), nullable=False),
        sa.Column("resends", sa.Integer, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("settled_at", INSTANT),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_chat_posts_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_chat_posts"),
        sa.UniqueConstraint(
            "kind", "case_id", "target", "reference", name="uq_chat_posts_kind_case_id_target_reference"
        ),
    )
    op.create_index("ix_chat_posts_case_id", "chat_posts", ["case_id"])
    _index_of_due("chat_posts", "state IN ('due', 'sending')")


def _people() -> None:
    op.create_table(
        "chat_preferences",
        sa.Column("agent", sa.String(60), nullable=False),
        sa.Column("muted", sa.JSON, nullable=False),
        sa.Column("quiet_from", sa.String(10), nullable=False),
        sa.Column("quiet_to", sa.String(10), nullable=False),
        sa.Column("zone", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("agent", name="pk_chat_preferences"),
    )
    op.create_table(
        "chat_agents",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("queues", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chat_agents"),
    )


def _index_of_due(table: str, waiting: str) -> None:
    where = sa.text(waiting)
    op.create_index(f"ix_{table}_due", table, ["due_at"], sqlite_where=where, postgresql_where=where)
