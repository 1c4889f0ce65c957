"""What an erasure takes out of the ledger: payloads lose salt and body, words in the state become nothing. Seats,
times, codes and decisions stay, so that counts still add up, and every chain still verifies."""

import json

import sqlalchemy as sa

from appliance.exam.erasure import STAYS, WORDS_OF_STAFF, about
from appliance.exam.events import BOX
from appliance.ledger import day_tables, lti_tables, review_tables, tables

NAME = "(erased)"
"""Stands where a name stood."""

_WORDS: tuple[tuple[sa.Table, dict[str, object]], ...] = (
    (tables.attempt, {"name": NAME, "candidate": "", "extra_minutes": 0}),
    (tables.message, {"text": ""}),
    (tables.flag, {"note": ""}),
    (tables.pairing, {"browser": "", "token": None}),
    (tables.identity, {"note": None, "score": None}),
    (day_tables.scan, {"reason": "", "note": None}),
    (day_tables.returned, {"reason": ""}),
    (day_tables.irregularity, {"text": ""}),
    (day_tables.inquiry, {"text": ""}),
    (day_tables.tick, {"note": ""}),
    (review_tables.flag_note, {"text": ""}),
    (review_tables.recommendation, {"text": "", "answer": ""}),
    (review_tables.outcome, {"outcome": ""}),
    (review_tables.sample, {"text": ""}),
    (review_tables.muted, {"reason": ""}),
    (review_tables.export, {"reason": ""}),
)
"""What people wrote about somebody, or somebody wrote."""

_GONE = (
    tables.baseline,
    tables.granted,
    tables.login,
    tables.join_code,
    day_tables.selftest,
    day_tables.posture,
    lti_tables.lti_launch,
)
"""Of a body, a computer, a need: nothing counts them."""


def erase(connection: sa.Connection, attempt: str, *, exam: str, upto: int) -> None:
    """Everything of this attempt up to the event `upto` of its chain, and what staff said of the candidate by name."""
    row = connection.execute(sa.select(tables.attempt).where(tables.attempt.c.attempt == attempt)).one()
    _payloads(connection, attempt, upto)
    _said_by_staff(connection, exam, name=row.name if row.name != NAME else "", candidate=row.candidate)
    for table, values in _WORDS:
        connection.execute(sa.update(table).where(table.c.attempt == attempt).values(**values))
    own = tables.message.c
    from_candidate = sa.update(tables.message).where(own.attempt == attempt, own.sender == "candidate")
    connection.execute(from_candidate.values(sender_name=""))
    answered = day_tables.inquiry.c
    answers = sa.update(day_tables.inquiry).where(answered.attempt == attempt, answered.answer.is_not(None))
    connection.execute(answers.values(answer=""))
    for table in _GONE:
        connection.execute(sa.delete(table).where(table.c.attempt == attempt))
    _flags(connection, attempt)


def _payloads(connection: sa.Connection, attempt: str, upto: int) -> None:
    event = tables.event.c
    of_it = sa.select(event.id).where(event.chain == attempt, event.position <= upto, event.type.not_in(STAYS))
    _forget(connection, of_it)


def _forget(connection: sa.Connection, events: sa.Select[tuple[str]]) -> None:
    row = tables.payload
    connection.execute(sa.update(row).where(row.c.event.in_(events)).values(salt=None, body=None))


def _flags(connection: sa.Connection, attempt: str) -> None:
    """Numbers stay; what a judge read on a screen, and what somebody wrote, does not."""
    row = tables.flag
    for flag in connection.execute(sa.select(row.c.flag, row.c.facts).where(row.c.attempt == attempt)).all():
        facts = json.loads(flag.facts) | {"note": "", "why": {}}
        connection.execute(sa.update(row).where(row.c.flag == flag.flag).values(facts=json.dumps(facts)))


def _said_by_staff(connection: sa.Connection, exam: str, *, name: str, candidate: str) -> None:
    """Announcements and the staff's own talk that name the candidate; the last candidate of an exam takes all with
    them."""
    others = sa.select(tables.attempt.c.attempt).where(tables.attempt.c.exam == exam, tables.attempt.c.name != NAME)
    last = len(connection.execute(others.limit(2)).all()) <= 1
    event, payload = tables.event.c, tables.payload.c
    said = connection.execute(
        sa.select(event.id, payload.body)
        .join_from(tables.event, tables.payload, payload.event == event.id)
        .where(event.chain == BOX, event.exam == exam, event.type.in_(WORDS_OF_STAFF), payload.body.is_not(None))
    ).all()
    for one in said:
        fields = json.loads(one.body)
        if not last and not about(fields["text"], name=name, candidate=candidate):
            continue
        _forget(connection, sa.select(event.id).where(event.id == one.id))
        for table, key in (
            (day_tables.announcement, fields.get("announcement")),
            (day_tables.staff_message, fields.get("message")),
        ):
            if key is not None:
                (column,) = table.primary_key.columns
                connection.execute(sa.update(table).where(column == key).values(text=""))
