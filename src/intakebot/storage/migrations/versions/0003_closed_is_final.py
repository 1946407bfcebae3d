"""What has ended is immutable, and history is append-only: the database itself refuses, whoever asks.

A case is final when it is closed, void or merged. Deliveries and thread ids stay outside, because transport
still settles after a case has closed.
"""

from string import Template

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

REFUSAL = "the case has ended: nothing may change"
APPEND_ONLY = "history is append-only"
CHILDREN = ("case_events", "tasks", "comments", "case_messages")

_PART_OF_FINAL_CASE_ON_SQLITE = """
CREATE TRIGGER $NAME BEFORE $VERB ON $TABLE
WHEN EXISTS (SELECT 1 FROM cases WHERE id IN ($ROWS) AND (closed_at IS NOT NULL OR ended_as IS NOT NULL))
BEGIN SELECT RAISE(ABORT, '$REFUSAL'); END
"""
_REFUSE_FINAL_CASE = """
CREATE FUNCTION refuse_final_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL OR OLD.ended_as IS NOT NULL THEN
        RAISE EXCEPTION 'REFUSAL';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$
"""
# FOR SHARE: a case that is being closed in another transaction is waited for, then seen as closed.
_REFUSE_PART_OF_FINAL_CASE = """
CREATE FUNCTION refuse_part_of_final_case() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE final boolean;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT closed_at IS NOT NULL OR ended_as IS NOT NULL INTO final
        FROM cases WHERE id = OLD.case_id FOR SHARE;
        IF final THEN RAISE EXCEPTION 'REFUSAL'; END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    SELECT closed_at IS NOT NULL OR ended_as IS NOT NULL INTO final
    FROM cases WHERE id = NEW.case_id FOR SHARE;
    IF final THEN RAISE EXCEPTION 'REFUSAL'; END IF;
    RETURN NEW;
END $$
"""
_REFUSE_REWRITING_HISTORY = """
CREATE FUNCTION refuse_rewriting_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'APPEND_ONLY';
END $$
"""


def upgrade() -> None:
    """Make the triggers of this database."""
    if op.get_context().dialect.name == "sqlite":
        _guard_on_sqlite()
    else:
        _guard_on_postgresql()


def _guard_on_sqlite() -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(f"""
            CREATE TRIGGER cases_final_{verb.lower()} BEFORE {verb} ON cases
            WHEN OLD.closed_at IS NOT NULL OR OLD.ended_as IS NOT NULL
            BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""")
        op.execute(f"""
            CREATE TRIGGER case_events_append_only_{verb.lower()} BEFORE {verb} ON case_events
            BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END""")
    for table in CHILDREN:
        for verb, rows in (
            ("INSERT", "NEW.case_id"),
            ("UPDATE", "OLD.case_id, NEW.case_id"),
            ("DELETE", "OLD.case_id"),
        ):
            words = {
                "TABLE": table,
                "VERB": verb,
                "ROWS": rows,
                "NAME": f"{table}_final_{verb.lower()}",
                "REFUSAL": REFUSAL,
            }
            op.execute(Template(_PART_OF_FINAL_CASE_ON_SQLITE).substitute(words))


def _guard_on_postgresql() -> None:
    for function in (_REFUSE_FINAL_CASE, _REFUSE_PART_OF_FINAL_CASE, _REFUSE_REWRITING_HISTORY):
        op.execute(function.replace("REFUSAL", REFUSAL).replace("APPEND_ONLY", APPEND_ONLY))
    op.execute("""
        CREATE TRIGGER cases_final BEFORE UPDATE OR DELETE ON cases
        FOR EACH ROW EXECUTE FUNCTION refuse_final_case()""")
    op.execute("""
        CREATE TRIGGER case_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_events
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting_history()""")
    for table in CHILDREN:
        op.execute(f"""
            CREATE TRIGGER {table}_final BEFORE INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse_part_of_final_case()""")
