"""The feeds of one attempt: what the ledger says is recorded, held against what lies on the disk."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.exam.events import FeedAligned, SegmentDamaged
from appliance.exam.feed import Kind, Position
from appliance.ledger.record import Event
from appliance.ledger.state import FillRow, GapRow, SegmentRow
from appliance.recording import file
from appliance.recording.name import OPEN, Name


@dataclass(slots=True)
class Feed:
    """One feed. `spans`: where something is, or should be, recorded; `None`: a gap that is open."""

    kind: Kind
    position: Position | None
    begins_at: float | None = None
    aligned: FeedAligned | None = None
    segments: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    damaged: list[dict[str, str]] = field(default_factory=list)

    @property
    def spans(self) -> list[tuple[float, float | None]]:
        recorded = [(one["starts_at"], one["starts_at"] + one["duration"]) for one in self.segments]
        return [*recorded, *((one["starts_at"], one["ends_at"]) for one in self.gaps)]

    @property
    def playable(self) -> bool:
        """Is there anything left to see?"""
        return any(one["state"] in ("there", "open", "changed") for one in self.segments)

    def to_json(self, *, since: float) -> dict[str, Any]:
        """`since`: where its timeline begins if nothing of it was ever recorded."""
        return {
            "kind": self.kind.value,
            "begins_at": since if self.begins_at is None else self.begins_at,
            "position": None if self.position is None else self.position.value,
            "uncertainty_ms": None if self.aligned is None else self.aligned.uncertainty_ms,
            "delay_ms": None if self.aligned is None else self.aligned.delay_ms,
            "segments": self.segments,
            "gaps": self.gaps,
            "damaged": self.damaged,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What is known of an attempt's recording. `media`: its folder; `deleted`: path -> when it went; `events`:
    segment.damaged and feed.aligned are looked for among them."""

    media: Path
    planned: Sequence[Kind]
    segments: Sequence[SegmentRow]
    gaps: Sequence[GapRow]
    fills: Sequence[FillRow]
    deleted: Mapping[str, float]
    positions: Mapping[Kind, Position | None]
    events: Sequence[Event]

    def feeds(self) -> list[Feed]:
        """Those that were planned and those that there are, in the order of their kinds."""
        said = [event.payload for event in self.events]
        damaged = [one for one in said if isinstance(one, SegmentDamaged)]
        aligned = {one.kind: one for one in said if isinstance(one, FeedAligned)}  # the newest of each stays
        there = {kind.value for kind in self.planned} | {one.kind for one in damaged}
        there |= {one.kind for one in self.segments} | {one.kind for one in self.gaps}
        found = {kind: self._feed(kind, aligned.get(kind.value)) for kind in Kind if kind.value in there}
        for one in damaged:
            reason = {"file": one.path.rsplit("/", 1)[-1], "reason": one.reason}
            found[Kind(one.kind)].damaged.append(reason)
        return list(found.values())

    def _feed(self, kind: Kind, aligned: FeedAligned | None) -> Feed:
        made = Feed(kind, self.positions.get(kind), aligned=aligned)
        on_disk = _sizes(self.media / kind.value)
        known = set()
        for row in self.segments:
            if row.kind == kind.value:
                name = row.path.rsplit("/", 1)[-1]
                known.add(name)
                made.segments.append(_segment(row, name, on_disk.get(name), self.deleted.get(row.path)))
        for name in sorted(on_disk.keys() - known):
            piece = None if name.removesuffix(OPEN) in known else _not_known(self.media / kind.value, name, kind)
            if piece is not None:
                made.segments.append(piece)
        made.segments.sort(key=lambda one: (one["position"], one["file"]))
        made.begins_at = min((one["starts_at"] - one["position"] for one in made.segments), default=None)
        made.gaps = [self._gap(row) for row in self.gaps if row.kind == kind.value]
        return made

    def _gap(self, row: GapRow) -> dict[str, Any]:
        filled = sum(one.ends_at - one.starts_at for one in self.fills if one.gap == row.gap)
        return {"starts_at": row.starts_at, "ends_at": row.ends_at, "cause": row.cause, "filled": round(filled, 3)}


def _sizes(folder: Path) -> dict[str, int]:
    """The files of a folder, with their bytes; none where there is no folder."""
    found = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    found[entry.name] = entry.stat(follow_symlinks=False).st_size
    except OSError:  # it was never made, or goes just now: what is not read is "missing"
        return found
    return found


def _segment(row: SegmentRow, name: str, size: int | None, deleted_at: float | None) -> dict[str, Any]:
    said: dict[str, Any] = {
        "file": name,
        "starts_at": row.starts_at,
        "position": row.position,
        "duration": row.duration,
        "bytes": row.bytes,
        "late": bool(row.late),
        "state": "there" if size == row.bytes else "changed",
    }
    if size is None:
        said |= {"state": "missing"} if deleted_at is None else {"state": "deleted", "deleted_at": deleted_at}
    return said


def _not_known(folder: Path, name: str, kind: Kind) -> dict[str, Any] | None:
    """A file that the ledger has not heard of yet: it is being written, or was closed a moment ago. None for one that
    is no recording, or holds nothing whole yet."""
    said = Name.parse(name)
    if said is None or said.kind is not kind:
        return None
    for there in (name, name.removesuffix(OPEN)):  # it may be closed, and so renamed, just now
        try:
            scan = file.scan(folder / there)
        except (OSError, ValueError):
            continue
        if scan.parts:
            position = scan.parts[0].position
            ends = max(part.end for part in scan.parts)
            return {
                "file": name.removesuffix(OPEN),
                "starts_at": said.starts_at,
                "position": position,
                "duration": math.fsum((ends, -position)),
                "bytes": scan.whole_bytes,
                "late": said.late,
                "state": "open",
            }
    return None
