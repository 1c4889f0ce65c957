CREATE TABLE seat_place (
    seat TEXT NOT NULL,
    "row" INTEGER NOT NULL,
    "column" INTEGER NOT NULL,
    PRIMARY KEY (seat)
)
 STRICT;

CREATE TABLE seat_cards (
    edition INTEGER NOT NULL,
    made_at REAL NOT NULL,
    PRIMARY KEY (edition)
)
 STRICT;

CREATE TABLE seat_machine (
    machine TEXT NOT NULL,
    seat TEXT NOT NULL,
    bound_at REAL NOT NULL,
    browser TEXT NOT NULL,
    moved_from TEXT NOT NULL,
    replaced TEXT NOT NULL,
    PRIMARY KEY (machine),
    UNIQUE (seat)
)
 STRICT;

CREATE TABLE seat_check (
    seat TEXT NOT NULL,
    machine TEXT NOT NULL,
    checked_at REAL NOT NULL,
    facts TEXT NOT NULL,
    findings TEXT NOT NULL,
    PRIMARY KEY (seat)
)
 STRICT;

CREATE TABLE attempt_machine (
    attempt TEXT NOT NULL,
    seat TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (attempt)
)
 STRICT;
