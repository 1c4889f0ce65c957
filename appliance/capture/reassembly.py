"""From packets that are lost, late and out of order to whole frames, in order.

A frame leaves with its last packet (the marker bit), not when the next one begins. What is missing is asked for again
and again (NACK), a little later than an answer takes; after `patience` it is given up with the frames it belongs to, so
that one lost packet never holds up the stream for long. Then a key frame is wanted until one comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from appliance.capture.payload import Builder, builder
from appliance.capture.rtp import Packet

VIDEO_PATIENCE = 0.3
AUDIO_PATIENCE = 0.1
NACK_SECONDS = 0.01
"""How often to look whether something is to be asked for again."""
MOST_FRAME_BYTES = 8_000_000
"""No frame of a picture that is accepted is larger; more is not kept."""
_RESTART = 3000
"""A sequence number this far off is a new stream, not a loss."""
_WINDOW = 4096
"""Never more than so many packets are waited for or kept; when they do not suffice, all are dropped."""
_ANSWER_SECONDS = 0.04
"""How long an answer takes, until one was seen."""
_LONGEST_ANSWER = 0.25
_MARGIN = 0.008
_KEY_FRAME_AGAIN = 0.2


class Whole(NamedTuple):
    """A whole frame. `timestamp`: RTP ticks since the first packet, without the wrap at 32 bits; `rtp`: as sent; the
    rest as in `payload.Content`."""

    timestamp: int
    data: bytes
    rtp: int = 0
    key: bool = False
    reference: bool = True
    layer: int = 0


NOTHING: Sequence[Whole] = ()


@dataclass(slots=True)
class _Missing:
    since: float
    first_asked: float = 0.0
    asked: float = -1.0
    times: int = 0


@dataclass(slots=True)
class Reassembly:
    """One stream (SSRC). Pure: `now` is monotonic seconds.

    Packets `received` (each once), `lost` at the first try, of these `recovered` and `given_up` so far. `repeats`: the
    sender answers to NACK. `answer_seconds`: how long that takes."""

    codec: str
    patience: float = VIDEO_PATIENCE
    repeats: bool = True
    frames_lost: int = 0
    packets_asked: int = 0
    received: int = 0
    lost: int = 0
    recovered: int = 0
    given_up: int = 0
    answer_seconds: float = _ANSWER_SECONDS
    _next: int | None = None
    _expected: int = -1
    """`_next` as it is sent, -1 before the first packet."""
    _highest: int = 0
    _packets: dict[int, Packet] = field(default_factory=dict)
    """Those that wait for a missing one."""
    _missing: dict[int, _Missing] = field(default_factory=dict)
    _builder: Builder = field(init=False)
    _single: bool = field(init=False)
    _frame_time: int | None = None
    _size: int = 0
    _broken: bool = False
    _ticks: int = 0
    _last_timestamp: int | None = None
    _whole: list[Whole] = field(default_factory=list)
    _key_wanted: float | None = None
    """Since a frame was given up: when a key frame is to be asked for again."""

    def __post_init__(self) -> None:
        self._builder, self._single = builder(self.codec), self.codec == "opus"

    def add(self, packet: Packet, now: float) -> Sequence[Whole]:
        """A packet arrived, first or again; -> the frames that are whole now, oldest first."""
        if packet.sequence_number == self._expected and not self._missing:  # nearly always
            assert self._next is not None
            self.received += 1
            self._highest = self._next
            self._next += 1
            self._expected = self._next & 0xFFFF
            self._append(packet)
        else:
            self._add_out_of_order(packet, now)
        return self._take() if self._whole else NOTHING

    def _add_out_of_order(self, packet: Packet, now: float) -> None:
        if self._next is None:
            self._begin_at(packet)
        number = self._highest + _signed(packet.sequence_number - self._highest, 16)
        if abs(number - self._highest) > _RESTART:
            self._restart(packet)
            number = packet.sequence_number
        if number - (self._next or 0) >= _WINDOW:
            self.frames_lost += 1
            self._restart(packet)
            number = packet.sequence_number
        assert self._next is not None
        if number < self._next or number in self._packets:
            return
        for lost in range(self._highest + 1, number):
            self._missing[lost] = _Missing(now)
            self.lost += 1
        missing = self._missing.pop(number, None)
        if missing is not None:
            self.recovered += 1
            self._learn(missing, now)
        self.received += 1
        self._highest = max(self._highest, number)
        self._packets[number] = packet
        self._drain()

    def wanted(self, now: float) -> list[int]:
        """16-bit sequence numbers to ask for now."""
        again = self.answer_seconds * 1.25 + _MARGIN
        due = [number for number, missing in self._missing.items() if now - missing.asked >= again]
        for number in due:
            missing = self._missing[number]
            missing.first_asked = missing.first_asked if missing.times else now
            missing.asked = now
            missing.times += 1
        self.packets_asked += len(due)
        return [number & 0xFFFF for number in sorted(due)]

    def give_up(self, now: float) -> Sequence[Whole]:
        """Skip what is missing for too long; -> what is whole behind it."""
        oldest = self._missing.get(self._next or 0)
        if oldest is None or now - oldest.since < max(self.patience, 3 * self.answer_seconds * self.repeats):
            return NOTHING
        assert self._next is not None
        while self._next in self._missing:
            del self._missing[self._next]
            self._next += 1
            self.given_up += 1
        self._key_wanted = now
        self._break()
        self._drain()
        return self._take()

    def wants_key_frame(self, now: float) -> bool:
        """Something was given up, no key frame has come since: ask for one (again)."""
        if self._key_wanted is None or now < self._key_wanted:
            return False
        self._key_wanted = now + max(_KEY_FRAME_AGAIN, 2 * self.answer_seconds)
        return True

    @property
    def incomplete(self) -> bool:
        """`give_up`, `wanted` and `wants_key_frame` should be called soon."""
        return bool(self._missing) or self._key_wanted is not None

    def _learn(self, missing: _Missing, now: float) -> None:
        """How long an answer takes. Of one that was asked for more than once nobody knows which time was answered."""
        took = now - missing.first_asked
        if missing.times == 1 or (missing.times > 1 and took > 2 * self.answer_seconds):
            self.answer_seconds = min(0.8 * self.answer_seconds + 0.2 * took, _LONGEST_ANSWER)

    def _drain(self) -> None:
        assert self._next is not None  # `add` or `give_up` set it
        while (packet := self._packets.pop(self._next, None)) is not None:
            self._next += 1
            self._append(packet)
        self._expected = self._next & 0xFFFF

    def _append(self, packet: Packet) -> None:
        payload = packet.payload
        if not payload:
            return  # padding, to probe the bandwidth
        if packet.timestamp != self._frame_time:
            if self._frame_time is not None:
                self._end()  # the sender set no marker
            self._frame_time = packet.timestamp
        self._size += len(payload)
        if self._size > MOST_FRAME_BYTES and not self._broken:
            self._broken = True
            self._builder.take()
        if not self._broken:
            try:
                self._builder.add(payload)
            except ValueError:
                self._broken = True
        if packet.marker or self._single:
            self._end()

    def _end(self) -> None:
        content = self._builder.take()
        if self._broken:
            self.frames_lost += 1
        elif content.data and self._frame_time is not None:
            self._whole.append(Whole(self._unwrap(self._frame_time), content[0], self._frame_time, *content[1:]))
            if content.key:
                self._key_wanted = None
        self._frame_time, self._broken, self._size = None, False, 0

    def _take(self) -> Sequence[Whole]:
        whole, self._whole = self._whole, []
        return whole

    def _break(self) -> None:
        """The frame that was begun is lost, and so is the next one that is here unless its beginning is."""
        following = self._packets.get(self._next or 0)
        if self._frame_time is not None:
            self._broken = True
            if following is None or following.timestamp != self._frame_time:
                self._end()
        if following is not None and not self._builder.begins(following.payload):
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
        self._builder.take()
        self._frame_time, self._broken, self._size = None, False, 0
        self._begin_at(packet)

    def _begin_at(self, packet: Packet) -> None:
        """The first packet that is seen of a stream need not be the first of its frame. (Parameter sets before a slice
        are not missed here: a frame without them is no key frame.)"""
        self._next, self._highest = packet.sequence_number, packet.sequence_number - 1
        if packet.payload and not self._builder.begins(packet.payload):
            self._broken, self._frame_time = True, packet.timestamp


def _signed(difference: int, bits: int) -> int:
    """The shortest way around."""
    half = 1 << (bits - 1)
    return (difference + half) % (1 << bits) - half
