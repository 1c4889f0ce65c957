"""Review, exports, holds and deletions."""

from alembic import op

from appliance.ledger.migrations.statements import run

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables."""
    run(op.get_bind(), "r0005_review.sql")
