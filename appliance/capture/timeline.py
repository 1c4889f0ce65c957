"""Where an arriving frame stands on its feed's timeline.

Position 0 is the feed's first sample ever; from then on position = wall time of this box - the feed's start, over gaps
and reconnects. Within one connection frames keep the spacing that their sender gave them (RTP).

Where they stand as a whole: at first where the first one arrived. Once sender reports say which moment of the sender's
clock a frame belongs to, both tracks share one way from that clock to ours, so that sound and picture stay together
whatever their paths take; it is kept at the promptest frames, less the time that these travelled (`alignment`). All
moves are gradual: sound by so little that nobody hears it, pictures faster, so that they follow the sound. Nothing ever
moves back before what is placed already.

A sender's numbers may jump, stand still or run wild, or not count a pause (Chromium's sound, where a page takes it away
and gives it back): then its frames go on where they arrive. No frame is placed more than 2 s ahead of its arrival, and
none more than 10 s behind it.
"""

from appliance.capture.alignment import Alignment
from appliance.recording.frame import RATE, Media

_GENTLE, _QUICK, _HURRIED = 0.0004, 0.05, 0.5
"""Seconds moved in a second."""
_FOLLOWS = 0.0006
"""The same for sound that follows its connection's clock."""
_FAR = 0.2
"""An error that is worth being heard."""
_STEP = 0.25
"""The clock of the sender was set."""
_CALM = 10.0
"""After that, or after a jump, so many seconds pass until new reports are there."""
_BACK = 1.0
_AHEAD = 2.0
_BEHIND, _FAR_BEHIND = 1.0, 10.0
_BEHIND_SECONDS = 0.3
_CATCHES_UP = 0.3
"""What was held up comes faster than it was made: so much less late in each second."""
_PROMPT = 0.5
_MOVE_SECONDS = 0.1


class _Track:
    """`offset`: our monotonic moment of the sender's RTP time 0; `link`: the sender's wall clock at that time."""

    __slots__ = (
        "before",
        "behind",
        "calm_until",
        "clock",
        "last",
        "late",
        "link",
        "moved_at",
        "offset",
        "rate",
        "seen_at",
    )

    def __init__(self, media: Media, last: int) -> None:
        self.rate = RATE[media]
        self.offset: float | None = None
        self.link: float | None = None
        self.clock = Alignment()  # of its RTP clock: all there is before the first report
        self.before = 0.0
        self.behind: tuple[float, float] | None = None  # since when, and how late the frame was then
        self.late = self.seen_at = self.calm_until = 0.0
        self.moved_at = 0.0
        self.last = last

    def move(self, target: float, now: float, most: float) -> None:
        """Towards the target, as far as the time that went by allows."""
        assert self.offset is not None
        step = most * min(max(now - self.moved_at, 0.0), 1.0)
        self.offset += min(max(target - self.offset, -step), step)
        self.moved_at = now


