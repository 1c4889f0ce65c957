"""Whether a camera shows what it has shown before: a recording played again and again. Pure (proctoring.md 4.2).

Held against each earlier moment: how far the last seconds lie from those before that moment, in relation to how much
moved in them. A loop brings its movement back; people who sit still, nod or type never do so in step. Who does not
move at all cannot be told from a recording of it: that is unassessable. Measured on all clips, and on loops of A01,
A28, A30 and A31 encoded anew (docs/detection.md): a loop brings back .57 to .73 of the movement (what is missing is
that looks do not fall on the same frames), clips that are none bring back nothing, and people painted by sine waves,
who do sway in step, up to .35 for a moment.
"""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

KEPT = 120.0  # seconds that are remembered: the longest loop that is found
EARLIEST = 20.0  # seconds back at least: a shorter loop shows at a multiple of its length, and people repeat themselves
SPAN = 6.0  # seconds that are compared
STEP = 0.45  # between two looks that count: bursts bring more
NEAR = 0.30  # seconds by which two looks may miss each other
MOVED = 6  # bits of 768 that change when something moved: an encoder changes up to 4 of a picture that stands still
LEAST = 6  # looks of the span in which something moved


@dataclass(frozen=True, slots=True)
class Look:
    """`fingerprint` as in `inference.camera`; `moved`: bits that changed since the look before."""

    at: float
    fingerprint: int
    moved: int


@dataclass(frozen=True, slots=True)
class Memory:
    """The looks of the last two minutes, oldest first: at most 270."""

    looks: tuple[Look, ...] = ()


def remember(memory: Memory, at: float, fingerprint: int) -> Memory:
    """One look more. A clock that was set back begins anew."""
    last = memory.looks[-1] if memory.looks else None
    if last is None or at < last.at:
        return Memory((Look(at, fingerprint, 0),))
    if at - last.at < STEP:
        return memory
    young = bisect_left(memory.looks, at - KEPT, key=lambda look: look.at)
    return Memory((*memory.looks[young:], Look(at, fingerprint, _apart(fingerprint, last.fingerprint))))


def came_back(memory: Memory) -> float | None:
    """How much of the movement of the last seconds was there before in the same order, 0..1; None when too little
    moved to tell, or nothing is far enough back."""
    looks = memory.looks
    times = [look.at for look in looks]
    recent = looks[bisect_left(times, times[-1] - SPAN) :] if looks else ()
    movement = sum(look.moved for look in recent)
    if sum(look.moved >= MOVED for look in recent) < LEAST or any(b.at - a.at > 2.0 for a, b in pairwise(recent)):
        return None
    newest = recent[-1]
    early = [look for look in looks[: bisect_left(times, newest.at - EARLIEST)] if look.at - SPAN >= times[0]]
    if not early:
        return None
    # the newest look alone tells most moments apart: only what it is like is looked at closer
    like = [look for look in early if _apart(look.fingerprint, newest.fingerprint) < max(MOVED, movement / len(recent))]
    apart = min((_distance(looks, times, recent, newest.at - look.at) for look in like), default=movement)
    return max(0.0, 1.0 - apart / movement)


def _distance(looks: tuple[Look, ...], times: list[float], recent: tuple[Look, ...], back: float) -> int:
    """How far these looks lie from those so many seconds before, in bits. One that has none is as far as it moved."""
    total = 0
    for look in recent:
        i = bisect_left(times, look.at - back)
        near = [looks[j] for j in (i - 1, i) if 0 <= j < len(looks) and abs(times[j] - look.at + back) <= NEAR]
        apart = (_apart(look.fingerprint, other.fingerprint) for other in near)
        total += min(apart, default=max(look.moved, MOVED))
    return total


def _apart(one: int, other: int) -> int:
    return (one ^ other).bit_count()
