"""Indexes for the figures that are asked for every few seconds (`ledger.fleet`)."""

from alembic import op

from appliance.ledger.migrations.statements import run

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the indexes."""
    run(op.get_bind(), "r0006_fleet.sql")
