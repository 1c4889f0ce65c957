"""The real panel process on pins that are none: `python -m tests.panel.pins DATA`. It is told on standard input, a
word on a line, and answers with a line of JSON: `press`, `release`, `look` (the colour and the hertz just
now)."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from gpiozero.pins.mock import MockFactory, MockPWMPin

from appliance.box.paths import Paths
from appliance.box.process import start_logging
from appliance.config import Settings
from appliance.config_panel import PanelSettings
from appliance.panel import main, pinout
from appliance.web.strings import Catalogue

LIGHT = ("light_red", "light_green", "light_blue")
RED, WHITE, DARK = (1, 0, 0), (1, 1, 1), (0, 0, 0)


def until(what: Callable[[], object], *, seconds: float = 5.0) -> float:
    """-> seconds until it was so."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds
        time.sleep(0.01)
    return time.monotonic() - began


class Panel:
    """It, as a test sees it."""

    def __init__(self, data: Path, log: Path, **environment: str) -> None:
        self._log = open(log, "ab")  # noqa: SIM115 - closed by `stop`
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.panel.pins", str(data)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, env=environment or None,
        )  # fmt: skip

    def _ask(self, word: str) -> dict:
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def press(self) -> None:
        self._ask("press")

    def release(self) -> None:
        self._ask("release")

    @property
    def colour(self) -> tuple[float, ...]:
        """Of the light: red, green, blue."""
        return tuple(self._ask("look")["light"])

    @property
    def hertz(self) -> float:
        """Of the buzzer; 0: silent."""
        return self._ask("look")["hertz"]

    def stop(self) -> int:
        """SIGTERM; -> exit code."""
        self.process.terminate()
        try:
            return self.process.wait(10)
        finally:
            self.process.kill()
            self.process.stdin.close()
            self.process.stdout.close()
            self._log.close()


def _obey(factory: MockFactory) -> None:
    board = pinout.load("pi5")
    for line in sys.stdin:
        said = {}
        if line.strip() == "press":  # the button connects the pin to ground
            factory.pin(board.gpio("button")).drive_low()
        elif line.strip() == "release":
            factory.pin(board.gpio("button")).drive_high()
        else:
            buzzer = factory.pin(board.gpio("buzzer"))
            said = {
                "light": [round(float(factory.pin(board.gpio(name)).state), 3) for name in LIGHT],
                "hertz": (buzzer.frequency or 0) if buzzer.state else 0,
            }
        print(json.dumps(said), flush=True)


def run(data: Path) -> int:
    start_logging("panel")
    factory = MockFactory(revision="c04170", pin_class=MockPWMPin)
    threading.Thread(target=_obey, args=(factory,), daemon=True).start()
    settings = Settings(panel=PanelSettings(lights="gpio", buttons="gpio"))
    return main.run(
        paths=Paths.of(data), settings=settings, words=Catalogue.load(strict=True), factory=factory
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])))
