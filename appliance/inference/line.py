"""Whether what the candidate's side sends arrives: gaps and heartbeats of all feeds of an attempt, held together."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from appliance.exam.events import GapClosed, GapOpened
from appliance.exam.feed import OWN, Feed, Kind
from appliance.exam.gap import Cause
from appliance.inference.arrival import silent_since
from appliance.inference.judges import link
from appliance.inference.stream import Outputs, Stream

Found = Iterator[tuple[Kind, Outputs]]
"""What follows for the flags of a feed."""


class Line:
    """Of one attempt. That the line of the whole seat is down explains the silence of a phone."""

    def __init__(self, attempt: str, streams: Mapping[Kind, Stream]) -> None:
        self._attempt = attempt
        self._streams = streams
        self._webcam = streams[Kind.WEBCAM]
        self.feeds: Collection[Kind] = OWN  # what the candidate's computer is to send
        self._up_since = float("-inf")

    def up_since(self, at: float) -> None:
        """Detection, and with it the box, was away until then: a page could not have come back."""
        self._up_since = at

    def begin(self, at: float) -> Found:
        """Rules may fire from now on."""
        for stream in self._streams.values():
            if stream.lost:
                yield stream.kind, self._connected(stream, at, lost=True)

    def beat(self, now: float, rates: Mapping[str, float]) -> Found:
        """A second has passed. `rates`: feed -> pictures a second that arrive."""
        for kind, stream in self._streams.items():
            if stream.connections or stream.gap:
                rate = rates.get(str(Feed(self._attempt, kind)))
                yield kind, self._connected(stream, now, lost=stream.lost, rate=rate)

    def breaks(self, stream: Stream, gap: GapOpened, *, watched: bool) -> Found:
        """Nothing of a feed is on disk any more."""
        yield stream.kind, stream.quiet(gap.starts_at) if watched else []
        stream.gap = (gap.cause, gap.starts_at)
        if watched and stream.lost:
            yield stream.kind, self._connected(stream, _since(stream, gap.starts_at), lost=True)
        if watched and (silent := self._silent) is not None:
            yield Kind.WEBCAM, self._connected(self._webcam, silent, lost=True)

    def heals(self, stream: Stream, gap: GapClosed, *, watched: bool) -> Found:
        """It is again."""
        if watched and stream.gap and stream.lost:
            said = link.LOST.get(stream.kind) in stream.active
            moments = [gap.ends_at] if said else [_since(stream, stream.gap[1]), gap.ends_at]
            for at in moments:
                yield stream.kind, self._connected(stream, at, lost=True, back=True)
        stream.gap = None
        if stream.connections:
            stream.begin(gap.ends_at)

    def left_at(self) -> float | None:
        """When the candidate's page was closed, if it is, and the box has been there to notice it."""
        fewest = max(1, len(self.feeds))  # a page that closes says so: one feed is enough where there is one
        closed = silent_since((stream.gap for stream in self._own), frozenset({Cause.PAGE_CLOSED}), fewest=fewest)
        return None if closed is None else max(closed, self._up_since)

    @property
    def _own(self) -> list[Stream]:
        own = [self._streams[kind] for kind in self.feeds]
        return [stream for stream in own if stream.gap or stream.connections]

    @property
    def _silent(self) -> float | None:
        """Since when nothing comes from the candidate's computer."""
        return silent_since(stream.gap for stream in self._own)

    def _connected(self, stream: Stream, at: float, *, lost: bool | None, **line: Any) -> Outputs:
        causes = self._webcam.active & {"network_lost"}
        return stream.connected(at, lost=lost, active=causes, silent_since=self._silent, **line)


def _since(stream: Stream, starts_at: float) -> float:
    """What happened before the rules held is nothing to them."""
    return max(starts_at, stream.looks.watched_since or 0.0)
