"""From the decrypted packets of one connection to encoded frames: which stream a packet belongs to, what is missing,
who is asked for it again. What it needs of the connection stands in `Port`; `capture/hooks.py` has one."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from appliance.capture import rtp
from appliance.capture.reassembly import AUDIO_PATIENCE, NACK_SECONDS, VIDEO_PATIENCE, Reassembly, Whole
from appliance.capture.reception import Reception, Refused, SenderClock, Statistics
from appliance.recording.frame import Encoded, Media

log = logging.getLogger(__name__)

_MOST_ASKED = 200
_MOST_STREAMS = 16
_SILENT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Announced:
    """What a payload type stands for. `receiver`: whose it is, an opaque key; `codec`: h264, vp8, opus or rtx; `rate`:
    RTP ticks a second; `original`: of rtx, the payload type that it repeats; `repeats`: the sender answers to NACK."""

    receiver: Any
    media: Media
    codec: str
    rate: int
    original: int = 0
    repeats: bool = True


class Port(Protocol):
    """What an intake needs of its connection."""

    def announced(self, payload_type: int) -> Announced | None:
        """None where it was not negotiated."""

    def original(self, receiver: Any, ssrc: int) -> int:
        """The stream whose packets this one repeats; 0 where that was not said."""

    def opened(self, receiver: Any, ssrc: int, statistics: Statistics) -> None:
        """A stream began: its receiver reports come from `statistics`."""

    def forgotten(self, receiver: Any, ssrc: int) -> None:
        """A stream that says nothing any more."""

    def ask(self, receiver: Any, ssrc: int, numbers: list[int]) -> None:
        """NACK."""

    def ask_key_frame(self, receiver: Any, ssrc: int) -> None:
        """PLI."""

    def emit(self, receiver: Any, frame: Encoded) -> None:
        """A frame is whole."""


@dataclass(slots=True)
class _Stream:
    """What comes under one SSRC. `reassembly`: None where packets of the stream `original` are repeated."""

    ssrc: int
    payload_type: int
    what: Announced
    statistics: Statistics
    reassembly: Reassembly | None
    original: int = 0
    seen: float = 0.0


class Intake:
    """All methods belong to the event loop."""

    def __init__(self, port: Port, refused: Refused) -> None:
        self._port, self._refused = port, refused
        self._streams: dict[int, _Stream] = {}
        self._clocks: dict[int, SenderClock] = {}
        self._timer: asyncio.TimerHandle | None = None

    def read(self, data: bytes) -> None:
        """A decrypted RTP packet."""
        try:
            packet = rtp.parse(data)
        except ValueError:
            self._refused.malformed += 1
            return
        now = time.monotonic()
        stream = self._streams.get(packet.ssrc)
        if stream is None or stream.payload_type != packet.payload_type:
            stream = self._open(packet, now)
            if stream is None:
                self._refused.stray += 1
                return
        stream.seen = now
        stream.statistics.add(packet.sequence_number, packet.timestamp, now)
        reassembly = stream.reassembly
        if reassembly is None:
            self._read_repeated(stream, packet, now)
        else:
            whole = reassembly.add(packet, now)
            if whole:
                self._emit(stream, whole, now)
            if reassembly.incomplete and self._timer is None:
                self._look_soon()

    def note_report(self, ssrc: int, clock: SenderClock) -> None:
        """A sender report: which time of the sender's clock belongs to which RTP timestamp."""
        if ssrc in self._clocks or len(self._clocks) < _MOST_STREAMS:
            self._clocks[ssrc] = clock

    def reception(self, receiver: Any) -> Reception:
        """Of all streams of a receiver."""
        streams = [stream for stream in self._streams.values() if stream.what.receiver is receiver]
        counted = [stream.reassembly for stream in streams if stream.reassembly]
        return Reception(
            sum(one.received for one in counted),
            sum(one.lost for one in counted),
            sum(one.recovered for one in counted),
            sum(one.given_up for one in counted),
            max((stream.statistics.jitter_seconds for stream in streams if stream.reassembly), default=0.0),
        )

    def close(self) -> None:
        """Nothing more is asked for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._streams.clear()

    def _read_repeated(self, stream: _Stream, packet: rtp.Packet, now: float) -> None:
        original = self._streams.get(stream.original)
        again = rtp.repeated(packet, payload_type=stream.what.original, ssrc=stream.original)
        if again is not None and original is not None and original.reassembly is not None:
            self._emit(original, original.reassembly.add(again, now), now)

    def _open(self, packet: rtp.Packet, now: float) -> _Stream | None:
        """The first packet of a stream says by its payload type which receiver it is for. A sender may change to
        another codec within a stream."""
        what = self._port.announced(packet.payload_type)
        if what is None:
            return None
        if packet.ssrc not in self._streams and len(self._streams) >= _MOST_STREAMS:
            oldest = min(self._streams.values(), key=lambda stream: stream.seen)
            if now - oldest.seen < _SILENT_SECONDS:
                return None
            del self._streams[oldest.ssrc]
            self._clocks.pop(oldest.ssrc, None)
            self._port.forgotten(oldest.what.receiver, oldest.ssrc)
        reassembly = None
        if what.codec != "rtx":
            patience = VIDEO_PATIENCE if what.media is Media.VIDEO else AUDIO_PATIENCE
            reassembly = Reassembly(what.codec, patience, what.repeats)
        statistics = Statistics(what.rate)
        stream = self._streams[packet.ssrc] = _Stream(
            packet.ssrc, packet.payload_type, what, statistics, reassembly,
            self._port.original(what.receiver, packet.ssrc),
        )  # fmt: skip
        self._port.opened(what.receiver, packet.ssrc, statistics)
        return stream

    def _emit(self, stream: _Stream, whole: Sequence[Whole], now: float) -> None:
        clock, what = self._clocks.get(stream.ssrc), stream.what
        for frame in whole:
            captured = None if clock is None else clock.at(frame.rtp, what.rate)
            encoded = Encoded(
                what.media, what.codec, frame.data, frame.timestamp, now, frame.key, frame.reference, captured,
                stream.ssrc, frame.rtp, frame.layer,
            )  # fmt: skip
            try:
                self._port.emit(what.receiver, encoded)
            except Exception:  # a fault of ours must not end the connection
                log.exception("a frame was lost")

    def _look_soon(self, seconds: float = NACK_SECONDS / 2) -> None:
        """The first time a little later: packets may only have changed places."""
        self._timer = asyncio.get_running_loop().call_later(seconds, self._maintain)

    def _maintain(self) -> None:
        """While packets are missing: ask for them, or give them up."""
        self._timer = None
        now, incomplete = time.monotonic(), False
        for ssrc, stream in list(self._streams.items()):
            reassembly, receiver = stream.reassembly, stream.what.receiver
            if reassembly is None or not reassembly.incomplete:
                continue
            self._emit(stream, reassembly.give_up(now), now)
            if reassembly.wants_key_frame(now) and stream.what.media is Media.VIDEO:
                self._port.ask_key_frame(receiver, ssrc)
            if reassembly.repeats and (wanted := reassembly.wanted(now)[:_MOST_ASKED]):
                self._port.ask(receiver, ssrc, wanted)
            incomplete = incomplete or reassembly.incomplete
        if incomplete:
            self._look_soon(NACK_SECONDS)
