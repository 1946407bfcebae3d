"""A delivery says which process is sending it and until when; a file says why it should be opened with care."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; files that came before are not looked at again, and have no flags."""
    op.add_column("deliveries", sa.Column("claimed_by", sa.Integer))
    op.add_column("deliveries", sa.Column("leased_until", sa.DateTime(timezone=True)))
    op.add_column("files", sa.Column("flags", sa.JSON, nullable=False, server_default="[]"))
