"""One candidate's time while the exam goes on: breaks, pauses, extra time, the ten minutes. Who may is the caller's
question; a candidate's own break is decided here, as it hangs on the exam's sections."""

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam import conduct, pacing
from appliance.exam.conduct import Act
from appliance.exam.events import AttemptMoved, BreakBegun, BreakEnded, TimeSet, TimeWarned
from appliance.exam.stage import Stage, Step, after
from appliance.ledger import detection, planning, sitting, state
from appliance.ledger.actions import attempts, sections
from appliance.ledger.actions.attempts import CANDIDATE, append
from appliance.ledger.actions.words import written
from appliance.ledger.sitting import PauseRow
from appliance.ledger.state import AttemptRow
from appliance.ledger.writer import Transaction

LONGEST_REASON = 500


def begin_break(transaction: Transaction, attempt: str, *, minutes: int, by: str) -> None:
    """An authorised break of so many minutes: for so long the time stands still. A candidate (`by` "candidate") may
    begin one only with the accommodation, or the one that is due after a section (M98)."""
    row = state.attempt(transaction.connection, attempt)
    if by == CANDIDATE:
        after(row.stage, Step.TAKE_BREAK)
        minutes = _own(transaction, row, minutes)
    else:
        _check(transaction, row, Act.GIVE_BREAK)
    if not 1 <= minutes <= pacing.LONGEST_BREAK:
        raise BadInput(f"a break of {minutes} minutes: it lasts from 1 to {pacing.LONGEST_BREAK}")
    append(transaction, row, BreakBegun(minutes=minutes, until=transaction.now + 60.0 * minutes, by=by), by)


def end_break(transaction: Transaction, attempt: str, *, by: str) -> None:
    """The candidate is back: the time goes on from where it stood, less what the break was too long."""
    row = state.attempt(transaction.connection, attempt)
    if by == CANDIDATE:
        after(row.stage, Step.RETURN)
    else:
        _check(transaction, row, Act.END_BREAK)
    held = _running(transaction, row)
    over = pacing.overrun(held.until or held.begun_at, transaction.now)
    append(transaction, row, BreakEnded(overrun=over, by=by), by)
    _give_back(transaction, row, pacing.stood(held.begun_at, transaction.now, held.minutes), cause="break", by=by)


def pause(transaction: Transaction, attempt: str, *, reason: str, by: str) -> None:
    """Staff stop the clock; the reason is for the report."""
    row = state.attempt(transaction.connection, attempt)
    _check(transaction, row, Act.PAUSE)
    reason = written(reason, what="reason", longest=LONGEST_REASON)
    append(transaction, row, AttemptMoved(stage=Stage.PAUSED.value, step=Step.PAUSE.value, by=by, reason=reason), by)


def resume(transaction: Transaction, attempt: str, *, by: str) -> None:
    """The clock runs again, from where it stood."""
    row = state.attempt(transaction.connection, attempt)
    _check(transaction, row, Act.RESUME)
    held = _running(transaction, row)
    append(transaction, row, AttemptMoved(stage=Stage.IN_EXAM.value, step=Step.RESUME.value, by=by, reason=""), by)
    _give_back(transaction, row, pacing.stood(held.begun_at, transaction.now), cause="pause", by=by)


def grant_time(transaction: Transaction, attempt: str, *, minutes: int, by: str) -> None:
    """Extra time, on top of what there is: before the start, and while the exam goes on (I33: the institution's)."""
    row = state.attempt(transaction.connection, attempt)
    _check(transaction, row, Act.GRANT_TIME)
    if not 1 <= minutes <= pacing.MOST_EXTRA - row.extra_minutes:
        raise BadInput(f"extra time is at least 1 minute, and at most {pacing.MOST_EXTRA} in all")
    ends_at = None if row.ends_at is None else row.ends_at + 60.0 * minutes
    said = TimeSet(ends_at=ends_at, extra_minutes=row.extra_minutes + minutes, cause="granted", by=by)
    append(transaction, row, said, by)


def warn_time(transaction: Transaction, attempt: str) -> bool:
    """Say how much time is left, if it is time to; -> whether it was. Asked again it says nothing (M56)."""
    row = state.attempt(transaction.connection, attempt)
    if row.stage is not Stage.IN_EXAM or row.ends_at is None:
        return False
    minutes = pacing.warning(
        ends_at=row.ends_at,
        warned=sitting.sitting(transaction.connection, attempt).warned_at is not None,
        whole_minutes=state.exam(transaction.connection, row.exam).minutes + row.extra_minutes,
        now=transaction.now,
    )
    if minutes is None:
        return False
    append(transaction, row, TimeWarned(minutes=minutes, ends_at=row.ends_at), "web")
    return True


def start_printed(transaction: Transaction, attempt: str) -> bool:
    """Start the time of a candidate whose time for printing is over; -> whether it was so."""
    row = state.attempt(transaction.connection, attempt)
    minutes = planning.plan(transaction.connection, row.exam).print_minutes
    if row.stage is not Stage.PRINTING or transaction.now < pacing.prints_until(row.stage_at, minutes):
        return False
    attempts.start(transaction, attempt, by="exam setting")
    return True


def own_break(connection: sa.Connection, row: AttemptRow, *, now: float, asked: int = 0) -> int | None:
    """Minutes of the break that this candidate may begin now without asking, or None; `asked`: how many are wanted,
    where the accommodation lets choose."""
    if row.stage is not Stage.IN_EXAM:
        return None
    taken = [p.begun_at for p in sitting.pauses(connection, attempt=row.attempt) if p.by == CANDIDATE]
    found, switches = sections.parts_of(connection, row, now=now), detection.granted(connection, row.attempt)
    return pacing.own_break(found, switches=switches, taken=taken, asked=asked)


def _own(transaction: Transaction, row: AttemptRow, asked: int) -> int:
    minutes = own_break(transaction.connection, row, now=transaction.now, asked=asked)
    if minutes is None:
        raise NotAllowed("there is no break for you now", hint="Ask the proctor for one in the chat.")
    return minutes


def _check(transaction: Transaction, row: AttemptRow, act: Act) -> None:
    conduct.check(act, row.stage, planning.plan(transaction.connection, row.exam).mode)


def _running(transaction: Transaction, row: AttemptRow) -> PauseRow:
    return next(p for p in sitting.pauses(transaction.connection, attempt=row.attempt) if p.ended_at is None)


def _give_back(transaction: Transaction, row: AttemptRow, seconds: float, *, cause: str, by: str) -> None:
    """`row` is from before: only its time and its extra minutes are used, and neither changed meanwhile."""
    if row.ends_at is not None:
        said = TimeSet(ends_at=row.ends_at + seconds, extra_minutes=row.extra_minutes, cause=cause, by=by)
        append(transaction, row, said, by)
