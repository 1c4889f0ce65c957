"""Which parts of which files hold a span of a feed, whether the files are the bytes that the ledger knows, and what is
missing of the span."""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.evidence.job import FeedJob, Hole, Source
from appliance.recording import file
from appliance.recording.part import Part

LEAD_SECONDS = 15.0
"""How far before the span a key frame is looked for: one is asked for every `[capture] keyframe_seconds`."""

SHORTEST_HOLE = 0.5
"""Seconds; a screen that does not change sends less often than a camera."""

_BROKEN = 1.0
"""Seconds without anything: pictures after it are no continuation of those before."""

THERE = "there"


@dataclass(frozen=True, slots=True)
class Piece:
    """The wanted `parts` of one file. `begins_at`: wall seconds of position 0; `sound`: some arrived."""

    path: Path
    suffix: str
    header: bytes
    parts: tuple[Part, ...]
    begins_at: float
    sound: bool

    @property
    def starts_at(self) -> float:
        return self.begins_at + self.parts[0].position


@dataclass(frozen=True, slots=True)
class Judged:
    """A file that has to do with the span. `state`: "there", "missing", "deleted", "changed" (other bytes than the
    ledger knows) or "unreadable"; `found`: the SHA-256 of what lies there, None where nothing does."""

    source: Source
    state: str
    found: str | None
    piece: Piece | None


@dataclass(frozen=True, slots=True)
class Picked:
    """One feed of a clip: what it is made of, in the order of its places, and what is not there."""

    kind: str
    pieces: tuple[Piece, ...]
    judged: tuple[Judged, ...]
    holes: tuple[Hole, ...]


def pick(feed: FeedJob, media: Path, *, starts_at: float, ends_at: float) -> Picked:
    """From the key frame at or before `starts_at` (the first after it, where the span begins in a hole) to
    `ends_at`."""
    near = [one for one in feed.sources if one.ends_at > starts_at - LEAD_SECONDS and one.starts_at < ends_at]
    judged = [judge(source, media) for source in sorted(near, key=lambda one: one.position)]
    whole = [one.piece for one in judged if one.piece is not None]
    parts = [
        (piece.begins_at + part.position, piece.begins_at + part.end, part) for piece in whole for part in piece.parts
    ]
    begin = _begin(parts, starts_at, ends_at)
    pieces = tuple(wanted for piece in whole if (wanted := _wanted(piece, begin, ends_at)) is not None)
    covered = [
        (piece.begins_at + part.position, piece.begins_at + part.end) for piece in pieces for part in piece.parts
    ]
    empty = uncovered(covered, starts_at, ends_at)
    holes = tuple(hole for a, b in empty for hole in _holes(feed, a, b, judged))
    concerned = tuple(one for one in judged if one.source.ends_at > min(begin, starts_at))
    return Picked(feed.kind, pieces, concerned, holes)


def judge(source: Source, media: Path) -> Judged:
    """Is it there, whole, and as the ledger knows it?"""
    path = media / source.path
    if source.deleted:
        return Judged(source, "deleted", None, None)
    try:
        with open(path, "rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
            if found != source.sha256:
                return Judged(source, "changed", found, None)
            scan = file.scan(path)
            opened.seek(0)
            header = opened.read(scan.init_bytes)
    except FileNotFoundError:
        return Judged(source, "missing", None, None)
    except (OSError, ValueError):
        return Judged(source, "unreadable", None, None)
    if not scan.parts:
        return Judged(source, "unreadable", found, None)
    begins_at = source.starts_at - source.position
    piece = Piece(path, path.suffix, header, scan.parts, begins_at, "opus" in scan.codecs)
    return Judged(source, THERE, found, piece)


def _spans(piece: Piece) -> Iterator[tuple[float, float, Part]]:
    """Each part with its wall seconds."""
    for part in piece.parts:
        yield piece.begins_at + part.position, piece.begins_at + part.end, part


def _begin(parts: Sequence[tuple[float, float, Part]], starts_at: float, ends_at: float) -> float:
    """Wall seconds of the first part that is taken."""
    before = [start for start, _, part in parts if part.key and start <= starts_at]
    covered = [(start, end) for start, end, _ in parts]
    if before and not uncovered(covered, max(before), starts_at, shortest=_BROKEN):
        return max(before)
    return min((start for start, _, part in parts if part.key and start > starts_at), default=ends_at)


def _wanted(piece: Piece, begin: float, ends_at: float) -> Piece | None:
    parts = tuple(
        part
        for part in piece.parts
        if begin <= piece.begins_at + part.position + 1e-6 and piece.begins_at + part.position < ends_at
    )
    if not parts:
        return None
    return Piece(piece.path, piece.suffix, piece.header, parts, piece.begins_at, piece.sound)


def uncovered(
    spans: Iterable[tuple[float, float]], starts_at: float, ends_at: float, *, shortest: float = SHORTEST_HOLE
) -> list[tuple[float, float]]:
    """What of a span none of `spans` holds, if it is long enough."""
    found, at = [], starts_at
    for start, end in sorted(spans):
        if start - at >= shortest and start > starts_at:
            found.append((at, min(start, ends_at)))
        at = max(at, end)
        if at >= ends_at:
            return found
    if ends_at - at >= shortest:
        found.append((at, ends_at))
    return found


def _holes(feed: FeedJob, starts_at: float, ends_at: float, judged: Sequence[Judged]) -> Iterator[Hole]:
    """A span without anything, parted by its causes: a file that is lost, a gap that the ledger knows, or
    "not_recorded"."""
    lost = [(one.source.starts_at, one.source.ends_at, one.state) for one in judged if one.state != THERE]
    gaps = [(gap.starts_at, ends_at if gap.ends_at is None else gap.ends_at, gap.cause) for gap in feed.gaps]
    known = [*lost, *gaps]
    edges = {starts_at, ends_at, *(edge for start, end, _ in known for edge in (start, end))}
    inside = sorted(edge for edge in edges if starts_at <= edge <= ends_at)
    parts = [(a, b, _cause((a + b) / 2, known)) for a, b in itertools.pairwise(inside)]
    for cause, same in itertools.groupby(parts, key=lambda part: part[2]):
        spans = list(same)
        yield Hole(kind=feed.kind, starts_at=round(spans[0][0], 3), ends_at=round(spans[-1][1], 3), cause=cause)


def _cause(at: float, known: Iterable[tuple[float, float, str]]) -> str:
    return next((cause for start, end, cause in known if start <= at < end), "not_recorded")


def bytes_of(piece: Piece) -> bytes:
    """The header and the wanted parts, as one file."""
    taken = bytearray(piece.header)
    with open(piece.path, "rb") as opened:
        for part in piece.parts:
            opened.seek(part.offset)
            taken += opened.read(part.length)
    return bytes(taken)


def files(picked: Iterable[Picked]) -> Iterator[dict[str, object]]:
    """Every file that has to do with the clip, for its manifest."""
    for feed in picked:
        for one in feed.judged:
            yield {
                "kind": feed.kind,
                "file": one.source.path,
                "sha256": one.source.sha256,
                "found_sha256": one.found,
                "state": one.state,
                "starts_at": one.source.starts_at,
                "ends_at": round(one.source.ends_at, 3),
            }
