"""The tables of LTI: which link is which exam, who was launched, nonces that were used, what the platform was asked."""

import sqlalchemy as sa

from appliance.ledger.tables import table

lti_link = table(
    "lti_link",
    sa.Column("platform", sa.TEXT, primary_key=True),
    sa.Column("resource_link", sa.TEXT, primary_key=True),
    sa.Column("exam", sa.TEXT, nullable=False, index=True),
)

lti_launch = table(
    "lti_launch",  # the newest of each attempt; what is secret in it stands in no event
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("platform", sa.TEXT, nullable=False),
    sa.Column("subject", sa.TEXT, nullable=False),
    sa.Column("resource_link", sa.TEXT, nullable=False),
    sa.Column("attempt_number", sa.INTEGER, nullable=False),
    sa.Column("session_data", sa.TEXT, nullable=False),
    sa.Column("start_url", sa.TEXT, nullable=False),
    sa.Column("control_url", sa.TEXT, nullable=False),
    sa.Column("actions", sa.TEXT, nullable=False),  # JSON list
    sa.Column("browser", sa.TEXT, nullable=False),  # SHA-256 of the cookie of the browser that was let in, hex
    sa.Column("since", sa.INTEGER, nullable=False),  # the ledger's head at the first launch
    sa.Column("launched_at", sa.REAL, nullable=False),
    sa.Column("started_at", sa.REAL),
    sa.Column("submitted_at", sa.REAL),
)

lti_nonce = table(
    "lti_nonce",
    sa.Column("nonce", sa.TEXT, primary_key=True),  # SHA-256 of platform and nonce, hex
    sa.Column("expires_at", sa.REAL, nullable=False),
)

lti_control = table(
    "lti_control",  # what was said to the platform, or never will be
    sa.Column("cause", sa.TEXT, primary_key=True),  # the id of the event
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("platform", sa.TEXT, nullable=False),
    sa.Column("action", sa.TEXT, nullable=False),
    sa.Column("sent", sa.INTEGER, nullable=False),
    sa.Column("settled_at", sa.REAL, nullable=False),
)
