"""From arriving frames to segments on disk: one recorder for each feed, over all its connections.

It opens a file only at a key frame, takes a part from it each second, and begins a new one at a key frame when the old
one is long or large enough or when codec or size of the picture change. A connection without pictures (a call) is
recorded too: each packet of sound can begin a file. MP4 files have both tracks even where no sound comes (`silence`);
WebM files begin anew when sound comes or goes. It never blocks: the writer's thread writes, and answers in the event
loop.
"""

import errno
import logging
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.capture import opus, vp8
from appliance.capture.segment import Place, Segment
from appliance.capture.timeline import Timeline
from appliance.capture.writer import File, Writer
from appliance.config import CaptureSettings
from appliance.exam.events import SegmentClosed
from appliance.exam.gap import Cause
from appliance.recording import h264
from appliance.recording.frame import RATE, Encoded, Media, Sample
from appliance.recording.mp4 import Mp4
from appliance.recording.part import Container, Part
from appliance.recording.webm import WebM

log = logging.getLogger(__name__)

_PART_MARGIN = 0.3
"""A part is cut this much before its limit, so that writing it and the frame held back stay within the limit."""
_WAIT_FOR_SOUND = 0.5
_SOUND_IS_GONE = 2.0
_ASK_AGAIN = 0.5
_RETRY_SECONDS = 2.0
_SET_BACK = 5.0
"""Seconds: frames are placed two ahead of their arrival at most."""
_MOST_OPENED, _OPENED_SECONDS = 12, 10.0
"""So many files in so long: a browser that finds its size opens some, one that changes it at every frame may not."""


class Listener(Protocol):
    """Who hears what became of the frames. Times are wall seconds."""

    def opened(self, codecs: tuple[str, ...], at: float) -> None:
        """A file was opened in this connection."""

    def stored(self, starts_at: float, ends_at: float) -> None:
        """This span is on disk."""

    def closed(self, segment: SegmentClosed) -> None:
        """A segment is complete."""

    def failed(self, cause: Cause) -> None:
        """The disk would not have it; tried again in a moment."""

    def want_key_frame(self) -> None:
        """The sender should be asked for one."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Where an earlier recording of the same feed ended. `begins_at`: wall time of position 0; `end`: seconds."""

    begins_at: float | None = None
    end: float = 0.0
    number: int = 0


