"""The decoder, a child process of capture: encoded frames in, the newest picture and sound of each feed out.

Run as `python -m appliance.capture.decoder FD PICTURES SOUNDS`. It reads messages from the socket FD until it closes:
two lengths (big-endian, 4 bytes each), a JSON head, a frame or a batch of sound. It sends a byte when it is ready, and
one for each message that it is done with. Hostile media can kill this process, never a recording.
"""

import contextlib
import json
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import av
import cv2
import numpy as np
import numpy.typing as npt

from appliance.box import picture, process
from appliance.capture.change import Change
from appliance.capture.hearing import Hearing
from appliance.capture.pictures import LENGTHS
from appliance.exam.feed import Feed, Kind
from appliance.recording.frame import LONGER_SIDE, SHORTER_SIDE

log = logging.getLogger("appliance.capture.decoder")

PICTURES_A_SECOND = 4
SCREENS_A_SECOND = 1
WIDEST = 640
WIDEST_FULL = 2560  # of a screen; pages share at most 1920
JPEG_QUALITY = 75
FULL_QUALITY = 85  # a letter of 9 pixels is read as well as from a PNG
_MOST_PIXELS = LONGER_SIDE * SHORTER_SIDE
_DONE = b"."
_EARLY = 0.03
"""A little less than the interval: frames do not come to the millisecond."""
_SOONEST = 1 / PICTURES_A_SECOND - _EARLY
_SOONEST_OF_A_SCREEN = 1 / SCREENS_A_SECOND - _EARLY


@dataclass(slots=True)
class _Stream:
    codec: str
    context: av.VideoCodecContext
    number: int = 0
    written_at: float = 0.0
    change: Change | None = None  # of a screen


class Decoder:
    """Decodes the frames of many feeds and writes pictures into `folder`, sound into `sounds`."""

    def __init__(self, folder: Path, sounds: Path) -> None:
        self._folder = folder
        self._hearing = Hearing(sounds)
        self._streams: dict[str, _Stream] = {}

    def handle(self, head: dict[str, Any], data: bytes) -> None:
        """One message."""
        name = head["feed"]
        if head.get("end"):
            self._streams.pop(name, None)
            picture.remove(self._folder, Feed.parse(name))
            self._hearing.end(name)
            return
        if "sizes" in head:
            self._hearing.handle(head, data)
            return
        stream = self._streams.get(name)
        if stream is None or stream.codec != head["codec"]:
            context = av.CodecContext.create(head["codec"], "r")
            context.thread_count = 1
            context.flags |= av.codec.context.Flags.low_delay
            context.options = {"max_pixels": str(_MOST_PIXELS)}
            stream = self._streams[name] = _Stream(head["codec"], context, stream.number if stream else 0)
            stream.change = Change() if Feed.parse(name).kind is Kind.SCREEN else None
        try:
            frames = stream.context.decode(av.Packet(data))
        except av.FFmpegError as error:
            log.info("%s: a frame cannot be decoded: %s", name, error)
            return
        soonest = _SOONEST if stream.change is None else _SOONEST_OF_A_SCREEN
        if frames and head["taken_at"] - stream.written_at >= soonest:
            stream.written_at = head["taken_at"]
            stream.number += 1
            small = self._write(name, stream.number, head, frames[-1])
            if stream.change is not None and stream.change.seen(small):
                self._write(name, stream.number, head, frames[-1], full=True)

    def _write(
        self, name: str, number: int, head: dict[str, Any], frame: av.VideoFrame, *, full: bool = False
    ) -> npt.NDArray[np.uint8]:
        """-> the pixels; those of the picture at full size are not written raw."""
        width = max(2, min(frame.width, WIDEST_FULL if full else WIDEST) & ~1)
        height = max(2, round(frame.height * width / frame.width) & ~1)
        pixels = np.asarray(frame.reformat(width=width, height=height, format="bgr24").to_ndarray(), np.uint8)
        quality = FULL_QUALITY if full else JPEG_QUALITY
        done, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if not done:
            log.warning("%s: a picture could not be encoded", name)
            return pixels
        raw = b"" if full else pixels.tobytes()
        header = picture.Header(
            feed=name,
            number=number,
            taken_at=head["taken_at"],
            position=head["position"],
            width=width,
            height=height,
            jpeg_bytes=len(jpeg),
            raw_bytes=len(raw),
        )
        try:
            picture.write(self._folder, header, jpeg.tobytes(), raw, full=full)
        except OSError as error:
            log.warning("%s: a picture could not be written: %s", name, error.strerror)
        return pixels


def _messages(source: IO[bytes]) -> Iterator[tuple[dict[str, Any], bytes]]:
    """(head, frame) until the other side closes."""
    while len(lengths := source.read(LENGTHS.size)) == LENGTHS.size:
        head_bytes, frame_bytes = LENGTHS.unpack(lengths)
        yield json.loads(source.read(head_bytes)), source.read(frame_bytes)


def main(arguments: list[str]) -> int:
    """Decode until the socket closes. SIGTERM and SIGINT are for capture: it closes the socket when it stops."""
    process.start_logging("decoder")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    decoder = Decoder(Path(arguments[1]), Path(arguments[2]))
    link = socket.socket(fileno=int(arguments[0]))
    with link, link.makefile("rb", buffering=1 << 18) as source, contextlib.suppress(ConnectionError):
        link.sendall(_DONE)
        for head, data in _messages(cast(IO[bytes], source)):
            decoder.handle(head, data)
            link.sendall(_DONE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
