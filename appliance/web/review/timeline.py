"""One attempt as the review page draws it: `Review` of `frontend/src/review/types.ts`, out of the ledger and the
folders of its feeds."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from appliance.exam import stage
from appliance.exam.events import AnalysisMissed
from appliance.exam.permissions import Action, may
from appliance.exam.stage import CLOSED, RECORDED, Stage
from appliance.ledger import holding, planning, review, sitting, state, tables
from appliance.ledger.record import SELECT, Event
from appliance.ledger.review import RecommendationRow, SampleRow
from appliance.ledger.state import AttemptRow
from appliance.web import visible
from appliance.web.auth import Viewer
from appliance.web.context import services
from appliance.web.review import feeds, overlapping

_MOST_MISSED = 2_000
"""Spans nobody looked at that are told of: more are no list for a person."""

_MAY = {
    "decide": Action.DECIDE_FLAG,
    "raise": Action.RAISE_FLAG,
    "discuss": Action.DISCUSS,
    "recommend": Action.RECOMMEND,
    "outcome": Action.RECORD_OUTCOME,
    "export": Action.EXPORT,
    "mute": Action.MUTE_RULE,
    "sample": Action.SAMPLE,
}
_OF_FEEDS = frozenset({"segment.damaged", "feed.aligned"})


def of(row: AttemptRow, who: Viewer, *, sample: str = "") -> dict[str, Any]:
    """Everything about one attempt. `sample`: the id of a random minute; while it waits for the judgement of `who`,
    what others saw is left out."""
    now = time.time()
    with services().reader.connect() as connection:
        seq = visible.head(connection)
        row = state.attempt(connection, row.attempt)
        exam, plan = state.exam(connection, row.exam), planning.plan(connection, row.exam)
        said = events(connection, row.attempt, _OF_FEEDS | stage.MOVING)
        live = row.stage in RECORDED and exam.ended_at is None
        found = _feeds(connection, row, said)
        stages = _stages(said)
        extent = _extent(found, stages, now=now if live else None) or Extent(row.stage_at, row.stage_at)
        blind = _open_sample(connection, row, who, sample) if sample else None
        seen = {} if blind else _of_people(connection, row)
        return {
            "seq": seq,
            "now": now,
            "attempt": row.attempt,
            "exam": {"exam": exam.exam, "title": exam.title, "mode": plan.mode.value},
            "seat": row.seat,
            "name": row.name,
            "stage": row.stage.value,
            "live": live,
            "starts_at": extent.starts_at,
            "ends_at": extent.ends_at,
            "feeds": [feed.to_json(since=extent.starts_at) for feed in found],
            "missed": _missed(connection, row.attempt),
            "stages": _drawn(stages, extent.ends_at),
            **{name: seen.get(name, []) for name in _SEEN},
            "outcome": seen.get("outcome"),
            "watched": [_some(one, _WATCHED) for one in review.watched(connection, attempt=row.attempt)],
            "overlaps": overlapping.of(connection, who, row, extent.span),
            "sample": None if blind is None else _some(blind, ("sample", "starts_at", "ends_at")),
            "may": _may(
                who,
                live=live,
                blind=blind is not None,
                recorded=any(feed.playable for feed in found),
                leads=visible.leads(connection, who, row.exam),
            ),
        }


def _feeds(connection: sa.Connection, row: AttemptRow, said: Sequence[Event]) -> list[feeds.Feed]:
    return feeds.Recorded(
        media=services().paths.media / row.exam / row.attempt,
        planned=planning.plan(connection, row.exam).feeds,
        segments=state.segments(connection, attempt=row.attempt),
        gaps=state.gaps(connection, attempt=row.attempt),
        fills=state.fills(connection, attempt=row.attempt),
        deleted=holding.deleted_files(connection, row.attempt),
        positions=state.positions(connection, attempt=row.attempt),
        events=said,
    ).feeds()


_SEEN = (
    "flags", "notes", "recommendations", "irregularities", "kept", "breaks", "calls", "messages", "announcements",
)  # fmt: skip
_ANNOUNCED = ("announcement", "text", "by_name", "announced_at")
_WATCHED = ("starts_at", "ends_at", "by", "kinds")
_NOTE = ("note", "flag", "text", "by_name", "noted_at")
_IRREGULAR = ("irregularity", "category", "text", "happened_at", "by_name")
_KEPT = ("kept", "kind", "starts_at", "ends_at", "taken_at")


def _of_people(connection: sa.Connection, row: AttemptRow) -> dict[str, Any]:
    """What detectors and people noted, said and did: nothing of it is for whoever watches a random minute."""
    outcomes = review.outcomes(connection, attempt=row.attempt)
    return {
        "flags": [asdict(flag) for flag in state.flags(connection, attempt=row.attempt)],
        "notes": [_some(one, _NOTE) for one in review.notes(connection, attempt=row.attempt)],
        "recommendations": [_recommendation(one) for one in review.recommendations(connection, attempt=row.attempt)],
        "irregularities": [_some(one, _IRREGULAR) for one in sitting.irregularities(connection, attempt=row.attempt)],
        "kept": [_some(one, _KEPT) for one in sitting.kept(connection, attempt=row.attempt)],
        "breaks": [
            {"kind": one.kind, "starts_at": one.begun_at, "ends_at": one.ended_at}
            for one in sitting.pauses(connection, attempt=row.attempt)
        ],
        "calls": [
            {"by_name": one.by_name, "starts_at": one.started_at, "ends_at": one.ended_at}
            for one in state.calls(connection, attempt=row.attempt)
        ],
        "messages": [asdict(one) for one in state.messages(connection, attempt=row.attempt)],
        "announcements": [_some(one, _ANNOUNCED) for one in planning.heard(connection, row.attempt)],
        "outcome": _some(outcomes[-1], ("outcome", "by_name", "recorded_at")) if outcomes else None,
    }


def _some(row: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _recommendation(row: RecommendationRow) -> dict[str, Any]:
    names = ("recommendation", "text", "by", "by_name", "made_at", "answer", "answered_by_name", "answered_at")
    return {**_some(row, names), "kind": row.kind.value, "standing": row.standing.value}


def _open_sample(connection: sa.Connection, row: AttemptRow, who: Viewer, sample: str) -> SampleRow | None:
    """The random minute of this id, if it was drawn for `who` and waits."""
    for one in review.samples(connection, row.exam):
        if one.sample == sample and one.attempt == row.attempt and one.by == who.person and one.verdict is None:
            return one
    return None


def _may(who: Viewer, *, live: bool, blind: bool, recorded: bool, leads: bool) -> dict[str, bool]:
    """By role, and only what fits: nothing is decided blindly, a rule is silenced for what comes, the outcome is of an
    attempt that is over, and what is exported must be there."""
    fits = {"decide": not blind, "recommend": not blind, "discuss": not blind}
    fits |= {"mute": live and leads and not blind, "outcome": not live and not blind, "export": recorded and not blind}
    return {name: may(who.role, action) and fits.get(name, True) for name, action in _MAY.items()}


# --- the extent, and the stages ---


@dataclass(frozen=True, slots=True)
class Extent:
    """From when to when the timeline goes; `kinds`: the feeds of which something is recorded."""

    starts_at: float
    ends_at: float
    kinds: frozenset[str] = frozenset()

    @property
    def span(self) -> tuple[float, float]:
        return self.starts_at, self.ends_at


def _extent(found: Sequence[feeds.Feed], stages: Sequence[tuple[Stage, float]], *, now: float | None) -> Extent | None:
    """Of all that is or should be recorded; where nothing is, of the stages. `now`: while it goes on."""
    spans = [span for feed in found for span in feed.spans] or [(at, at) for _, at in stages]
    if not spans:
        return None
    starts_at = min(start for start, _ in spans)
    ends = [end for _, end in spans if end is not None]
    kinds = frozenset(feed.kind.value for feed in found if feed.segments)
    return Extent(starts_at, max([starts_at, *ends, *([] if now is None else [now])]), kinds)


def recorded(row: AttemptRow) -> Extent:
    """From when to when an attempt is recorded, and of which feeds."""
    with services().reader.connect() as connection:
        now = time.time() if row.stage in RECORDED else None
        return _extent(_feeds(connection, row, ()), (), now=now) or Extent(row.stage_at, row.stage_at)


def events(connection: sa.Connection, attempt: str, types: Iterable[str], *, limit: int = -1) -> list[Event]:
    """An attempt's events of these types, oldest first."""
    row = tables.event.c
    query = SELECT.where(row.chain == attempt, row.type.in_(sorted(types))).order_by(row.position).limit(limit)
    return [Event.from_row(found) for found in connection.execute(query)]


def _stages(said: Sequence[Event]) -> list[tuple[Stage, float]]:
    """Each stage with when it began."""
    found: list[tuple[Stage, float]] = []
    for event in said:
        reached = stage.reached(event.payload)
        if reached is not None and (not found or found[-1][0] is not reached):
            found.append((reached, event.wall))
    return found


def _drawn(stages: Sequence[tuple[Stage, float]], until: float) -> list[dict[str, Any]]:
    """As spans. The last goes on, unless nothing comes after it."""
    drawn = []
    for number, (reached, at) in enumerate(stages, 1):
        ends_at: float | None = stages[number][1] if number < len(stages) else None
        if ends_at is None and reached in CLOSED:
            ends_at = max(at, until)
        drawn.append({"stage": reached.value, "starts_at": at, "ends_at": ends_at})
    return drawn


def _missed(connection: sa.Connection, attempt: str) -> list[dict[str, Any]]:
    found = events(connection, attempt, {AnalysisMissed.TYPE}, limit=_MOST_MISSED)
    return [event.payload.to_json() for event in found if isinstance(event.payload, AnalysisMissed)]
