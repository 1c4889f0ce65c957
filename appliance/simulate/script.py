"""What a simulated candidate does: pure functions of time.

Seat 1 leaves the picture, seat 2 is joined by somebody, seat 3 covers the camera, seat 4 sits in the dark for a while,
seat 5 leaves for a moment that no rule minds. Seat 6 and every other one do nothing wrong, ever.
"""

from collections.abc import Callable
from dataclasses import dataclass

MOVE_SECONDS = 0.6
"""To come or to go, or to move a hand in front of the lens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is in the picture. `away`: 0 in place, 1 out of the picture; `joined`: 0 alone, 1 a second person is there;
    `covered`: share of the lens, 0..1; `dark`: 0 lights on, 1 lights off."""

    away: float = 0.0
    joined: float = 0.0
    covered: float = 0.0
    dark: float = 0.0


Script = Callable[[float], Scene]
"""Seconds since the camera was opened -> what is in the picture."""


def during(seconds: float, *, first: float, lasts: float, every: float) -> float:
    """0..1: whether something is on that begins at `first` and again `every` so many seconds, for `lasts` seconds each
    time. It takes `MOVE_SECONDS` to begin, and as long to end, within that time."""
    if seconds < first:
        return 0.0
    since = (seconds - first) % every
    return max(0.0, min(since, lasts - since, MOVE_SECONDS) / MOVE_SECONDS)


def calm(_seconds: float) -> Scene:
    """Sits there and works."""
    return Scene()


def leaves(seconds: float) -> Scene:
    """Gone for 14 s, back for 20 s."""
    return Scene(away=during(seconds, first=5.0, lasts=14.0, every=34.0))


def is_joined(seconds: float) -> Scene:
    """A second face for 8 s."""
    return Scene(joined=during(seconds, first=5.0, lasts=8.0, every=40.0))


def covers(seconds: float) -> Scene:
    """The lens is covered for 8 s."""
    return Scene(covered=during(seconds, first=12.0, lasts=8.0, every=45.0))


def darkens(seconds: float) -> Scene:
    """The lights are off for 18 s."""
    return Scene(dark=during(seconds, first=10.0, lasts=18.0, every=60.0))


def leaves_briefly(seconds: float) -> Scene:
    """Gone for 4 s: shorter than the rule asks for."""
    return Scene(away=during(seconds, first=15.0, lasts=4.0, every=45.0))


_BY_SEAT: dict[int, Script] = {1: leaves, 2: is_joined, 3: covers, 4: darkens, 5: leaves_briefly}


def of_seat(seat: int) -> Script:
    """The script of a seat, counted from 1."""
    return _BY_SEAT.get(seat, calm)


TROUBLED = frozenset(_BY_SEAT)
"""The seats whose picture is their own: no other may show it."""
