"""Walks somebody through the end-of-line test on a terminal: shows each step, asks or measures, writes what came of it
to `provision/panel-test.json`, and prints it as a card."""

import contextlib
import json
import os
import re
import select
import sys
import termios
import time
import tty
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from appliance import __version__
from appliance.box.errand import has_steward
from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.errors import BadInput, StorageFull
from appliance.panel import end_of_line, measured, parts
from appliance.panel.alone import alone
from appliance.panel.end_of_line import Answer, How, Outcome, Part, Result, Walk
from appliance.panel.end_of_line import Step as TestStep
from appliance.panel.fixture import Fixture, Reading, stop_all

Words = Callable[..., str]

FILE, BEFORE = "panel-test.json", "panel-test.before.json"
OPEN_SECONDS = 2.0
"""A part that has not opened by then has a trouble, or is not there."""

_INITIALS = re.compile(r"[^\W\d_]{1,8}")
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_SERIALS = ("proc/device-tree/serial-number", "sys/class/dmi/id/product_serial")


class Console(Protocol):
    """Where somebody sits."""

    def say(self, text: str) -> None: ...

    def forget(self) -> None:
        """What was typed before a question is no answer to it."""

    def key(self) -> str:
        """The next key; "" where nobody will ever press one again."""

    def line(self, prompt: str) -> str:
        """What was typed, without spaces around it."""

    def close(self) -> None: ...


