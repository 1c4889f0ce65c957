"""Alembic's entry: the connection comes from `ledger.database.migrate`."""

from alembic import context

from appliance.ledger.tables import metadata

connection = context.config.attributes["connection"]
# SQLite's DDL is transactional once SQLAlchemy says BEGIN itself (ledger.database): a power cut leaves no half schema.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