class Recorder:
    """See the module. All methods belong to the event loop; `arrived` and `now` are monotonic seconds."""

    def __init__(
        self,
        place: Place,
        *,
        media: Path,
        writer: Writer,
        settings: CaptureSettings,
        listener: Listener,
        resume: Resume | None = None,
    ) -> None:
        self._place, self._media, self._writer = place, media, writer
        self._settings, self._listener = settings, listener
        earlier = resume or Resume()
        self.begins_at, self.end, self.number = earlier.begins_at, earlier.end, earlier.number
        self.trouble: Cause | None = None
        self.in_flight = 0
        self.unreadable = 0
        self.segment: Segment | None = None
        self._file: File | None = None
        self.timeline: Timeline | None = None
        """Of the connection that is there; None before its first frame where there is no earlier recording."""
        self._connected = False
        self._expects_sound = False
        self._expects_picture = True
        self._heard_at: float | None = None
        self._seen_at: float | None = None  # when the last frame of any connection arrived
        self._pending: list[tuple[Encoded, int]] = []
        self._key_at = self._retry_at = self._cut_at = 0.0
        self._asked_at = self._key_cut_at = -math.inf
        self._opened_at: deque[float] = deque(maxlen=_MOST_OPENED)
        self.hurried = 0

    # --- a connection ---

    def begin(self, *, wall: float, now: float, sound: bool, picture: bool = True) -> None:
        """A connection is there; `sound` and `picture`: which tracks it may carry."""
        self.timeline = None
        self._pending.clear()
        self._connected, self._heard_at = True, None
        self._expects_sound, self._expects_picture = sound, picture
        if self.begins_at is not None:
            self.timeline = Timeline(base=self._base(wall - self.begins_at, now), began=now)

    def _base(self, position: float, now: float) -> float:
        """Where a connection goes on: by the wall clock, but never before what is recorded. Where that clock was set
        back meanwhile the gap is as long as it really was."""
        passed = 0.0 if self._seen_at is None else now - self._seen_at
        set_back = position < self.end + passed - _SET_BACK
        return self.end + passed if set_back else max(self.end, position)

    def finish(self, done: Callable[[], None]) -> None:
        """The connection is over: close the file, then `done`."""
        self._connected = False
        self._drain_pending()
        self.pause(done)

    def pause(self, done: Callable[[], None] | None = None) -> None:
        """Close the file; the next key frame begins a new one."""
        if self.segment is not None:
            self._flush(self.segment, self.segment.typical)
        self._close(done)

    # --- frames ---

    def add(self, frame: Encoded, *, wall: float) -> float | None:
        """Record a frame; -> its position in seconds, None before the first key frame ever."""
        if not self._connected:
            return None
        self._seen_at = frame.arrived
        if self.timeline is None:
            if not frame.key and self._expects_picture:
                self._ask(frame.arrived)
                return None
            self.begins_at = round(wall, 3)
            self.timeline = Timeline(base=0.0, began=frame.arrived)
        position = self.timeline.place(frame.media, frame.timestamp, frame.arrived, frame.captured)
        if frame.media is Media.AUDIO:
            self._add_sound(frame, position)
        elif self._must_wait(frame):
            self._pending.append((frame, position))
        else:
            self._drain_pending()
            self._add_picture(frame, position)
        return position / RATE[frame.media]

    def tick(self, now: float) -> None:
        """A few times a second: store what waits for too long, ask for key frames when they are due."""
        segment = self.segment
        if self._pending and now - self._pending[0][0].arrived > _WAIT_FOR_SOUND:
            self._drain_pending()
        if segment is not None and now - self._cut_at > self._settings.part_seconds:
            self._flush(segment, max(segment.typical, RATE[segment.leads] // 2))
            self._cut_at = now
        if not self._connected or not self._expects_picture:
            return
        since_key = now - self._key_at
        if segment is None:
            if now >= self._retry_at:
                self._ask(now)
        elif since_key > self._settings.keyframe_seconds or (
            self._long_enough(segment, segment.newest) and since_key > 1.0
        ):
            self._ask(now)

    def _must_wait(self, frame: Encoded) -> bool:
        """The first frames of a connection wait a moment for the sound, so that one file has both."""
        if not self._expects_sound or self._heard_at is not None or self.segment is not None:
            return False
        first = self._pending[0][0].arrived if self._pending else frame.arrived
        return (frame.key or bool(self._pending)) and frame.arrived - first < _WAIT_FOR_SOUND

    def _drain_pending(self) -> None:
        pending, self._pending = self._pending, []
        for frame, position in pending:
            self._add_picture(frame, position)

    def _add_sound(self, frame: Encoded, position: int) -> None:
        self._heard_at = frame.arrived
        self._drain_pending()
        if not self._expects_picture:
            self._turn_sound(position, frame.arrived)
        if self.segment is None:
            return
        if "opus" not in self.segment.container.codecs:
            self.segment.sound_missing = True
            return
        self.segment.add(Media.AUDIO, Sample(position, opus.duration(frame.data), frame.data, True))
        if self.segment.leads is Media.AUDIO:
            self._cut_if_due(self.segment, frame.arrived)

    def _turn_sound(self, position: int, now: float) -> None:
        """At a packet of sound where there are no pictures: open the first file, or go on to the next one."""
        if self.segment is not None and self._long_enough(self.segment, position):
            self._flush(self.segment, self.segment.typical)
            self._close(None)
        if self.segment is None and now >= self._retry_at:
            self._open(Mp4(None, True), position, now)

    def _add_picture(self, frame: Encoded, position: int) -> None:
        if frame.key:
            self._key_at = frame.arrived
            self._turn(frame, position)
        if self.segment is None:
            self._ask(frame.arrived)
            return
        if frame.codec != self.segment.container.codecs[0]:
            self._ask(frame.arrived)  # the sender went on with another codec before its key frame came
            return
        data = h264.sample_data(frame.data) if frame.codec == "h264" else frame.data
        if not data:
            return
        self.segment.add(Media.VIDEO, Sample(position, self.segment.typical, data, frame.key))
        self._cut_if_due(self.segment, frame.arrived)

    def _cut_if_due(self, segment: Segment, now: float) -> None:
        if segment.waiting() >= self._settings.part_seconds - _PART_MARGIN:
            self._flush(segment, None)
            self._cut_at = now

    def _turn(self, frame: Encoded, position: int) -> None:
        """At a key frame: open the first file, or go on to the next one if it is time."""
        try:
            container = self._container(frame)
        except ValueError as error:
            self.unreadable += 1
            log.info("%s: a key frame that cannot be read: %s", self._place.feed, error)
            self.pause()  # nothing that follows can be shown without it
            return
        if self.segment is not None:
            if container == self.segment.container and not self._long_enough(self.segment, position):
                self._begin_part(self.segment, position, frame.arrived)
                return
            self._flush(self.segment, position - self.segment.newest)
            self._close(None)
        if len(self._opened_at) == _MOST_OPENED and frame.arrived - self._opened_at[0] < _OPENED_SECONDS:
            self.hurried += 1
            self._retry_at = frame.arrived + _RETRY_SECONDS
            self._opened_at.clear()
        if frame.arrived >= self._retry_at:
            self._opened_at.append(frame.arrived)
            self._open(container, position, frame.arrived)

    def _begin_part(self, segment: Segment, position: int, now: float) -> None:
        """A key frame stands first in its part, so that a player can begin there; not more often than parts are cut,
        whatever a sender makes of key frames."""
        if now - self._key_cut_at >= self._settings.part_seconds:
            self._key_cut_at = self._cut_at = now
            self._flush(segment, position - segment.newest)

    def _container(self, frame: Encoded) -> Container:
        if frame.codec == "h264":
            return Mp4(h264.Parameters.of(frame.data), True)
        return WebM(*vp8.picture_size(frame.data), self._hears(frame.arrived))

    def _hears(self, now: float) -> bool:
        return self._heard_at is not None and now - self._heard_at < _SOUND_IS_GONE

    def codecs(self, now: float) -> tuple[str, ...]:
        """What is being recorded, as in ("h264", "opus"): sound only while some comes."""
        codecs = self.segment.container.codecs if self.segment else ()
        return tuple(codec for codec in codecs if codec != "opus" or self._hears(now))

    def _long_enough(self, segment: Segment, position: int) -> bool:
        seconds = (position - segment.position) / RATE[segment.leads]
        return (
            seconds >= self._settings.segment_seconds
            or segment.bytes >= self._settings.segment_bytes
            or segment.sound_missing
        )

    def _ask(self, now: float) -> None:
        if now - self._asked_at > _ASK_AGAIN:
            self._asked_at = now
            self._listener.want_key_frame()

    # --- files ---

    def _open(self, container: Container, position: int, now: float) -> None:
        assert self.begins_at is not None  # the timeline exists, so the first frame came
        self.number += 1
        starts_at = self.begins_at + position / RATE[Media.VIDEO if self._expects_picture else Media.AUDIO]
        path = self._place.file(starts_at, self.number, container.suffix)
        self.segment = Segment(container, self.number, path, starts_at, position)
        self._file = File(self._media / path, self.segment.header)
        self._cut_at = now
        self._listener.opened(self.codecs(now), starts_at)

    def _flush(self, segment: Segment, lasts: int | None) -> None:
        counts_until = (segment.newest + min(lasts or 0, segment.typical)) / RATE[segment.leads]
        taken = segment.take(lasts)
        if taken is None or self._file is None:
            return
        data, part = taken
        self.end = max(self.end, part.end)
        # A last frame may be given a longer life than it can answer for, so that players go on to the next part.
        until = min(part.end, counts_until) if part.end > counts_until > part.position else part.end
        self.in_flight += 1
        file = self._file
        if not self._writer.append(file, data, lambda error, _: self._stored(segment, part, until, error)):
            self._stored(segment, part, until, OSError(errno.EIO, "the disk does not keep up"))

    def _stored(self, segment: Segment, part: Part, until: float, error: OSError | None) -> None:
        self.in_flight -= 1
        if error is None:
            assert self.begins_at is not None
            self.trouble = None
            segment.stored.append(part)
            self._listener.stored(self.begins_at + part.position, self.begins_at + until)
            return
        if self.trouble is None:
            self._asked_at = -math.inf
        self.trouble = Cause.STORAGE_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else Cause.STORAGE_FAILED
        self._listener.failed(self.trouble)
        if self.segment is segment:
            self._retry_at = self._cut_at + _RETRY_SECONDS
            self._close(None)

    def _close(self, done: Callable[[], None] | None) -> None:
        segment, file = self.segment, self._file
        self.segment = self._file = None
        if segment is None or file is None:
            if done is not None:
                done()
            return

        def closed(error: OSError | None, sha256: str) -> None:
            if error is not None:
                log.warning("%s stays open until the next start: %s", segment.path, error.strerror)
            elif sha256 and segment.stored:
                self._listener.closed(self._describe(segment, file, sha256))
            if done is not None:
                done()

        self._writer.close(file, closed)

    def _describe(self, segment: Segment, file: File, sha256: str) -> SegmentClosed:
        first, ends = segment.stored[0], max(part.end for part in segment.stored)
        return SegmentClosed(
            kind=self._place.feed.kind.value,
            number=segment.number,
            path=segment.path,
            starts_at=segment.starts_at,
            position=first.position,
            duration=ends - first.position,
            bytes=file.size,
            init_bytes=len(segment.header),
            sha256=sha256,
            codecs=list(segment.codecs),
        )
