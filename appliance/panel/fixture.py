"""A part of the panel, kept working: opened, opened again when it was gone, and told what to show by a thread of its
own, so that a bus or a light that hangs stops nothing else."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from appliance.box.panel import Part, Trouble
from appliance.panel.driver import Face, Input, Output, PartGone

FIRST_RETRY, LONGEST_RETRY = 1.0, 30.0
STEADY_SECONDS = 30.0
"""A part that works for so long is one that works: the next time it is gone it is tried again soon."""

HANGS_SECONDS = 5.0
"""A driver that does not come back for so long is broken."""

STOP_SECONDS = 1.0
_SHORTEST, _LONGEST = 0.005, 60.0
"""Seconds between two calls of a driver."""

log = logging.getLogger(__name__)
Clock = Callable[[], float]


class Keeper:
    """Opens a part and says what is wrong with it. `optional`: nobody named it in the settings, so that it is no
    trouble while it was never seen. What goes wrong is logged once when it begins, and once when it is over."""

    def __init__(self, part: Output | Input, *, optional: bool = False, wall: Clock = time.time) -> None:
        self._part = part
        self._optional = optional
        self._wall = wall
        self._seen = False
        self._trouble = ""
        self._since = wall()
        self._about = ""
        self._retry = FIRST_RETRY
        self._next = float("-inf")
        self._well_from = 0.0
        self.is_open = False
        self.failures = 0

    @property
    def part(self) -> Part | None:
        """As the web view has it; None for one that is optional and was never there."""
        if self._optional and not self._seen and not self._trouble:
            return None
        return Part(
            name=self._part.name,
            driver=self._part.driver,
            trouble=self._trouble,
            since=self._since,
            about=self._about,
        )

    @property
    def next_try(self) -> float:
        """Monotonic seconds."""
        return self._next

    def opened(self, now: float) -> bool:
        """Is it open? Tries where it is time to."""
        if not self.is_open and now >= self._next:
            try:
                self._part.open()
            except Exception as error:
                self.gone(error, now)
            else:
                self.is_open = True
                self._seen = True
                self._well_from = now
            self._about = self._part.about
        return self.is_open

    def well(self, now: float) -> None:
        """It did what it was asked."""
        if self._trouble:
            log.info("the panel's part %s (%s) works again", self._part.name, self._part.driver)
            self._turn("")
        if now - self._well_from >= STEADY_SECONDS:
            self._retry = FIRST_RETRY

    def gone(self, error: Exception, now: float) -> None:
        """It did not: closed, and tried again later."""
        self.failures += 1
        self._close()
        self._next = now + self._retry
        self._retry = min(LONGEST_RETRY, 2 * self._retry)
        trouble = error.trouble if isinstance(error, PartGone) else Trouble.BROKEN
        if trouble is Trouble.NOT_FOUND and self._seen:
            trouble = Trouble.UNPLUGGED
        if (self._optional and trouble is Trouble.NOT_FOUND) or trouble == self._trouble:
            return
        self._turn(trouble)
        self._say(error)

    def hangs(self) -> None:
        """The driver does not come back: said once."""
        if self._trouble != Trouble.BROKEN:
            self._turn(Trouble.BROKEN)
            log.warning("the panel's part %s (%s) does not answer", self._part.name, self._part.driver)

    def close(self) -> None:
        """For good."""
        self._close()

    def _turn(self, trouble: str) -> None:
        self._trouble, self._since = str(trouble), self._wall()

    def _say(self, error: Exception) -> None:
        named = (self._part.name, self._part.driver)
        if isinstance(error, PartGone):
            log.warning("the panel's part %s (%s) does not work: %s. %s", *named, error.message, error.hint)
        else:
            log.error("the panel's part %s (%s) failed in a way that nobody foresaw", *named, exc_info=error)

    def _close(self) -> None:
        self.is_open = False
        try:
            self._part.close()
        except Exception:
            log.exception("the panel's part %s (%s) could not be closed", self._part.name, self._part.driver)


class Fixture:
    """An output and its thread. It shows the newest face; one that came and went before it could be shown is skipped,
    and counted."""

    def __init__(
        self, output: Output, *, optional: bool = False, clock: Clock = time.monotonic, wall: Clock = time.time
    ) -> None:
        self.name, self.driver = output.name, output.driver
        self._output = output
        self._clock = clock
        self._keeper = Keeper(output, optional=optional, wall=wall)
        self._changed = threading.Condition()
        self._face: Face | None = None
        self._fresh = False
        self._stopping = False
        self._busy_since: float | None = None
        self._shown = 0
        self._skipped = 0
        self._thread = threading.Thread(target=self._run, name=f"panel-{output.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def show(self, face: Face) -> None:
        """From now on. Never waits; the same again is nothing new."""
        with self._changed:
            if face == self._face:
                return
            self._skipped += self._fresh and self._keeper.is_open
            self._face, self._fresh = face, True
            self._changed.notify()

    @property
    def part(self) -> Part | None:
        """What is known of it now; a driver that hangs is one that is broken."""
        busy = self._busy_since
        if busy is not None and self._clock() - busy > HANGS_SECONDS:
            self._keeper.hangs()
        return self._keeper.part

    @property
    def counters(self) -> dict[str, float]:
        """Faces shown, and skipped because a newer one came; how often the part was gone."""
        return {"shown": self._shown, "skipped": self._skipped, "failures": self._keeper.failures}

    def ask_to_stop(self) -> None:
        """Does not wait."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def stop(self, seconds: float = STOP_SECONDS) -> bool:
        """Dark and silent; False where the driver hangs, and its thread had to be left behind."""
        self.ask_to_stop()
        if not self._thread.ident:
            return True
        self._thread.join(timeout=max(0.0, seconds))
        if self._thread.is_alive():
            log.warning("the panel's part %s did not stop in time and is left behind", self.name)
            return False
        return True

    def step(self, face: Face | None, now: float) -> float:
        """What is due; -> seconds until the next."""
        keeper = self._keeper
        if not keeper.opened(now):
            return keeper.next_try - now
        if face is None:
            return _LONGEST
        try:
            again = self._output.show(face, now)
        except Exception as error:
            keeper.gone(error, now)
            return keeper.next_try - now
        keeper.well(now)
        return min(_LONGEST, max(_SHORTEST, again))

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    break
                face, fresh, self._fresh = self._face, self._fresh, False
            now = self._busy_since = self._clock()
            seconds = self.step(face, now)
            self._busy_since = None
            self._shown += fresh and self._keeper.is_open
            with self._changed:
                # A face that comes while the part is gone does not make it come back.
                self._changed.wait_for(
                    lambda: self._stopping or (self._fresh and self._keeper.is_open),
                    timeout=max(0.0, now + seconds - self._clock()),
                )
        self._keeper.close()


class Reading:
    """An input. It has no thread: whoever looks at it every few milliseconds does so himself, and no driver of an input
    ever waits."""

    def __init__(self, source: Input, *, optional: bool = False, wall: Clock = time.time) -> None:
        self.name, self.driver = source.name, source.driver
        self._source = source
        self._keeper = Keeper(source, optional=optional, wall=wall)

    def down(self, now: float) -> bool:
        """At this moment, raw. What is not there is not held."""
        if not self._keeper.opened(now):
            return False
        try:
            held = self._source.down()
        except Exception as error:
            self._keeper.gone(error, now)
            return False
        self._keeper.well(now)
        return held

    @property
    def part(self) -> Part | None:
        return self._keeper.part

    @property
    def counters(self) -> dict[str, float]:
        """How often it was gone."""
        return {"failures": self._keeper.failures}

    def stop(self) -> None:
        self._keeper.close()


def stop_all(fixtures: Sequence[Fixture], *, seconds: float = STOP_SECONDS, clock: Clock = time.monotonic) -> int:
    """All within the same second; -> how many were left behind."""
    for fixture in fixtures:
        fixture.ask_to_stop()
    until = clock() + seconds
    return sum(not fixture.stop(until - clock()) for fixture in fixtures)
