"""The same at half the seats within three seconds is one event of the room and no flag on a person. Pure.

A light that goes out, a switch that restarts, a fire alarm: one cause, one event (proctoring.md 4.1). A flag that may
be one of those waits until three seconds after its onset; by then the other seats show it too, even where their rule
has not fired yet. A rule that takes longer than that to fire waits for nothing. What was said is never taken back.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from appliance.exam.events import FlagClosed, FlagRaised, RoomNoticed
from appliance.inference.telling import Said
from appliance.inference.watch import ABOUT

CODES = frozenset(
    {
        "lighting_poor",  # the light went out, the sun came in
        "camera_covered",  # it went out altogether
        "camera_frozen",
        "network_lost",  # a switch restarts; the loss of one feed among others is no cause that a room has
        "stream_degraded",
        "noise",
        "mic_silent",
        "face_absent",  # everybody got up: a fire alarm
        "person_absent",
    }
)
"""What a room can do. Speech is not among them: the seat of a voice that reaches many is found (`attribution.py`)."""

WITHIN = ABOUT
LAG = 0.7  # seconds until the last of the looks that matter was had: two looks a second, and some time to look
SEATS = 3  # at fewer it is chance
GRACE = 15.0  # seconds after which it is over: longer than what merges two episodes
MOST_HELD = 1000  # flags that wait; the oldest is decided at once when one more comes
MOST_KEPT = 200  # events of the room that are remembered, the oldest go first

_NAMESPACE = uuid.UUID("0c3a3b52-52cb-4f0e-9b3f-6f6d1a0b8a43")

Showing = Callable[[str, str, float | None], tuple[frozenset[str], int]]
"""Exam, code, onset -> the attempts at which the rule holds, or begins to, since about then (None: now), and how many
seats are watched."""


@dataclass(frozen=True, slots=True)
class Word:
    """What to do with an event: append it to the chain of `attempt` (None: the box's), or, where it is part of an event
    of the room, drop it."""

    attempt: str | None
    exam: str
    said: Said
    dropped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    attempt: str
    exam: str
    said: Said
    raised: FlagRaised
    until: float


@dataclass(slots=True, kw_only=True)
class _Going:
    """An event of the room, and when it was last seen to go on."""

    noticed: RoomNoticed
    seen_at: float

    def covers(self, attempt: str, exam: str, raised: FlagRaised) -> bool:
        noticed = self.noticed
        if (noticed.exam, noticed.code) != (exam, raised.code):
            return False
        at_once = abs(raised.onset_at - noticed.onset_at) <= WITHIN
        return at_once or (noticed.ended_at is None and attempt in noticed.attempts)


class RoomEvents:
    """Every event that detection says goes through here on its way to the ledger."""

    def __init__(self, showing: Showing) -> None:
        self.hurried = 0  # flags that were decided before their time, as too many waited
        self._showing = showing
        self._held: dict[str, _Held] = {}  # by flag
        self._going: dict[str, _Going] = {}  # by event, also those that are over
        self._dropped: set[str] = set()  # flags that are part of one, until they are over

    def known(self, noticed: RoomNoticed, *, now: float) -> None:
        """The ledger says it: this process, or one before it, found it."""
        if noticed.event not in self._going or noticed.ended_at is not None:
            self._going[noticed.event] = _Going(noticed=noticed, seen_at=now)
        while len(self._going) > MOST_KEPT:
            self._going.pop(next(iter(self._going)))

    def take(self, attempt: str, exam: str, said: Said, *, now: float) -> list[Word]:
        """An event of an attempt; -> what to say now."""
        payload = said.payload
        if isinstance(payload, FlagRaised) and payload.code in CODES:
            held = _Held(attempt=attempt, exam=exam, said=said, raised=payload, until=payload.onset_at + WITHIN + LAG)
            self._held[payload.flag] = held
            oldest = [next(iter(self._held.values()))] if len(self._held) > MOST_HELD else []
            self.hurried += len(oldest)
            return list(self._decide([*oldest, *([held] if held.until <= now else [])], now))
        words: list[Word] = []
        if isinstance(payload, FlagClosed):
            if (waits := self._held.get(payload.flag)) is not None:
                words += self._decide([waits], now)
            dropped = payload.flag in self._dropped
            self._dropped.discard(payload.flag)
            return [*words, Word(attempt, exam, said, dropped)]
        return [Word(attempt, exam, said)]

    def beat(self, now: float) -> list[Word]:
        """A second has passed: what waited long enough, and what is over."""
        words = list(self._decide([held for held in self._held.values() if held.until <= now], now))
        for going in self._going.values():
            noticed = going.noticed
            if noticed.ended_at is not None:
                continue
            if self._showing(noticed.exam, noticed.code, None)[0] & frozenset(noticed.attempts):
                going.seen_at = now
            elif now - going.seen_at >= GRACE:
                going.noticed = replace(noticed, ended_at=max(going.seen_at, noticed.onset_at))
                words.append(_word(going.noticed))
        return words

    def _decide(self, waiting: list[_Held], now: float) -> Iterator[Word]:
        for held in waiting:
            if held.raised.flag in self._held:
                yield from self._one(held, now)

    def _one(self, held: _Held, now: float) -> Iterator[Word]:
        going = next((g for g in self._going.values() if g.covers(held.attempt, held.exam, held.raised)), None)
        if going is not None:
            yield self._drop(held, going)
            return
        same = [other for other in self._held.values() if _together(held, other)]
        shown, seats = self._showing(held.exam, held.raised.code, held.raised.onset_at)
        attempts = shown | {other.attempt for other in same}
        if len(attempts) < max(SEATS, seats / 2):
            del self._held[held.raised.flag]
            yield Word(held.attempt, held.exam, held.said)
            return
        onset_at = min(other.raised.onset_at for other in same)
        name = uuid.uuid5(_NAMESPACE, f"{held.exam}/{held.raised.code}/{onset_at!r}").hex
        noticed = RoomNoticed(
            event=name,
            exam=held.exam,
            code=held.raised.code,
            attempts=sorted(attempts),
            onset_at=onset_at,
            ended_at=None,
        )
        self.known(noticed, now=now)
        yield _word(noticed)
        for other in same:
            yield self._drop(other, self._going[name])

    def _drop(self, held: _Held, going: _Going) -> Word:
        del self._held[held.raised.flag]
        self._dropped.add(held.raised.flag)
        if held.attempt not in going.noticed.attempts:
            going.noticed = replace(going.noticed, attempts=sorted({*going.noticed.attempts, held.attempt}))
        return Word(held.attempt, held.exam, held.said, dropped=True)


def _together(one: _Held, other: _Held) -> bool:
    same = (one.exam, one.raised.code) == (other.exam, other.raised.code)
    return same and abs(one.raised.onset_at - other.raised.onset_at) <= WITHIN


def _word(noticed: RoomNoticed) -> Word:
    moment = "begun" if noticed.ended_at is None else "over"
    said = Said(uuid.uuid5(_NAMESPACE, f"{noticed.event}/{moment}").hex, noticed)
    return Word(None, noticed.exam, said)
