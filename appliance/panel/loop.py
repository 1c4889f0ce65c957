"""The panel's main loop: the button (fifty times a second), what pages ask, what came of errands, and what all of it
shows. It waits for nobody; what may hang has a thread of its own."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from appliance.box import health, panel, process, workers
from appliance.box.panel import Part, Trouble
from appliance.box.paths import Paths
from appliance.panel import button, desk, face
from appliance.panel.desk import Asked, Event, Tick
from appliance.panel.driver import Face
from appliance.panel.fixture import Fixture, Reading
from appliance.panel.hands import Hands
from appliance.panel.parts import Parts
from appliance.panel.status import BoxState

TICK, CALM = 0.02, 0.1
"""Seconds between two looks: at a button, and where there is none."""
DRAW = 0.1
"""Seconds after which time passes and a face is made anew where nothing happened: a countdown goes on."""

BEAT = 1.0
"""Seconds between two words to the health file, to pages, and to systemd's watchdog."""

ASKS = 8
"""Questions that are taken at one tick; the rest waits in the socket, which is bounded."""

POWER_ON = 120.0
"""Seconds of the machine within which a button that is down may have been down since power on."""

log = logging.getLogger(__name__)
Clock = Callable[[], float]


@dataclass(slots=True)
class Counters:
    """Of questions (`odd`: those without sense), and of what could not be written in the run folder."""

    asks: int = 0
    odd: int = 0
    unwritten: int = 0


