"""The day of an exam: plan, check-in, the sitting, check-out."""

from alembic import op

from appliance.ledger.migrations.statements import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables; what was called finished is called submitted."""
    run(op.get_bind(), "r0004_day.sql")
