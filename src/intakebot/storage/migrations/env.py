"""Alembic's entry: runs the steps on the connection, and in the transaction, that `migrate` opened."""

from alembic import context

from intakebot.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
