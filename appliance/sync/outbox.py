"""What remains to be sent, in the order to send it. Nothing of it is kept: the ledger says what there is, the store
what it has, and after a restart both are asked again."""

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from appliance.stores.port import Stored

CAPACITY = 5_000
"""Things to send held in memory, at about 1 kB each: 20 seats for more than half an hour. More stay in the ledger until
there is room, and `beyond` counts each time that something was left there. What goes before recordings has as much room
again: it must not wait behind them."""


class Rank(IntEnum):
    """What goes first."""

    LEDGER = 0
    REPORT = 1
    SNAPSHOT = 2
    VIDEO = 3
    CHECK = 4  # the store lists it: only what it has is to be confirmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to send. `owner` is the attempt or exam it belongs to, `source` its file here, `since` when it came
    about (wall seconds). `listed`: as the store had it at the start."""

    owner: str
    exam: str
    key: str
    source: str
    sha256: str
    size: int
    since: float
    rank: Rank
    listed: Stored | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of an owner the store does not have; `since`: when the oldest of it came about, None where there is none."""

    exam: str
    objects: int = 0
    bytes: int = 0
    video: int = 0
    since: float | None = None

    def with_(self, item: Item) -> "Waiting":
        """One more."""
        return Waiting(
            exam=self.exam,
            objects=self.objects + 1,
            bytes=self.bytes + item.size,
            video=self.video + item.size * (item.rank is Rank.VIDEO),
            since=item.since if self.since is None else min(self.since, item.since),
        )


@dataclass(slots=True)
class _Count:
    """Of one owner: `left` neither sent nor damaged, the rest of that without what is only to be checked. `ages` may
    still name what is gone; `over`: what there was no room for."""

    exam: str
    left: int = 0
    objects: int = 0
    bytes: int = 0
    video: int = 0
    ages: list[tuple[float, str]] = field(default_factory=list)
    over: Waiting | None = None

    def add(self, item: Item, sign: int) -> None:
        self.left += sign
        if item.rank is not Rank.CHECK:
            self.objects += sign
            self.bytes += sign * item.size
            self.video += sign * item.size * (item.rank is Rank.VIDEO)


