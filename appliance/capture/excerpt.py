"""Cuts a still and a clip out of a recording, a process of its own: `python -m appliance.capture.excerpt JOB`.

A JSON object says what (`Job`), one on stdout what came of it: `still`, `still_sha256`, `clip`,
`clip_sha256` (files in the folder `kept` of the attempt), `starts_at`, `ends_at`, `taken_at`; or `failed`, a reason as
in `evidence.failed`. Frames are copied as they were recorded, from a key frame on; only the still is decoded. A hostile
recording can kill this process, never the one that asked for it.
"""

import hashlib
import io
import json
import logging
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2

from appliance.box import process
from appliance.capture.writer import sync_folder
from appliance.recording import mp4, webm
from appliance.recording.frame import LONGER_SIDE, SHORTER_SIDE
from appliance.recording.name import Name
from appliance.recording.part import Part

log = logging.getLogger("appliance.capture.excerpt")

FOLDER = "kept"
_LEAD_SECONDS = 15.0
"""Before the clip, so that a key frame is among it: one is asked for every `[capture] keyframe_seconds`."""
_MISSED_SECONDS = 2.0
"""A picture stands for so long after it; later, nothing was recorded."""
_MOST_BYTES = 128_000_000
_MOST_MEMORY = 3_000_000_000
_MOST_CPU_SECONDS = 60
_ENDINGS = {".mp4": "mp4", ".webm": "webm"}


_Packet = Any  # av.Packet of some stream; those without a time are left out before anything looks at it


class NotKept(Exception):
    """`reason` as in `evidence.failed`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`feed`: the folder of a feed. The moment is `position` (seconds on the feed's timeline), or, where that is None,
    `moment_at` (wall seconds). `around`: seconds of clip on either side. `kept`: what the files are called."""

    feed: str
    kept: str
    position: float | None
    moment_at: float
    around: float


@dataclass(frozen=True, slots=True)
class Piece:
    """One recording file, open or closed. `begins_at`: wall seconds of position 0."""

    file: Path
    suffix: str
    header: bytes
    parts: tuple[Part, ...]
    begins_at: float


def cut(job: Job) -> dict[str, Any]:
    """Write the files; -> what stdout says. NotKept, OSError, and whatever a broken file makes of the libraries."""
    folder = Path(job.feed)
    begins_at = _beginning(folder)
    position = job.position if job.position is not None else job.moment_at - begins_at
    pieces = _alike(_around(folder, begins_at + position, job.around), position)
    suffix = pieces[0].suffix
    with av.open(io.BytesIO(_bytes(pieces, position, job.around)), "r", format=_ENDINGS[suffix]) as recording:
        packets = [packet for packet in recording.demux() if packet.pts is not None and packet.size]
        shown, picture = _picture(packets, position)
        target = folder.parent / FOLDER
        target.mkdir(mode=0o700, exist_ok=True)
        still = f"{job.kept}.png"
        said: dict[str, Any] = {"still": still, "still_sha256": _write(target / still, picture)}
        clip, starts, ends = f"{job.kept}{suffix}", shown, shown
        try:
            data, starts, ends = _clip(recording, packets, position, job.around, _ENDINGS[suffix])
            said |= {"clip": clip, "clip_sha256": _write(target / clip, data)}
        except av.FFmpegError as error:
            log.warning("%s: the clip cannot be made, the still is kept: %s", job.kept, error)
            said |= {"clip": "", "clip_sha256": ""}
    sync_folder(target)
    times = {"starts_at": starts, "ends_at": ends, "taken_at": shown}
    return said | {what: round(begins_at + at, 3) for what, at in times.items()}


# --- which bytes ---


def _beginning(folder: Path) -> float:
    """The wall time of position 0, as the newest file that can be read has it."""
    for file, name in reversed(_files(folder)):
        piece = _piece(file, name)
        if piece is not None:
            return piece.begins_at
    raise NotKept("nothing_recorded")


def _files(folder: Path) -> list[tuple[Path, Name]]:
    """The recording files of a feed, by when they begin."""
    if not folder.is_dir():
        return []
    named = [(file, Name.parse(file.name)) for file in folder.iterdir()]
    return sorted(((file, name) for file, name in named if name), key=lambda pair: (pair[1].starts_at, pair[1].number))


def _piece(file: Path, name: Name) -> Piece | None:
    """None when there is nothing whole in it. A file that is closed, and so renamed, just now is found all the same."""
    closed = file.with_name(file.name.removesuffix(".open"))
    for there in (file, closed):
        try:
            scan = (webm if name.suffix == ".webm" else mp4).scan(there)
            with open(there, "rb") as opened:
                header = opened.read(scan.init_bytes)
        except (OSError, ValueError):
            continue
        if scan.parts:
            return Piece(there, name.suffix, header, scan.parts, round(name.starts_at - scan.parts[0].position, 3))
    return None


