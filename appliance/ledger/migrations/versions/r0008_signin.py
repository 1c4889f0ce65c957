"""Sign-in: passkeys, recovery codes, wrong guesses, and what an account and a sign-in are known by."""

from alembic import op

from appliance.ledger.migrations.statements import run

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables and columns."""
    run(op.get_bind(), "r0008_signin.sql")
