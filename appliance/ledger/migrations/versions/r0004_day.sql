ALTER TABLE attempt ADD COLUMN room TEXT DEFAULT '' NOT NULL;

ALTER TABLE attempt ADD COLUMN extra_minutes INTEGER DEFAULT '0' NOT NULL;

UPDATE attempt SET stage = 'submitted' WHERE stage = 'finished';

CREATE TABLE "plan" (
    exam TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    planned_at REAL NOT NULL,
    planned_by TEXT NOT NULL,
    PRIMARY KEY (exam)
)
 STRICT;

CREATE TABLE content (
    exam TEXT NOT NULL,
    section INTEGER NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    stored_at REAL NOT NULL,
    PRIMARY KEY (exam, section)
)
 STRICT;

CREATE TABLE release (
    exam TEXT NOT NULL,
    section INTEGER NOT NULL,
    released_at REAL NOT NULL,
    released_by TEXT NOT NULL,
    PRIMARY KEY (exam, section)
)
 STRICT;

CREATE TABLE delegate (
    exam TEXT NOT NULL,
    user TEXT NOT NULL,
    delegated_at REAL NOT NULL,
    delegated_by TEXT NOT NULL,
    PRIMARY KEY (exam, user)
)
 STRICT;

CREATE TABLE notice (
    exam TEXT NOT NULL,
    how TEXT NOT NULL,
    "to" TEXT NOT NULL,
    trouble TEXT NOT NULL,
    given_at REAL NOT NULL,
    PRIMARY KEY (exam, how)
)
 STRICT;

CREATE TABLE passed (
    attempt TEXT NOT NULL,
    stage TEXT NOT NULL,
    passed_at REAL NOT NULL,
    PRIMARY KEY (attempt, stage)
)
 STRICT;

CREATE TABLE returned (
    attempt TEXT NOT NULL,
    stage TEXT NOT NULL,
    times INTEGER NOT NULL,
    reason TEXT NOT NULL,
    returned_at REAL NOT NULL,
    PRIMARY KEY (attempt, stage)
)
 STRICT;

CREATE TABLE selftest (
    attempt TEXT NOT NULL,
    results TEXT NOT NULL,
    checked_at REAL NOT NULL,
    PRIMARY KEY (attempt)
)
 STRICT;

CREATE TABLE scan (
    scan TEXT NOT NULL,
    attempt TEXT NOT NULL,
    asked_at REAL,
    asked_by TEXT DEFAULT '' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    number INTEGER,
    path TEXT,
    sha256 TEXT,
    bytes INTEGER,
    seconds REAL,
    recorded_at REAL,
    delete_at REAL,
    verdict TEXT,
    note TEXT,
    reviewed_by TEXT,
    reviewed_at REAL,
    PRIMARY KEY (scan)
)
 STRICT;

CREATE INDEX ix_scan_attempt ON scan (attempt);

CREATE TABLE posture (
    attempt TEXT NOT NULL,
    seen TEXT NOT NULL,
    ticked TEXT NOT NULL,
    phone TEXT NOT NULL,
    "by" TEXT NOT NULL,
    checked_at REAL NOT NULL,
    PRIMARY KEY (attempt)
)
 STRICT;

CREATE TABLE sitting (
    attempt TEXT NOT NULL,
    sections TEXT DEFAULT '[]' NOT NULL,
    warned_minutes INTEGER,
    warned_at REAL,
    looked_at REAL,
    looked_by TEXT,
    listened_at REAL,
    listened_by TEXT,
    PRIMARY KEY (attempt)
)
 STRICT;

CREATE TABLE pause (
    attempt TEXT NOT NULL,
    begun_at REAL NOT NULL,
    kind TEXT NOT NULL,
    minutes INTEGER,
    until REAL,
    "by" TEXT NOT NULL,
    ended_at REAL,
    overrun REAL,
    PRIMARY KEY (attempt, begun_at)
)
 STRICT;

CREATE TABLE opened (
    attempt TEXT NOT NULL,
    section INTEGER NOT NULL,
    opened_at REAL NOT NULL,
    PRIMARY KEY (attempt, section)
)
 STRICT;