class Timeline:
    """One connection. `base` is the position, in seconds, of the monotonic moment `began`; no frame stands before
    it."""

    def __init__(self, *, base: float, began: float) -> None:
        self._base = base - began
        self._tracks = {media: _Track(media, round(base * RATE[media]) - 1) for media in Media}
        self.clock = Alignment()
        """Of the sender's wall clock."""
        self.delay = 0.0
        """How old the promptest frames are when they arrive, in seconds."""
        self.jumps = 0
        """How often a track's count began anew where its frames arrive."""
        self.steps = 0
        """How often the sender's wall clock was set."""
        self._way: float | None = None  # what is added to the sender's wall clock to have our monotonic moment
        self._way_at = 0.0
        self._heard = False

    def place(self, media: Media, timestamp: int, arrived: float, captured: float | None = None) -> int:
        """Position in ticks of the track, always later than the one before."""
        track = self._tracks[media]
        at = timestamp / track.rate
        if track.offset is None or self._jumped(track, media, at, arrived):
            self._begin(track, media, at, arrived)
        elif arrived - track.moved_at >= _MOVE_SECONDS:
            self._move(track, media, at, arrived, captured)
            track.offset = min(max(track.offset, arrived - at - _FAR_BEHIND), arrived - at + _AHEAD)
        track.before, track.seen_at = at, arrived
        if captured is None:
            track.clock.note(at, arrived)
        elif arrived >= track.calm_until:
            self.clock.note(captured, arrived)
        assert track.offset is not None
        position = round((self._base + track.offset + at) * track.rate)
        track.last = position if position > track.last else track.last + 1
        return track.last

    def _begin(self, track: _Track, media: Media, at: float, arrived: float) -> None:
        """The first frame, or the first after a jump, stands where it arrived. What the last report said of the track's
        count is void; of the sender's clock it still holds."""
        if track.offset is not None:
            self.jumps += 1
            track.calm_until = arrived + _CALM
            self._heard = self._heard and media is not Media.AUDIO
        track.offset, track.link, track.behind, track.late = arrived - at, None, None, 0.0
        track.clock, track.moved_at = Alignment(), arrived

    def _jumped(self, track: _Track, media: Media, at: float, arrived: float) -> bool:
        """It runs back, or the frame comes long before it was sent, or it comes long after and was not held up."""
        assert track.offset is not None
        late = track.late = arrived - track.offset - at
        if late <= _BEHIND:
            track.behind = None
            return at - track.before < -_BACK or late < -_AHEAD
        if track.behind is None:
            track.behind = arrived, late
        since, first = track.behind
        stands = arrived - since > _BEHIND_SECONDS and late > first - _CATCHES_UP * (arrived - since)
        paused = media is Media.AUDIO and arrived - track.seen_at > _BEHIND and self._pictures_are_prompt(arrived)
        return stands or late > _FAR_BEHIND or at - track.before < -_BACK or paused

    def _pictures_are_prompt(self, now: float) -> bool:
        """They came in time all along: nothing held the sound up. The other way round says nothing: a busy page is late
        with its pictures first."""
        video = self._tracks[Media.VIDEO]
        return video.offset is not None and now - video.seen_at < _PROMPT and video.late < _PROMPT

    def _move(self, track: _Track, media: Media, at: float, arrived: float, captured: float | None) -> None:
        """A little towards where the clocks say that it should be."""
        if captured is not None:
            self._link(track, media, captured - at, arrived)
        if arrived < track.calm_until:
            track.moved_at = arrived
            return
        sound = media is Media.AUDIO
        if track.link is not None and self._way is not None:
            self._move_way(arrived)
            target, gentle, quick = self._way + track.link, _FOLLOWS, _HURRIED
        elif (prompt := track.clock.offset) is not None:
            target, gentle, quick = prompt - self.delay, _GENTLE, _QUICK
        else:
            return
        assert track.offset is not None
        far = abs(target - track.offset) > _FAR
        track.move(target, arrived, (_QUICK if far else gentle) if sound else quick)

    def _link(self, track: _Track, media: Media, link: float, now: float) -> None:
        """A report: what the sender's wall clock says at the track's RTP time 0."""
        if now < track.calm_until or track.offset is None:
            return
        if track.link is not None and abs(link - track.link) > _STEP:
            self._be_calm(now)
            return
        track.link = link
        if self._way is None or (media is Media.AUDIO and not self._heard):
            self._way, self._way_at = track.offset - link, now  # as it is placed now: nothing moves at once
        self._heard = self._heard or media is Media.AUDIO

    def _move_way(self, now: float) -> None:
        prompt = self.clock.offset
        assert self._way is not None
        if prompt is None:
            return
        error = prompt - self.delay - self._way
        most = _GENTLE if self._heard and abs(error) < _FAR else _QUICK
        step = most * min(max(now - self._way_at, 0.0), 1.0)
        self._way += min(max(error, -step), step)
        self._way_at = now

    def _be_calm(self, now: float) -> None:
        """The sender's clock was set. Until both tracks were told so, each goes on by its own count."""
        self.steps += 1
        self.clock, self._way, self._heard = Alignment(), None, False
        for track in self._tracks.values():
            track.link, track.calm_until = None, now + _CALM
