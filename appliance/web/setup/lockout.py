"""Wrong setup codes: who guesses waits, longer each time. Pure but for its own memory."""

from collections import OrderedDict
from dataclasses import dataclass

FREE = 3
"""Wrong codes of one address before it has to wait."""

FIRST_SECONDS = 10.0
LONGEST_SECONDS = 900.0
FORGET_SECONDS = 3600.0
MOST = 1_000
"""Addresses that are remembered; the one that was quiet for longest is forgotten first, and counted."""


@dataclass(slots=True)
class _Tries:
    wrong: int = 0
    at: float = 0.0


class Lockout:
    """`now`: monotonic seconds. Each address has its own count, so that nobody can lock the lab staff out."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[str, _Tries] = OrderedDict()
        self.forgotten = 0

    def wait(self, address: str, now: float) -> float:
        """Seconds until this address may try again; 0: now."""
        tries = self._known.get(address)
        if tries is None or now - tries.at > FORGET_SECONDS:
            return 0.0
        return max(0.0, tries.at + pause(tries.wrong) - now)

    def wrong(self, address: str, now: float) -> None:
        """A code that is not the one."""
        tries = self._known.pop(address, None)
        if tries is None or now - tries.at > FORGET_SECONDS:
            tries = _Tries()
        tries.wrong, tries.at = tries.wrong + 1, now
        self._known[address] = tries
        while len(self._known) > self._most:
            self._known.popitem(last=False)
            self.forgotten += 1

    def right(self, address: str) -> None:
        """The count begins anew."""
        self._known.pop(address, None)


def pause(wrong: int) -> float:
    """Seconds to wait after so many wrong codes in a row: nothing at first, then twice as long each time."""
    if wrong < FREE:
        return 0.0
    return min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(wrong - FREE, 16))
