"""What remains to be sent, in the order to send it. Nothing of it is kept: the ledger says what there is, the store
what it has, and after a restart both are asked again."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

CAPACITY = 20_000
"""Things to send held in memory: 20 seats for three hours. More stay in the ledger until there is room, and `beyond`
counts each time that something was left there."""


class Rank(IntEnum):
    """What goes first."""

    LEDGER = 0
    REPORT = 1
    SNAPSHOT = 2
    VIDEO = 3
    CHECK = 4  # the store lists it: only its content has to be read back


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to send. `owner` is the attempt or exam it belongs to, `since` when it came about (wall seconds)."""

    owner: str
    key: str
    source: Path
    sha256: str
    size: int
    since: float
    rank: Rank


@dataclass(slots=True)
class Outbox:
    """Belongs to the sending thread; `backlog`, `to_check` and `parked` look at a copy and may be asked by any."""

    capacity: int = CAPACITY
    beyond: int = 0
    sent: dict[str, set[str]] = field(default_factory=dict)
    damaged: dict[str, dict[str, str]] = field(default_factory=dict)
    _waiting: dict[str, Item] = field(default_factory=dict)
    _order: list[tuple[int, float, str]] = field(default_factory=list)
    _parked: dict[str, float] = field(default_factory=dict)
    _left: dict[str, int] = field(default_factory=dict)

    def offer(self, items: Iterable[Item]) -> int:
        """Take what is neither sent, damaged nor here already; -> how many there was no room for."""
        left_out = 0
        for item in items:
            known = item.key in self._waiting and self._waiting[item.key] == item
            if known or item.key in self.sent.get(item.owner, ()) or item.key in self.damaged.get(item.owner, ()):
                continue
            if item.key not in self._waiting and len(self._waiting) >= self.capacity:
                left_out += 1
                continue
            if item.key not in self._waiting:
                self._left[item.owner] = self._left.get(item.owner, 0) + 1
            self._waiting[item.key] = item
            heapq.heappush(self._order, (item.rank, item.since, item.key))
        self.beyond += left_out
        return left_out

    def next(self, now: float) -> Item | None:
        """The next thing to send, which stays until `done`; None when there is none, or all are parked (`now` as in
        `park`)."""
        passed: list[tuple[int, float, str]] = []
        found = None
        while self._order and found is None:
            rank, since, key = self._order[0]
            item = self._waiting.get(key)
            if item is None or (item.rank, item.since) != (rank, since):
                heapq.heappop(self._order)  # done, or offered anew under another rank
            elif self._parked.get(key, now) > now:
                passed.append(heapq.heappop(self._order))
            else:
                found = item
        for entry in passed:
            heapq.heappush(self._order, entry)
        return found

    def done(self, item: Item) -> None:
        """The store has it, and was read back."""
        self._drop(item.key)
        self.sent.setdefault(item.owner, set()).add(item.key)

    def lose(self, item: Item, reason: str) -> None:
        """It cannot be sent: it is not there, or not what it was."""
        self._drop(item.key)
        self.damaged.setdefault(item.owner, {})[item.key] = reason

    def park(self, key: str, until: float) -> None:
        """Leave it alone until then."""
        self._parked[key] = until

    def again(self, owner: str) -> None:
        """Try what was damaged once more: its bundle is about to be closed."""
        self.damaged.pop(owner, None)

    def forget(self, owner: str) -> None:
        """Everything about an owner whose bundle is proved."""
        self.sent.pop(owner, None)
        self.damaged.pop(owner, None)
        for key in [key for key, item in self._waiting.items() if item.owner == owner]:
            self._drop(key)

    def left(self, owner: str) -> int:
        """How much of an owner is neither sent nor known to be damaged."""
        return self._left.get(owner, 0)

    def backlog(self) -> tuple[int, int, float | None]:
        """Objects and bytes that the store does not have, and when the oldest came about."""
        unsent = [item for item in list(self._waiting.values()) if item.rank is not Rank.CHECK]
        return len(unsent), sum(item.size for item in unsent), min((item.since for item in unsent), default=None)

    @property
    def to_check(self) -> int:
        """Objects to be read back."""
        return sum(item.rank is Rank.CHECK for item in list(self._waiting.values()))

    @property
    def parked(self) -> int:
        """Objects that the store will not have as they are."""
        return sum(key in self._waiting for key in list(self._parked))

    def _drop(self, key: str) -> None:
        item = self._waiting.pop(key, None)
        if item is not None:
            self._left[item.owner] -= 1
            if not self._left[item.owner]:
                del self._left[item.owner]
        self._parked.pop(key, None)
