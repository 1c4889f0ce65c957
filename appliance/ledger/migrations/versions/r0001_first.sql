CREATE TABLE event (
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    chain TEXT NOT NULL,
    position INTEGER NOT NULL,
    type TEXT NOT NULL,
    exam TEXT,
    wall REAL NOT NULL,
    body BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE (chain, position),
    UNIQUE (id)
)
 STRICT;

CREATE TABLE user (
    user TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password TEXT NOT NULL,
    PRIMARY KEY (user)
)
 STRICT;

CREATE TABLE login (
    token TEXT NOT NULL,
    user TEXT,
    attempt TEXT,
    created_at REAL NOT NULL,
    seen_at REAL NOT NULL,
    PRIMARY KEY (token)
)
 STRICT;

CREATE TABLE exam (
    exam TEXT NOT NULL,
    title TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    starts_at REAL NOT NULL,
    admission TEXT NOT NULL,
    link TEXT NOT NULL,
    warnings_before_end INTEGER NOT NULL,
    ratio INTEGER NOT NULL,
    retention_days INTEGER NOT NULL,
    ended_at REAL,
    stored_at REAL,
    PRIMARY KEY (exam)
)
 STRICT;

CREATE TABLE payload (
    event TEXT NOT NULL,
    salt BLOB,
    body BLOB,
    PRIMARY KEY (event),
    FOREIGN KEY(event) REFERENCES event (id)
)
 STRICT;

CREATE TABLE attempt (
    attempt TEXT NOT NULL,
    exam TEXT NOT NULL,
    seat TEXT NOT NULL,
    candidate TEXT NOT NULL,
    name TEXT NOT NULL,
    stage TEXT NOT NULL,
    stage_at REAL NOT NULL,
    proctor TEXT,
    ends_at REAL,
    stored_at REAL,
    PRIMARY KEY (attempt),
    UNIQUE (exam, seat),
    FOREIGN KEY(exam) REFERENCES exam (exam)
)
 STRICT;

CREATE INDEX ix_attempt_exam ON attempt (exam);

CREATE TABLE join_code (
    code TEXT NOT NULL,
    attempt TEXT NOT NULL,
    used_at REAL,
    PRIMARY KEY (code),
    UNIQUE (attempt),
    FOREIGN KEY(attempt) REFERENCES attempt (attempt)
)
 STRICT;

CREATE TABLE message (
    message TEXT NOT NULL,
    attempt TEXT NOT NULL,
    kind TEXT NOT NULL,
    sender TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    text TEXT NOT NULL,
    sent_at REAL NOT NULL,
    read_at REAL,
    acknowledged_at REAL,
    PRIMARY KEY (message),
    FOREIGN KEY(attempt) REFERENCES attempt (attempt)
)
 STRICT;

CREATE INDEX ix_message_attempt ON message (attempt);

CREATE TABLE flag (
    flag TEXT NOT NULL,
    attempt TEXT NOT NULL,
    code TEXT NOT NULL,
    category TEXT NOT NULL,
    severity TEXT NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    onset_at REAL NOT NULL,
    raised_at REAL NOT NULL,
    ended_at REAL,
    position REAL,
    facts TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    decided_by TEXT,
    decided_at REAL,
    PRIMARY KEY (flag),
    FOREIGN KEY(attempt) REFERENCES attempt (attempt)
)
 STRICT;

CREATE INDEX ix_flag_attempt ON flag (attempt);

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
    PRIMARY KEY (path),
    FOREIGN KEY(attempt) REFERENCES attempt (attempt)
)
 STRICT;

CREATE INDEX ix_segment_attempt ON segment (attempt);

CREATE TABLE gap (
    gap TEXT NOT NULL,
    attempt TEXT NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    starts_at REAL NOT NULL,
    ends_at REAL,
    PRIMARY KEY (gap),
    FOREIGN KEY(attempt) REFERENCES attempt (attempt)
)
 STRICT;

CREATE INDEX ix_gap_attempt ON gap (attempt);
