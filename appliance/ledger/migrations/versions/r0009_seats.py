"""The lab's seats: places, desk cards, computers, checks."""

from alembic import op

from appliance.ledger.migrations.statements import run

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables."""
    run(op.get_bind(), "r0009_seats.sql")
