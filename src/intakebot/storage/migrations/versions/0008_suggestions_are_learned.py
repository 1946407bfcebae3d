"""What suggestions were learned is kept, so that a start does not begin at nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the first look of the worker fills it from the cases that are closed."""
    op.create_table(
        "suggestion_models",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("learned", sa.Integer, nullable=False),
        sa.Column("learned_until", sa.BigInteger, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_suggestion_models"),
    )
