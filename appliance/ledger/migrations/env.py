"""Alembic's entry: the connection comes from `ledger.database.migrate`."""

from alembic import context

from appliance.ledger.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