class Tty:
    """A real one. Single keys come without Enter from the first on, until a line is asked for or it is closed."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._before: list[Any] | None = None

    def say(self, text: str) -> None:
        print(text, flush=True)

    def forget(self) -> None:
        if self._before is None:
            self._before = termios.tcgetattr(self._descriptor)
            tty.setcbreak(self._descriptor)
        termios.tcflush(self._descriptor, termios.TCIFLUSH)

    def key(self) -> str:
        said = os.read(self._descriptor, 1)
        if said == b"\x1b":  # an arrow key: its rest belongs to it
            while select.select([self._descriptor], [], [], 0.02)[0] and os.read(self._descriptor, 64):
                pass
            return "?"
        return said.decode("ascii", errors="replace")

    def line(self, prompt: str) -> str:
        self.close()
        try:
            return input(prompt).strip()
        except EOFError:
            raise KeyboardInterrupt from None

    def close(self) -> None:
        """As it was found."""
        if self._before is not None:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
            self._before = None


class Tester:
    """One walk over the parts of a box. `clock`, `sleep`: for the button, whose bounce is looked at."""

    def __init__(
        self,
        *,
        parts: parts.Parts,
        console: Console,
        machine: measured.Machine,
        words: Words,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._parts = parts
        self._console = console
        self._machine = machine
        self._words = words
        self._clock = clock
        self._sleep = sleep

    def walk(self) -> Walk:
        """From the first step to the last, or until somebody ends it."""
        there = self._there()
        if not there:
            self._console.say(self._words("panel_test.no_parts"))
        walk = Walk(steps=end_of_line.steps_of(there))
        while step := walk.step:
            self._console.say(f"\n[{walk.at + 1}/{len(walk.steps)}] {self._question(step)}")
            face = end_of_line.face(step, time.monotonic())
            for output in self._parts.outputs:
                output.show(face)
            found = self._found(step)
            if found and found.sentence:
                self._console.say(f"      {found.sentence}")
            answer = Answer.YES if found and found.passed else self._answer(seen=found is None)
            walk = end_of_line.answered(walk, answer, found)
        return walk

    def _there(self) -> set[str]:
        """Names of the parts that this box has, working or not."""
        until = time.monotonic() + OPEN_SECONDS
        waiting = list(self._parts.outputs)
        face = end_of_line.face(end_of_line.STEPS[-1], time.monotonic())
        for output in waiting:
            output.show(face)
        while waiting and time.monotonic() < until:
            waiting = [one for one in waiting if not one.counters["shown"] and not one.counters["failures"]]
            time.sleep(0.01)
        there = {str(one.part.name) for one in self._parts.outputs if one.part} & set(Part)
        if (button := self._parts.button) is not None:
            button.down(self._clock())
            if button.part:
                there.add(Part.POWER_KEY if self._parts.power_key else Part.BUTTONS)
        return there

    def _question(self, step: TestStep) -> str:
        if step.name.startswith("pattern_"):
            status = step.name.removeprefix("pattern_")
            said = {what: self._words(f"light_card.{status}_{what}") for what in ("name", "see")}
            return self._words("panel_test.pattern", **said)
        return self._words(f"panel_test.{step.name}")

    def _found(self, step: TestStep) -> Outcome | None:
        """What the box itself says of a step: of one that is seen, only that its part does not work."""
        if step.how is How.MEASURED:
            return self._machine.measure(step.name)
        if step.how is How.PRESSED and (button := self._parts.button):
            press = measured.press(lambda: button.down(self._clock()), clock=self._clock, sleep=self._sleep)
            return self._broken(step) or measured.judged(step.name, press, self._words)
        return self._broken(step)

    def _broken(self, step: TestStep) -> Outcome | None:
        name = Part.BUTTONS if step.how is How.PRESSED else step.part
        for part in (one.part for one in _all(self._parts) if one.name == name):
            if part and part.trouble:
                said = self._words(f"panel_test.trouble_{part.trouble}")
                return Outcome(step=step.name, passed=False, sentence=said)
        return None

    def _answer(self, *, seen: bool) -> Answer:
        """`seen`: somebody has to say whether it was so. What failed cannot be answered by yes."""
        self._console.forget()
        self._console.say(f"      {self._words('panel_test.keys_seen' if seen else 'panel_test.keys_failed')}")
        while True:
            key = self._console.key()
            answer = end_of_line.meant(key) if key else Answer.QUIT
            if answer and (seen or answer is not Answer.YES):
                return answer
            self._console.say(f"      {self._words('panel_test.wrong_key')}")


def run(*, paths: Paths, settings: Settings, words: Words, console: Console | None = None) -> int:
    """-> 0 passed, 1 not."""
    if console is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BadInput(
            "the test asks somebody, and nobody sits at a terminal",
            hint="Start `appliance panel test` at the box's own console, or by ssh -t.",
        )
    settings.panel.check()
    console, mock = console or Tty(sys.stdin.fileno()), settings.panel.pins == "mock"
    with alone(paths.run):
        made = parts.of(settings.panel, run=paths.run, has_steward=has_steward())
        if mock:
            console.say(words("panel_test.mock"))
        try:
            by = asked(console, words("panel_test.who"), _INITIALS, words("panel_test.who_wrong"))
            serial = asked(console, words("panel_test.serial"), _SERIAL, words("panel_test.serial_wrong"), _serial())
            for output in made.outputs:
                output.start()
            machine = measured.Machine(words=words, data=paths.data)
            walk = Tester(parts=made, console=console, machine=machine, words=words).walk()
            known = [one.part for one in _all(made) if one.part]
        except KeyboardInterrupt:
            walk = Walk(steps=(), cancelled=True)
        finally:
            console.close()
            stop_all(made.outputs)
            if made.button:
                made.button.stop()
    if walk.cancelled:
        console.say(words("panel_test.cancelled"))
        return 1
    at = datetime.now(UTC).isoformat(timespec="seconds")
    found = end_of_line.report(walk, mock=mock, serial=serial, version=__version__, by=by, at=at, parts=known)
    file = written(paths.provision, found)
    console.say(printed(found, words))
    console.say(words("panel_test.written", file=file))
    return 0 if found["result"] == Result.PASSED else 1


def _all(found: parts.Parts) -> list[Fixture | Reading]:
    return [*found.outputs, *([found.button] if found.button else [])]


def asked(console: Console, prompt: str, wanted: re.Pattern[str], wrong: str, found: str = "") -> str:
    """Until it makes sense. `found`: what Enter alone stands for."""
    while True:
        said = console.line(f"{prompt} [{found}]: " if found else f"{prompt}: ") or found
        if wanted.fullmatch(said):
            return said
        console.say(wrong)


def _serial() -> str:
    """The machine's own, where it says one."""
    for name in _SERIALS:
        with contextlib.suppress(OSError):
            said = (Path("/") / name).read_text(encoding="ascii", errors="ignore").strip("\0 \n")
            if _SERIAL.fullmatch(said):
                return said
    return ""


def written(folder: Path, found: dict[str, Any]) -> Path:
    """The newest result; the one before it stays beside it."""
    file, new = folder / FILE, folder / f".{FILE}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        if file.exists():
            file.replace(folder / BEFORE)
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise StorageFull(
            f"{folder} cannot be written: {error.strerror}", hint="Run the test as root, or as the box's user."
        ) from None
    return file


def printed(found: dict[str, Any], words: Words) -> str:
    """The card that goes with the box."""
    head = words(f"panel_test.result_{found['result']}")
    lines = [
        "", head, "=" * len(head),
        words("panel_test.card_box", **{key: found[key] for key in ("serial", "version", "at", "by")}),
    ]  # fmt: skip
    lines += [words("panel_test.card_part", **part) for part in found["parts"]]
    for step in found["steps"]:
        mark = words("panel_test.passed" if step["passed"] else "panel_test.failed")
        lines.append(f"  {mark:<8} {step['step']:<28} {step['sentence']}".rstrip())
    if found["failed"]:
        lines.append(words("panel_test.card_failed", steps=", ".join(found["failed"])))
    return "\n".join(lines)
