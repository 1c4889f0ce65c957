"""What is detected in an exam, accommodations, base lines, identity, room events."""

from alembic import op

from appliance.ledger.migrations.statements import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables."""
    run(op.get_bind(), "r0003_detection.sql")
