CREATE TABLE passkey (
    passkey TEXT NOT NULL,
    user TEXT NOT NULL,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    public_key BLOB NOT NULL,
    count INTEGER NOT NULL,
    transports TEXT NOT NULL,
    added_at REAL NOT NULL,
    used_at REAL,
    PRIMARY KEY (passkey)
)
 STRICT;

CREATE INDEX ix_passkey_user ON passkey (user);

CREATE TABLE recovery_code (
    code TEXT NOT NULL,
    user TEXT NOT NULL,
    PRIMARY KEY (code)
)
 STRICT;

CREATE INDEX ix_recovery_code_user ON recovery_code (user);

CREATE TABLE guess (
    subject TEXT NOT NULL,
    wrong INTEGER NOT NULL,
    wrong_at REAL NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (subject)
)
 STRICT;

ALTER TABLE user ADD COLUMN disabled_at REAL;

ALTER TABLE user ADD COLUMN must_change INTEGER NOT NULL DEFAULT '0';

ALTER TABLE user ADD COLUMN subject TEXT;

ALTER TABLE login ADD COLUMN how TEXT NOT NULL DEFAULT '';

ALTER TABLE login ADD COLUMN browser TEXT NOT NULL DEFAULT '';

ALTER TABLE login ADD COLUMN address TEXT NOT NULL DEFAULT '';

CREATE INDEX ix_login_user ON login (user);
