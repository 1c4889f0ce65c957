"""A feed while it is live: its recorder, its gaps, its viewers, its picture and its sound, over all its connections."""

import logging
import math
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from appliance.capture import ids, pack
from appliance.capture.alignment import Delay
from appliance.capture.flow import Flow
from appliance.capture.holes import Holes
from appliance.capture.playlist import Entry, Playlist
from appliance.capture.ports import Ledger, Pictures
from appliance.capture.recorder import Recorder, Resume
from appliance.capture.segment import Place
from appliance.capture.writer import Writer
from appliance.config import CaptureSettings
from appliance.exam.events import FeedClosed, FeedOpened, GapClosed, GapFilled, GapOpened, Payload, SegmentClosed
from appliance.exam.feed import Feed
from appliance.exam.gap import SILENCE_SECONDS, Cause, Coverage, Gap
from appliance.recording.frame import Encoded, Media

log = logging.getLogger(__name__)

_PLAYLIST_SECONDS = 2.0
_KEY_FRAME_SECONDS = 0.5


class Viewer(Protocol):
    """Somebody who watches live."""

    def offer(self, frame: Encoded, position: float, payloads: Sequence[bytes]) -> None: ...

    def leave(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """What every feed of this process uses."""

    media: Path
    writer: Writer
    ledger: Ledger
    pictures: Pictures
    settings: CaptureSettings


@dataclass(slots=True)
class _Connection:
    id: str
    ask_key_frame: Callable[[], None]
    since: float
    since_wall: float
    delay: Delay
    told: bool = False


class LiveFeed:
    """All methods belong to the event loop."""

    def __init__(
        self,
        place: Place,
        services: Services,
        *,
        resume: Resume | None = None,
        entries: list[Entry] | None = None,
    ) -> None:
        self.place, self._services = place, services
        self.viewers: set[Viewer] = set()
        self.coverage: Coverage | None = None
        self.counters = {"skipped_key_frame_requests": 0}
        self._connection: _Connection | None = None
        self._codecs: tuple[str, ...] = ()
        self._number = resume.number if resume else 0
        self._gap_id = ""
        self._rested = False
        self._wants_key_frame = False
        self._over = False
        self._playlist = Playlist(services.media / place.folder, services.writer)
        self.holes = Holes()
        for entry in entries or []:
            self._playlist.append(entry)
            if entry.late:
                self.holes.filled(entry.starts_at, entry.starts_at + entry.duration)
        self._playlist_at = self._media_at = 0.0
        self._leads = Media.VIDEO
        self._asked_at = -math.inf
        self._lost: Callable[[], int] = lambda: 0
        self._rate = Flow(time.monotonic())
        self.recorder = Recorder(
            place,
            media=services.media,
            writer=services.writer,
            settings=services.settings,
            listener=self,
            resume=resume,
        )

    @property
    def feed(self) -> Feed:
        """Its name."""
        return self.place.feed

    @property
    def live(self) -> bool:
        """Media arrive that somebody could watch or hear."""
        return self._connection is not None and (self._leads is Media.AUDIO or self._rate.codec is not None)

    @property
    def services(self) -> Services:
        """What it uses of this process."""
        return self._services

    @property
    def codec(self) -> str | None:
        """The video codec that arrives now."""
        return self._rate.codec if self._connection else None

    # --- connections ---

    def connected(
        self,
        connection: str,
        *,
        sound: bool,
        ask_key_frame: Callable[[], None],
        lost: Callable[[], int],
        picture: bool = True,
    ) -> None:
        """Media may arrive from now on; `sound` and `picture`: which tracks."""
        now, wall = time.monotonic(), time.time()
        self._connection = _Connection(connection, ask_key_frame, now, wall, Delay(now))
        self._lost, self._media_at, self._asked_at = lost, now, -math.inf
        self._leads = Media.VIDEO if picture else Media.AUDIO
        self.recorder.begin(wall=wall, now=now, sound=sound, picture=picture)
        if picture:
            self.want_key_frame()

    def disconnected(self, connection: str, cause: Cause, done: Callable[[], None] | None = None) -> None:
        """This connection is over; a later one of the same feed is not touched."""
        current = self._connection
        if current is None or current.id != connection:
            if done is not None:
                done()
            return
        self._leave(cause.value, lambda: self._after_connection(cause, done))

    def resumed(self, cause: Cause = Cause.CAPTURE_RESTARTED, *, since: float = 0.0) -> None:
        """What was recorded earlier is all there is: a gap is open since, but not before `since` (wall seconds)."""
        if self.recorder.begins_at is not None and self.coverage is None:
            self.coverage = Coverage(max(since, self.recorder.begins_at + self.recorder.end))
            self._cover(*self.coverage.missing(cause))
            self._publish_playlist()

    def expected(self, cause: Cause) -> None:
        """Media should come from now on, and nothing does yet: a gap is open."""
        self._miss(cause, time.time())

    def over(self, at: float, done: Callable[[], None] | None = None) -> None:
        """The attempt has ended (wall seconds): nothing more is expected."""
        self._over = True
        for viewer in list(self.viewers):
            viewer.leave()

        def finished() -> None:
            if self.coverage is not None:
                self._cover(*self.coverage.ended(at))
            self._publish_playlist()
            if done is not None:
                done()

        self._leave("ended", finished)

    def rest(self, at: float) -> bool:
        """A call is over since `at` (wall seconds): nothing is expected until the next one, and that is no gap. False:
        it was an earlier call, and what is recorded now goes on."""
        connection = self._connection
        later = connection is not None and connection.since_wall > at
        recorded_since = connection is None and self.coverage is not None and self.coverage.until > at + SILENCE_SECONDS
        if later or recorded_since:
            return False
        for viewer in list(self.viewers):
            viewer.leave()

        def finished() -> None:
            if self.coverage is not None:
                self._cover(*self.coverage.ended(at))
                self.coverage, self._rested = None, True
            self._publish_playlist()

        self._leave("ended", finished)
        return True

    def _leave(self, cause: str, then: Callable[[], None]) -> None:
        connection, self._connection = self._connection, None
        self._services.pictures.end(self.feed)

        def closed() -> None:
            if connection is not None and connection.told:
                self._append(FeedClosed(kind=self._kind, connection=connection.id, cause=cause, closed_at=time.time()))
            then()

        self.recorder.finish(closed)

    def _after_connection(self, cause: Cause, done: Callable[[], None] | None) -> None:
        if self.coverage is not None and self._connection is None:
            self._cover(*self.coverage.missing(cause))
        if done is not None:
            done()

    def travelled(self, connection: str, round_trip: float) -> None:
        """How long a question to the sender and its answer took, in seconds."""
        current, timeline = self._connection, self.recorder.timeline
        if current is not None and current.id == connection and timeline is not None:
            current.delay.note(round_trip)
            timeline.delay = current.delay.seconds

    def _tell_alignment(self, connection: _Connection, now: float) -> None:
        timeline = self.recorder.timeline
        news = connection.delay.news(timeline.clock, now) if timeline and connection.told else None
        if news is not None:
            self._append(news.to_event(self._kind, connection.id))

    # --- frames ---

    def frame(self, frame: Encoded) -> None:
        """One arrived: to the disk first, then to the viewers and to the decoder."""
        wall = time.time()
        if frame.media is self._leads:
            self._media_at = frame.arrived
        self._rate.add(frame)
        self._wants_key_frame = self._wants_key_frame and not frame.key
        position = self.recorder.add(frame, wall=wall)
        if position is None:
            return
        self.holes.anchor(frame, position)
        if self.viewers:
            payloads = pack.payloads(frame.codec, frame.data)
            for viewer in list(self.viewers):
                viewer.offer(frame, position, payloads)
        if frame.media is Media.VIDEO:
            self._services.pictures.show(self.feed, frame, taken_at=wall, position=position)
        else:
            begins_at = self.recorder.begins_at or wall - position
            self._services.pictures.hear(self.feed, frame, at=begins_at + position, position=position)

    def tick(self, now: float) -> None:
        """A few times a second."""
        self.recorder.tick(now)
        self._rate.tick(now)
        connection = self._connection
        if self._wants_key_frame and now - self._asked_at >= _KEY_FRAME_SECONDS:
            self.want_key_frame()
        if connection is not None:
            self._tell_alignment(connection, now)
        if connection is not None and now - self._media_at >= SILENCE_SECONDS:
            self.recorder.pause()
            self._miss(Cause.NO_MEDIA, connection.since_wall)
        elif connection is not None and now - connection.since >= SILENCE_SECONDS and self.recorder.segment is None:
            self._miss(self.recorder.trouble or Cause.NOT_PLAYABLE, connection.since_wall)
        if self.recorder.segment is not None and now - self._playlist_at >= _PLAYLIST_SECONDS:
            self._playlist_at = now
            self._publish_playlist()

    def _miss(self, cause: Cause, since: float) -> None:
        if self.recorder.in_flight:
            return  # what is being written still counts: its end is where the gap begins
        if self.coverage is None:
            self.coverage = Coverage(since)
        self._cover(*self.coverage.missing(cause))

    # --- what the recorder says ---

    def opened(self, codecs: tuple[str, ...], at: float) -> None:
        self._codecs = codecs

    def stored(self, starts_at: float, ends_at: float) -> None:
        connection = self._connection
        self._number, self._rested = max(self._number, self.recorder.number), False
        if connection is not None and not connection.told:
            connection.told = True
            self._append(
                FeedOpened(kind=self._kind, connection=connection.id, codecs=list(self._codecs), opened_at=starts_at)
            )
        if self.coverage is None:
            self.coverage = Coverage(ends_at)
        else:
            self._cover(*self.coverage.stored(starts_at, ends_at))

    def closed(self, segment: SegmentClosed) -> None:
        self._append(segment, ids.of(segment.path))
        name = segment.path.rsplit("/", 1)[1]
        said = (name, segment.starts_at, segment.position, segment.duration, segment.bytes, segment.init_bytes)
        self._playlist.append(Entry(*said, late=segment.late))
        self._publish_playlist()

    def filled(self, gap: str, segment: SegmentClosed) -> None:
        """A late piece is on disk: it covers a part of this gap, which stays in the record."""
        self.closed(segment)
        starts_at, ends_at = segment.starts_at, segment.starts_at + segment.duration
        self.holes.filled(starts_at, ends_at)
        said = GapFilled(gap=gap, kind=self._kind, path=segment.path, starts_at=starts_at, ends_at=ends_at)
        self._append(said, ids.of(segment.path, "filled"))

    def explained(self, cause: Cause) -> None:
        """Why the open gap is there, as the page says."""
        if self.coverage is not None:
            self.coverage = self.coverage.explained(cause)

    def failed(self, cause: Cause) -> None:
        if self.coverage is None:
            self.coverage = Coverage(time.time())
        self._cover(*self.coverage.missing(cause))

    def want_key_frame(self) -> None:
        """Ask the sender, not more often than twice a second: what is wanted sooner is asked for then."""
        now = time.monotonic()
        if self._connection is None:
            return
        self._wants_key_frame = now - self._asked_at < _KEY_FRAME_SECONDS
        if self._wants_key_frame:
            self.counters["skipped_key_frame_requests"] += 1
            return
        self._asked_at = now
        self._connection.ask_key_frame()

    # --- telling ---

    def facts(self, now: float) -> dict[str, Any]:
        """For the health file."""
        connection, timeline = self._connection, self.recorder.timeline
        return {
            "fps": round(self._rate.frames, 1) if self._connection else 0.0,
            "bitrate": round(self._rate.bits) if self._connection else 0,
            "lost": self._lost() if self._connection else 0,
            "position": round(self.recorder.end, 3),
            "silent_s": round(now - self._media_at, 1) if self._connection else None,
            "viewers": len(self.viewers),
            "gap": self.coverage.cause.value if self.coverage and self.coverage.cause else None,
            "codecs": list(self.recorder.codecs(now) or self._codecs),
            "unreadable": self.recorder.unreadable,
            "hurried": self.recorder.hurried,
            "timestamp_jumps": timeline.jumps if timeline else 0,
            "clock_steps": timeline.steps if timeline else 0,
            **(connection.delay.facts(timeline.clock) if connection and timeline else {}),
        }

    @property
    def _kind(self) -> str:
        return self.feed.kind.value

    def _append(self, payload: Payload, id: str | None = None) -> None:
        self._services.ledger.append(payload, chain=self.feed.attempt, exam=self.place.exam, id=id)

    def _cover(self, coverage: Coverage, said: list[Gap]) -> None:
        was_open = self.coverage is not None and self.coverage.cause is not None
        self.coverage = coverage
        noticed_late = len(said) == 2
        new = noticed_late or self._rested  # no other gap since the same segment may have its name
        for gap in said:
            if gap.ends_at is None:
                self._gap_id = uuid.uuid4().hex if new else ids.of(self.place.folder, "gap", self._number)
                opened = GapOpened(gap=self._gap_id, kind=self._kind, cause=gap.cause.value, starts_at=gap.starts_at)
                self._append(opened, ids.of(self._gap_id, "opened"))
            else:
                assert was_open or noticed_late
                self.holes.opened(self._gap_id, gap.starts_at, gap.ends_at)
                self._append(
                    GapClosed(
                        gap=self._gap_id,
                        kind=self._kind,
                        cause=gap.cause.value,
                        starts_at=gap.starts_at,
                        ends_at=gap.ends_at,
                    ),
                    ids.of(self._gap_id, "closed"),
                )

    def _publish_playlist(self) -> None:
        segment = self.recorder.segment
        still_open = None
        if segment is not None and segment.stored:
            name = segment.path.rsplit("/", 1)[1]
            still_open = Entry.of(name, segment.starts_at, len(segment.header), segment.stored)
        self._playlist.publish(still_open, over=self._over)
