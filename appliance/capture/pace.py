"""Can a viewer's line take the stream? By what its receiver reports, and by how long an answer takes. Pure."""

LOSS = 0.15
"""Share of packets lost: a line that is a sixth too narrow, or Wi-Fi at its end. Below it repeating them helps."""
ROUND_TRIP_SECONDS = 1.0
"""Packets that wait for so long stand in a queue on the way; a live picture they are not."""
SLOW_SECONDS = 4.0


class Pace:
    """`now` is monotonic seconds."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def lost(self, share: float, *, now: float) -> None:
        """A receiver report: this share of the packets was lost, 0 to 1."""
        self._note("loss", share >= LOSS, now)

    def answered(self, seconds: float | None, *, now: float) -> None:
        """The other side answered after so long; None: not at all."""
        self._note("delay", seconds is None or seconds >= ROUND_TRIP_SECONDS, now)

    def too_slow(self, *, now: float) -> bool:
        """It has been bad without a break for some seconds."""
        return any(now - since >= SLOW_SECONDS for since in self._since.values())

    def _note(self, what: str, bad: bool, now: float) -> None:
        if bad:
            self._since.setdefault(what, now)
        else:
            self._since.pop(what, None)
