"""The tables of what happens: cases, contacts, deliveries, and where case numbers come from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FIRST_CASE_NUMBER = 1001
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make these tables; a table comes after the ones that it refers to."""
    _numbers()
    _cases()
    _history()
    _work()
    _contacts()
    _contents()
    _deliveries()


def _numbers() -> None:
    """Case numbers: a sequence, or on SQLite a row that is counted on."""
    op.create_table(
        "counters",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    if op.get_context().dialect.name == "sqlite":
        counters = sa.table("counters", sa.column("name"), sa.column("value"))
        op.bulk_insert(counters, [{"name": "case_numbers", "value": FIRST_CASE_NUMBER - 1}])
    else:
        op.execute(sa.schema.CreateSequence(sa.Sequence("case_numbers", start=FIRST_CASE_NUMBER)))


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("workflow", sa.String(60), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("contact_id", sa.BigInteger),
        sa.Column("caller_id", sa.BigInteger),
        sa.Column("answer_to", sa.Text, nullable=False),
        sa.Column("customer_id", sa.BigInteger),
        sa.Column("account_id", sa.BigInteger),
        sa.Column("subscription_id", sa.BigInteger),
        sa.Column("support_key", sa.String(100), nullable=False),
        sa.Column("support_key_state", sa.String(20), nullable=False),
        sa.Column("support_agreement_id", sa.BigInteger),
        sa.Column("support_agreement_state", sa.String(20), nullable=False),
        sa.Column("customer_agreement_id", sa.BigInteger),
        sa.Column("customer_agreement_state", sa.String(20), nullable=False),
        sa.Column("business_object", sa.JSON(none_as_null=True)),
        sa.Column("category", sa.String(200), nullable=False),
        sa.Column("priority", sa.String(20), nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("markers", sa.JSON, nullable=False),
        sa.Column("missing", sa.JSON, nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("queue", sa.String(60), nullable=False),
        sa.Column("owner", sa.String(60)),
        sa.Column("assignee", sa.String(60)),
        sa.Column("resolution", sa.JSON(none_as_null=True)),
        sa.Column("close_when_sent", sa.Boolean, nullable=False),
        sa.Column("answered_by", sa.JSON, nullable=False),
        sa.Column("parent_id", sa.BigInteger),
        sa.Column("follows_id", sa.BigInteger),
        sa.Column("respond_by", INSTANT),
        sa.Column("solve_by", INSTANT),
        sa.Column("resolved_at", INSTANT),
        sa.Column("closed_at", INSTANT),
        sa.Column("ended_as", sa.String(20)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("number", name="uq_cases_number"),
    )
    _case_indexes()


def _case_indexes() -> None:
    op.create_index("ix_cases_caller_id", "cases", ["caller_id"])
    op.create_index("ix_cases_customer_id", "cases", ["customer_id"])
    op.create_index("ix_cases_owner", "cases", ["owner"])
    op.create_index("ix_cases_queue", "cases", ["queue"])


def _history() -> None:
    op.create_table(
        "case_events",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_events_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_events"),
    )
    op.create_index("ix_case_events_case_id", "case_events", ["case_id"])
    op.create_table(
        "comments",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_comments_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_case_id", "comments", ["case_id"])
    op.create_table(
        "case_messages",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger, nullable=False),
        sa.Column("contact_id", sa.BigInteger, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("new_text", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_messages_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_messages"),
    )
    op.create_index("ix_case_messages_case_id", "case_messages", ["case_id"])
    op.create_table(
        "thread_ids",
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("message_id", "case_id", name="pk_thread_ids"),
    )
    op.create_index("ix_thread_ids_case_id_position", "thread_ids", ["case_id", "position"])


def _work() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("queue", sa.String(60), nullable=False),
        sa.Column("assignee", sa.String(60)),
        sa.Column("handover", sa.String(200), nullable=False),
        sa.Column("completed_at", INSTANT),
        sa.Column("reason", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_tasks_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
    )
    op.create_index("ix_tasks_case_id", "tasks", ["case_id"])
    op.create_index("ix_tasks_handover", "tasks", ["handover"])
    op.create_table(
        "timers",
        sa.Column("case_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_timers_case_id"),
        sa.PrimaryKeyConstraint("case_id", "kind", name="pk_timers"),
    )
    op.create_index("ix_timers_due_at", "timers", ["due_at"])
    op.create_table(
        "decisions",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger, nullable=False),
        sa.Column("case_id", sa.BigInteger),
        sa.Column("ruleset", sa.String(64), nullable=False),
        sa.Column("trace", sa.JSON, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_decisions_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_case_id", "decisions", ["case_id"])
    op.create_index("ix_decisions_contact_id", "decisions", ["contact_id"])


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("content_key", sa.String(64), nullable=False),
        sa.Column("repeat_of", sa.BigInteger),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("envelope_sender", sa.Text, nullable=False),
        sa.Column("route", sa.String(60), nullable=False),
        sa.Column("peer", sa.Text, nullable=False),
        sa.Column("greeting", sa.Text, nullable=False),
        sa.Column("tls", sa.Boolean, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("blob", sa.Text),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, server_default="", nullable=False),
        sa.Column("defects", sa.JSON, server_default="[]", nullable=False),
        sa.Column("subject", sa.Text, server_default="", nullable=False),
        sa.Column("sender", sa.Text, server_default="", nullable=False),
        sa.Column("caller_id", sa.BigInteger),
        sa.Column("case_id", sa.BigInteger),
        sa.Column("settled_at", INSTANT),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_contacts_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
    )
    _contact_indexes()


def _contact_indexes() -> None:
    op.create_index("ix_contacts_case_id", "contacts", ["case_id"])
    op.create_index(
        "ix_contacts_received",
        "contacts",
        ["id"],
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_index(
        "ix_contacts_repeat_of",
        "contacts",
        ["repeat_of"],
        sqlite_where=sa.text("repeat_of IS NOT NULL"),
        postgresql_where=sa.text("repeat_of IS NOT NULL"),
    )
    op.create_index(
        "uq_contacts_content_key_first",
        "contacts",
        ["content_key"],
        unique=True,
        sqlite_where=sa.text("repeat_of IS NULL"),
        postgresql_where=sa.text("repeat_of IS NULL"),
    )


def _contents() -> None:
    op.create_table(
        "raw_messages",
        sa.Column("contact_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_raw_messages_contact_id"),
        sa.PrimaryKeyConstraint("contact_id", name="pk_raw_messages"),
    )
    op.create_table(
        "arrivals",
        sa.Column("contact_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("route", sa.String(60), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_arrivals_contact_id"),
        sa.PrimaryKeyConstraint("contact_id", "position", name="pk_arrivals"),
    )
    op.create_table(
        "files",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_files_contact_id"),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
    )
    op.create_index("ix_files_contact_id", "files", ["contact_id"])
    op.create_table(
        "refusals",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("day", "address", "code", name="pk_refusals"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("case_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("recipient_name", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("sender_name", sa.Text, nullable=False),
        sa.Column("reply_to", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("in_reply_to", sa.Text, nullable=False),
        sa.Column("references", sa.JSON, nullable=False),
        sa.Column("automatic", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("resends", sa.Integer, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("settled_at", INSTANT),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_deliveries_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("message_id", name="uq_deliveries_message_id"),
    )
    op.create_index("ix_deliveries_case_id", "deliveries", ["case_id"])
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["due_at"],
        sqlite_where=sa.text("state IN ('queued', 'deferred')"),
        postgresql_where=sa.text("state IN ('queued', 'deferred')"),
    )
    op.create_index("ix_deliveries_recipient_created_at", "deliveries", ["recipient", "created_at"])
    op.create_table(
        "delivery_steps",
        sa.Column("delivery_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_delivery_steps_delivery_id"),
        sa.PrimaryKeyConstraint("delivery_id", "position", name="pk_delivery_steps"),
    )
