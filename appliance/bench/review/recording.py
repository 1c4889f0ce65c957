"""Makes a recording of three hours to measure with, and a short one for tests: real files, a real ledger.

    made = recording.make(folder, hours=3)             # about 3.5 GB, 1.2 + 0.8 + 0.6 Mbit/s
    made = recording.make(folder, hours=1 / 30, small=True)   # two minutes of small pictures, a few MB
    recording.lay(media, exam=..., attempt=..., seat="1", begins_at=..., hours=1 / 30, small=True)   # files alone

A loop of each feed is encoded once (`loop`: its pictures say their time) and repeated with the times rewritten. The
files have the names, sizes, parts and playlists that capture makes. There is a gap in the webcam, one in the phone that
was filled in part by a late piece, and `live` leaves the last file open. `damage` breaks such a recording.
"""

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.bench.review import day
from appliance.bench.review.loop import Loop, Shape
from appliance.bench.review.loop import make as encode
from appliance.box.paths import Paths
from appliance.capture import playlist
from appliance.capture.playlist import Entry, Playlist
from appliance.exam import events
from appliance.exam.events import Payload
from appliance.exam.feed import Kind
from appliance.exam.gap import Cause
from appliance.ledger import writer
from appliance.recording.name import OPEN, Name

KINDS = (Kind.WEBCAM, Kind.PHONE, Kind.SCREEN)
EXAM = day.EXAM
PASSWORD = day.PASSWORD

_BIG = {
    Kind.WEBCAM: Shape(
        kind=Kind.WEBCAM, width=1280, height=720, fps=15, bitrate=1_170_000, sound=True, seconds=64, piece=32, key=4
    ),
    Kind.PHONE: Shape(
        kind=Kind.PHONE, width=960, height=720, fps=15, bitrate=770_000, sound=True, seconds=64, piece=32, key=4
    ),
    Kind.SCREEN: Shape(
        kind=Kind.SCREEN, width=1280, height=720, fps=10, bitrate=600_000, sound=False, seconds=64, piece=32, key=4
    ),
}
_LATER = {Kind.WEBCAM: 0.0, Kind.PHONE: 8.0, Kind.SCREEN: 0.5}
"""Seconds after the first feed that each begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """Files of one attempt. `said`: what capture says of them, each with its wall time; `weight`: bytes."""

    begins_at: float
    ends_at: float
    said: list[tuple[float, Payload]]
    weight: int
    picture: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A box with recordings, of `weight` bytes. `people`: role -> who signs in, all with `PASSWORD`."""

    paths: Paths
    exam: str
    attempts: list[str]
    begins_at: float
    ends_at: float
    kinds: tuple[Kind, ...]
    weight: int
    people: dict[str, str]

    def folder(self, kind: Kind, attempt: int = 0) -> Path:
        """Where a feed's files are."""
        return self.paths.media / self.exam / self.attempts[attempt] / kind.value


def make(
    data: Path,
    *,
    hours: float = 3.0,
    kinds: Sequence[Kind] = KINDS,
    seats: int = 1,
    small: bool = False,
    live: bool = False,
    flags: int = 60,
) -> Made:
    """A box in the empty folder `data`, with an exam that is over (`live`: goes on) and `seats` candidates of whom all
    of it is recorded. With many flags, a chat, a break and a call."""
    paths = Paths.of(data).make()
    seconds = round(hours * 3600)
    begins_at = float(round(time.time()) - seconds - (0 if live else 600))
    laps = loops(kinds, small=small)
    weight = 0
    with writer.opened(paths.database) as ledger:
        attempts = day.plan(ledger, kinds=kinds, seats=seats, begins_at=begins_at, minutes=max(1, seconds // 60))
        for number, attempt in enumerate(attempts, 1):
            laid = _lay(paths.media, laps, EXAM, attempt, str(number), begins_at=begins_at, seconds=seconds, live=live)
            weight += laid.weight
            shown = laid.picture
            day.sit(ledger, paths.media, attempt, laid.said, begins_at, seconds, flags=flags, live=live, picture=shown)
    return Made(
        paths=paths,
        exam=EXAM,
        attempts=attempts,
        begins_at=begins_at,
        ends_at=begins_at + seconds,
        kinds=tuple(kinds),
        weight=weight,
        people=dict(day.PEOPLE),
    )


def lay(
    media: Path,
    *,
    exam: str,
    attempt: str,
    seat: str,
    begins_at: float,
    hours: float,
    kinds: Sequence[Kind] = KINDS,
    small: bool = False,
    live: bool = False,
) -> Laid:
    """Only the files, into a media folder that is there."""
    laps = loops(kinds, small=small)
    return _lay(media, laps, exam, attempt, seat, begins_at=begins_at, seconds=round(hours * 3600), live=live)


def loops(kinds: Sequence[Kind], *, small: bool) -> list[Loop]:
    """Of each feed, laps anew; the same each time."""
    shapes = [replace(_BIG[kind], shift=_LATER[kind]) for kind in kinds]
    if small:
        shapes = [replace(s, width=160, height=120, bitrate=60_000, seconds=16, piece=8, key=2) for s in shapes]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(encode, shapes))


def _lay(
    media: Path, loops: list[Loop], exam: str, attempt: str, seat: str, *, begins_at: float, seconds: int, live: bool
) -> Laid:
    feeds = [_Feed(loop, media / exam / attempt, seat, begins_at, seconds, live) for loop in loops]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_Feed.lay, feeds))
    said = sorted((one for feed in feeds for one in feed.said), key=lambda one: one[0])
    weight = sum(feed.weight for feed in feeds)
    picture = loops[0].picture
    return Laid(begins_at=begins_at, ends_at=begins_at + seconds, said=said, weight=weight, picture=picture)


