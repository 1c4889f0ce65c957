"""Goes round the watched microphones, and says of each half second what was heard at which seat."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from appliance.box import sound
from appliance.box.sound import RATE, Header, Samples
from appliance.exam.feed import Feed
from appliance.inference.attribution import WINDOWS, attribute
from appliance.inference.budget import Budget, printed
from appliance.inference.detectors import Detectors
from appliance.inference.models import Numbers
from appliance.inference.room import Room, Seated
from appliance.inference.sound import SECONDS, WINDOW, Ear, Heard, silence

log = logging.getLogger(__name__)

MISSING_SECONDS = 1.5
"""No sound is newer than this: none comes. Decoding takes half a second, and a busy box a little more."""

ROUND_SECONDS = 0.2
"""How often it is looked for new sound: a flag waits no longer than that."""

HOLD_SECONDS = 1.0
"""So long the others are waited for, before it is said where a sound is at home."""

AT_ONCE = 4
"""Half seconds of one microphone that are caught up with in one round; older ones are passed over and counted."""

_OFF = 0.03  # seconds from the half second at which a window is moved back to it
_ROOM = 3  # seats at the least that hear what the whole room hears
_KEPT = WINDOWS + AT_ONCE + round(HOLD_SECONDS / SECONDS)


@dataclass(slots=True)
class _Microphone:
    """`run`, `heard`: which stretch was listened to, and how many samples of it; `untold`: what was heard and is not
    said yet, each with its voice; `newest`: when the newest of it ended; `silent_at`: when it was last said that none
    comes."""

    ear: Ear
    budget: Budget = field(default_factory=Budget)
    recent: deque[Heard] = field(default_factory=lambda: deque(maxlen=_KEPT))
    untold: deque[tuple[Heard, Numbers | None]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    run: int = 0
    heard: int = 0
    newest: float = float("-inf")
    silent_at: float = float("-inf")


class Listener:
    """Listens to each microphone in turn, then says what was heard. `unreadable`: files that hold no
    sound; `skipped`: half seconds that were passed over."""

    def __init__(
        self, sounds: Path, detectors: Detectors, room: Room, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.unreadable = self.skipped = 0
        self._sounds, self._detectors, self._room = sounds, detectors, room
        self._clock = clock
        self._microphones: dict[Feed, _Microphone] = {}
        self._seated: Mapping[Feed, Seated] = {}
        self._round_at = float("-inf")

    def facts(self) -> dict[str, int]:
        """For the health file."""
        budgets = [microphone.budget for microphone in self._microphones.values()]
        return {
            "microphones": len(budgets),
            "unreadable": self.unreadable,
            "skipped": self.skipped,
            "voices": sum(budget.spent for budget in budgets),
            "voices_refused": sum(budget.refused for budget in budgets),
        }

    def turn(self, now: float) -> None:
        """All microphones, if it is time (`now`: monotonic seconds): one takes 3 ms, a look at a picture ten times
        that."""
        if now - self._round_at < ROUND_SECONDS:
            return
        self._round_at = now
        self._seated = self._room.microphones(now)
        self._microphones = {
            feed: self._microphones.get(feed) or _Microphone(Ear(self._detectors)) for feed in self._seated
        }
        for feed, of in self._microphones.items():
            self._listen(feed, of, self._clock())
        for exam in {seated.exam for seated in self._seated.values()}:
            self._tell(exam, self._clock())

    def wait(self, now: float) -> float:
        """Seconds for which there is nothing to do."""
        return max(0.0, self._round_at + ROUND_SECONDS - now)

    def _listen(self, feed: Feed, of: _Microphone, now: float) -> None:
        """What is new; where no sound comes, that."""
        try:
            found = sound.read(self._sounds, feed)
        except (ValueError, TypeError) as error:
            self.unreadable += 1
            log.error("%s", error)
            found = None
        if found is not None and now - found[0].ends_at <= MISSING_SECONDS:
            for samples, at, position in self._windows(of, *found):
                of.recent.append(of.ear.listen(samples, at=at, position=position))
                of.untold.append((of.recent[-1], of.ear.voice))
                of.newest = at
        elif now - of.newest > MISSING_SECONDS and now - of.silent_at >= SECONDS:
            of.silent_at = now
            of.untold.append((silence(now), None))

    def _windows(self, of: _Microphone, header: Header, samples: Samples) -> Iterator[tuple[Samples, float, float]]:
        """Half seconds that were not listened to yet, oldest first, with the wall time and position of their end. They
        end at the half seconds of the wall clock, so that those of two seats can be compared."""
        first = header.end - header.samples
        latest = header.end - round(header.ends_at % SECONDS * RATE)
        if of.run != header.run:
            of.run, of.heard = header.run, max(first, latest - WINDOW)
            of.ear.begin()
        oldest = latest - AT_ONCE * WINDOW
        if of.heard < oldest:
            self.skipped += (oldest - of.heard) // WINDOW
            of.heard = oldest
            of.ear.begin()
        while of.heard + WINDOW <= header.end:
            start, of.heard = of.heard - first, of.heard + WINDOW
            before = (header.end - of.heard) / RATE
            at = header.ends_at - before
            yield samples[start : start + WINDOW], at, header.position - before
            off = (at + SECONDS / 2) % SECONDS - SECONDS / 2
            if abs(off) > _OFF:
                of.heard = max(first, of.heard - round(off * RATE))

    def _tell(self, exam: str, now: float) -> None:
        """Of each half second for which all neighbours were heard, or waited for long enough: where its sound is at
        home, then what it was."""
        neighbours = {feed: self._microphones[feed] for feed, seated in self._seated.items() if seated.exam == exam}
        there = [of.newest for of in neighbours.values() if now - of.newest <= MISSING_SECONDS]
        until = max(min(there, default=now), now - HOLD_SECONDS) + SECONDS / 2
        while due := [of.untold[0][0].at for of in neighbours.values() if of.untold and of.untold[0][0].at <= until]:
            at = min(due)
            homes = attribute({feed: tuple(of.recent) for feed, of in neighbours.items()}, at=at)
            everywhere = len(homes) + 1 >= max(_ROOM, len(neighbours) / 2)
            for feed, of in neighbours.items():
                if of.untold and of.untold[0][0].at < at + SECONDS / 2:
                    heard, voice = of.untold.popleft()
                    if feed in homes:
                        heard = replace(heard, elsewhere=self._seated[homes[feed]].seat, everywhere=everywhere)
                    self._room.listen(feed, printed(heard, voice, self._detectors.voices, of.budget))
