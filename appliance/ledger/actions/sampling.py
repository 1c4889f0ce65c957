"""Blind sampling: a random minute without a flag is given to a person, who says what is in it (`exam.sampling`).

A minute stays with whoever got it for an hour; whoever asks after that gets it before another is drawn, so that nobody
chooses. Who proctored a candidate, or looked at one live, is not given a minute of the same.
"""

import secrets

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam import sampling
from appliance.exam.events import SampleDrawn, SampleJudged
from appliance.exam.feed import Kind
from appliance.exam.review import Span, union, without
from appliance.exam.sampling import Verdict
from appliance.exam.stage import CLOSED, Stage
from appliance.ledger import holding, planning, review, sitting, state, tables
from appliance.ledger.actions.words import LONGEST, written
from appliance.ledger.record import SELECT, Draft, Event
from appliance.ledger.review import SampleRow
from appliance.ledger.stages import spans, stages
from appliance.ledger.state import AttemptRow
from appliance.ledger.writer import Transaction

FREE_AFTER = 3600.0
"""Seconds after which a minute that was not judged may go to another reviewer."""

SETTLED = 60.0
"""Seconds that the newest of a running exam is left alone: flags are raised late."""

TOGETHER = 1.0
"""Seconds by which two files of one recording may lie apart without a gap."""


def draw(transaction: Transaction, exam: str, *, by: str, more: bool = False) -> SampleRow:
    """The minute that `by` is to watch: one that is open, or one drawn anew. `more`: also when as many as the plan
    asks for were judged. NotAllowed, in words, where there is none."""
    drawn = review.current(review.samples(transaction.connection, exam))
    held, now = planning.plan(transaction.connection, exam), transaction.now
    waiting = [one for one in drawn if one.verdict is None and _is_there(transaction.connection, one)]
    mine = [one for one in waiting if one.by == by]
    if mine:
        return mine[0]
    own = _known_to(transaction.connection, exam, by)
    free = [one for one in waiting if one.drawn_at < now - FREE_AFTER]
    left = [one for one in free if one.attempt not in own]
    judged = sum(one.verdict is not None for one in drawn)
    if not more and judged + len(waiting) - len(free) >= held.blind_minutes:
        raise NotAllowed(
            f"this exam asks for {held.blind_minutes} minutes to be watched: all were, or somebody is at it",
            hint="Ask for one more if you want to know the rate more closely.",
        )
    if left:
        seed, among = _drawing(transaction.connection, left[0])
        return _give(transaction, exam, left[0].attempt, (left[0].starts_at, left[0].ends_at), by, seed, among)
    found = [
        (row.attempt, span)
        for row in state.attempts(transaction.connection, exam)
        if row.attempt not in own
        for span in unflagged(transaction.connection, row, drawn, until=now - SETTLED)
    ]
    seed = secrets.token_hex(16)
    chosen = sampling.draw(found, seed=seed)
    if chosen is None:
        raise NotAllowed(
            "there is no minute to watch: nothing is recorded that is without a flag, not watched yet and not your own "
            "candidate's",
            hint="While the exam runs, try again later.",
        )
    return _give(transaction, exam, *chosen, by, seed, len(found))


def judge(transaction: Transaction, sample: str, *, verdict: str, text: str = "", flag: str | None, by: str) -> None:
    """What is in it, by whoever it was given to. "found" names the flag that was raised for it."""
    found = review.sample(transaction.connection, sample)
    if verdict not in list(Verdict):
        raise BadInput(f"{verdict[:20]!r} is not a verdict", hint="It is clear, found or unclear.")
    if found.by != by:
        raise NotAllowed("this minute was given to another reviewer", hint="Ask for one of your own.")
    if found.verdict is not None:
        raise NotAllowed("this minute was judged already", hint="Ask for the next one.")
    if found not in review.current(review.samples(transaction.connection, found.exam)):
        raise NotAllowed(
            "this minute waited for more than an hour and was given to another reviewer", hint="Ask for the next one."
        )
    if verdict == Verdict.FOUND:
        _check_flag(transaction, found, flag)
    text = written(text, what="text", longest=LONGEST) if text.strip() else ""
    raised = flag if verdict == Verdict.FOUND else None
    said = SampleJudged(sample=sample, verdict=verdict, flag=raised, text=text, by=by)
    transaction.append(Draft(payload=said, chain=found.attempt, exam=found.exam, actor=by))


