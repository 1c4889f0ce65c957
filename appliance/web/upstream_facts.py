"""What the page of the upstream says, in words: of this moment, and of each exam."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from appliance.box import health, upstream
from appliance.box.mounts import apart
from appliance.box.upstream import Backlog, Failure, Upload, Upstream
from appliance.bundle.keys import PublicKey
from appliance.exam.events import UpstreamAltered, UpstreamRestored
from appliance.exam.retention import Keeping, outlived
from appliance.exam.unplug import Copy, Disk, Sight, State, Verdict, disk, judged, length
from appliance.ledger import bundles, planning, state
from appliance.ledger.bundles import ExamHere
from appliance.ledger.state import ExamRow
from appliance.web.context import Services
from appliance.web.strings import Catalogue

NEWEST = 30
"""Exams on the page."""

FAILURES = 8
"""Sentences of what does not go; the rest is counted."""

_TONES = {
    State.SILENT: "ill",
    State.STUCK: "ill",
    State.ALTERED: "ill",
    State.EXAM: "wait",
    State.HELD: "wait",
    State.SENDING: "wait",
    State.BUNDLING: "wait",
    State.AWAY: "calm",
    State.LATER: "well",
    State.EMPTY: "well",
    State.SAFE: "well",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """This moment. `said`: by sync, None where it says nothing; `tone`: "well", "wait", "calm" or "ill"."""

    verdict: Verdict
    sight: Sight
    tone: str
    sentence: str
    then: str
    said: Upstream | None
    disk: Disk
    deletion_waits: str
    deletion_rests: str


def now_of(connection: sa.Connection, here: Services, *, now: float) -> Now:
    """From what sync says and the ledger has. Cheap: asked each second by each open page."""
    said = upstream.read(here.paths.run)
    sync = health.read(here.paths.health, "sync", now=now)
    sight = bundles.sight(connection, said, later=int(sync.get("attempts_waiting", 0)), now=now)
    verdict = judged(sight)
    folder = here.settings.upstream.folder_in(here.paths.data)
    separate = folder is not None and apart(folder, here.paths.data)
    return Now(
        verdict=verdict,
        sight=sight,
        tone=_TONES[verdict.state],
        sentence=sentence(here.words, verdict, sight),
        then=then(here.words, verdict),
        said=said if sight.speaks else None,
        disk=disk(sight, local=folder is not None if said is None else said.local, separate=separate),
        deletion_waits=str(sync.get("deletion_waits", "")),
        deletion_rests=str(sync.get("deletion_rests", "")),
    )


def sentence(words: Catalogue, verdict: Verdict, sight: Sight) -> str:
    """The big one; the command line says the same."""
    if verdict.state is not State.SENDING:
        return words(f"upstream.say.{verdict.state.value}")
    long = length(sight.eta_s)
    return words(f"upstream.say.sending_{long.unit}", n=long.n, size=size(sight.waiting_bytes))


def then(words: Catalogue, verdict: Verdict) -> str:
    """What follows from it."""
    said = words(f"upstream.then.{verdict.state.value}")
    if verdict.state is not State.EXAM:
        return said
    return f"{said} {words(f'upstream.also.{verdict.sending.value}')}".strip()


def waiting(said: Upstream, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """What waits, one line for each exam, the one that has waited longest first."""
    found: dict[str, list[Backlog]] = {}
    for one in said.backlog:
        found.setdefault(one.exam, []).append(one)
    lines = [
        {
            "exam": exam,
            "title": titles.get(exam, exam),
            "objects": sum(one.objects for one in parts),
            "bytes": sum(one.bytes for one in parts),
            "since": min(one.since for one in parts),
        }
        for exam, parts in found.items()
    ]
    return sorted(lines, key=lambda line: (line["since"], line["exam"]))


def uploads(said: Upstream) -> list[dict[str, Any]]:
    """What is on its way, with how far it is."""
    return [{"key": one.key, "size": one.size, "sent": one.sent, "percent": _percent(one)} for one in said.uploads]


def _percent(one: Upload) -> int:
    return min(100, math.floor(100 * one.sent / one.size)) if one.size > 0 else 100


def failures(said: Upstream) -> list[Failure]:
    """What a person has to do something about first; the newest of those."""
    return sorted(said.failures, key=lambda one: (one.kind == "away", -one.since))


def exams(connection: sa.Connection, *, lock_days: int, now: float) -> tuple[list[dict[str, Any]], int]:
    """The newest exams, and how many older ones there are."""
    rows = sorted(state.planned(connection), key=lambda row: row.starts_at, reverse=True)
    known = bundles.read(connection)
    shown = [bundles.exam_here(connection, row, known, now=now) for row in rows[:NEWEST]]
    return [_exam(connection, one, lock_days) for one in shown], len(rows) - len(shown)


def _exam(connection: sa.Connection, one: ExamHere, lock_days: int) -> dict[str, Any]:
    return {
        "exam": one.row.exam,
        "title": one.row.title,
        "practice": one.practice,
        "attempts": one.attempts,
        "stored": one.stored,
        "stored_at": one.stored_at,
        "manifest": one.manifest[:16],
        "copy": one.copy.value,
        "needed": one.copy.needed,
        "delete_at": one.delete_at if one.copy is Copy.DATED else None,
        "outlived": locked(connection, one.row, lock_days=lock_days),
        **not_right(one.altered, one.restored),
    }


def not_right(altered: Sequence[UpstreamAltered], restored: Sequence[UpstreamRestored]) -> dict[str, Any]:
    """What of an exam the store has not got as it was stored, and (`restored`, or None) what it has again."""
    return {
        "altered": sum(said.objects for said in altered),
        "missing": [key for said in altered for key in said.missing],
        "other": [key for said in altered for key in said.other],
        "hints": sorted({said.hint for said in altered if said.hint}),
        "restored": sum(said.sent for said in restored) if restored else None,
    }


def locked(connection: sa.Connection, row: ExamRow, *, lock_days: int) -> list[tuple[str, int]]:
    """Kinds of an exam that the store keeps for longer than candidates are told, with the days that they are told."""
    keeping = Keeping.of(planning.plan(connection, row.exam), recordings=row.retention_days)
    return [(what.value, days) for what, days in outlived(keeping, lock_days=lock_days)]


def size(number: float) -> str:
    """Bytes as one says them."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= factor:
            return f"{number / factor:.{1 if number < 100 * factor else 0}f} {unit}"
    return f"{number:.0f} B"


def mbit(bits: float) -> str:
    """Mbit a second, without more places than anybody reads."""
    return f"{bits / 1e6:.{1 if bits < 10e6 else 0}f}"


def titles(connection: sa.Connection, wanted: Iterable[str]) -> dict[str, str]:
    """Exam -> its title, of those that are known."""
    named = set(wanted)
    return {row.exam: row.title for row in state.exams(connection) if row.exam in named} if named else {}


def address(here: Services, now: Now) -> str:
    """Where evidence goes, as it may be shown."""
    if now.said is not None and now.said.store:
        return now.said.store
    folder: Path | None = here.settings.upstream.folder_in(here.paths.data)
    return str(folder) if folder is not None else here.settings.upstream.url


def key(folder: Path) -> PublicKey | None:
    """What this box signs with, as anybody may know it; None before sync has made it."""
    try:
        return PublicKey.from_pem((folder / "box.pub").read_bytes())
    except FileNotFoundError:
        return None
