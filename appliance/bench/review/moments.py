"""Moments of a recording, and what the measurement makes of what it saw. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from appliance.bench.figures import Figures, spread

_SEGMENT = re.compile(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)\n#EXTINF:([\d.]+),")
_MARGIN = 1.0
"""Seconds from the end of what is recorded within which nobody is sent."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The segments of a playlist: (begins at, wall; seconds; where it begins on the time of a player that plays it)."""

    segments: tuple[tuple[float, float, float], ...]

    @classmethod
    def of(cls, text: str) -> "Listing":
        """Of a playlist's text. Players put one segment behind the other, also where time passed between them."""
        found, at = [], 0.0
        for begins, lasts in _SEGMENT.findall(text):
            found.append((datetime.fromisoformat(begins).timestamp(), float(lasts), at))
            at += float(lasts)
        return cls(tuple(found))

    @property
    def seconds(self) -> float:
        """From the first moment to the last, gaps too."""
        begins, lasts, _ = self.segments[-1]
        return begins + lasts - self.segments[0][0]

    def holds(self, wall: float) -> bool:
        """Is there a picture of this moment, and a little before and after?"""
        return any(begins + _MARGIN <= wall <= begins + lasts - _MARGIN for begins, lasts, _ in self.segments)

    def at(self, wall: float) -> float:
        """The moment on the time of a player. It must hold it."""
        return next(at + wall - begins for begins, lasts, at in self.segments if begins <= wall <= begins + lasts)


def moment_of(wall: float, begins_at: float, loop: float) -> float:
    """What the pictures say then."""
    return (wall - begins_at) % loop


def chosen(listings: Sequence[Listing], since: float, until: float, count: int, *, seed: int) -> list[float]:
    """Random moments of which every feed has a picture, each far from the one before."""
    random, found = Random(seed), list[float]()  # noqa: S311
    while len(found) < count:
        wall = since + random.random() * (until - since)
        far = not found or abs(wall - found[-1]) > (until - since) / 20
        if far and all(listing.holds(wall) for listing in listings):
            found.append(wall)
    return found


def apart(said: dict[str, Any], speed: float, loop: float) -> list[float]:
    """How far the feeds were from one another, ms, at each picture: `said` is what the probe recorded, a picture being
    (feed, its media time, ms at which it is on the screen). Empty where a feed showed nothing."""
    latest: dict[int, float] = {}
    found: list[float] = []
    feeds = [number for number, ahead in enumerate(said["ahead"]) if ahead is not None]
    for feed, media, at in said["frames"]:
        if feed not in feeds:
            continue
        latest[feed] = media + said["ahead"][feed] - speed * at / 1000
        if len(latest) == len(feeds) > 1:
            first = next(iter(latest.values()))
            off = [(value - first + loop / 2) % loop - loop / 2 for value in latest.values()]
            found.append((max(off) - min(off)) * 1000)
    return found


def worse(*ratios: float | None) -> float | None:
    """The largest of those that are known."""
    return max((ratio for ratio in ratios if ratio is not None), default=None)


def ratio(ours: float, theirs: float | None) -> float | None:
    """None where there is nothing to hold it against."""
    return round(ours / theirs, 2) if theirs else None


def sought(times: Sequence[float | None]) -> Figures:
    """Of seeks in ms, None where a moment was never shown: that one is in no percentile, and so it is counted."""
    shown = [time for time in times if time is not None]
    figures: dict[str, float | None] = dict(spread(shown)) if len(shown) > 1 else dict.fromkeys(("p50", "p95", "max"))
    rounded = {name: None if value is None else round(value, 1) for name, value in figures.items()}
    return {**rounded, "seeks": len(times), "never_shown": len(times) - len(shown)}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table. `limit`: at most; None: told for comparison."""

    name: str
    value: float | None
    limit: float | None = None

    @property
    def verdict(self) -> str:
        """Does it hold?"""
        if self.value is None:
            return "not measured"
        if self.limit is None:
            return ""
        return "PASS" if self.value <= self.limit else "MISSED"


def table(lines: Sequence[Line]) -> list[str]:
    """To print."""
    width = max(len(line.name) for line in lines)
    return [
        f"{line.name:<{width}}  {'-' if line.value is None else f'{line.value:g}':>9}"
        f"  {'' if line.limit is None else f'at most {line.limit:g}':>14}  {line.verdict}".rstrip()
        for line in lines
    ]
