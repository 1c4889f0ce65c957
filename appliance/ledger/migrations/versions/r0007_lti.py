"""LTI Proctoring Services."""

from alembic import op

from appliance.ledger.migrations.statements import run

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables."""
    run(op.get_bind(), "r0007_lti.sql")
