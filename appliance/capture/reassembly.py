"""From packets that are lost, late and out of order to whole frames, in order.

A frame leaves with its last packet (the marker bit), not when the next one begins. What is missing is asked for again
and again (NACK); after `patience` it is given up with the frames it belongs to, so that one lost packet never holds up
the stream for long.
"""

from dataclasses import dataclass, field

from appliance.capture.rtp import Packet, begins_frame, depacketize

VIDEO_PATIENCE = 0.6
AUDIO_PATIENCE = 0.1
NACK_SECONDS = 0.05
_RESTART = 3000
"""A sequence number this far off is a new stream, not a loss."""
_WINDOW = 4096
"""Never more than so many packets are waited for or kept; when they do not suffice, all are dropped."""


@dataclass(slots=True)
class Whole:
    """A whole frame. `timestamp`: RTP ticks since the first packet, without the wrap at 32 bits; `rtp`: as sent."""

    timestamp: int
    data: bytes
    rtp: int = 0


@dataclass(slots=True)
class _Missing:
    since: float
    asked: float = -1.0


@dataclass(slots=True)
class Reassembly:
    """One stream (SSRC). Pure: `now` is monotonic seconds.

    Packets `received` (each once), `lost` at the first try, of these `recovered` and `given_up` so far."""

    codec: str
    patience: float = VIDEO_PATIENCE
    frames_lost: int = 0
    packets_asked: int = 0
    received: int = 0
    lost: int = 0
    recovered: int = 0
    given_up: int = 0
    _next: int | None = None
    _highest: int = 0
    _packets: dict[int, Packet] = field(default_factory=dict)
    _missing: dict[int, _Missing] = field(default_factory=dict)
    _frame: list[bytes] = field(default_factory=list)
    _frame_time: int | None = None
    _broken: bool = False
    _ticks: int = 0
    _last_timestamp: int | None = None

    def add(self, packet: Packet, now: float) -> list[Whole]:
        """A packet arrived, first or again; -> the frames that are whole now, oldest first."""
        if self._next is None:
            self._next, self._highest = packet.sequence_number, packet.sequence_number - 1
        number = self._highest + _signed(packet.sequence_number - self._highest, 16)
        if abs(number - self._highest) > _RESTART:
            self._restart(packet)
            number = packet.sequence_number
        if number - self._next >= _WINDOW:
            self.frames_lost += 1
            self._restart(packet)
            number = packet.sequence_number
        if number < self._next or number in self._packets:
            return []
        for lost in range(self._highest + 1, number):
            self._missing[lost] = _Missing(now)
            self.lost += 1
        if self._missing.pop(number, None) is not None:
            self.recovered += 1
        self.received += 1
        self._highest = max(self._highest, number)
        self._packets[number] = packet
        return self._drain()

    def wanted(self, now: float) -> list[int]:
        """16-bit sequence numbers to ask for now."""
        due = [number for number, missing in self._missing.items() if now - missing.asked >= NACK_SECONDS]
        for number in due:
            self._missing[number].asked = now
        self.packets_asked += len(due)
        return [number & 0xFFFF for number in sorted(due)]

    def give_up(self, now: float) -> tuple[bool, list[Whole]]:
        """Skip what is missing for too long; -> whether something was skipped (ask for a key frame), and what is whole
        behind it."""
        if not self._missing or self._next is None:
            return False, []
        oldest = self._missing.get(self._next)
        if oldest is None or now - oldest.since < self.patience:
            return False, []
        while self._next in self._missing:
            del self._missing[self._next]
            self._next += 1
            self.given_up += 1
        self._break()
        return True, self._drain()

    @property
    def incomplete(self) -> bool:
        """Something is missing: `wanted` and `give_up` should be called soon."""
        return bool(self._missing)

    def _drain(self) -> list[Whole]:
        whole: list[Whole] = []
        assert self._next is not None  # `add` or `give_up` set it
        while (packet := self._packets.pop(self._next, None)) is not None:
            self._next += 1
            self._append(packet, whole)
        return whole

    def _append(self, packet: Packet, whole: list[Whole]) -> None:
        if not packet.payload:
            return  # padding, to probe the bandwidth
        if self._frame_time is not None and packet.timestamp != self._frame_time:
            self._end(whole)  # the sender set no marker
        if self._frame_time is None:
            self._frame_time = packet.timestamp
        try:
            self._frame.append(depacketize(self.codec, packet.payload))
        except ValueError:
            self._broken = True
        if packet.marker or self.codec == "opus":
            self._end(whole)

    def _end(self, whole: list[Whole]) -> None:
        if self._broken:
            self.frames_lost += 1
        elif self._frame and self._frame_time is not None:
            whole.append(Whole(self._unwrap(self._frame_time), b"".join(self._frame), self._frame_time))
        self._frame, self._frame_time, self._broken = [], None, False

    def _break(self) -> None:
        """The frame that was begun is lost, and so is the next one that is here unless its beginning is."""
        following = self._packets.get(self._next or 0)
        if self._frame_time is not None:
            self._broken = True
            if following is None or following.timestamp != self._frame_time:
                self._end([])
        if following is not None and not begins_frame(self.codec, following.payload):
            self._broken, self._frame_time = True, following.timestamp

    def _unwrap(self, timestamp: int) -> int:
        if self._last_timestamp is not None:
            self._ticks += _signed(timestamp - self._last_timestamp, 32)
        self._last_timestamp = timestamp
        return self._ticks

    def _restart(self, packet: Packet) -> None:
        self.given_up += len(self._missing)
        self._packets.clear()
        self._missing.clear()
        self._frame, self._frame_time, self._broken = [], None, False
        self._next, self._highest = packet.sequence_number, packet.sequence_number - 1


def _signed(difference: int, bits: int) -> int:
    """The shortest way around."""
    half = 1 << (bits - 1)
    return (difference + half) % (1 << bits) - half
