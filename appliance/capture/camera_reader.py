"""Reads one lab camera, a child process of capture: RTSP in, encoded frames out, nothing decoded.

Run as `python -m appliance.capture.camera_reader FD`. The socket FD first gives the camera's address (it may hold a
password, so it is on no command line), then takes messages: two lengths (big-endian, 4 bytes each), a JSON head, a
frame. It connects again and again until the socket closes. A hostile camera can kill this process, never a recording.
"""

import json
import logging
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

from appliance.box import process
from appliance.capture.pictures import LENGTHS
from appliance.recording import h264
from appliance.recording.frame import RATE, Media

log = logging.getLogger("appliance.capture.camera_reader")

OPEN_SECONDS = 4.0
SILENT_SECONDS = 4.0
"""Without a frame for so long the connection is given up; the gap is open since two seconds then."""
SOONEST_SECONDS, LATEST_SECONDS = 0.5, 3.0
"""Between two tries: twice as long each time, short again after a connection that lasted."""
SETTLED_SECONDS = 10.0
LARGEST_FRAME = 4_000_000
MOST_BYTES_A_SECOND = 4_000_000
WAITING_BYTES = 4_000_000
"""What is kept for capture while it is busy; then frames are dropped up to the next key frame, and counted."""
MOST_MEMORY = 1_500_000_000

_OPTIONS = {"rtsp_transport": "tcp", "analyzeduration": "1", "probesize": "32", "allowed_media_types": "video"}
_SAID_SECONDS = 1.0


class CaptureGone(Exception):
    """Capture has closed its side: nobody wants the frames."""


