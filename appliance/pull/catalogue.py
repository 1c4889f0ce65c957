"""What a store has, exam by exam, without listing it: the names of its folders, then each exam's manifest and report.

It tells what the boxes say. Nothing here is a proof: `pull` and `verify` prove.
"""

import datetime
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from appliance.bundle.manifest import Manifest
from appliance.errors import BadInput, IntegrityError, NotFound
from appliance.exam.place import numbered
from appliance.pull.choice import Choice
from appliance.pull.patience import patiently
from appliance.stores.port import ObjectStore, checked

AT_ONCE = 16
"""Exams that are asked about at the same time."""

MOST = 256 << 20
"""A manifest or report that is longer is not read."""


class State(StrEnum):
    """How much of an exam the box says is there."""

    COMPLETE = "complete"
    GOING_ON = "going_on"  # no manifest of the exam yet
    INCOMPLETE = "incomplete"  # the box signed that something is missing
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEntry:
    """One attempt as its exam's report has it; `flags`: code -> how many; `open`: nobody decided these; `bytes`: of its
    recordings. Of a camera of the room, which is no candidate, there is only the id."""

    attempt: str
    seat: str = ""
    room: str = ""
    candidate: str = ""
    name: str = ""
    flags: dict[str, int]
    open: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamEntry:
    """One exam of one box. `says`: why it is not complete; `number`: of its newest manifest, `signed_at`: when that was
    made; `report`: the folder of its newest report, "" where none can be read; `bytes`: what the exam's manifest
    names, and the recordings."""

    site: str
    box: str
    exam: str
    state: State
    says: str = ""
    title: str = ""
    starts_at: float | None = None
    provisional: bool = False
    number: int = 0
    signed_at: float | None = None
    report: str = ""
    attempts: tuple[AttemptEntry, ...] = ()
    bytes: int = 0

    @property
    def place(self) -> str:
        """Its folder in the store."""
        return f"{self.site}/{self.box}/{self.exam}"

    @property
    def flags(self) -> dict[str, int]:
        """Of all its attempts."""
        sums: dict[str, int] = {}
        for attempt in self.attempts:
            for code, number in attempt.flags.items():
                sums[code] = sums.get(code, 0) + number
        return sums

    @property
    def open(self) -> int:
        return sum(attempt.open for attempt in self.attempts)


