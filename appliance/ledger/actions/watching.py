"""What a person played of a recording goes into the ledger: each stretch once, however often a page says it."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.exam.events import RecordingWatched
from appliance.exam.review import Span, without
from appliance.ledger import review, state
from appliance.ledger.actions.attempts import append
from appliance.ledger.writer import Transaction

SHORTEST = 1.0
"""Seconds of a stretch that counts: less is a step from frame to frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """`starts_at` to `ends_at` (wall seconds of the recording) of these feeds, at this speed."""

    starts_at: float
    ends_at: float
    kinds: frozenset[str]
    speed: float


def watched(transaction: Transaction, attempt: str, *, spans: Sequence[Played], by: str) -> int:
    """Write down what is new of it; -> how many events. New is what the same person has not yet played of the same
    feeds at this speed or slower; stretches that touch are one event."""
    row = state.attempt(transaction.connection, attempt)
    known = [one for one in review.watched(transaction.connection, attempt=attempt) if one.by == by]
    written = 0
    for kinds, speed in sorted({(tuple(sorted(one.kinds)), one.speed) for one in spans}, key=lambda how: how[1]):
        seen: list[Span] = [
            (one.starts_at, one.ends_at) for one in known if one.speed <= speed and set(kinds) <= set(one.kinds)
        ]
        played = [(s.starts_at, s.ends_at) for s in spans if (tuple(sorted(s.kinds)), s.speed) == (kinds, speed)]
        for starts_at, ends_at in without(played, seen):
            if ends_at - starts_at >= SHORTEST:
                said = RecordingWatched(
                    kinds=list(kinds), starts_at=round(starts_at, 3), ends_at=round(ends_at, 3), speed=speed, by=by
                )
                append(transaction, row, said, by)
                written += 1
    return written
