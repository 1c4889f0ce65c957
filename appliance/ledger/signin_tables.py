"""The tables of sign-in beside `user` and `login`: passkeys, recovery codes, wrong guesses."""

import sqlalchemy as sa

from appliance.ledger.tables import table

passkey = table(
    "passkey",
    sa.Column("passkey", sa.TEXT, primary_key=True),  # the credential's id, base64url
    sa.Column("user", sa.TEXT, nullable=False, index=True),
    sa.Column("name", sa.TEXT, nullable=False),  # as the person calls it
    sa.Column("host", sa.TEXT, nullable=False),  # the name of the box that it is good for (WebAuthn's rp id)
    sa.Column("public_key", sa.BLOB, nullable=False),  # COSE
    sa.Column("count", sa.INTEGER, nullable=False),  # of its signatures, where it counts: a copy would fall behind
    sa.Column("transports", sa.TEXT, nullable=False),  # JSON list
    sa.Column("added_at", sa.REAL, nullable=False),
    sa.Column("used_at", sa.REAL),
)

recovery_code = table(
    "recovery_code",
    sa.Column("code", sa.TEXT, primary_key=True),  # HMAC-SHA256 under the box's key, hex; used: the row is gone
    sa.Column("user", sa.TEXT, nullable=False, index=True),
)

guess = table(
    "guess",
    sa.Column("subject", sa.TEXT, primary_key=True),  # what is guessed at, or from where: "user:lea", "address:..."
    sa.Column("wrong", sa.INTEGER, nullable=False),  # in a row
    sa.Column("wrong_at", sa.REAL, nullable=False),  # the last
    sa.Column("until", sa.REAL, nullable=False),  # before it nothing is tried
)
