CREATE TABLE lti_link (
    platform TEXT NOT NULL,
    resource_link TEXT NOT NULL,
    exam TEXT NOT NULL,
    PRIMARY KEY (platform, resource_link)
)
 STRICT;

CREATE INDEX ix_lti_link_exam ON lti_link (exam);

CREATE TABLE lti_launch (
    attempt TEXT NOT NULL,
    platform TEXT NOT NULL,
    subject TEXT NOT NULL,
    resource_link TEXT NOT NULL,
    attempt_number INTEGER NOT NULL,
    session_data TEXT NOT NULL,
    start_url TEXT NOT NULL,
    control_url TEXT NOT NULL,
    actions TEXT NOT NULL,
    browser TEXT NOT NULL,
    since INTEGER NOT NULL,
    launched_at REAL NOT NULL,
    started_at REAL,
    submitted_at REAL,
    PRIMARY KEY (attempt)
)
 STRICT;

CREATE TABLE lti_nonce (
    nonce TEXT NOT NULL,
    expires_at REAL NOT NULL,
    PRIMARY KEY (nonce)
)
 STRICT;

CREATE TABLE lti_control (
    cause TEXT NOT NULL,
    attempt TEXT NOT NULL,
    platform TEXT NOT NULL,
    action TEXT NOT NULL,
    sent INTEGER NOT NULL,
    settled_at REAL NOT NULL,
    PRIMARY KEY (cause)
)
 STRICT;

CREATE INDEX ix_lti_control_attempt ON lti_control (attempt);
