"""`appliance salvage`: no backup, but the disk. A new ledger, and in it an index of what lies under `media/`.

The files are the index: their folders name exam and attempt, their names the seat, the feed and the moment. Who sat
there, what was flagged and what was said is lost with the old ledger, and the new one says so.
"""

import argparse
import dataclasses
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from appliance.administration import ledger_alone
from appliance.box.console import paths_of
from appliance.box.lock import held
from appliance.box.paths import Paths
from appliance.capture import ids, index
from appliance.capture.index import Survey
from appliance.errors import IntegrityError, NotAllowed, NotFound
from appliance.exam.events import (
    BOX,
    AttemptCreated,
    ExamCreated,
    GapClosed,
    GapOpened,
    LedgerSalvaged,
    Payload,
    RoomWatched,
)
from appliance.exam.feed import Kind
from appliance.exam.gap import SILENCE_SECONDS, Cause
from appliance.exam.policy import ExamPolicy
from appliance.ledger import tables
from appliance.ledger.actions import exams
from appliance.ledger.reader import opened
from appliance.ledger.record import Draft
from appliance.ledger.writer import Writer

ACTOR = "cli"
REASON = "salvaged from the recordings: the ledger was lost"
_ROOM_ID = 32
"""Letters of a room's id (`capture.attendance`); an attempt's has 16."""


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a media folder."""

    exams: int
    attempts: int
    recordings: int
    damaged: int


def run(options: argparse.Namespace) -> int:
    """The command."""
    paths = paths_of(options)
    found = salvage(paths)
    print(f"{found.recordings} recordings of {found.attempts} candidates in {found.exams} exams are in a new ledger.")
    if found.damaged:
        print(f"{found.damaged} files cannot be read; they lie under `damaged` beside the others.")
    print("Names, flags, chats and reports are lost with the old ledger. Let somebody sign in: appliance user create")
    return 0


def salvage(paths: Paths) -> Found:
    """Make the ledger anew from the recordings; NotFound without any, NotAllowed while there is a ledger that is
    whole."""
    folders = list(index.feed_folders(paths.media))
    if not folders:
        raise NotFound(f"there are no recordings in {paths.media}", hint="Check --data, and that the disk is mounted.")
    with held(paths.make(), "box"):
        _set_aside(paths)
        surveyed = [(folder, found) for folder in folders if (found := index.survey(paths.media, folder))]
        with ledger_alone(paths) as ledger:
            return _enter(ledger, paths.media, surveyed)


def _set_aside(paths: Paths) -> None:
    """The damaged ledger, if there is one."""
    if not paths.database.exists():
        return
    try:
        with opened(paths.database) as ledger, ledger.connect() as connection:
            whole = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() == "ok"
            exams = connection.execute(sa.select(sa.func.count()).select_from(tables.exam)).scalar() if whole else 0
    except (IntegrityError, sa.exc.DBAPIError):
        whole, exams = False, 0
    if whole and exams:
        raise NotAllowed(
            f"the ledger {paths.database} is whole and knows {exams} exams", hint="Start the box: nothing is lost."
        )
    aside = paths.data / "replaced" / time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    aside.mkdir(parents=True, exist_ok=True)
    for file in paths.ledger.glob("ledger.sqlite3*"):
        file.rename(aside / file.name)


def _enter(ledger: Writer, media: Path, surveyed: Sequence[tuple[Path, Survey]]) -> Found:
    by_exam: dict[str, dict[str, list[Survey]]] = {}
    for _, found in surveyed:
        by_exam.setdefault(found.place.exam, {}).setdefault(found.place.feed.attempt, []).append(found)
    recordings = damaged = 0
    for exam, attempts in by_exam.items():
        begins = min(one.resume.begins_at or time.time() for feeds in attempts.values() for one in feeds)
        ledger.append(_draft(_created(exam, begins), BOX, exam))
        for attempt, feeds in attempts.items():
            ledger.append(_draft(_holder(exam, attempt, feeds), attempt, exam))
            for feed in feeds:
                said = list(_recorded(media, attempt, feed))
                recordings += len(feed.entries)
                damaged += len(feed.damaged)
                ledger.append(*(_draft(payload, attempt, exam) for payload in said))
        ledger.transact(partial(exams.end_exam, exam=exam, reason=REASON, by=ACTOR))
    attempts_found = sum(len(attempts) for attempts in by_exam.values())
    told = LedgerSalvaged(exams=sorted(by_exam), recordings=recordings, damaged=damaged)
    ledger.append(_draft(told, BOX, None))
    return Found(len(by_exam), attempts_found, recordings, damaged)


def _created(exam: str, begins: float) -> ExamCreated:
    held_as = ExamPolicy(exam=exam, title=f"{exam} (salvaged)", starts_at=begins)
    return ExamCreated(
        exam=exam,
        title=held_as.title,
        minutes=held_as.minutes,
        starts_at=begins,
        admission=held_as.admission.value,
        link="",
        warnings_before_end=held_as.warnings_before_end,
        ratio=held_as.ratio,
        retention_days=held_as.retention_days,
    )


def _holder(exam: str, attempt: str, feeds: Sequence[Survey]) -> Payload:
    """Whose folder it is: a candidate's, whose seat the files name, or a room's camera."""
    seat = feeds[0].place.seat
    if len(attempt) == _ROOM_ID and all(one.place.feed.kind is Kind.CAMERA for one in feeds):
        return RoomWatched(camera=seat)
    return AttemptCreated(exam=exam, seat=seat, name=f"seat {seat} (salvaged)", candidate=f"salvaged-{attempt}")


def _recorded(media: Path, attempt: str, feed: Survey) -> Iterator[Payload]:
    """Each file, each that cannot be read, and each hole between two."""
    yield from feed.damaged
    kind, before = feed.place.feed.kind.value, None
    recovered = {said.path: said for said in feed.recovered}
    for entry in feed.entries:
        file = media / feed.place.folder / entry.name
        said = index.describe(media, file)
        yield dataclasses.replace(said, recovered=said.path in recovered)
        if before is not None and said.starts_at - before > SILENCE_SECONDS:
            gap, cause = ids.of("salvaged", attempt, kind, before), Cause.LEDGER_LOST.value
            yield GapOpened(gap=gap, kind=kind, cause=cause, starts_at=before)
            yield GapClosed(gap=gap, kind=kind, cause=cause, starts_at=before, ends_at=said.starts_at)
        before = said.starts_at + said.duration


def _draft(payload: Payload, chain: str, exam: str | None) -> Draft:
    return Draft(payload=payload, chain=chain, exam=exam, actor=ACTOR)
