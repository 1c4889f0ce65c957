"""What came of the packets of a connection: its figures, and what its receiver reports say (RFC 3550, 6.4.1, A.1, A.3
and A.8)."""

from dataclasses import dataclass
from typing import NamedTuple

_HALF = 1 << 31
_RESTART = 3000
"""A sequence number this far off is a new count."""
_MOST_LOST = 0x7FFFFF


class Reception(NamedTuple):
    """What came of a receiver's media packets since the connection began (retransmissions count as what they repeat).

    `received`: packets, each once; `lost`: did not come at the first try; of these `recovered` (late, or asked for and
    repeated) and `given_up`; the rest is still awaited. `jitter`: seconds (RFC 3550), that of the worst stream."""

    received: int
    lost: int
    recovered: int
    given_up: int
    jitter: float


@dataclass(slots=True)
class Refused:
    """Datagrams that a connection dropped, by reason.

    `forged`: not encrypted with its keys; `replayed`: came before; `malformed`: neither STUN, DTLS, RTP nor RTCP, or
    cut short; `stray`: of a payload type that was not negotiated, or of a stream too many; `flooded`: more than it can
    take before it is set up."""

    forged: int = 0
    replayed: int = 0
    malformed: int = 0
    stray: int = 0
    flooded: int = 0


class SenderClock(NamedTuple):
    """Of an RTCP sender report: at `wall` (seconds, on the sender's clock) its RTP clock stood at `rtp`."""

    wall: float
    rtp: int

    def at(self, rtp: int, rate: int) -> float:
        """Wall seconds of an RTP timestamp."""
        return self.wall + signed(rtp - self.rtp) / rate


class Statistics:
    """Stands where aiortc keeps its own: it makes the receiver reports from these names."""

    __slots__ = ("_arrival", "_base", "_expected_before", "_highest", "_jitter", "_rate", "_received_before",
                 "_timestamp", "packets_received")  # fmt: skip

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self.packets_received = 0
        self._base = self._highest = -1
        self._jitter = 0  # sixteenths of a tick
        self._arrival = 0
        self._timestamp = -1
        self._expected_before = self._received_before = 0

    def add(self, number: int, timestamp: int, now: float) -> None:
        """A packet came (also late ones and duplicates); `now`: monotonic seconds."""
        step = (number - self._highest) & 0xFFFF
        if self._highest < 0 or _RESTART < step < 0x10000 - _RESTART:
            self._begin(number, timestamp, now)
        elif step < 0x8000:
            self._highest += step
            if timestamp != self._timestamp:
                arrival = int(now * self._rate)
                late = arrival - self._arrival - signed(timestamp - self._timestamp)
                self._jitter += abs(late) - ((self._jitter + 8) >> 4)
                self._arrival, self._timestamp = arrival, timestamp
        self.packets_received += 1

    def _begin(self, number: int, timestamp: int, now: float) -> None:
        self._base = self._highest = number
        self.packets_received = self._expected_before = self._received_before = 0
        self._arrival, self._timestamp = int(now * self._rate), timestamp

    @property
    def max_seq(self) -> int:
        """The highest sequence number, with the count of its cycles in the upper half."""
        return self._highest & 0xFFFFFFFF

    @property
    def packets_expected(self) -> int:
        return self._highest - self._base + 1

    @property
    def packets_lost(self) -> int:
        """24 bits with a sign: negative when packets came twice."""
        return max(-_MOST_LOST - 1, min(self.packets_expected - self.packets_received, _MOST_LOST))

    @property
    def fraction_lost(self) -> int:
        """In 256ths, since it was asked for last."""
        expected = self.packets_expected - self._expected_before
        lost = expected - (self.packets_received - self._received_before)
        self._expected_before, self._received_before = self.packets_expected, self.packets_received
        return 0 if expected <= 0 or lost <= 0 else min(255, (lost << 8) // expected)

    @property
    def jitter(self) -> int:
        """Ticks."""
        return min(self._jitter >> 4, 0xFFFFFFFF)

    @property
    def jitter_seconds(self) -> float:
        return self.jitter / self._rate


def signed(difference: int) -> int:
    """The shortest way around 32 bits."""
    return (difference + _HALF) % (1 << 32) - _HALF
