ALTER TABLE user ADD COLUMN factor TEXT;

CREATE TABLE watched (
    event TEXT NOT NULL,
    attempt TEXT NOT NULL,
    kinds TEXT NOT NULL,
    starts_at REAL NOT NULL,
    ends_at REAL NOT NULL,
    speed REAL NOT NULL,
    "by" TEXT NOT NULL,
    PRIMARY KEY (event)
)
 STRICT;

CREATE INDEX ix_watched_attempt ON watched (attempt);

CREATE TABLE flag_note (
    note TEXT NOT NULL,
    flag TEXT NOT NULL,
    attempt TEXT NOT NULL,
    text TEXT NOT NULL,
    "by" TEXT NOT NULL,
    by_name TEXT NOT NULL,
    noted_at REAL NOT NULL,
    PRIMARY KEY (note)
)
 STRICT;

CREATE INDEX ix_flag_note_attempt ON flag_note (attempt);

CREATE INDEX ix_flag_note_flag ON flag_note (flag);

CREATE TABLE recommendation (
    recommendation TEXT NOT NULL,
    attempt TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    "by" TEXT NOT NULL,
    by_name TEXT NOT NULL,
    made_at REAL NOT NULL,
    agreed INTEGER,
    answer TEXT DEFAULT '' NOT NULL,
    answered_by TEXT,
    answered_by_name TEXT,
    answered_at REAL,
    withdrawn_at REAL,
    PRIMARY KEY (recommendation)
)
 STRICT;

CREATE INDEX ix_recommendation_attempt ON recommendation (attempt);

CREATE TABLE outcome (
    attempt TEXT NOT NULL,
    outcome TEXT NOT NULL,
    "by" TEXT NOT NULL,
    by_name TEXT NOT NULL,
    recorded_at REAL NOT NULL,
    PRIMARY KEY (attempt)
)
 STRICT;

CREATE TABLE sample (
    sample TEXT NOT NULL,
    exam TEXT NOT NULL,
    attempt TEXT NOT NULL,
    starts_at REAL NOT NULL,
    ends_at REAL NOT NULL,
    "by" TEXT NOT NULL,
    drawn_at REAL NOT NULL,
    verdict TEXT,
    flag TEXT,
    text TEXT DEFAULT '' NOT NULL,
    judged_at REAL,
    PRIMARY KEY (sample)
)
 STRICT;

CREATE INDEX ix_sample_exam ON sample (exam);

CREATE TABLE muted (
    attempt TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    "by" TEXT NOT NULL,
    by_name TEXT NOT NULL,
    muted_at REAL NOT NULL,
    PRIMARY KEY (attempt, code)
)
 STRICT;

CREATE TABLE export (
    export TEXT NOT NULL,
    exam TEXT NOT NULL,
    attempt TEXT NOT NULL,
    kinds TEXT NOT NULL,
    starts_at REAL NOT NULL,
    ends_at REAL NOT NULL,
    masked INTEGER NOT NULL,
    reason TEXT NOT NULL,
    "by" TEXT NOT NULL,
    by_name TEXT NOT NULL,
    asked_at REAL NOT NULL,
    facts TEXT,
    trouble TEXT DEFAULT '' NOT NULL,
    done_at REAL,
    PRIMARY KEY (export)
)
 STRICT;

CREATE INDEX ix_export_attempt ON export (attempt);

CREATE INDEX ix_export_exam ON export (exam);

CREATE TABLE hold (
    hold TEXT NOT NULL,
    exam TEXT NOT NULL,
    attempt TEXT,
    reason TEXT NOT NULL,
    "by" TEXT NOT NULL,
    by_name TEXT NOT NULL,
    placed_at REAL NOT NULL,
    lifted_at REAL,
    lifted_by TEXT,
    lift_reason TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (hold)
)
 STRICT;

CREATE INDEX ix_hold_exam ON hold (exam);

CREATE TABLE deletion (
    event TEXT NOT NULL,
    exam TEXT NOT NULL,
    attempt TEXT NOT NULL,
    what TEXT NOT NULL,
    why TEXT NOT NULL,
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    due_at REAL NOT NULL,
    deleted_at REAL NOT NULL,
    PRIMARY KEY (event)
)
 STRICT;

CREATE INDEX ix_deletion_attempt ON deletion (attempt);

CREATE INDEX ix_deletion_exam ON deletion (exam);

CREATE TABLE deleted_file (
    path TEXT NOT NULL,
    attempt TEXT NOT NULL,
    deleted_at REAL NOT NULL,
    PRIMARY KEY (path)
)
 STRICT;

CREATE INDEX ix_deleted_file_attempt ON deleted_file (attempt);

CREATE TABLE erasure (
    attempt TEXT NOT NULL,
    reference TEXT NOT NULL,
    by_name TEXT NOT NULL,
    asked_at REAL NOT NULL,
    erased_at REAL,
    PRIMARY KEY (attempt)
)
 STRICT;
