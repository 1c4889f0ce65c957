"""What people did around the exam, as facts: self-test, room scans, sections, breaks, announcements, notes, moments
that were kept, the check-out, questions to the institution. Times are wall seconds, spans seconds, positions seconds of
the webcam's recording."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.exam import events
from appliance.exam.events import Payload
from appliance.ledger import checkin, checkout, planning, sitting
from appliance.ledger.state import AttemptRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """The newest of a candidate's computer. `results`: name -> {"state", "value"}."""

    checked_at: float
    results: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The room was shown, or was asked for; `kept` False: deleted by its date."""

    number: int | None
    recorded_at: float | None
    seconds: float | None
    sha256: str | None
    reason: str
    asked_by: str
    verdict: str | None
    note: str
    reviewed_by: str | None
    reviewed_at: float | None
    delete_at: float | None
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section in this candidate's order."""

    number: int
    title: str
    opened_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A break, or staff stopped the clock. `overrun`: over what was allowed."""

    kind: str
    starts_at: float
    ends_at: float | None
    minutes: int | None
    overrun: float
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Said to several candidates at once; `read_at` None: this one has not seen it."""

    announced_at: float
    text: str
    spoken: bool
    by: str
    read_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Irregularity:
    """What a person wrote down."""

    category: str
    text: str
    happened_at: float
    position: float | None
    by: str
    noted_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A still, and the clip around it, that a person kept."""

    kind: str
    taken_at: float
    starts_at: float
    ends_at: float
    still_sha256: str
    clip_sha256: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A question for the institution, or the candidate's reply to the receipt. What was asked about accommodations is
    not here."""

    kind: str
    text: str
    made_at: float
    answer: str | None
    answered_by: str | None
    answered_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The newest photo of a page. `accepted_by`: who could read what was measured as unreadable."""

    number: int
    sha256: str
    photographed_at: float
    sharpness: float
    light: float
    readable: bool
    accepted_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One thing of the check-out that is done; `position`: where the recording shows it."""

    tick: str
    ticked_at: float
    by: str
    note: str
    position: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOut:
    """What was handed in. `paper_made`: the PDF was made of the photos, else it was sent."""

    pages: tuple[Page, ...]
    paper_sha256: str | None
    paper_pages: int | None
    paper_made: bool
    counted: int | None
    counted_by: str | None
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """All of it."""

    selftest: SelfTest | None
    scans: tuple[Scan, ...]
    parts: tuple[Part, ...]
    pauses: tuple[Pause, ...]
    announcements: tuple[Announcement, ...]
    irregularities: tuple[Irregularity, ...]
    kept: tuple[Kept, ...]
    inquiries: tuple[Inquiry, ...]
    check_out: CheckOut


class _Names(dict[str, str]):
    """user -> name; whoever has none is called as in the ledger."""

    def of(self, user: str | None) -> str | None:
        return None if user is None else self.get(user, user)

    def say(self, user: str) -> str:
        return self.get(user, user)


def day(connection: sa.Connection, row: AttemptRow, names: Mapping[str, str], log: list[Payload]) -> Day:
    """Of one attempt. `names`: user -> name; `log`: what its events say, in order."""
    who, attempt = _Names(names), row.attempt
    tested = checkin.selftest(connection, attempt)
    return Day(
        selftest=None if tested is None else SelfTest(checked_at=tested.checked_at, results=tested.results),
        scans=_scans(connection, attempt, who),
        parts=_parts(connection, row),
        pauses=tuple(
            Pause(
                kind=one.kind,
                starts_at=one.begun_at,
                ends_at=one.ended_at,
                minutes=one.minutes,
                overrun=one.overrun or 0.0,
                by=who.say(one.by),
            )
            for one in sitting.pauses(connection, attempt=attempt)
        ),
        announcements=tuple(
            Announcement(
                announced_at=one.announced_at,
                text=one.text,
                spoken=bool(one.spoken),
                by=one.by_name,
                read_at=one.read_at,
            )
            for one in planning.heard(connection, attempt)
        ),
        irregularities=tuple(
            Irregularity(
                category=one.category,
                text=one.text,
                happened_at=one.happened_at,
                position=one.position,
                by=one.by_name,
                noted_at=one.noted_at,
            )
            for one in sitting.irregularities(connection, attempt=attempt)
        ),
        kept=tuple(
            Kept(
                kind=one.kind,
                taken_at=one.taken_at,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                still_sha256=one.still_sha256,
                clip_sha256=one.clip_sha256,
                by=who.say(one.by),
            )
            for one in sitting.kept(connection, attempt=attempt)
        ),
        inquiries=_inquiries(connection, attempt),
        check_out=_check_out(connection, attempt, who, log),
    )


def _scans(connection: sa.Connection, attempt: str, who: _Names) -> tuple[Scan, ...]:
    return tuple(
        Scan(
            number=one.number,
            recorded_at=one.recorded_at,
            seconds=one.seconds,
            sha256=one.sha256,
            reason=one.reason,
            asked_by=who.say(one.asked_by),
            verdict=one.verdict,
            note=one.note or "",
            reviewed_by=who.of(one.reviewed_by),
            reviewed_at=one.reviewed_at,
            delete_at=one.delete_at,
            kept=one.path is not None,
        )
        for one in checkin.scans(connection, attempt=attempt)
    )


def _parts(connection: sa.Connection, row: AttemptRow) -> tuple[Part, ...]:
    titles = [section.title for section in planning.plan(connection, row.exam).sections]
    opened = sitting.opened(connection, row.attempt)
    order = sitting.sitting(connection, row.attempt).sections
    return tuple(
        Part(
            number=number,
            title=titles[number - 1] if number <= len(titles) else "",
            opened_at=opened.get(number),
        )
        for number in order
    )


def _inquiries(connection: sa.Connection, attempt: str) -> tuple[Inquiry, ...]:
    return tuple(
        Inquiry(
            kind=one.kind,
            text=one.text,
            made_at=one.made_at,
            answer=one.answer,
            answered_by=one.answered_by_name,
            answered_at=one.answered_at,
        )
        for one in sitting.inquiries(connection, attempt=attempt)
        if one.kind != "accommodation"
    )


def _check_out(connection: sa.Connection, attempt: str, who: _Names, log: list[Payload]) -> CheckOut:
    papers = checkout.papers(connection, attempt=attempt)
    paper = papers[0] if papers else None
    positions = {said.tick: said.position for said in log if isinstance(said, events.CheckoutTicked)}
    return CheckOut(
        pages=tuple(
            Page(
                number=one.number,
                sha256=one.sha256,
                photographed_at=one.photographed_at,
                sharpness=one.sharpness,
                light=one.light,
                readable=bool(one.readable),
                accepted_by=who.of(one.accepted_by),
            )
            for one in checkout.pages(connection, attempt=attempt)
        ),
        paper_sha256=None if paper is None else paper.sha256,
        paper_pages=None if paper is None else paper.pages,
        paper_made=paper is not None and bool(paper.made),
        counted=None if paper is None else paper.counted,
        counted_by=None if paper is None else who.of(paper.counted_by),
        ticks=tuple(
            Tick(
                tick=one.tick,
                ticked_at=one.ticked_at,
                by=who.say(one.by),
                note=one.note,
                position=positions.get(one.tick),
            )
            for one in checkout.ticks(connection, attempt=attempt)
        ),
    )