def _around(folder: Path, moment_at: float, around: float) -> list[Piece]:
    """The files that hold something of the time around a moment, in the order of their places."""
    found: list[Piece] = []
    for file, name in reversed(_files(folder)):
        if name.starts_at >= moment_at + around:
            continue
        if piece := _piece(file, name):
            found.append(piece)
        if name.starts_at < moment_at - around - _LEAD_SECONDS and not name.late:
            break
    return sorted(found, key=lambda piece: piece.parts[0].position)


def _alike(pieces: Sequence[Piece], position: float) -> list[Piece]:
    """Those around the moment that can be one file with it: the same format, and pictures of the same size."""
    before = [i for i, piece in enumerate(pieces) if piece.parts[0].position <= position]
    holding = [i for i in before if max(part.end for part in pieces[i].parts) + _MISSED_SECONDS > position]
    if not holding:
        raise NotKept("nothing_recorded")
    first = last = holding[-1]
    while first and pieces[first - 1].header == pieces[first].header:
        first -= 1
    while last + 1 < len(pieces) and pieces[last + 1].header == pieces[last].header:
        last += 1
    return list(pieces[first : last + 1])


def _bytes(pieces: Sequence[Piece], position: float, around: float) -> bytes:
    """One file of the header and every part from a little before the clip to its end."""
    taken = bytearray(pieces[0].header)
    for piece in pieces:
        with open(piece.file, "rb") as file:
            for part in piece.parts:
                if part.end > position - around - _LEAD_SECONDS and part.position < position + around:
                    file.seek(part.offset)
                    taken += file.read(part.length)
        if len(taken) > _MOST_BYTES:
            raise NotKept("unreadable")
    return bytes(taken)


# --- what is made of them ---


def _picture(packets: Sequence[_Packet], position: float) -> tuple[float, bytes]:
    """The last picture that was shown at `position`: its own position, and the PNG of all its pixels."""
    video = [packet for packet in packets if packet.stream.type == "video"]
    keys = [i for i, packet in enumerate(video) if packet.is_keyframe and _at(packet) <= position]
    if not keys:
        raise NotKept("nothing_recorded" if video else "unreadable")
    context = video[0].stream.codec_context
    context.thread_count = 1
    context.options = {"max_pixels": str(LONGER_SIDE * SHORTER_SIDE)}
    shown: av.VideoFrame | None = None
    for packet in video[keys[-1] :]:
        if _at(packet) > position:
            break
        for frame in packet.decode():
            shown = frame
    for frame in context.decode(None):
        shown = frame
    if shown is None or shown.pts is None:
        raise NotKept("unreadable")
    at = float(shown.pts * video[0].time_base)
    done, png = cv2.imencode(".png", shown.to_ndarray(format="bgr24"))
    if not done:
        raise NotKept("unreadable")
    return at, png.tobytes()


def _clip(
    recording: av.container.InputContainer, packets: Sequence[_Packet], position: float, around: float, format: str
) -> tuple[bytes, float, float]:
    """The clip from the key frame before its beginning on; -> it, and where it starts and ends."""
    keys = [_at(packet) for packet in packets if packet.stream.type == "video" and packet.is_keyframe]
    starts = max((at for at in keys if at <= position - around), default=keys[0])
    wanted = [packet for packet in packets if starts <= _at(packet) < position + around]
    ends = max(_at(packet) + float((packet.duration or 0) * packet.time_base) for packet in wanted)
    made = io.BytesIO()
    with av.open(made, "w", format=format) as out:
        tracks = {track.index: out.add_stream_from_template(track) for track in recording.streams}
        last: dict[int, int] = {}
        for packet in wanted:
            index = packet.stream.index
            offset = round(starts / packet.time_base)
            when = (packet.dts if packet.dts is not None else packet.pts) - offset
            if when <= last.get(index, -1):
                continue  # a late piece and the recording overlap by a frame
            last[index] = packet.dts = when
            packet.pts -= offset
            packet.stream = tracks[index]
            out.mux(packet)
    return made.getvalue(), starts, ends


def _at(packet: _Packet) -> float:
    return float(packet.pts * packet.time_base)


# --- on the disk ---


def _write(file: Path, data: bytes) -> str:
    """For this user alone, whole or not at all; -> SHA-256 as hex."""
    passing = file.with_name(f".{file.name}")
    passing.unlink(missing_ok=True)
    descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    passing.rename(file)
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _bounded() -> Iterator[None]:
    """Little of the machine: candidates are recorded meanwhile."""
    os.nice(10)
    for what, most in (
        (resource.RLIMIT_AS, _MOST_MEMORY),
        (resource.RLIMIT_CPU, _MOST_CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    cv2.setNumThreads(1)
    yield


def main() -> int:
    """Do the one job."""
    process.start_logging("excerpt")
    with _bounded():
        job = Job(**json.loads(sys.argv[1]))
        try:
            said = cut(job)
        except NotKept as error:
            said = {"failed": error.reason}
        except OSError as error:
            log.error("%s cannot be kept: %s", job.kept, error)
            said = {"failed": "unreadable" if isinstance(error, av.FFmpegError) else "disk"}
        except (av.FFmpegError, ValueError) as error:
            log.warning("%s cannot be read: %s", job.feed, error)
            said = {"failed": "unreadable"}
    json.dump(said, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
