"""How many seats this box carries: a measurement in a process of its own (`appliance capacity`)."""

import subprocess
import sys
import threading
from pathlib import Path

SECONDS = 240.0
"""A measurement takes under a minute; one that hangs is ended."""


class Measuring:
    """One at a time. `state`: idle, running, done or failed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.state = "idle"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, data: Path) -> bool:
        """False: one is running already."""
        with self._lock:
            if self.state == "running":
                return False
            self.state = "running"
        threading.Thread(target=self._run, args=(data,), name="measuring", daemon=True).start()
        return True

    def stop(self) -> None:
        """The web process ends, or setup is over."""
        child = self._child
        if child is not None and child.poll() is None:
            child.kill()

    def _run(self, data: Path) -> None:
        command = [sys.executable, "-m", "appliance", "--data", str(data), "capacity", "--json"]
        try:
            quiet = subprocess.DEVNULL
            self._child = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
            code = self._child.wait(SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            self.stop()
            if self._child is not None:
                self._child.wait()
            code = -1
        self.state = "done" if code == 0 else "failed"
