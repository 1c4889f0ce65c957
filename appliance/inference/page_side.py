"""What the candidate's page has said of itself, judged as time goes on, for the feeds of which it speaks."""

from collections.abc import Callable, Iterator, Mapping, Set

from appliance.exam.feed import Kind
from appliance.inference.judges import page
from appliance.inference.pulse import Pulse
from appliance.inference.stream import Outputs, Stream

Resting = Callable[[float], Set[str]]
"""Wall second -> the rules that judge nothing then."""


class PageSide:
    """Of one attempt."""

    def __init__(self, streams: Mapping[Kind, Stream]) -> None:
        self._camera = streams[Kind.WEBCAM]
        self._streams = [streams[Kind.WEBCAM], streams[Kind.SCREEN]]
        self._pulse = Pulse()

    def begin(self, at: float) -> None:
        """Rules may fire from now on."""
        self._pulse.start(at, heard_at=at)

    def learns(self, seen: page.Report) -> None:
        """Something was said before rules may fire."""
        for stream in self._streams:
            stream.learn(seen)

    def says(self, seen: page.Report, *, heard_at: float, resting: Resting) -> Iterator[tuple[Kind, Outputs]]:
        """The page reports something."""
        self._pulse.start(seen.at, heard_at=heard_at)
        yield from self._judge(seen, resting(seen.at))

    def goes_on(self, until: float, *, resting: Resting) -> Iterator[tuple[Kind, Outputs]]:
        """What it said last still holds, up to wall second `until`."""
        for at in self._pulse.due(until):
            yield from self._judge(page.Beat(at=at), resting(at))

    def _judge(self, seen: page.Report | page.Beat, resting: Set[str]) -> Iterator[tuple[Kind, Outputs]]:
        """What the loss of the camera or of the line explains is no loss of the screen."""
        causes = self._camera.active
        for stream in self._streams:
            yield stream.kind, stream.reported(seen, resting=resting, active=causes)
