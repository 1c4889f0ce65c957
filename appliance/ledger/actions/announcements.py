"""What is said to several: announcements to candidates, and the back channel of staff. No candidate has a way to either
of them: a candidate writes to the own proctor and to nobody else (M16, M19)."""

import secrets
from collections.abc import Collection

from appliance.errors import NotAllowed, NotFound
from appliance.exam.events import BOX, AnnouncementRead, ExamAnnounced, StaffSaid
from appliance.exam.stage import CLOSED, Stage
from appliance.ledger import planning, state
from appliance.ledger.actions.attempts import CANDIDATE, append
from appliance.ledger.actions.words import written
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction


def announce(
    transaction: Transaction, exam: str, *, text: str, spoken: bool, by: str, by_name: str, attempts: Collection[str]
) -> str:
    """Say something to those of `attempts` who are there; -> the announcement's id. `spoken`: read out loud as well
    (M57). NotAllowed when nobody is there."""
    text = written(text, what="announcement")
    there = [
        row.attempt
        for row in state.attempts(transaction.connection, exam)
        if row.attempt in attempts and row.stage not in CLOSED | {Stage.INVITED}
    ]
    if not there:
        raise NotAllowed("no candidate of yours is there to hear it", hint="Announce it when the first has arrived.")
    announcement = secrets.token_hex(8)
    said = ExamAnnounced(
        announcement=announcement, exam=exam, text=text, spoken=spoken, by=by, by_name=by_name, attempts=there
    )
    transaction.append(Draft(payload=said, chain=BOX, exam=exam, actor=by))
    return announcement


def read_announcement(transaction: Transaction, attempt: str, announcement: str) -> None:
    """The candidate has seen it; a second time changes nothing. NotFound where it was not for this candidate."""
    row = state.attempt(transaction.connection, attempt)
    heard = {one.announcement: one for one in planning.heard(transaction.connection, attempt)}
    if announcement not in heard:
        raise NotFound("there is no such announcement", hint="Reload the page.")
    if heard[announcement].read_at is None:
        append(transaction, row, AnnouncementRead(announcement=announcement), CANDIDATE)


def staff_say(transaction: Transaction, exam: str, *, text: str, by: str, by_name: str) -> str:
    """A line of the back channel; -> its id."""
    state.exam(transaction.connection, exam)
    message = secrets.token_hex(8)
    said = StaffSaid(exam=exam, message=message, text=written(text, what="message"), by=by, by_name=by_name)
    transaction.append(Draft(payload=said, chain=BOX, exam=exam, actor=by))
    return message