@dataclass(slots=True)
class Outbox:
    """Belongs to the deciding thread; `waiting`, `to_check` and `parked` may be asked by any."""

    capacity: int = CAPACITY
    beyond: int = 0
    sent: dict[str, set[str]] = field(default_factory=dict)
    damaged: dict[str, dict[str, str]] = field(default_factory=dict)
    _waiting: dict[str, Item] = field(default_factory=dict)
    _order: dict[Rank, list[tuple[float, str]]] = field(default_factory=lambda: {rank: [] for rank in Rank})
    _parked: dict[str, float] = field(default_factory=dict)
    _taken: dict[str, Item] = field(default_factory=dict)
    _held: set[str] = field(default_factory=set)
    _counts: dict[str, _Count] = field(default_factory=dict)

    def offer(self, items: Iterable[Item]) -> int:
        """Take what is neither sent, damaged nor here already; -> how many there was no room for. What of an owner
        stays outside is known from its last offer."""
        over: dict[str, Waiting] = {}
        for item in items:
            outside = over.setdefault(item.owner, Waiting(item.exam))
            if item.key in self.sent.get(item.owner, ()) or item.key in self.damaged.get(item.owner, ()):
                continue
            before = self._waiting.get(item.key)
            room = self.capacity * (1 if item.rank >= Rank.VIDEO else 2)
            if before is None and len(self._waiting) >= room:
                over[item.owner] = outside.with_(item)
            elif before != item:
                self._put(item)
        for owner, outside in over.items():
            if outside.objects or owner in self._counts:
                self._count(owner, outside.exam).over = outside
        left_out = sum(outside.objects for outside in over.values())
        self.beyond += left_out
        return left_out

    @property
    def roomy(self) -> bool:
        """Is it worth while to offer again what there was no room for?"""
        return len(self._waiting) <= 0.5 * self.capacity

    def hold(self, owner: str) -> None:
        """Hand out nothing of it until the store was asked what it has."""
        self._held.add(owner)

    def listed(self, owner: str, found: Mapping[str, Stored]) -> None:
        """What the store has of an owner: this is only to be checked."""
        self._held.discard(owner)
        for key, stored in found.items():
            item = self._waiting.get(key)
            if item is not None and item.size == stored.size and item.rank is not Rank.CHECK:
                self._put(replace(item, rank=Rank.CHECK, listed=stored))

    def next(
        self, now: float, *, video: bool = True, resting: Collection[str] = (), avoid: Collection[str] = ()
    ) -> Item | None:
        """The next thing to send, which stays until it is settled; None when there is none, or all are parked (`now`
        as in `park`). Without `video`, and of exams that are `resting`, no recordings; `avoid`: only if there is
        nothing else."""
        second = None
        for rank in Rank:
            if rank is Rank.VIDEO and not video:
                continue
            passed: list[tuple[float, str]] = []
            order, found = self._order[rank], None
            while order and found is None:
                entry = heapq.heappop(order)
                item = self._waiting.get(entry[1])
                if item is None or (item.rank, item.since) != (rank, entry[0]):
                    continue  # settled, or offered anew under another rank
                passed.append(entry)
                if entry[1] in self._taken or not self._may_go(item, now, resting):
                    continue
                if entry[1] in avoid:
                    second = second or item
                else:
                    found = item
            for entry in passed:
                heapq.heappush(order, entry)
            if found is not None:
                second = found
                break
        if second is not None:
            self._taken[second.key] = second
        return second

    def done(self, item: Item) -> None:
        """The store has it, and confirmed it."""
        self._drop(item.key)
        self.sent.setdefault(item.owner, set()).add(item.key)

    def lose(self, item: Item, reason: str) -> None:
        """It cannot be sent: it is not there, or not what it was."""
        self._drop(item.key)
        self.damaged.setdefault(item.owner, {})[item.key] = reason

    def back(self, item: Item) -> None:
        """It was not sent: it keeps its place."""
        self._taken.pop(item.key, None)

    def park(self, key: str, until: float) -> None:
        """Leave it alone until then."""
        self._taken.pop(key, None)
        if key in self._waiting:
            self._parked[key] = until

    def again(self, owner: str) -> None:
        """Try what was damaged once more: its bundle is about to be closed."""
        self.damaged.pop(owner, None)

    def forget(self, owner: str) -> None:
        """Everything about an owner whose bundle is proved."""
        self.sent.pop(owner, None)
        self.damaged.pop(owner, None)
        if self.left(owner):
            for key in [key for key, item in self._waiting.items() if item.owner == owner]:
                self._drop(key)
        self._counts.pop(owner, None)

    def has(self, key: str) -> bool:
        """Does it wait?"""
        return key in self._waiting

    def left(self, owner: str) -> int:
        """How much of an owner is neither sent nor known to be damaged."""
        count = self._counts.get(owner)
        return count.left if count else 0

    def waiting(self) -> dict[str, Waiting]:
        """owner -> what of it the store does not have, with what there is no room for here."""
        found = {}
        for owner, count in list(self._counts.items()):
            over = count.over or Waiting(count.exam)
            ages = [since for since, _ in count.ages[:1]] + ([] if over.since is None else [over.since])
            one = Waiting(
                exam=count.exam,
                objects=count.objects + over.objects,
                bytes=count.bytes + over.bytes,
                video=count.video + over.video,
                since=min(ages, default=None),
            )
            if one.objects:
                found[owner] = one
        return found

    def backlog(self) -> tuple[int, int, float | None]:
        """Objects and bytes that the store does not have, and when the oldest came about."""
        all_ = self.waiting().values()
        oldest = min((one.since for one in all_ if one.since is not None), default=None)
        return sum(one.objects for one in all_), sum(one.bytes for one in all_), oldest

    @property
    def to_check(self) -> int:
        """Objects to be confirmed."""
        return sum(count.left - count.objects for count in list(self._counts.values()))

    @property
    def parked(self) -> int:
        """Objects that the store will not have as they are."""
        return sum(key in self._waiting for key in list(self._parked))

    def _may_go(self, item: Item, now: float, resting: Collection[str]) -> bool:
        if item.owner in self._held or self._parked.get(item.key, now) > now:
            return False
        if item.rank is not Rank.VIDEO:
            return True
        # What says what happened is there before what shows it, also with several hands.
        before = any(one.exam == item.exam and one.rank <= Rank.REPORT for one in self._taken.values())
        return item.exam not in resting and not before

    def _put(self, item: Item) -> None:
        before = self._waiting.get(item.key)
        count = self._count(item.owner, item.exam)
        if before is not None:
            self._count(before.owner, before.exam).add(before, -1)
        count.add(item, +1)
        self._waiting[item.key] = item
        entry = (item.since, item.key)
        heapq.heappush(self._order[item.rank], entry)
        if item.rank is not Rank.CHECK:
            heapq.heappush(count.ages, entry)
        self._age(count)

    def _count(self, owner: str, exam: str) -> _Count:
        return self._counts.setdefault(owner, _Count(exam))

    def _drop(self, key: str) -> None:
        self._parked.pop(key, None)
        self._taken.pop(key, None)
        item = self._waiting.pop(key, None)
        if item is None:
            return
        count = self._counts[item.owner]
        count.add(item, -1)
        self._age(count)
        if not count.left and not (count.over and count.over.objects):
            del self._counts[item.owner]

    def _age(self, count: _Count) -> None:
        while count.ages:
            item = self._waiting.get(count.ages[0][1])
            if item is not None and item.rank is not Rank.CHECK and item.since == count.ages[0][0]:
                return
            heapq.heappop(count.ages)
