"""The panel as `appliance panel run` puts it together, on mock pins that say on stdout what becomes of them: when
(monotonic), which, how bright. `python child.py DATA`."""

import sys
import time
from pathlib import Path
from typing import Any

from appliance import config
from appliance.box.paths import Paths
from appliance.box.process import start_logging
from appliance.panel import main, pinout
from appliance.web.strings import Catalogue


def run(data: Path) -> int:
    """Until SIGTERM."""
    start_logging("panel")
    paths = Paths.of(data)
    settings = config.load(paths.config)
    names = {f"GPIO{pin.gpio}": name for name, pin in pinout.load(settings.panel.board).pins.items()}
    return main.run(paths=paths, settings=settings, words=Catalogue.load(), factory=_telling(names))


def _telling(names: dict[str, str]) -> Any:
    """gpiozero's own mock, whose pins are listened to."""
    from gpiozero.pins.mock import MockFactory, MockPWMPin

    class Pin(MockPWMPin):  # type: ignore[misc]  # gpiozero has no types
        def _change_state(self, value: float) -> bool:
            changed = bool(super()._change_state(value))
            if changed and (name := names.get(self.info.name)):
                sys.stdout.write(f"{time.monotonic()} {name} {float(value)}\n")
                sys.stdout.flush()
            return changed

    return MockFactory(revision="c04170", pin_class=Pin)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])))
