"""A decision may have no contact: rules look at a case again when it moved, or when nobody touched it for long."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let decisions stand without a contact. SQLite changes a column by copying its table."""
    with op.batch_alter_table("decisions") as decisions:
        decisions.alter_column("contact_id", existing_type=sa.BigInteger(), nullable=True)