class Catalogue:
    """Reads a store. `now`: wall seconds, the day of an exam that is still going on."""

    def __init__(self, store: ObjectStore, *, now: float, pause: Callable[[float], None] = time.sleep) -> None:
        self._store, self._now, self._pause = store, now, pause

    def exams(self, choice: Choice) -> list[ExamEntry]:
        """Those that are chosen, by site, box and name; each with all its attempts. Errors of the store are raised,
        what one exam has wrong stands in its entry."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="catalogue") as workers:
            try:
                places = sorted(place for site in self._sites(choice) for place in self._places(site, choice, workers))
                found = workers.map(lambda place: self.entry(*place, choice=choice), places)
                return [entry for entry in found if entry is not None]
            except BaseException:
                workers.shutdown(cancel_futures=True)
                raise

    def _sites(self, choice: Choice) -> list[str]:
        return [name for name in self._store.folders("") if choice.site(name) and _named(name)]

    def _places(self, site: str, choice: Choice, workers: ThreadPoolExecutor) -> Iterator[tuple[str, str, str]]:
        boxes = [name for name in self._folders(site) if choice.box(name) and _named(name)]
        for box, exams in zip(boxes, workers.map(lambda box: self._folders(f"{site}/{box}"), boxes), strict=True):
            yield from ((site, box, exam) for exam in exams if choice.exam(exam) and _named(exam))

    def entry(self, site: str, box: str, exam: str, *, choice: Choice) -> ExamEntry | None:
        """One exam, or None when it is not among the chosen."""
        place: dict[str, Any] = {"site": site, "box": box, "exam": exam}
        try:
            manifest = self.newest(f"{site}/{box}/{exam}")
        except IntegrityError as error:
            return ExamEntry(**place, state=State.UNREADABLE, says=f"its manifest: {error.message}")
        if manifest is None:
            return self._going_on(place, choice)
        if choice.too_old(manifest.made_at):
            return None
        missing = len(manifest.missing)
        said: dict[str, Any] = {
            **place,
            "state": State.INCOMPLETE if missing else State.COMPLETE,
            "says": f"the box could not send {missing} of its files" if missing else "",
            "number": manifest.number,
            "signed_at": manifest.made_at,
        }
        said |= self._reported(f"{site}/{box}/{exam}", manifest)
        said["bytes"] = sum(file.size for file in manifest.files) + sum(one.bytes for one in said["attempts"])
        return _chosen(ExamEntry(**said), choice)

    def newest(self, place: str) -> Manifest | None:
        """The newest manifest of a bundle, None when it has none. Its number is found by doubling: 2 requests for the
        first, at most 2 log2(n) more. IntegrityError when it cannot be read."""
        high, step = 1, 1
        while self._has(place, high + step):
            high, step = high + step, step * 2
        low, above = high, high + step
        while above - low > 1:
            middle = (low + above) // 2
            low, above = (middle, above) if self._has(place, middle) else (low, middle)
        try:
            data = self._small(f"{place}/{numbered('manifest.json', low)}")
        except NotFound:
            return None
        return Manifest.from_bytes(data)

    def _has(self, place: str, number: int) -> bool:
        key = f"{place}/{numbered('manifest.json', number)}"
        return patiently(lambda: self._store.stat(key), pause=self._pause) is not None

    def _folders(self, prefix: str) -> list[str]:
        return patiently(lambda: list(self._store.folders(prefix)), pause=self._pause)

    def _going_on(self, place: dict[str, Any], choice: Choice) -> ExamEntry | None:
        """No manifest of the exam yet: its attempts are the folders that have one, each with its own report."""
        folder = "/".join(place.values())
        names = sorted(self._folders(folder))
        if not names:
            return None  # nothing like an exam
        said: dict[str, Any] = {"starts_at": self._now}
        attempts = []
        for name in names:
            try:
                manifest = self.newest(f"{folder}/{name}")
            except IntegrityError:
                attempts.append(AttemptEntry(attempt=name, flags={}))
                continue
            if manifest is not None:
                report = self._report(f"{folder}/{name}", manifest)
                attempts.append(_attempt(report[1]) if report else AttemptEntry(attempt=name, flags={}))
                said |= _exam(report[1]) if report else {}
        entry = ExamEntry(
            **place,
            **said,
            state=State.GOING_ON,
            says="the box has not closed it yet; only attempts that are over are there",
            attempts=tuple(attempts),
            bytes=sum(one.bytes for one in attempts),
        )
        return _chosen(entry, choice)

    def _reported(self, place: str, manifest: Manifest) -> dict[str, Any]:
        """What the report on the exam says, as far as it can be read."""
        bare = {name: AttemptEntry(attempt=name, flags={}) for name in sorted(manifest.attempts)}
        said: dict[str, Any] = {"starts_at": manifest.made_at, "attempts": tuple(bare.values())}
        report = self._report(place, manifest)
        if report is None:
            return said | {"says": "its report cannot be read", "state": State.UNREADABLE}
        attempts = {one["attempt"]: _attempt(one) for one in report[1]["attempts"]}
        others = (one for name, one in bare.items() if name not in attempts)
        return said | _exam(report[1]) | {"report": report[0], "attempts": (*attempts.values(), *others)}

    def _report(self, place: str, manifest: Manifest) -> tuple[str, dict[str, Any]] | None:
        """The folder of the newest report and what it says; None when it cannot be read."""
        names = [file.file for file in manifest.files if file.kind == "report" and file.file.endswith("/report.json")]
        try:
            said = json.loads(self._small(f"{place}/{names[-1]}"))
            _exam(said)
            for one in said.get("attempts", [said]):
                _attempt(one)
        except (NotFound, IntegrityError, ValueError, LookupError, TypeError, AttributeError):
            return None
        return names[-1].rpartition("/")[0], said

    def _small(self, key: str) -> bytes:
        return patiently(lambda: self._read(key), pause=self._pause)

    def _read(self, key: str) -> bytes:
        pieces, size = [], 0
        for piece in self._store.read(key):
            pieces.append(piece)
            if (size := size + len(piece)) > MOST:
                raise IntegrityError(f"{key} is longer than {MOST >> 20} MB")
        return b"".join(pieces)


def _named(name: str) -> bool:
    """The name of a site, box or exam: not what is the box's own (`_box`), nor a name that no box writes."""
    if name.startswith(("_", ".")):
        return False
    try:
        return checked(name) == name
    except BadInput:
        return False


def _exam(said: dict[str, Any]) -> dict[str, Any]:
    """Title and times of the exam that a report is on."""
    exam = said["exam"]
    return {
        "title": str(exam["title"]),
        "starts_at": datetime.datetime.fromisoformat(exam["starts_at"]).timestamp(),
        "provisional": bool(said["provisional"]),
    }


def _attempt(said: dict[str, Any]) -> AttemptEntry:
    flags: dict[str, int] = {}
    for flag in said["flags"]:
        flags[str(flag["code"])] = flags.get(str(flag["code"]), 0) + 1
    return AttemptEntry(
        attempt=str(said["attempt"]),
        seat=str(said["seat"]),
        room=str(said.get("room", "")),
        candidate=str(said["candidate"]),
        name=str(said["name"]),
        flags=flags,
        open=sum(flag["decision"] == "open" for flag in said["flags"]),
        bytes=sum(int(recording["bytes"]) for recording in said["recordings"]),
    )


def _chosen(entry: ExamEntry, choice: Choice) -> ExamEntry | None:
    """The entry with the attempts that are asked for; None when it is not asked for at all."""
    if entry.starts_at is not None and not choice.began(entry.starts_at):
        return None
    if choice.every_attempt:
        return entry
    attempts = tuple(one for one in entry.attempts if choice.attempt((one.attempt, one.candidate), one.flags))
    return replace(entry, attempts=attempts) if attempts else None
