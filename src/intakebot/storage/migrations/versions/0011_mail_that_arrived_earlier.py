"""A contact knows when it came into the mailbox that we took it from, where that was before it reached us."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the moment; of what came before nobody knows it."""
    op.add_column("contacts", sa.Column("arrived_at", sa.DateTime(timezone=True)))
