"""When the box is short of time: every feed is looked at less often, all alike. Pure."""

from dataclasses import dataclass

SHARES = (1.0, 0.75, 0.5, 0.35, 0.25, 0.15)
"""How much of what should be looked at is; steps, so that the ledger holds a few sentences and not a curve."""

FULL = 0.95
"""Share of the time spent looking from which on nothing can be added: what is due waits."""
ROOM = 0.85
"""Share of the time that may be spent after a step up, or it would be taken back at once."""
SHORT_SECONDS = 5.0
WELL_SECONDS = 20.0
"""How long it must be so before a step down, and before one up."""


@dataclass(slots=True)
class Governor:
    """`share` is in force. Times are monotonic seconds."""

    share: float = 1.0
    _short_since: float | None = None
    _well_since: float | None = None

    def weigh(self, now: float, *, busy: float, late: bool) -> bool:
        """Once a second. `busy`: share of the last seconds spent looking; `late`: looks began more than an interval
        after they were due. -> whether `share` changed."""
        step = SHARES.index(self.share)
        short = busy >= FULL or late
        well = step > 0 and busy * SHARES[step - 1] / self.share <= ROOM and not late
        self._short_since = self._since(self._short_since, short, now)
        self._well_since = self._since(self._well_since, well, now)
        if self._short_since is not None and now - self._short_since >= SHORT_SECONDS and step + 1 < len(SHARES):
            return self._go(step + 1)
        if self._well_since is not None and now - self._well_since >= WELL_SECONDS:
            return self._go(step - 1)
        return False

    def _go(self, step: int) -> bool:
        self.share = SHARES[step]
        self._short_since = self._well_since = None
        return True

    @staticmethod
    def _since(since: float | None, true: bool, now: float) -> float | None:
        if not true:
            return None
        return now if since is None else since
