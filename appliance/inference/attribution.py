"""Where a sound is at home: in a lab one voice reaches many microphones. Pure.

Sounds are the same when their loudness goes up and down together. The seat where it is loudest, or, where that does not
tell, earliest, is its home; two people who speak at once do not go together, so both stay where they are.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from appliance.inference.models import Numbers
from appliance.inference.sound import QUIETEST, SECONDS, Heard

WINDOWS = 4  # of half a second: what is compared is two seconds long
TOGETHER = 0.75  # correlation from which on two envelopes are of one sound
AUDIBLE = 6.0  # dB above the floor: less is the place's own noise
LOUDER = 3.0  # dB; a neighbour's seat makes 8 and more
EARLIER = 2  # steps of 20 ms; clocks and sound cards differ by about one
FARTHEST = 12  # steps, a quarter of a second: how far apart two seats may hear the same
_FLOORS = (-75.0, -35.0)  # dB between which a floor says something about how loud a microphone is set

Seat = TypeVar("Seat", bound=Hashable)


def attribute(heard: Mapping[Seat, Sequence[Heard]], *, at: float) -> dict[Seat, Seat]:
    """What each seat heard lately, in order -> of the half second that ended `at`: who heard what is at home
    at another seat, and at which."""
    seats = [seat for seat, recent in heard.items() if len(_until(recent, at)) == WINDOWS]
    if len(seats) < 2:
        return {}
    recent = [_until(heard[seat], at) for seat in seats]
    excess = np.array([_excess(windows) for windows in recent])
    loud = np.array([_loudness(windows[-1]) for windows in recent])
    alike, lag = _correlate(excess)
    found: dict[Seat, Seat] = {}
    for i, seat in enumerate(seats):
        same = [j for j in range(len(seats)) if j != i and alike[i, j] >= TOGETHER]
        louder = [j for j in same if loud[j] >= loud[i] + LOUDER]
        earlier = [j for j in same if abs(loud[j] - loud[i]) < LOUDER and lag[i, j] >= EARLIER]
        if louder or earlier:
            found[seat] = seats[max(louder or earlier, key=lambda j: loud[j])]
    return found


def _until(recent: Sequence[Heard], at: float) -> list[Heard]:
    """The windows of the last two seconds; fewer where some are missing."""
    return [h for h in recent if h.envelope and -SECONDS / 2 < at - h.at < (WINDOWS - 0.5) * SECONDS]


def _excess(windows: Sequence[Heard]) -> Numbers:
    """How far each 20 ms stood above the noise of the place, dB."""
    levels = np.concatenate([heard.envelope for heard in windows])
    return np.maximum(levels - windows[-1].floor - AUDIBLE, 0.0)


def _loudness(heard: Heard) -> float:
    """Half of what a microphone is set too loud shows in its floor."""
    level = QUIETEST if heard.level is None else heard.level
    return level - 0.5 * min(max(heard.floor, _FLOORS[0]), _FLOORS[1])


def _correlate(excess: Numbers) -> tuple[Numbers, Numbers]:
    """Of each two rows the best correlation, -1..1, of all lags, and its lag: so many steps later the first row is."""
    best = np.full((len(excess), len(excess)), -1.0)
    lags = np.zeros_like(best)
    length = excess.shape[1]
    for lag in range(-FARTHEST, FARTHEST + 1):
        late = _normal(excess[:, max(0, lag) : length + min(0, lag)])
        early = _normal(excess[:, max(0, -lag) : length + min(0, -lag)])
        found = late @ early.T
        better = found > best + 1e-9
        best, lags = np.where(better, found, best), np.where(better, lag, lags)
    return best, lags


def _normal(rows: Numbers) -> Numbers:
    """Of mean 0 and length 1; zeros where nothing goes up and down."""
    rows = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    normal: Numbers = np.where(length > 1e-6, rows / np.maximum(length, 1e-6), 0.0)
    return normal
