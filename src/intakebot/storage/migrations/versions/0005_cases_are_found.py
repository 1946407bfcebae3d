"""Cases are found by their words, and an agent's open cases without a look at all that have ended.

The index itself is filled by `storage.search` once all steps are taken, because its words are made there.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NOT_ENDED = "closed_at IS NULL AND ended_as IS NULL"
UNFILLED = "case_search_unfilled"


def upgrade() -> None:
    """Make the index and the three lists of open cases."""
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE case_search USING fts5"
            " (head, said, answer, tokenize = 'unicode61 remove_diacritics 0', detail = column)"
        )
    else:
        op.execute(
            "CREATE TABLE case_search (case_id bigint CONSTRAINT pk_case_search PRIMARY KEY"
            " CONSTRAINT fk_case_search_case_id REFERENCES cases (id), document tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX ix_case_search_document ON case_search USING gin (document)")
    for column in ("queue", "owner", "assignee"):
        where = sa.text(NOT_ENDED)
        op.create_index(f"ix_cases_open_{column}", "cases", [column], sqlite_where=where, postgresql_where=where)
    counters = sa.table("counters", sa.column("name"), sa.column("value"))
    op.bulk_insert(counters, [{"name": UNFILLED, "value": 1}])