def unflagged(connection: sa.Connection, row: AttemptRow, drawn: list[SampleRow], *, until: float) -> list[Span]:
    """Minutes of the webcam's recording while the exam was open to the candidate, up to `until`, without a flag, a
    break, a gap, and not in `drawn`."""
    begun = stages(connection, row.attempt)
    open_to = spans(begun, (Stage.ADMITTED, Stage.PRINTING, Stage.IN_EXAM), until=until)
    if not open_to:
        return []
    end = row.stage_at if row.stage in CLOSED else until
    gaps = [
        (gap.starts_at, end if gap.ends_at is None else gap.ends_at)
        for gap in state.gaps(connection, attempt=row.attempt)
        if gap.kind == Kind.WEBCAM
    ]
    recorded = without(_recorded(connection, row.attempt), gaps)
    there = without(open_to, without([(open_to[0][0], open_to[-1][1])], recorded))
    flagged = [
        (flag.onset_at, flag.ended_at or (end if flag.source == "inference" else flag.onset_at))
        for flag in state.flags(connection, attempt=row.attempt)
    ]
    taken = [(one.starts_at, one.ends_at) for one in drawn if one.attempt == row.attempt]
    return sampling.minutes(there, flagged, taken)


def _is_there(connection: sa.Connection, sample: SampleRow) -> bool:
    """Can it still be watched: is its recording not deleted?"""
    return not without([(sample.starts_at, sample.ends_at)], _recorded(connection, sample.attempt))


def _recorded(connection: sa.Connection, attempt: str) -> list[Span]:
    """What is on the disk of the webcam; files follow each other to the millisecond, not exactly."""
    gone = holding.deleted_files(connection, attempt)
    segment = tables.segment.c
    found = connection.execute(
        sa.select(segment.path, segment.starts_at, segment.duration).where(
            (segment.attempt == attempt) & (segment.kind == Kind.WEBCAM.value)
        )
    )
    joined = union([(at, at + duration + TOGETHER) for path, at, duration in found if path not in gone])
    return [(start, end - TOGETHER) for start, end in joined]


def _known_to(connection: sa.Connection, exam: str, by: str) -> set[str]:
    """The attempts that this person proctored, or looked at live the last."""
    watched = sitting.sittings(connection, exam)
    return {
        row.attempt
        for row in state.attempts(connection, exam)
        if row.proctor == by or ((seen := watched.get(row.attempt)) and by in (seen.looked_by, seen.listened_by))
    }


def _give(transaction: Transaction, exam: str, attempt: str, span: Span, by: str, seed: str, among: int) -> SampleRow:
    sample = secrets.token_hex(8)
    said = SampleDrawn(sample=sample, starts_at=span[0], ends_at=span[1], seed=seed, among=among, by=by)
    transaction.append(Draft(payload=said, chain=attempt, exam=exam, actor=by))
    return review.sample(transaction.connection, sample)


def _drawing(connection: sa.Connection, sample: SampleRow) -> tuple[str, int]:
    """How a minute was drawn that somebody else gets now: (seed, among)."""
    event = tables.event.c
    rows = connection.execute(SELECT.where((event.chain == sample.attempt) & (event.type == SampleDrawn.TYPE)))
    drawn = (Event.from_row(row).payload for row in rows)
    return next((one.seed, one.among) for one in drawn if isinstance(one, SampleDrawn) and one.sample == sample.sample)


def _check_flag(transaction: Transaction, found: SampleRow, flag: str | None) -> None:
    if flag is None:
        raise BadInput("what was found needs a flag in this minute", hint="Raise it at the moment you saw it first.")
    raised = state.flag(transaction.connection, flag)
    inside = found.starts_at <= raised.onset_at <= found.ends_at
    if raised.attempt != found.attempt or raised.raised_at < found.drawn_at or not inside:
        raise BadInput("this flag does not lie in the minute", hint="Raise one at the moment you saw it first.")
