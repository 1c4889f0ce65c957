"""Alembic's entry: the connection comes from `ledger.database.migrate`."""

from alembic import context

from appliance.ledger import board_tables, review_tables, signin_tables  # noqa: F401  # all of the metadata

connection = context.config.attributes["connection"]
# SQLite's DDL is transactional once SQLAlchemy says BEGIN itself (ledger.database): a power cut leaves no half schema.
context.configure(
    connection=connection, target_metadata=review_tables.export.metadata, render_as_batch=True, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
