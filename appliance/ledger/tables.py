"""The tables. `event` is the record; `payload` is the part of it that can be erased; the rest is state, changed in the
transaction that appends the event it follows from.

STRICT tables know REAL, TEXT, INTEGER and BLOB only. Times are wall seconds (REAL), booleans 0 or 1, JSON is TEXT.
"""

import sqlalchemy as sa

metadata = sa.MetaData()


def table(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
    """A STRICT table of the ledger."""
    return sa.Table(name, metadata, *columns, sqlite_strict=True)


event = table(
    "event",
    sa.Column("seq", sa.INTEGER, primary_key=True),  # position in the box's whole history, from 1, without holes
    sa.Column("id", sa.TEXT, nullable=False, unique=True),  # made by whoever appends it: a resend is harmless
    sa.Column("chain", sa.TEXT, nullable=False),  # an attempt, or "box"
    sa.Column("position", sa.INTEGER, nullable=False),  # in its chain, from 1
    sa.Column("type", sa.TEXT, nullable=False),
    sa.Column("exam", sa.TEXT),
    sa.Column("wall", sa.REAL, nullable=False),
    sa.Column("body", sa.BLOB, nullable=False),  # the very bytes that are hashed (RFC 8785), kept through migrations
    sa.Column("hash", sa.BLOB, nullable=False),  # SHA-256 of body; body holds the hash before it
    sa.UniqueConstraint("chain", "position"),
)

payload = table(
    "payload",
    sa.Column("event", sa.TEXT, sa.ForeignKey("event.id"), primary_key=True),
    sa.Column("salt", sa.BLOB),  # both NULL once erased
    sa.Column("body", sa.BLOB),  # JSON (RFC 8785); body of the event holds SHA-256(salt || body)
)

user = table(
    "user",
    sa.Column("user", sa.TEXT, primary_key=True),
    sa.Column("name", sa.TEXT, nullable=False),
    sa.Column("role", sa.TEXT, nullable=False),
    sa.Column("password", sa.TEXT, nullable=False),  # argon2id
    sa.Column("factor", sa.TEXT),  # secret of the second factor (TOTP, RFC 6238, base32); NULL: none is set up
    sa.Column("disabled_at", sa.REAL),  # may not sign in
    sa.Column("must_change", sa.INTEGER, nullable=False, server_default="0"),  # the password is good for one sign-in
    sa.Column("subject", sa.TEXT),  # at the provider: "ISSUER SUB"; "": waits for the first sign-in; NULL: local
)

login = table(
    "login",
    sa.Column("token", sa.TEXT, primary_key=True),  # SHA-256 of the cookie's token, hex
    sa.Column("user", sa.TEXT, index=True),  # one of the two
    sa.Column("attempt", sa.TEXT),
    sa.Column("device", sa.TEXT),  # a pairing: the candidate's phone, which may do nothing but be the second camera
    sa.Column("created_at", sa.REAL, nullable=False),
    sa.Column("seen_at", sa.REAL, nullable=False),
    sa.Column("how", sa.TEXT, nullable=False, server_default=""),  # the person proved it: exam.signin.How
    sa.Column("browser", sa.TEXT, nullable=False, server_default=""),
    sa.Column("address", sa.TEXT, nullable=False, server_default=""),
)

exam = table(
    "exam",
    sa.Column("exam", sa.TEXT, primary_key=True),
    sa.Column("title", sa.TEXT, nullable=False),
    sa.Column("minutes", sa.INTEGER, nullable=False),
    sa.Column("starts_at", sa.REAL, nullable=False),
    sa.Column("admission", sa.TEXT, nullable=False),
    sa.Column("link", sa.TEXT, nullable=False),
    sa.Column("warnings_before_end", sa.INTEGER, nullable=False),
    sa.Column("ratio", sa.INTEGER, nullable=False),
    sa.Column("retention_days", sa.INTEGER, nullable=False),
    sa.Column("ended_at", sa.REAL),
    sa.Column("stored_at", sa.REAL),  # all of it is upstream
)

attempt = table(
    "attempt",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("exam", sa.TEXT, sa.ForeignKey("exam.exam"), nullable=False, index=True),
    sa.Column("seat", sa.TEXT, nullable=False),
    sa.Column("candidate", sa.TEXT, nullable=False),  # the institution's number for the person
    sa.Column("name", sa.TEXT, nullable=False),
    sa.Column("stage", sa.TEXT, nullable=False),
    sa.Column("stage_at", sa.REAL, nullable=False),
    sa.Column("proctor", sa.TEXT),
    sa.Column("ends_at", sa.REAL),
    sa.Column("stored_at", sa.REAL),
    sa.Column("room", sa.TEXT, nullable=False, server_default=""),
    sa.Column("extra_minutes", sa.INTEGER, nullable=False, server_default="0"),
    sa.UniqueConstraint("exam", "seat"),
)

join_code = table(
    "join_code",
    sa.Column("code", sa.TEXT, primary_key=True),  # HMAC-SHA256 under the box's key, hex
    sa.Column("attempt", sa.TEXT, sa.ForeignKey("attempt.attempt"), nullable=False, unique=True),
    sa.Column("used_at", sa.REAL),
)

message = table(
    "message",
    sa.Column("message", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, sa.ForeignKey("attempt.attempt"), nullable=False, index=True),
    sa.Column("kind", sa.TEXT, nullable=False),
    sa.Column("sender", sa.TEXT, nullable=False),
    sa.Column("sender_name", sa.TEXT, nullable=False),
    sa.Column("text", sa.TEXT, nullable=False),
    sa.Column("sent_at", sa.REAL, nullable=False),
    sa.Column("read_at", sa.REAL),
    sa.Column("acknowledged_at", sa.REAL),
)

flag = table(
    "flag",
    sa.Column("flag", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, sa.ForeignKey("attempt.attempt"), nullable=False, index=True),
    sa.Column("code", sa.TEXT, nullable=False),
    sa.Column("category", sa.TEXT, nullable=False),
    sa.Column("severity", sa.TEXT, nullable=False),
    sa.Column("kind", sa.TEXT, nullable=False),
    sa.Column("source", sa.TEXT, nullable=False),
    sa.Column("onset_at", sa.REAL, nullable=False),
    sa.Column("raised_at", sa.REAL, nullable=False),
    sa.Column("ended_at", sa.REAL),
    sa.Column("position", sa.REAL),
    sa.Column("facts", sa.TEXT, nullable=False),  # JSON: the payload of flag.raised, brought up to date by flag.closed
    sa.Column("state", sa.TEXT, nullable=False),  # exam.flags.Decision
    sa.Column("reason", sa.TEXT, nullable=False, server_default=""),
    sa.Column("note", sa.TEXT, nullable=False, server_default=""),
    sa.Column("decided_by", sa.TEXT),
    sa.Column("decided_at", sa.REAL),
)

segment = table(
    "segment",
    sa.Column("path", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),  # or a room
    sa.Column("kind", sa.TEXT, nullable=False),
    sa.Column("number", sa.INTEGER, nullable=False),
    sa.Column("starts_at", sa.REAL, nullable=False),
    sa.Column("position", sa.REAL, nullable=False),
    sa.Column("duration", sa.REAL, nullable=False),
    sa.Column("bytes", sa.INTEGER, nullable=False),
    sa.Column("sha256", sa.TEXT, nullable=False),
    sa.Column("late", sa.INTEGER, nullable=False, server_default="0"),  # it fills a gap
)

gap = table(
    "gap",
    sa.Column("gap", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),  # or a room
    sa.Column("kind", sa.TEXT, nullable=False),
    sa.Column("cause", sa.TEXT, nullable=False),
    sa.Column("starts_at", sa.REAL, nullable=False),
    sa.Column("ends_at", sa.REAL),
)

fill = table(
    "fill",
    sa.Column("path", sa.TEXT, primary_key=True),  # a late segment
    sa.Column("gap", sa.TEXT, nullable=False, index=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("kind", sa.TEXT, nullable=False),
    sa.Column("starts_at", sa.REAL, nullable=False),
    sa.Column("ends_at", sa.REAL, nullable=False),
)

pairing = table(
    "pairing",
    sa.Column("pairing", sa.TEXT, primary_key=True),
    sa.Column("token", sa.TEXT, unique=True),  # SHA-256 of what the QR code holds, hex; NULL once used or withdrawn
    sa.Column("attempt", sa.TEXT, sa.ForeignKey("attempt.attempt"), nullable=False, index=True),
    sa.Column("invited_at", sa.REAL, nullable=False),
    sa.Column("expires_at", sa.REAL, nullable=False),
    sa.Column("browser", sa.TEXT, nullable=False, server_default=""),
    sa.Column("state", sa.TEXT, nullable=False),  # exam.phone.State: invited, scanned, confirmed, refused
    sa.Column("state_at", sa.REAL, nullable=False),
)

call = table(
    "call",
    sa.Column("call", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, sa.ForeignKey("attempt.attempt"), nullable=False, index=True),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("by_name", sa.TEXT, nullable=False),
    sa.Column("started_at", sa.REAL, nullable=False),
    sa.Column("ended_at", sa.REAL),
)

position = table(
    "position",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("kind", sa.TEXT, primary_key=True),
    sa.Column("position", sa.TEXT, nullable=False),  # exam.feed.Position
)

room = table(
    "room",
    sa.Column("room", sa.TEXT, primary_key=True),  # stands where an attempt's id does: chain, folder, segments, gaps
    sa.Column("exam", sa.TEXT, sa.ForeignKey("exam.exam"), nullable=False, index=True),
    sa.Column("camera", sa.TEXT, nullable=False),
)

# --- detection ---

detection = table(
    "detection",
    sa.Column("exam", sa.TEXT, primary_key=True),
    sa.Column("policy", sa.TEXT, nullable=False),  # JSON: exam.detection.DetectionPolicy
    sa.Column("set_at", sa.REAL, nullable=False),
    sa.Column("set_by", sa.TEXT, nullable=False),
    sa.Column("override", sa.TEXT, nullable=False),
)

granted = table(
    "granted",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("switches", sa.TEXT, nullable=False),  # JSON list of exam.accommodation.Switch
)

baseline = table(
    "baseline",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("kind", sa.TEXT, primary_key=True),
    sa.Column("facts", sa.TEXT, nullable=False),  # JSON: the payload of baseline.taken, of all senses
    sa.Column("taken_at", sa.REAL, nullable=False),
)

identity = table(
    "identity",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("declined_at", sa.REAL),
    sa.Column("photo", sa.TEXT),  # of the ID; paths are relative to the media folder
    sa.Column("photo_sha256", sa.TEXT),
    sa.Column("face", sa.TEXT),  # taken with it
    sa.Column("face_sha256", sa.TEXT),
    sa.Column("pictured_at", sa.REAL),
    sa.Column("score", sa.REAL),
    sa.Column("score_limit", sa.REAL),
    sa.Column("reason", sa.TEXT),
    sa.Column("compared_at", sa.REAL),
    sa.Column("decision", sa.TEXT),
    sa.Column("note", sa.TEXT),
    sa.Column("decided_by", sa.TEXT),
    sa.Column("decided_at", sa.REAL),
)

challenge = table(
    "challenge",
    sa.Column("challenge", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("steps", sa.TEXT, nullable=False),  # JSON list
    sa.Column("seen", sa.TEXT),  # JSON list, as long as steps; NULL until it was answered
    sa.Column("asked_by", sa.TEXT, nullable=False),
    sa.Column("asked_at", sa.REAL, nullable=False),
)

room_event = table(
    "room_event",
    sa.Column("event", sa.TEXT, primary_key=True),
    sa.Column("exam", sa.TEXT, nullable=False, index=True),
    sa.Column("code", sa.TEXT, nullable=False),
    sa.Column("attempts", sa.TEXT, nullable=False),  # JSON list
    sa.Column("onset_at", sa.REAL, nullable=False),
    sa.Column("ended_at", sa.REAL),
)
