"""The tables of who is known: customers, callers, installations, agreements."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make these tables; a table comes after the ones that it refers to."""
    _directory()
    _installations()
    _promises()


def _directory() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("segment", sa.String(60), nullable=False),
        sa.Column("tier", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("reference", name="uq_customers_reference"),
    )
    op.create_table(
        "customer_domains",
        sa.Column("domain", sa.String(255), nullable=False),
        sa.Column("customer_id", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_customer_domains_customer_id"),
        sa.PrimaryKeyConstraint("domain", name="pk_customer_domains"),
    )
    op.create_index("ix_customer_domains_customer_id", "customer_domains", ["customer_id"])
    op.create_table(
        "callers",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("customer_id", sa.BigInteger),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_callers_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_callers"),
    )
    op.create_index("ix_callers_customer_id", "callers", ["customer_id"])
    op.create_table(
        "caller_addresses",
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("caller_id", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["caller_id"], ["callers.id"], name="fk_caller_addresses_caller_id"),
        sa.PrimaryKeyConstraint("channel", "address", name="pk_caller_addresses"),
    )
    op.create_index("ix_caller_addresses_caller_id", "caller_addresses", ["caller_id"])


def _installations() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger, nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_accounts_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("customer_id", "reference", name="uq_accounts_customer_id_reference"),
    )
    op.create_index("ix_accounts_customer_id", "accounts", ["customer_id"])
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("customer_id", sa.BigInteger, nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_subscriptions_account_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_subscriptions_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
        sa.UniqueConstraint("reference", name="uq_subscriptions_reference"),
    )
    op.create_index("ix_subscriptions_account_id", "subscriptions", ["account_id"])
    op.create_index("ix_subscriptions_customer_id", "subscriptions", ["customer_id"])


def _promises() -> None:
    op.create_table(
        "support_keys",
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("subscription_id", sa.BigInteger, nullable=False),
        sa.Column("customer_id", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_support_keys_customer_id"),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name="fk_support_keys_subscription_id"),
        sa.PrimaryKeyConstraint("key", name="pk_support_keys"),
    )
    op.create_index("ix_support_keys_customer_id", "support_keys", ["customer_id"])
    op.create_table(
        "agreements",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("policy", sa.String(60), nullable=False),
        sa.Column("customer_id", sa.BigInteger, nullable=False),
        sa.Column("subscription_id", sa.BigInteger),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name="fk_agreements_customer_id"),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name="fk_agreements_subscription_id"),
        sa.PrimaryKeyConstraint("id", name="pk_agreements"),
        sa.UniqueConstraint("reference", name="uq_agreements_reference"),
    )
    op.create_index("ix_agreements_customer_id", "agreements", ["customer_id"])