class _Feed:
    """One feed while it is laid."""

    def __init__(self, loop: Loop, folder: Path, seat: str, begins_at: float, seconds: int, live: bool) -> None:
        self.loop, self.shape, self.seat, self.live = loop, loop.shape, seat, live
        self.folder = folder / loop.shape.kind.value
        self.begins_at = begins_at + loop.shape.shift
        self.seconds = seconds - int(-(-loop.shape.shift // 1))
        self.said: list[tuple[float, Payload]] = []
        self.weight, self.number = 0, 0
        self.entries: list[Entry] = []

    def lay(self) -> None:
        """Every file of it, and its playlist."""
        self.folder.mkdir(parents=True)
        kind = self.shape.kind.value
        codecs = ["h264", "opus"] if self.shape.sound else ["h264"]
        opened = events.FeedOpened(kind=kind, connection=f"{kind}1", codecs=codecs, opened_at=self.begins_at)
        aligned = events.FeedAligned(
            kind=kind,
            connection=f"{kind}1",
            delay_ms=38.0,
            uncertainty_ms=12.0,
            drift_ppm=3.1,
            method="round trip and sender reports",
        )
        self.said += [(self.begins_at + 1, opened), (self.begins_at + 6, aligned)]
        holes = self._holes()
        for start in range(0, self.seconds, self.shape.piece):
            end = min(start + self.shape.piece, self.seconds)
            last = self.live and end == self.seconds
            for first, until in _outside(start, end, holes):
                self._file(first, until, still_open=last and until == end)
        for number, (first, until, filled) in enumerate(holes, 1):
            self._gap(number, first, until, filled)
        closed = events.FeedClosed(
            kind=kind, connection=f"{kind}1", cause="ended", closed_at=self.begins_at + self.seconds
        )
        self.said += [] if self.live else [(self.begins_at + self.seconds, closed)]
        self._playlist()

    def _holes(self) -> list[tuple[int, int, int]]:
        """(first second, the one after the last, seconds that came late)."""
        piece, key = self.shape.piece, self.shape.key
        middle = self.seconds // 2 // piece * piece
        if self.shape.kind is Kind.WEBCAM:
            return [(middle + 3, middle + 4 * key, 0)]
        if self.shape.kind is Kind.PHONE:
            return [(middle // 2 // key * key, middle // 2 // key * key + 5 * key, 2 * key)]
        return []

    def _file(self, first: int, until: int, *, late: bool = False, still_open: bool = False) -> Name:
        self.number += 1
        starts_at = self.begins_at + first
        name = Name(self.seat, self.shape.kind, starts_at, self.number, ".mp4", late)
        data = self.loop.piece(first, until)
        (self.folder / f"{name}{OPEN if still_open else ''}").write_bytes(data)
        self.weight += len(data)
        self.entries.append(Entry(str(name), starts_at, first, until - first, len(data), len(self.loop.header), late))
        if still_open:
            return name
        closed = events.SegmentClosed(
            kind=self.shape.kind.value,
            number=self.number,
            path=self._path(name),
            starts_at=starts_at,
            position=float(first),
            duration=float(until - first),
            bytes=len(data),
            init_bytes=len(self.loop.header),
            sha256=hashlib.sha256(data).hexdigest(),
            codecs=["h264", "opus"] if self.shape.sound else ["h264"],
            late=late,
        )
        self.said.append((self.begins_at + until, closed))
        return name

    def _path(self, name: Name) -> str:
        return "/".join((*self.folder.parts[-3:], str(name)))

    def _gap(self, number: int, first: int, until: int, filled: int) -> None:
        kind, gap = self.shape.kind.value, f"{self.folder.parent.name}{self.shape.kind.value}{number}"
        cause = (Cause.NETWORK_LOST if filled else Cause.CONNECTION_LOST).value
        since, to = self.begins_at + first, self.begins_at + until
        self.said.append((since + 2, events.GapOpened(gap=gap, kind=kind, cause=cause, starts_at=since)))
        self.said.append((to, events.GapClosed(gap=gap, kind=kind, cause=cause, starts_at=since, ends_at=to)))
        if filled:
            name = self._file(first, first + filled, late=True)
            brought = events.GapFilled(
                gap=gap, kind=kind, path=self._path(name), starts_at=since, ends_at=since + filled
            )
            self.said.append((to + 20, brought))

    def _playlist(self) -> None:
        made = Playlist(self.folder, _Nobody())
        still_open = self.entries.pop() if self.live else None
        for entry in self.entries:
            made.append(entry)
        (self.folder / playlist.NAME).write_text(made.render(still_open, over=not self.live), encoding="ascii")


class _Nobody:
    """Writes no playlist while it grows."""

    def replace(self, path: Path, data: bytes, done: object) -> bool:
        return True


def _outside(start: int, end: int, holes: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """What of `start` to `end` is in no hole."""
    left, at = [], start
    for first, until, _ in holes:
        if first < end and until > at:
            left.append((at, max(at, first)))
            at = min(end, until)
    return [(a, b) for a, b in (*left, (at, end)) if b > a]
