"""One nginx in the foreground: started, told to read its configuration again, stopped. What it says goes to our log,
without what stands after a `?`."""

import contextlib
import ctypes
import logging
import os
import re
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO

from appliance.errors import ConfigError

log = logging.getLogger(__name__)

STOP_SECONDS = 2.0
"""For answers under way; then what is open is closed."""

_QUERY = re.compile(r"\?[^\s\"]*")
_SAID = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(\w+)\] (.*)")
_LEVELS = {"warn": logging.WARNING, "notice": logging.INFO, "info": logging.INFO, "debug": logging.DEBUG}

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def without_query(line: str) -> str:
    """Join codes and tokens may stand there."""
    return _QUERY.sub("?...", line)


class Nginx:
    """`folder` is its own; its configuration is `file`. However its parent dies, it ends, too."""

    def __init__(self, program: str, folder: Path) -> None:
        self.file = folder / "nginx.conf"
        self._command = [program, "-e", "stderr", "-p", str(folder), "-c", str(self.file)]
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def check(self) -> None:
        """ConfigError with nginx's own words where it cannot use the file."""
        done = subprocess.run([*self._command, "-t", "-q"], capture_output=True, text=True, check=False, timeout=30)
        if done.returncode:
            said = without_query(done.stderr.strip().splitlines()[0] if done.stderr.strip() else "it says nothing")
            raise ConfigError(f"nginx cannot use its configuration: {said}", hint="Check the section [web].")

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=_not_longer_than_us,  # noqa: PLW1509 - there is no other thread yet
        )
        assert self._process.stderr is not None
        self._listener = threading.Thread(target=_pass_on, args=(self._process.stderr,), name="nginx-log")
        self._listener.start()

    def reload(self) -> None:
        """New workers take what comes; the old ones end when what they carry has ended."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """What is under way may end; then at once; then by force."""
        if self._process is None:
            return
        for number, seconds in ((signal.SIGQUIT, STOP_SECONDS), (signal.SIGTERM, 1.0), (signal.SIGKILL, 5.0)):
            if self._process.poll() is None:
                self._process.send_signal(number)
            try:
                self._process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        with contextlib.suppress(ProcessLookupError):  # workers whose master was killed hold the ports
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._listener is not None:
            self._listener.join(STOP_SECONDS)


def _pass_on(said: IO[str]) -> None:
    with said:
        for line in said:
            found = _SAID.match(line)
            level = _LEVELS.get(found[1], logging.ERROR) if found else logging.WARNING
            log.log(level, "nginx: %s", without_query(found[2] if found else line.strip()))


def _not_longer_than_us() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
