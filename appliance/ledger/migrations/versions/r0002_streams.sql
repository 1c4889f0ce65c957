ALTER TABLE login ADD COLUMN device TEXT;

DROP INDEX ix_segment_attempt;

ALTER TABLE segment RENAME TO segment_before;

CREATE TABLE segment (
    path TEXT NOT NULL,
    attempt TEXT NOT NULL,
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    starts_at REAL NOT NULL,
    position REAL NOT NULL,
    duration REAL NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    late INTEGER DEFAULT '0' NOT NULL,
    PRIMARY KEY (path)
)
 STRICT;

CREATE INDEX ix_segment_attempt ON segment (attempt);

INSERT INTO segment (path, attempt, kind, number, starts_at, position, duration, bytes, sha256)
SELECT path, attempt, kind, number, starts_at, position, duration, bytes, sha256 FROM segment_before;

DROP TABLE segment_before;

DROP INDEX ix_gap_attempt;

ALTER TABLE gap RENAME TO gap_before;

CREATE TABLE gap (
    gap TEXT NOT NULL,
    attempt TEXT NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    starts_at REAL NOT NULL,
    ends_at REAL,
    PRIMARY KEY (gap)
)
 STRICT;

CREATE INDEX ix_gap_attempt ON gap (attempt);

INSERT INTO gap (gap, attempt, kind, cause, starts_at, ends_at)
SELECT gap, attempt, kind, cause, starts_at, ends_at FROM gap_before;

DROP TABLE gap_before;

CREATE TABLE fill (
    path TEXT NOT NULL,
    gap TEXT NOT NULL,
    attempt TEXT NOT NULL,
    kind TEXT NOT NULL,
    starts_at REAL NOT NULL,
    ends_at REAL NOT NULL,
    PRIMARY KEY (path)
)
 STRICT;

CREATE INDEX ix_fill_gap ON fill (gap);

CREATE INDEX ix_fill_attempt ON fill (attempt);

CREATE TABLE pairing (
    pairing TEXT NOT NULL,
    token TEXT,
    attempt TEXT NOT NULL,
    invited_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    browser TEXT DEFAULT '' NOT NULL,
    state TEXT NOT NULL,
    state_at REAL NOT NULL,
    PRIMARY KEY (pairing),
    UNIQUE (token),
    FOREIGN KEY(attempt) REFERENCES attempt (attempt)
)
 STRICT;

CREATE INDEX ix_pairing_attempt ON pairing (attempt);

CREATE TABLE call (
    call TEXT NOT NULL,
    attempt TEXT NOT NULL,
    "by" TEXT NOT NULL,
    by_name TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL,
    PRIMARY KEY (call),
    FOREIGN KEY(attempt) REFERENCES attempt (attempt)
)
 STRICT;

CREATE INDEX ix_call_attempt ON call (attempt);

CREATE TABLE position (
    attempt TEXT NOT NULL,
    kind TEXT NOT NULL,
    position TEXT NOT NULL,
    PRIMARY KEY (attempt, kind)
)
 STRICT;

CREATE TABLE room (
    room TEXT NOT NULL,
    exam TEXT NOT NULL,
    camera TEXT NOT NULL,
    PRIMARY KEY (room),
    FOREIGN KEY(exam) REFERENCES exam (exam)
)
 STRICT;

CREATE INDEX ix_room_exam ON room (exam);
