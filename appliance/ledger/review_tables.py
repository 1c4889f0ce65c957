"""The tables of review, export and retention. The others are in `tables` and `day_tables`."""

import sqlalchemy as sa

from appliance.ledger.tables import table

# --- review ---

watched = table(
    "watched",
    sa.Column("event", sa.TEXT, primary_key=True),  # the id of recording.watched
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("kinds", sa.TEXT, nullable=False),  # JSON list
    sa.Column("starts_at", sa.REAL, nullable=False),
    sa.Column("ends_at", sa.REAL, nullable=False),
    sa.Column("speed", sa.REAL, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
)

flag_note = table(
    "flag_note",
    sa.Column("note", sa.TEXT, primary_key=True),
    sa.Column("flag", sa.TEXT, nullable=False, index=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("text", sa.TEXT, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("by_name", sa.TEXT, nullable=False),
    sa.Column("noted_at", sa.REAL, nullable=False),
)

recommendation = table(
    "recommendation",
    sa.Column("recommendation", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("kind", sa.TEXT, nullable=False),  # exam.review.Recommendation
    sa.Column("text", sa.TEXT, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("by_name", sa.TEXT, nullable=False),
    sa.Column("made_at", sa.REAL, nullable=False),
    sa.Column("agreed", sa.INTEGER),  # NULL until a second reviewer answered
    sa.Column("answer", sa.TEXT, nullable=False, server_default=""),
    sa.Column("answered_by", sa.TEXT),
    sa.Column("answered_by_name", sa.TEXT),
    sa.Column("answered_at", sa.REAL),
    sa.Column("withdrawn_at", sa.REAL),
)

outcome = table(
    "outcome",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("outcome", sa.TEXT, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("by_name", sa.TEXT, nullable=False),
    sa.Column("recorded_at", sa.REAL, nullable=False),
)

sample = table(
    "sample",
    sa.Column("sample", sa.TEXT, primary_key=True),
    sa.Column("exam", sa.TEXT, nullable=False, index=True),
    sa.Column("attempt", sa.TEXT, nullable=False),
    sa.Column("starts_at", sa.REAL, nullable=False),
    sa.Column("ends_at", sa.REAL, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("drawn_at", sa.REAL, nullable=False),
    sa.Column("verdict", sa.TEXT),  # exam.sampling.Verdict; NULL until it was watched
    sa.Column("flag", sa.TEXT),
    sa.Column("text", sa.TEXT, nullable=False, server_default=""),
    sa.Column("judged_at", sa.REAL),
)

muted = table(
    "muted",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("code", sa.TEXT, primary_key=True),
    sa.Column("reason", sa.TEXT, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("by_name", sa.TEXT, nullable=False),
    sa.Column("muted_at", sa.REAL, nullable=False),
)

# --- export ---

export = table(
    "export",
    sa.Column("export", sa.TEXT, primary_key=True),
    sa.Column("exam", sa.TEXT, nullable=False, index=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),  # or a room
    sa.Column("kinds", sa.TEXT, nullable=False),  # JSON list
    sa.Column("starts_at", sa.REAL, nullable=False),
    sa.Column("ends_at", sa.REAL, nullable=False),
    sa.Column("masked", sa.INTEGER, nullable=False),
    sa.Column("reason", sa.TEXT, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("by_name", sa.TEXT, nullable=False),
    sa.Column("asked_at", sa.REAL, nullable=False),
    sa.Column("facts", sa.TEXT),  # JSON: export.made; NULL while it waits
    sa.Column("trouble", sa.TEXT, nullable=False, server_default=""),  # as in export.failed
    sa.Column("done_at", sa.REAL),
)

# --- retention ---

hold = table(
    "hold",
    sa.Column("hold", sa.TEXT, primary_key=True),
    sa.Column("exam", sa.TEXT, nullable=False, index=True),
    sa.Column("attempt", sa.TEXT),  # NULL: the whole exam
    sa.Column("reason", sa.TEXT, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("by_name", sa.TEXT, nullable=False),
    sa.Column("placed_at", sa.REAL, nullable=False),
    sa.Column("lifted_at", sa.REAL),
    sa.Column("lifted_by", sa.TEXT),
    sa.Column("lift_reason", sa.TEXT, nullable=False, server_default=""),
)

deletion = table(
    "deletion",
    sa.Column("event", sa.TEXT, primary_key=True),  # the id of media.deleted or personal.erased
    sa.Column("exam", sa.TEXT, nullable=False, index=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),  # or a room
    sa.Column("what", sa.TEXT, nullable=False),  # exam.retention.Data
    sa.Column("why", sa.TEXT, nullable=False),
    sa.Column("files", sa.INTEGER, nullable=False),
    sa.Column("bytes", sa.INTEGER, nullable=False),
    sa.Column("due_at", sa.REAL, nullable=False),
    sa.Column("deleted_at", sa.REAL, nullable=False),
)

deleted_file = table(
    "deleted_file",
    sa.Column("path", sa.TEXT, primary_key=True),  # as in media.deleted
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("deleted_at", sa.REAL, nullable=False),
)

erasure = table(
    "erasure",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("reference", sa.TEXT, nullable=False),  # "" where a date asks for it
    sa.Column("by_name", sa.TEXT, nullable=False),
    sa.Column("asked_at", sa.REAL, nullable=False),
    sa.Column("erased_at", sa.REAL),
)
