CREATE TABLE detection (
    exam TEXT NOT NULL,
    policy TEXT NOT NULL,
    set_at REAL NOT NULL,
    set_by TEXT NOT NULL,
    override TEXT NOT NULL,
    PRIMARY KEY (exam)
)
 STRICT;

CREATE TABLE granted (
    attempt TEXT NOT NULL,
    switches TEXT NOT NULL,
    PRIMARY KEY (attempt)
)
 STRICT;

CREATE TABLE baseline (
    attempt TEXT NOT NULL,
    kind TEXT NOT NULL,
    facts TEXT NOT NULL,
    taken_at REAL NOT NULL,
    PRIMARY KEY (attempt, kind)
)
 STRICT;

CREATE TABLE identity (
    attempt TEXT NOT NULL,
    declined_at REAL,
    photo TEXT,
    photo_sha256 TEXT,
    face TEXT,
    face_sha256 TEXT,
    pictured_at REAL,
    score REAL,
    score_limit REAL,
    reason TEXT,
    compared_at REAL,
    decision TEXT,
    note TEXT,
    decided_by TEXT,
    decided_at REAL,
    PRIMARY KEY (attempt)
)
 STRICT;

CREATE TABLE challenge (
    challenge TEXT NOT NULL,
    attempt TEXT NOT NULL,
    steps TEXT NOT NULL,
    seen TEXT,
    asked_by TEXT NOT NULL,
    asked_at REAL NOT NULL,
    PRIMARY KEY (challenge)
)
 STRICT;

CREATE INDEX ix_challenge_attempt ON challenge (attempt);

CREATE TABLE room_event (
    event TEXT NOT NULL,
    exam TEXT NOT NULL,
    code TEXT NOT NULL,
    attempts TEXT NOT NULL,
    onset_at REAL NOT NULL,
    ended_at REAL,
    PRIMARY KEY (event)
)
 STRICT;

CREATE INDEX ix_room_event_exam ON room_event (exam);