class Given(Exception):
    """The connection is given up; `reason` as in `camera.REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Pipe:
    """To capture. It never waits for capture: what does not fit is dropped, frames up to the next key frame."""

    def __init__(self, link: socket.socket) -> None:
        link.setblocking(False)
        self._link = link
        self._waiting = bytearray()
        self._skip = False
        self.dropped = 0
        """Frames since the last one that was passed on."""

    def tell(self, **head: Any) -> None:
        """A message without a frame; never dropped."""
        self._send(head, b"")

    def frame(self, data: bytes, *, key: bool, reference: bool, timestamp: int, arrived: float) -> None:
        """A frame, or nothing when capture is far behind."""
        self._flush()
        if len(self._waiting) + len(data) > WAITING_BYTES:
            self._skip = True
        if self._skip and (not key or self._waiting):
            self.dropped += 1
            return
        self._skip = False
        head = {"key": key, "reference": reference, "timestamp": timestamp, "arrived": arrived}
        self._send(head | {"dropped": self.dropped}, data)
        self.dropped = 0

    def wait(self, seconds: float) -> bool:
        """Sleep; False when capture has closed its side."""
        self._flush()
        readable, _, _ = select.select([self._link], [], [], seconds)
        return not readable

    def _send(self, head: dict[str, Any], data: bytes) -> None:
        text = json.dumps(head).encode()
        self._waiting += LENGTHS.pack(len(text), len(data)) + text + data
        self._flush()

    def _flush(self) -> None:
        try:
            while self._waiting:
                del self._waiting[: self._link.send(self._waiting)]
        except BlockingIOError:
            pass
        except ConnectionError:
            raise CaptureGone from None


Stamped = tuple["av.Packet[av.VideoStream]", int, float]
"""A packet, its time in RTP ticks, and when it arrived (monotonic seconds)."""


def stamped(packets: Iterator["av.Packet[av.VideoStream]"], base: Fraction) -> Iterator[Stamped]:
    """The times of one connection's frames. A packet without one stands by its arrival; the first often has none, and
    waits for the second."""
    rate = RATE[Media.VIDEO]
    held: tuple[av.Packet[av.VideoStream], float] | None = None
    known: tuple[int, float] | None = None
    for packet in packets:
        arrived = time.monotonic()
        if packet.pts is not None:
            ticks = round(packet.pts * base * rate)
        elif known is None and held is None:
            held = packet, arrived
            continue
        else:
            ticks = 0 if known is None else known[0] + round((arrived - known[1]) * rate)
        if held is not None:
            yield held[0], ticks - round((arrived - held[1]) * rate), held[1]
            held = None
        known = ticks, arrived
        yield packet, ticks, arrived


@dataclass(slots=True)
class _Flow:
    """Bytes of the second that began at `since`."""

    since: float
    bytes: int = 0

    def add(self, size: int, now: float) -> None:
        if now - self.since >= 1.0:
            self.since, self.bytes = now, 0
        self.bytes += size
        if self.bytes > MOST_BYTES_A_SECOND:
            raise Given("too_much")


def read(url: str, pipe: Pipe) -> None:
    """One connection, until it is given up (Given) or capture has gone (CaptureGone)."""
    began = time.monotonic()
    try:
        with av.open(url, options=_OPTIONS, timeout=(OPEN_SECONDS, SILENT_SECONDS)) as camera:
            if not camera.streams.video:
                raise Given("no_picture")
            stream = camera.streams.video[0]
            codec = stream.codec_context.name
            if codec != "h264":
                raise Given("codec")
            pipe.tell(opened=codec)
            _pass_on(stream, (packet for packet in camera.demux(stream) if packet.size), pipe)
    except av.HTTPUnauthorizedError:
        raise Given("login") from None
    except av.error.ExitError:
        raise Given("silent") from None
    except (av.error.ConnectionRefusedError, av.error.TimeoutError):
        raise Given("away") from None
    except (av.FFmpegError, OSError, ValueError, MemoryError) as error:  # its text holds the address
        log.info("the connection to the camera ended: %s", type(error).__name__)
        if time.monotonic() - began >= OPEN_SECONDS and isinstance(error, av.InvalidDataError):
            raise Given("silent") from None  # no answer, as FFmpeg puts it
        raise Given("nonsense" if isinstance(error, av.InvalidDataError) else "lost") from None


def _pass_on(stream: "av.VideoStream", packets: Iterator["av.Packet[av.VideoStream]"], pipe: Pipe) -> None:
    flow = _Flow(time.monotonic())
    before = flow.since
    parameters = bytes(stream.codec_context.extradata or b"")
    for packet, timestamp, arrived in stamped(packets, stream.time_base or Fraction(1, RATE[Media.VIDEO])):
        flow.add(packet.size, arrived)
        if arrived - before >= SILENT_SECONDS:  # FFmpeg gives out what it had when the time was up
            raise Given("silent")
        before = arrived
        if packet.size > LARGEST_FRAME:
            raise Given("too_much")
        data = bytes(packet)
        key, reference = h264.describe(data)
        if packet.is_keyframe and not key:  # the parameter sets stand in the description alone
            data = parameters + data
            key, reference = h264.describe(data)
        pipe.frame(data, key=key, reference=reference, timestamp=timestamp, arrived=arrived)
    raise Given("lost")


def follow(url: str, pipe: Pipe) -> None:
    """Connect again and again, until capture closes its side."""
    delay = SOONEST_SECONDS
    while True:
        began = time.monotonic()
        try:
            read(url, pipe)
        except Given as given:
            pipe.tell(closed=given.reason)
        if time.monotonic() - began > SETTLED_SECONDS:
            delay = SOONEST_SECONDS
        if not pipe.wait(delay):
            return
        delay = min(2 * delay, LATEST_SECONDS)


def main(arguments: list[str]) -> int:
    """Read until the socket closes. SIGINT is for capture: it closes the socket when it stops."""
    process.start_logging("camera")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with socket.socket(fileno=int(arguments[0])) as link:
        url = b""
        while not url.endswith(b"\n"):
            piece = link.recv(4096)
            if not piece:
                return 0
            url += piece
        try:
            follow(url.decode().strip(), Pipe(link))
        except CaptureGone:
            log.info("capture has gone")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