CREATE TABLE announcement (
    announcement TEXT NOT NULL,
    exam TEXT NOT NULL,
    text TEXT NOT NULL,
    spoken INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    by_name TEXT NOT NULL,
    announced_at REAL NOT NULL,
    PRIMARY KEY (announcement)
)
 STRICT;

CREATE INDEX ix_announcement_exam ON announcement (exam);

CREATE TABLE receipt (
    announcement TEXT NOT NULL,
    attempt TEXT NOT NULL,
    read_at REAL,
    PRIMARY KEY (announcement, attempt)
)
 STRICT;

CREATE TABLE staff_message (
    message TEXT NOT NULL,
    exam TEXT NOT NULL,
    text TEXT NOT NULL,
    "by" TEXT NOT NULL,
    by_name TEXT NOT NULL,
    said_at REAL NOT NULL,
    PRIMARY KEY (message)
)
 STRICT;

CREATE INDEX ix_staff_message_exam ON staff_message (exam);

CREATE TABLE inquiry (
    inquiry TEXT NOT NULL,
    attempt TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at REAL NOT NULL,
    answer TEXT,
    answered_by TEXT,
    answered_by_name TEXT,
    answered_at REAL,
    PRIMARY KEY (inquiry)
)
 STRICT;

CREATE INDEX ix_inquiry_attempt ON inquiry (attempt);

CREATE TABLE irregularity (
    irregularity TEXT NOT NULL,
    attempt TEXT NOT NULL,
    category TEXT NOT NULL,
    text TEXT NOT NULL,
    happened_at REAL NOT NULL,
    position REAL,
    "by" TEXT NOT NULL,
    by_name TEXT NOT NULL,
    noted_at REAL NOT NULL,
    PRIMARY KEY (irregularity)
)
 STRICT;

CREATE INDEX ix_irregularity_attempt ON irregularity (attempt);

CREATE TABLE kept (
    kept TEXT NOT NULL,
    attempt TEXT NOT NULL,
    kind TEXT NOT NULL,
    still TEXT NOT NULL,
    still_sha256 TEXT NOT NULL,
    clip TEXT NOT NULL,
    clip_sha256 TEXT NOT NULL,
    starts_at REAL NOT NULL,
    ends_at REAL NOT NULL,
    taken_at REAL NOT NULL,
    "by" TEXT NOT NULL,
    kept_at REAL NOT NULL,
    PRIMARY KEY (kept)
)
 STRICT;

CREATE INDEX ix_kept_attempt ON kept (attempt);

CREATE TABLE page (
    page TEXT NOT NULL,
    attempt TEXT NOT NULL,
    number INTEGER NOT NULL,
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sharpness REAL NOT NULL,
    light REAL NOT NULL,
    readable INTEGER NOT NULL,
    accepted_by TEXT,
    photographed_at REAL NOT NULL,
    PRIMARY KEY (page),
    UNIQUE (attempt, number)
)
 STRICT;

CREATE INDEX ix_page_attempt ON page (attempt);

CREATE TABLE paper (
    attempt TEXT NOT NULL,
    path TEXT,
    sha256 TEXT,
    bytes INTEGER,
    pages INTEGER,
    made INTEGER,
    counted INTEGER,
    counted_by TEXT,
    uploaded_at REAL,
    PRIMARY KEY (attempt)
)
 STRICT;

CREATE TABLE tick (
    attempt TEXT NOT NULL,
    tick TEXT NOT NULL,
    "by" TEXT NOT NULL,
    note TEXT NOT NULL,
    ticked_at REAL NOT NULL,
    PRIMARY KEY (attempt, tick)
)
 STRICT;

CREATE TABLE keeping (
    kept TEXT NOT NULL,
    attempt TEXT NOT NULL,
    kind TEXT NOT NULL,
    position REAL,
    moment_at REAL NOT NULL,
    "by" TEXT NOT NULL,
    trouble TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (kept)
)
 STRICT;

CREATE INDEX ix_keeping_attempt ON keeping (attempt);
