"""How much each publication may send: what its path carries, and its share of what the lab's network carries.

Two pure rules, asked once a second. `Controller` follows the loss that was measured on one connection (the loss-based
half of draft-ietf-rmcat-gcc): over 10 % lost the allowed rate falls by half of that share, over 2 % it stays, below it
grows by 8 % a second up to the target. `shares` divides the budget of the lab (`[capture] lab_bitrate`) over all
streams of all workers. When it does not suffice for everyone's target, quality is given up in this order:

1. second cameras (phones): what they show serves the rules first; the webcam shows the same person;
2. screens;
3. webcams;
4. sound never: its share is taken off before anything is divided.

Streams of one rank are treated alike: each gets its target or the same as the others. Every picture keeps a floor, as
long as the budget has that much.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.exam.feed import Kind

SOUND_BITRATE = 64_000
"""Of one track of Opus (32 kbit/s) with the headers of its 50 packets a second, and some room."""
FLOOR = 100_000
"""Below this no picture can be told from another."""
_RANKS = {Kind.WEBCAM: 0, Kind.SCREEN: 1, Kind.PHONE: 2, Kind.CAMERA: 2, Kind.CALL: 0}
_LOSS_HIGH, _LOSS_LOW = 0.10, 0.02
_GROWTH = 1.08
_ENOUGH_PACKETS = 20
_LONGEST_WAIT = 5.0


@dataclass(frozen=True, slots=True)
class Controller:
    """What the path of one connection carries. Rates in bits a second; `loss`: share of the packets that did not come
    at the first try, when it was last judged."""

    allowed: float
    loss: float = 0.0
    _received: int = 0
    _lost: int = 0
    _seconds: float = 0.0

    def after(self, *, received: int, lost: int, seconds: float, most: float, least: float = FLOOR) -> "Controller":
        """The next one. `received` and `lost` packets in the last `seconds`; `most` is what is wanted now: a stream
        that did not fill what it was allowed says nothing about more than that."""
        received, lost = self._received + max(0, received), self._lost + max(0, lost)
        waited = self._seconds + max(0.0, seconds)
        expected = received + lost
        if expected < _ENOUGH_PACKETS and waited < _LONGEST_WAIT:  # one packet of five is no loss of 20 %
            waiting = replace(self, _received=received, _lost=lost, _seconds=waited)
            return replace(waiting, allowed=_within(self.allowed, least, most))
        loss = lost / expected if expected >= _ENOUGH_PACKETS else 0.0
        allowed = self.allowed
        if loss > _LOSS_HIGH:
            allowed *= 1 - loss / 2
        elif loss < _LOSS_LOW and expected:
            allowed *= _GROWTH ** min(waited, _LONGEST_WAIT)
        return Controller(_within(allowed, least, most), loss)


def _within(rate: float, least: float, most: float) -> float:
    return min(max(rate, min(least, most)), most)


@dataclass(frozen=True, slots=True)
class Stream:
    """What one publication wants: `target` bits a second for its pictures (0: it has none), and sound."""

    kind: Kind
    target: int
    sound: bool

    def to_json(self) -> list[str | int]:
        """For the health file."""
        return [self.kind.value, self.target, int(self.sound)]

    @classmethod
    def from_json(cls, said: list[str | int]) -> "Stream":
        """ValueError when it is none."""
        kind, target, sound = said
        return cls(Kind(str(kind)), int(target), bool(sound))


def shares(budget: float, streams: Sequence[Stream]) -> list[float]:
    """Bits a second for each stream, sound included, in their order; together not more than the budget, unless sound
    alone is."""
    left = budget - sum(SOUND_BITRATE for stream in streams if stream.sound)
    pictures = sum(1 for stream in streams if stream.target)
    floor = min(FLOOR, max(left, 0.0) / pictures) if pictures else 0.0
    given = [min(floor, stream.target) for stream in streams]
    left -= sum(given)
    for rank in sorted(set(_RANKS.values())):
        chosen = [at for at, stream in enumerate(streams) if _RANKS[stream.kind] == rank and stream.target]
        left -= _level(given, chosen, [stream.target for stream in streams], left)
    return [rate + SOUND_BITRATE * stream.sound for rate, stream in zip(given, streams, strict=True)]


def _level(given: list[float], chosen: list[int], targets: list[int], left: float) -> float:
    """Raise the chosen ones together, each to its target at most; -> what that took of `left`. Who needs least comes
    first, so that what it leaves goes to the others: one step for each, whatever is lost in rounding."""
    took = 0.0
    waiting = sorted(chosen, key=lambda at: targets[at] - given[at])
    for place, at in enumerate(waiting):
        share = min(targets[at] - given[at], max(0.0, left - took) / (len(waiting) - place))
        given[at] += share
        took += share
    return took
