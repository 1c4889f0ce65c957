"""One RTP stream to one viewer: the payloads of the feed's frames under its own numbers, repeated when asked for."""

import struct
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

KEPT = 512
"""Packets that can be repeated: some seconds. Their payloads are shared by all who watch the feed."""
REPEATS_A_SECOND = 300
"""A viewer that has lost everything must not get everything twice."""

_HEADER = struct.Struct(">BBHIIII")
_EXTENDED = 0x90
_ONE_WORD = 0xBEDE0001
_RTX = struct.Struct(">H")


@dataclass(frozen=True, slots=True)
class Format:
    """What was negotiated. `send_time`: the id of the header extension abs-send-time; None where there is none."""

    ssrc: int
    payload_type: int
    rate: int
    rtx_ssrc: int = 0
    rtx_payload_type: int | None = None
    send_time: int | None = None


class Port(Protocol):
    """Where the packets go."""

    def send(self, packet: bytes) -> None:
        """Encrypt it and send it off; never blocks."""

    def sent(self, *, timestamp: int, packets: int, octets: int) -> None:
        """For the sender reports: all packets and octets so far, up to this RTP timestamp."""


class Outgoing:
    """See the module. `origin`, `number`: time and number of the first packet, at random (RFC 3550)."""

    def __init__(self, port: Port, format: Format, *, origin: int, number: int) -> None:
        self._port, self._format = port, format
        self._origin = origin
        self._number = self._rtx_number = number & 0x7FFF  # far from where it wraps, which SRTP must see
        self._kept: list[tuple[int, int, int, bytes] | None] = [None] * KEPT
        self._packets = self._octets = 0
        self._budget, self._budget_at = float(REPEATS_A_SECOND), 0.0
        self.counters = {"repeated": 0, "not_repeated": 0}

    def frame(self, payloads: Sequence[bytes], position: float) -> None:
        """Send a frame that stands at `position` (seconds)."""
        format, number, kept = self._format, self._number, self._kept
        timestamp = (self._origin + round(position * format.rate)) & 0xFFFFFFFF
        extension = self._extension()
        last = len(payloads) - 1
        for index, payload in enumerate(payloads):
            second = format.payload_type | 0x80 if index == last else format.payload_type
            kept[number % KEPT] = (number, second, timestamp, payload)
            header = self._header(second, number, timestamp, format.ssrc, extension)
            self._port.send(header + payload)
            number = (number + 1) & 0xFFFF
            self._octets += len(payload)
        self._number = number
        self._packets += len(payloads)
        self._port.sent(timestamp=timestamp, packets=self._packets, octets=self._octets)

    def repeat(self, numbers: Iterable[int], *, now: float) -> None:
        """The viewer lost these (NACK): send them again (RFC 4588), as far as they are kept and not too many."""
        format, extension = self._format, self._extension()
        self._budget = min(REPEATS_A_SECOND, self._budget + (now - self._budget_at) * REPEATS_A_SECOND)
        self._budget_at = now
        for number in numbers:
            found = self._kept[number % KEPT]
            if found is None or found[0] != number or self._budget < 1:
                self.counters["not_repeated"] += 1
                continue
            self._budget -= 1
            self.counters["repeated"] += 1
            _, second, timestamp, payload = found
            if format.rtx_payload_type is None:
                header = self._header(second, number, timestamp, format.ssrc, extension)
                self._port.send(header + payload)
                continue
            second = second & 0x80 | format.rtx_payload_type
            header = self._header(second, self._rtx_number, timestamp, format.rtx_ssrc, extension)
            self._rtx_number = (self._rtx_number + 1) & 0xFFFF
            self._port.send(header + _RTX.pack(number) + payload)

    def _extension(self) -> int:
        """abs-send-time: seconds as 6.18 bits, in one word; padding (zero) where it was not negotiated."""
        if self._format.send_time is None:
            return 0
        return (self._format.send_time << 4 | 2) << 24 | int(time.time() * (1 << 18)) & 0xFFFFFF

    @staticmethod
    def _header(second: int, number: int, timestamp: int, ssrc: int, extension: int) -> bytes:
        return _HEADER.pack(_EXTENDED, second, number, timestamp, ssrc, _ONE_WORD, extension)
