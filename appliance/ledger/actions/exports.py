"""Evidence that is to leave the box: who may ask for what, and who took it. What comes of it sync says."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed, Unavailable
from appliance.exam.events import BOX, ExportAsked, ExportTaken, ReportTaken
from appliance.exam.feed import Kind
from appliance.ledger import exports, holding, state
from appliance.ledger.exports import ExportRow
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

MOST_WAITING = 12
"""Of the whole box; what is asked for beyond is refused."""

SHORTEST, LONGEST = 1.0, 4 * 3600.0
MASKED_LONGEST = 3600.0
"""Seconds: a masked copy is looked at and encoded picture by picture, beside an exam that may go on."""

SHORTEST_REASON, LONGEST_REASON = 3, 500

KINDS = (Kind.WEBCAM, Kind.SCREEN, Kind.PHONE, Kind.CAMERA)
"""Feeds that have pictures."""

_EDGE_SECONDS = 1.0


class QueueFull(Unavailable):
    """As many clips wait as may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """These feeds from `starts_at` to `ends_at` (wall seconds) of an attempt or a room; `live`: it goes on."""

    exam: str
    attempt: str
    live: bool
    kinds: Sequence[Kind]
    starts_at: float
    ends_at: float
    masked: bool
    reason: str


def check(connection: sa.Connection, wish: Wish, *, now: float) -> None:
    """Can it be asked for at `now`? Before a code is used up for what cannot be."""
    _check_span(wish.starts_at, wish.ends_at, masked=wish.masked)
    if not SHORTEST_REASON <= len(wish.reason.strip()) <= LONGEST_REASON:
        raise BadInput(
            f"the reason has {len(wish.reason.strip())} characters",
            hint=f"Say in {SHORTEST_REASON} to {LONGEST_REASON} characters what it is for: it stands in the record.",
        )
    if holding.erasures(connection, attempt=wish.attempt):
        raise NotAllowed("everything of this candidate is being erased", hint="Nothing of it may leave the box.")
    if wish.masked and state.find_room(connection, wish.attempt) is not None:
        raise BadInput(
            "a room's camera has no seat of its own that could stay clear", hint="Ask for the clip without masking."
        )
    if not wish.kinds:
        raise BadInput("no feed is chosen", hint="Choose at least one.")
    _check_recorded(connection, wish, now=now)
    if len(exports.waiting(connection)) >= MOST_WAITING:
        raise QueueFull(
            f"{MOST_WAITING} clips are being cut already", hint="Try again when one of them is ready; nothing is lost."
        )


def ask(transaction: Transaction, wish: Wish, *, factor: str, by: str, by_name: str) -> str:
    """Have it cut; -> the export's id. `factor`: how the person proved to be there."""
    check(transaction.connection, wish, now=transaction.now)
    export = uuid.uuid4().hex
    said = ExportAsked(
        export=export,
        kinds=[kind.value for kind in dict.fromkeys(wish.kinds)],
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        masked=wish.masked,
        reason=wish.reason.strip(),
        factor=factor,
        by=by,
        by_name=by_name,
    )
    transaction.append(Draft(payload=said, chain=wish.attempt, exam=wish.exam, actor=by))
    return export


def _check_span(starts_at: float, ends_at: float, *, masked: bool) -> None:
    seconds = ends_at - starts_at
    if not SHORTEST <= seconds <= LONGEST:
        raise BadInput(
            f"a clip cannot be {seconds:.0f} s long", hint=f"Choose {SHORTEST:.0f} s to {LONGEST / 3600:.0f} hours."
        )
    if masked and seconds > MASKED_LONGEST:
        raise BadInput(
            f"a masked copy has at most {MASKED_LONGEST / 60:.0f} minutes",
            hint="Choose a shorter span, or ask for several clips.",
        )


def _check_recorded(connection: sa.Connection, wish: Wish, *, now: float) -> None:
    segments = [one for one in state.segments(connection, attempt=wish.attempt) if one.kind in KINDS]
    for kind in wish.kinds:
        if kind not in KINDS or not any(one.kind == kind for one in segments):
            raise BadInput(f"there is no recording of the {kind.value}", hint="Choose among the feeds that are shown.")
    first = min(one.starts_at for one in segments)
    last = now if wish.live else max(one.starts_at + one.duration for one in segments)
    if wish.starts_at < first - _EDGE_SECONDS or wish.ends_at > last + _EDGE_SECONDS:
        raise BadInput(
            "not all of that time was recorded", hint="Choose a span between the recording's beginning and its end."
        )


def take(transaction: Transaction, row: ExportRow, *, file: str, by: str) -> None:
    """Somebody saves a file of it: said before the first byte leaves."""
    said = ExportTaken(export=row.export, file=file, by=by)
    transaction.append(Draft(payload=said, chain=row.attempt, exam=row.exam, actor=by))


def take_report(transaction: Transaction, *, exam: str, attempt: str | None, file: str, by: str) -> None:
    """Somebody opens a report, on one candidate or (None) on the whole exam."""
    draft = Draft(payload=ReportTaken(file=file, by=by), chain=attempt or BOX, exam=exam, actor=by)
    transaction.append(draft)
