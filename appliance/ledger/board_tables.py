"""The tables of the lab's seats: where they are, which computer stands there, and the newest check of each."""

import sqlalchemy as sa

from appliance.ledger.tables import table

seat_place = table(
    "seat_place",
    sa.Column("seat", sa.TEXT, primary_key=True),
    sa.Column("row", sa.INTEGER, nullable=False),
    sa.Column("column", sa.INTEGER, nullable=False),
)

seat_cards = table(
    "seat_cards",
    sa.Column("edition", sa.INTEGER, primary_key=True),  # of the desk cards; the highest one holds
    sa.Column("made_at", sa.REAL, nullable=False),
)

seat_machine = table(
    "seat_machine",
    sa.Column("machine", sa.TEXT, primary_key=True),  # SHA-256 of its cookie's token, hex
    sa.Column("seat", sa.TEXT, nullable=False, unique=True),
    sa.Column("bound_at", sa.REAL, nullable=False),
    sa.Column("browser", sa.TEXT, nullable=False),
    sa.Column("moved_from", sa.TEXT, nullable=False),  # the seat that it was at before, "" for none
    sa.Column("replaced", sa.TEXT, nullable=False),  # the computer that was there before, "" for none
)

seat_check = table(
    "seat_check",
    sa.Column("seat", sa.TEXT, primary_key=True),
    sa.Column("machine", sa.TEXT, nullable=False),
    sa.Column("checked_at", sa.REAL, nullable=False),
    sa.Column("facts", sa.TEXT, nullable=False),  # JSON
    sa.Column("findings", sa.TEXT, nullable=False),  # JSON
)

attempt_machine = table(
    "attempt_machine",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("seat", sa.TEXT, nullable=False),  # of the computer that the candidate came in at
    sa.Column("at", sa.REAL, nullable=False),
)
