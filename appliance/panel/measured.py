"""What the box measures itself in the end-of-line test: how its button is pressed, and what its machine says."""

import contextlib
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.checks import machine
from appliance.panel.button import PAIR_FROM, STABLE
from appliance.panel.end_of_line import Outcome

Words = Callable[..., str]

WAIT_SECONDS = 10.0
"""So long somebody has to press."""

STUCK_SECONDS = 15.0
"""Nobody holds it for so long."""

_SETTLE, _LOOK = 0.3, 0.001
_HOTTEST = 75.0
"""Degrees of a box in which no exam runs."""

_LOW, _THROTTLED = 1 << 0 | 1 << 16, 1 << 2 | 1 << 18
"""Bits of the firmware's word: now, and since it was switched on."""

_CLOCK_SECONDS = 120.0
_DISK_BYTES = 100_000_000_000
_MBIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What the contact did. `presses`: without the bounce; `held`: seconds of the first; `bounces`: changes beyond the
    press and the release, `bounce`: seconds of the longest; `stuck`: it was never let go."""

    presses: int = 0
    held: float = 0.0
    bounces: int = 0
    bounce: float = 0.0
    stuck: bool = False


def press(down: Callable[[], bool], *, clock: Callable[[], float], sleep: Callable[[float], None]) -> Press:
    """The next press, looked at a thousand times a second; none within the time: `presses` is 0."""
    started = clock()
    was = before = down()
    edges: list[float] = []
    while True:
        sleep(_LOOK)
        now, is_ = clock(), down()
        if is_ != was:
            edges.append(now)
            was = is_
        since = now - (edges[-1] if edges else started)
        if since >= STUCK_SECONDS and was:
            return Press(stuck=True)
        if (edges and not was and since >= _SETTLE) or (not edges and not was and since >= WAIT_SECONDS):
            return pressed(edges, before=before)


def pressed(edges: Sequence[float], *, before: bool = False) -> Press:
    """Changes that follow within what the panel takes for bounce are one."""
    bursts: list[list[float]] = []
    for edge in edges:
        if bursts and edge - bursts[-1][-1] < STABLE:
            bursts[-1].append(edge)
        else:
            bursts.append([edge])
    state, turns = before, []
    for burst in bursts:
        state = state != (len(burst) % 2 == 1)
        turns.append((burst[0], state))
    downs = [at for at, is_down in turns if is_down]
    held = next((at - downs[0] for at, is_down in turns if not is_down and downs and at > downs[0]), 0.0)
    return Press(
        presses=len(downs),
        held=held,
        bounces=sum(len(burst) - 1 for burst in bursts),
        bounce=max((burst[-1] - burst[0] for burst in bursts), default=0.0),
    )


def judged(step: str, found: Press, words: Words) -> Outcome:
    """One press, bounced for less than the panel allows, and held for as long as was asked."""
    numbers = {
        "presses": found.presses, "held_seconds": round(found.held, 3),
        "bounces": found.bounces, "bounce_ms": round(1000 * found.bounce, 1),
    }  # fmt: skip
    if found.stuck:
        why = "press_stuck"
    elif not found.presses:
        why = "press_none"
    elif found.presses > 1:
        why = "press_many"
    elif found.bounce >= STABLE:
        why = "press_bounces"
    elif step == "button_hold" and found.held < PAIR_FROM:
        why = "press_short"
    else:
        why = "press_good"
    said = words(f"panel_test.{why}", held=f"{found.held:.2f}", bounces=found.bounces, ms=f"{1000 * found.bounce:.0f}")
    return Outcome(step=step, passed=why == "press_good", sentence=said, numbers=numbers)


class Machine:
    """The steps that need nobody. `root`: of the file system, `data`: the folder whose disk counts."""

    def __init__(
        self, *, words: Words, data: Path, root: Path = Path("/"), wall: Callable[[], float] = time.time
    ) -> None:
        self._words = words
        self._data = data
        self._root = root
        self._wall = wall

    def measure(self, step: str) -> Outcome:
        """By its name."""
        return {
            "temperature": self._temperature,
            "voltage": self._voltage,
            "watchdog": self._watchdog,
            "clock": self._clock,
            "disk": self._disk,
            "network": self._network,
        }[step]()

    def _found(self, step: str, passed: bool, why: str = "", **numbers: float) -> Outcome:
        key = f"panel_test.{step}_{why or ('good' if passed else 'bad')}"
        return Outcome(step=step, passed=passed, sentence=self._words(key, **numbers), numbers=numbers)

    def _temperature(self) -> Outcome:
        degrees = machine.read(self._root).temperature
        if degrees is None:
            return self._found("temperature", False, "none")
        return self._found("temperature", degrees < _HOTTEST, celsius=round(degrees, 1))

    def _voltage(self) -> Outcome:
        """A machine that does not measure it (a NUC) is not to blame."""
        said = machine.read(self._root)
        if said.throttled is None and said.low_voltage is None:
            return self._found("voltage", True, "none")
        bits = said.throttled or 0
        if said.low_voltage or bits & _LOW:
            return self._found("voltage", False, throttled=bits)
        return self._found("voltage", not bits & _THROTTLED, "throttled" if bits & _THROTTLED else "", throttled=bits)

    def _watchdog(self) -> Outcome:
        """Read in sysfs: who opens the device starts it."""
        found = next(iter(sorted(self._root.glob("sys/class/watchdog/watchdog[0-9]*"))), None)
        if found is None:
            return self._found("watchdog", False)
        return self._found("watchdog", True, seconds=_number(found / "timeout") or 0)

    def _clock(self) -> Outcome:
        """The battery's clock, against the system's."""
        for clock in sorted(self._root.glob("sys/class/rtc/rtc*")):
            if (seconds := _number(clock / "since_epoch")) is not None:
                off = round(abs(self._wall() - seconds), 1)
                return self._found("clock", off <= _CLOCK_SECONDS, seconds=off)
        return self._found("clock", False, "none")

    def _disk(self) -> Outcome:
        free = shutil.disk_usage(self._data).free
        return self._found("disk", free >= _DISK_BYTES, gb=free // 1_000_000_000)

    def _network(self) -> Outcome:
        """The fastest cable that has a link."""
        speeds = [
            max(0, _number(card / "speed") or 0)
            for card in self._root.glob("sys/class/net/*")
            if (card / "device").exists() and not (card / "wireless").exists() and _number(card / "carrier") == 1
        ]
        if not speeds:
            return self._found("network", False, "none")
        return self._found("network", max(speeds) >= _MBIT, mbit=max(speeds))


def _number(file: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int(file.read_text(encoding="ascii").strip())
    return None