class Loop:
    """`see` says how the box is; `questions`: where others ask. `power_on`: may the button that is down now be down
    since power on? `facts`: more for the health file."""

    def __init__(
        self,
        *,
        paths: Paths,
        parts: Parts,
        see: Callable[[float], BoxState],
        hands: Hands,
        questions: socket.socket,
        words: Callable[..., str],
        sounds: bool,
        power_on: bool = False,
        facts: Callable[[], dict[str, float]] = dict,
        clock: Clock = time.monotonic,
        wall: Clock = time.time,
    ) -> None:
        self._paths, self._parts, self._see, self._hands = paths, parts, see, hands
        self._questions, self._words, self._sounds = questions, words, sounds
        self._power_on, self._facts, self._clock, self._wall = power_on, facts, clock, wall
        now = clock()
        self._desk = desk.start(now)
        self._button = button.start(False, now)
        self._button_there = False
        self._stuck_since = 0.0
        self._face: Face | None = None
        self._drawn = self._beaten = self._said = float("-inf")
        self._shown: tuple[object, ...] = ()
        self._complaint = ""
        self.leaving = False
        self.counters = Counters()

    @property
    def is_going(self) -> bool:
        """Did the button switch the box off?"""
        return self._desk.going is not None

    def run(self, over: Callable[[], bool], wake: threading.Event) -> None:
        """Until `over`; `wake` cuts a tick short."""
        while not over():
            began = self._clock()
            self.turn(began)
            tick = TICK if self._parts.button is not None else CALM
            wake.wait(max(0.001, tick - (self._clock() - began)))

    def turn(self, now: float) -> None:
        """One look at everything. It feeds systemd's watchdog: only a loop that turns does."""
        happened = self._happened(now)
        if happened or now - self._drawn >= DRAW:
            self._drawn = now
            state = self._see(now)
            if self.leaving:
                state = replace(state, stopping=True)
            for event in happened:
                self._step(event, state, now)
            self._step(Tick(held=self._button.held, power_on=self._button.power_on), state, now)
            self._draw(state, now)
        if now - self._beaten >= BEAT:
            self._beaten = now
            self._beat()
            process.notify("WATCHDOG=1")

    def _step(self, event: Event, state: BoxState, now: float) -> None:
        """What comes of it; where something comes of that at once, of that too."""
        self._desk, intents = desk.step(self._desk, event, state, now)
        for intent in intents:
            log.info("the panel: %s", intent)
            came = self._hands.do(intent)
            if came is not None:
                self._step(came, state, now)

    def _happened(self, now: float) -> list[Event]:
        found: list[Event] = [*self._signals(now), *self._asked()]
        outcome = self._hands.outcome()
        return [*found, outcome] if outcome is not None else found

    def _signals(self, now: float) -> tuple[button.Signal, ...]:
        """A button that comes is found as it is, and one that goes was not let go by anybody."""
        reading = self._parts.button
        if reading is None:
            return ()
        power_on, self._power_on = self._power_on, False
        down = reading.down(now)
        part = reading.part
        there = part is not None and not part.trouble
        if there != self._button_there:
            self._button_there = there
            self._button = button.start(down, now, power_on=power_on)
            return ()
        if not there:
            return ()
        look = button.press if self._parts.power_key else button.sample
        self._button, signals = look(self._button, down, now)
        if button.Signal.STUCK in signals:
            self._stuck_since = self._wall()
            log.warning("the panel's button is held for longer than anybody holds one: it counts for nothing now")
        return signals

    def _asked(self) -> list[Asked]:
        found = []
        for _ in range(ASKS):
            try:
                asked = panel.asked(self._questions)
            except (ValueError, TypeError, RecursionError):
                self.counters.odd += 1
                continue
            except OSError as error:
                self._complain(error)
                break
            if asked is None:
                break
            self.counters.asks += 1
            found.append(Asked(what=asked[0], by=asked[1]))
        return found

    def _draw(self, state: BoxState, now: float) -> None:
        made = face.of(self._desk, state, now, words=self._words, sounds=self._sounds)
        if made != self._face:
            self._face = made
            for fixture in self._parts.outputs:
                fixture.show(made)
        parts = self._parts_now()
        shown = (made.status, made.lines, made.since, self._desk.pairing, parts)
        if shown != self._shown or now - self._said >= BEAT:
            self._shown, self._said = shown, now
            self._write(lambda: panel.write(self._paths.run, self._panel(made, parts, now)))

    def _panel(self, made: Face, parts: tuple[Part, ...], now: float) -> panel.Panel:
        wall, pairing = self._wall(), self._desk.pairing
        return panel.Panel(
            at=wall,
            status=made.status,
            since=wall - (now - made.since),
            lines=made.lines,
            pairing_until=wall + (pairing.until - now) if pairing else 0.0,
            parts=parts,
            counters=self._counted(),
            light=tuple(
                (step.seconds, step.colour.red, step.colour.green, step.colour.blue, step.curve.value)
                for step in made.light.steps
            ),
        )

    def _parts_now(self) -> tuple[Part, ...]:
        found = [fixture.part for fixture in self._parts.outputs]
        if self._parts.button is not None:
            part = self._parts.button.part
            if part is not None and not part.trouble and self._button.stuck:
                part = replace(part, trouble=Trouble.STUCK.value, since=self._stuck_since)
            found.append(part)
        return tuple(part for part in found if part is not None)

    def _counted(self) -> dict[str, float]:
        parts: list[Fixture | Reading] = [*self._parts.outputs]
        parts += [self._parts.button] if self._parts.button else []
        counted = {f"{part.name}_{name}": count for part in parts for name, count in part.counters.items()}
        mine = {"asks": self.counters.asks, "asks_odd": self.counters.odd, "unwritten": self.counters.unwritten}
        return counted | mine | self._facts()

    def _beat(self) -> None:
        """A part that does not work is a warning of its own; the process is well."""
        troubles = [f"{part.name}: {part.trouble.replace('_', ' ')}" for part in self._parts_now() if part.trouble]
        status = self._face.status.replace("_", " ") if self._face else ""
        sentence = "; ".join([f"shows {status}", *troubles])
        facts = self._counted()
        self._write(lambda: health.write(self._paths.health, workers.PANEL, healthy=True, sentence=sentence, **facts))

    def _write(self, what: Callable[[], None]) -> None:
        """A run folder that is full or gone stops neither button nor lights."""
        try:
            what()
            self._complaint = ""
        except OSError as error:
            self.counters.unwritten += 1
            self._complain(error)

    def _complain(self, error: OSError) -> None:
        if str(error) != self._complaint:
            self._complaint = str(error)
            log.warning("the panel cannot say what it shows: %s", error)
