"""A seat's own camera: its script, painted and encoded two seconds at a time."""

from appliance.simulate.cutout import Cutout
from appliance.simulate.encode import VideoEncoder
from appliance.simulate.painter import Look, Painter
from appliance.simulate.reel import CHUNK_SECONDS, Chunk
from appliance.simulate.room import HEIGHT, WIDTH
from appliance.simulate.script import of_seat

FPS = 15
BITRATE = 600_000

HURRY = 3
"""In a hurry, one of so many pictures is made: still more than detection looks at."""


class Camera:
    """Makes chunks one after the other, for ever; no two pictures are the same."""

    def __init__(self, seat: int, everybody: list[Cutout]) -> None:
        self._seat, self._everybody = seat, everybody
        self._script = of_seat(seat)
        self._encoder = VideoEncoder(WIDTH, HEIGHT, fps=FPS, bitrate=BITRATE)
        self._painter: Painter | None = None
        self._number = 0

    def make(self) -> Chunk:
        """The next two seconds."""
        return self._chunk(every=1)

    def hurry(self) -> Chunk:
        """The next two seconds, with fewer pictures."""
        return self._chunk(every=HURRY)

    def _chunk(self, *, every: int) -> Chunk:
        if self._painter is None:  # here, as it takes a while
            self._painter = Painter(Look.of_seat(self._seat), self._everybody)
        count = round(FPS * CHUNK_SECONDS)
        begin, self._number = self._number, self._number + count
        return tuple(self._frame((begin + n) / FPS, key=n == 0) for n in range(0, count, every))

    def _frame(self, seconds: float, *, key: bool) -> bytes:
        assert self._painter is not None
        return self._encoder.encode(self._painter.paint(self._script(seconds), seconds), key=key)
