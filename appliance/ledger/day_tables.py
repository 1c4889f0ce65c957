"""The tables of the day of an exam: its plan, check-in, the sitting, check-out. The others are in `tables`."""

import sqlalchemy as sa

from appliance.ledger.tables import table

# --- planning ---

plan = table(
    "plan",
    sa.Column("exam", sa.TEXT, primary_key=True),
    sa.Column("plan", sa.TEXT, nullable=False),  # JSON: exam.plan.ExamPlan
    sa.Column("planned_at", sa.REAL, nullable=False),
    sa.Column("planned_by", sa.TEXT, nullable=False),
)

content = table(
    "content",
    sa.Column("exam", sa.TEXT, primary_key=True),
    sa.Column("section", sa.INTEGER, primary_key=True),  # from 1
    sa.Column("name", sa.TEXT, nullable=False),
    sa.Column("path", sa.TEXT, nullable=False),  # relative to the data folder
    sa.Column("sha256", sa.TEXT, nullable=False),
    sa.Column("bytes", sa.INTEGER, nullable=False),
    sa.Column("stored_at", sa.REAL, nullable=False),
)

release = table(
    "release",
    sa.Column("exam", sa.TEXT, primary_key=True),
    sa.Column("section", sa.INTEGER, primary_key=True),
    sa.Column("released_at", sa.REAL, nullable=False),
    sa.Column("released_by", sa.TEXT, nullable=False),
)

delegate = table(
    "delegate",
    sa.Column("exam", sa.TEXT, primary_key=True),
    sa.Column("user", sa.TEXT, primary_key=True),
    sa.Column("delegated_at", sa.REAL, nullable=False),
    sa.Column("delegated_by", sa.TEXT, nullable=False),
)

notice = table(
    "notice",
    sa.Column("exam", sa.TEXT, primary_key=True),
    sa.Column("how", sa.TEXT, primary_key=True),
    sa.Column("to", sa.TEXT, nullable=False),
    sa.Column("trouble", sa.TEXT, nullable=False),
    sa.Column("given_at", sa.REAL, nullable=False),
)

# --- check-in ---

passed = table(
    "passed",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("stage", sa.TEXT, primary_key=True),  # one of exam.stage.OPTIONAL that is done
    sa.Column("passed_at", sa.REAL, nullable=False),
)

returned = table(
    "returned",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("stage", sa.TEXT, primary_key=True),  # sent back to it
    sa.Column("times", sa.INTEGER, nullable=False),
    sa.Column("reason", sa.TEXT, nullable=False),
    sa.Column("returned_at", sa.REAL, nullable=False),
)

selftest = table(
    "selftest",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("results", sa.TEXT, nullable=False),  # JSON: as equipment.checked
    sa.Column("checked_at", sa.REAL, nullable=False),
)

