"""Alembic migrations of the ledger. They never touch `event` and `payload` rows."""
