"""Phones, calls, rooms, position profiles, late pieces. Segments and gaps may belong to a room, which is no attempt:
they are made anew without their reference to one, as SQLite cannot drop it."""

from alembic import op

from appliance.ledger.migrations.statements import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables."""
    run(op.get_bind(), "r0002_streams.sql")