scan = table(
    "scan",
    sa.Column("scan", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("asked_at", sa.REAL),
    sa.Column("asked_by", sa.TEXT, nullable=False, server_default=""),
    sa.Column("reason", sa.TEXT, nullable=False, server_default=""),
    sa.Column("number", sa.INTEGER),
    sa.Column("path", sa.TEXT),  # relative to the media folder; NULL until it is there, and once it is deleted
    sa.Column("sha256", sa.TEXT),
    sa.Column("bytes", sa.INTEGER),
    sa.Column("seconds", sa.REAL),
    sa.Column("recorded_at", sa.REAL),
    sa.Column("delete_at", sa.REAL),
    sa.Column("verdict", sa.TEXT),
    sa.Column("note", sa.TEXT),
    sa.Column("reviewed_by", sa.TEXT),
    sa.Column("reviewed_at", sa.REAL),
)

posture = table(
    "posture",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("seen", sa.TEXT, nullable=False),  # JSON: as position.checked
    sa.Column("ticked", sa.TEXT, nullable=False),
    sa.Column("phone", sa.TEXT, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("checked_at", sa.REAL, nullable=False),
)

# --- the sitting ---

sitting = table(
    "sitting",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("sections", sa.TEXT, nullable=False, server_default="[]"),  # JSON list: the order
    sa.Column("warned_minutes", sa.INTEGER),  # the last time that was called
    sa.Column("warned_at", sa.REAL),
    sa.Column("looked_at", sa.REAL),  # by anybody
    sa.Column("looked_by", sa.TEXT),
    sa.Column("listened_at", sa.REAL),
    sa.Column("listened_by", sa.TEXT),
)

pause = table(
    "pause",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("begun_at", sa.REAL, primary_key=True),
    sa.Column("kind", sa.TEXT, nullable=False),  # break, pause
    sa.Column("minutes", sa.INTEGER),
    sa.Column("until", sa.REAL),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("ended_at", sa.REAL),
    sa.Column("overrun", sa.REAL),
)

opened = table(
    "opened",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("section", sa.INTEGER, primary_key=True),
    sa.Column("opened_at", sa.REAL, nullable=False),
)

announcement = table(
    "announcement",
    sa.Column("announcement", sa.TEXT, primary_key=True),
    sa.Column("exam", sa.TEXT, nullable=False, index=True),
    sa.Column("text", sa.TEXT, nullable=False),
    sa.Column("spoken", sa.INTEGER, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("by_name", sa.TEXT, nullable=False),
    sa.Column("announced_at", sa.REAL, nullable=False),
)

receipt = table(
    "receipt",
    sa.Column("announcement", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, primary_key=True),  # was there when it was made
    sa.Column("read_at", sa.REAL),
)

staff_message = table(
    "staff_message",
    sa.Column("message", sa.TEXT, primary_key=True),
    sa.Column("exam", sa.TEXT, nullable=False, index=True),
    sa.Column("text", sa.TEXT, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("by_name", sa.TEXT, nullable=False),
    sa.Column("said_at", sa.REAL, nullable=False),
)

inquiry = table(
    "inquiry",
    sa.Column("inquiry", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("kind", sa.TEXT, nullable=False),
    sa.Column("text", sa.TEXT, nullable=False),
    sa.Column("made_by", sa.TEXT, nullable=False),
    sa.Column("made_at", sa.REAL, nullable=False),
    sa.Column("answer", sa.TEXT),
    sa.Column("answered_by", sa.TEXT),
    sa.Column("answered_by_name", sa.TEXT),
    sa.Column("answered_at", sa.REAL),
)

irregularity = table(
    "irregularity",
    sa.Column("irregularity", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("category", sa.TEXT, nullable=False),
    sa.Column("text", sa.TEXT, nullable=False),
    sa.Column("happened_at", sa.REAL, nullable=False),
    sa.Column("position", sa.REAL),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("by_name", sa.TEXT, nullable=False),
    sa.Column("noted_at", sa.REAL, nullable=False),
)

kept = table(
    "kept",
    sa.Column("kept", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("kind", sa.TEXT, nullable=False),
    sa.Column("still", sa.TEXT, nullable=False),
    sa.Column("still_sha256", sa.TEXT, nullable=False),
    sa.Column("clip", sa.TEXT, nullable=False),
    sa.Column("clip_sha256", sa.TEXT, nullable=False),
    sa.Column("starts_at", sa.REAL, nullable=False),
    sa.Column("ends_at", sa.REAL, nullable=False),
    sa.Column("taken_at", sa.REAL, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("kept_at", sa.REAL, nullable=False),
)

keeping = table(
    "keeping",  # asked for and not kept yet, or failed
    sa.Column("kept", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("kind", sa.TEXT, nullable=False),
    sa.Column("position", sa.REAL),
    sa.Column("moment_at", sa.REAL, nullable=False),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("trouble", sa.TEXT, nullable=False, server_default=""),
)

# --- check-out ---

page = table(
    "page",
    sa.Column("page", sa.TEXT, primary_key=True),
    sa.Column("attempt", sa.TEXT, nullable=False, index=True),
    sa.Column("number", sa.INTEGER, nullable=False),
    sa.Column("path", sa.TEXT, nullable=False),
    sa.Column("sha256", sa.TEXT, nullable=False),
    sa.Column("bytes", sa.INTEGER, nullable=False),
    sa.Column("sharpness", sa.REAL, nullable=False),
    sa.Column("light", sa.REAL, nullable=False),
    sa.Column("readable", sa.INTEGER, nullable=False),
    sa.Column("accepted_by", sa.TEXT),
    sa.Column("photographed_at", sa.REAL, nullable=False),
    sa.UniqueConstraint("attempt", "number"),
)

paper = table(
    "paper",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("path", sa.TEXT),
    sa.Column("sha256", sa.TEXT),
    sa.Column("bytes", sa.INTEGER),
    sa.Column("pages", sa.INTEGER),
    sa.Column("made", sa.INTEGER),
    sa.Column("counted", sa.INTEGER),
    sa.Column("counted_by", sa.TEXT),
    sa.Column("uploaded_at", sa.REAL),
)

tick = table(
    "tick",
    sa.Column("attempt", sa.TEXT, primary_key=True),
    sa.Column("tick", sa.TEXT, primary_key=True),
    sa.Column("by", sa.TEXT, nullable=False),
    sa.Column("note", sa.TEXT, nullable=False),
    sa.Column("ticked_at", sa.REAL, nullable=False),
)
