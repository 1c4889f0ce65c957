"""Janus (Debian's) as a peer: its video room records each publisher to .mjr, janus-pp-rec makes that playable."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.bench.capture import usage
from appliance.errors import Unavailable

START_SECONDS = 10.0
STOP_SECONDS = 5.0
MISSING = "Janus is not installed: `make bench-peers` installs it"

_LIBRARIES = Path("/usr/lib")
_CORE = """
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{libraries}/plugins"
  transports_folder = "{libraries}/transports"
  events_folder = "{libraries}/events"
  loggers_folder = "{libraries}/loggers"
  debug_level = 2
}}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
"""
_WEBSOCKETS = """
general: {{
  json = "compact"
  ws = true
  ws_port = {port}
  ws_ip = "127.0.0.1"
  wss = false
}}
"""


@dataclass(frozen=True, slots=True)
class Janus:
    """One Janus that runs."""

    pid: int
    url: str

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        return usage.cpu(self.pid)


def missing() -> str:
    """Why there is no Janus; "" when there is one."""
    return "" if shutil.which("janus") and shutil.which("janus-pp-rec") else MISSING


@contextmanager
def running(folder: Path) -> Iterator[Janus]:
    """A Janus with the video room and WebSockets alone, on a port of its own. Unavailable when it does not start."""
    folder.mkdir()
    port = _free_port()
    _configure(folder, port)
    command = ["janus", "-F", str(folder), "-C", str(folder / "janus.jcfg")]
    with open(folder / "janus.log", "wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait(process, port)
            yield Janus(process.pid, f"ws://127.0.0.1:{port}")
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def convert(recording: Path) -> tuple[Path, float]:
    """.mjr -> .mp4 beside it, and the seconds of CPU that took."""
    made = recording.with_suffix(".mp4")
    process = subprocess.Popen(
        ["janus-pp-rec", "-d", "2", str(recording), str(made)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Unavailable(f"janus-pp-rec could not convert {recording.name}")
    return made, used.ru_utime + used.ru_stime


def _configure(folder: Path, port: int) -> None:
    libraries = next(_LIBRARIES.glob("*/janus"), _LIBRARIES / "janus")
    others = {
        kind: ",".join(file.name for file in (libraries / kind).glob("*.so") if wanted not in file.name)
        for kind, wanted in (("plugins", "videoroom"), ("transports", "websockets"))
    }
    core = _CORE.format(folder=folder, libraries=libraries, **others)
    (folder / "janus.jcfg").write_text(core, encoding="utf-8")
    (folder / "janus.transport.websockets.jcfg").write_text(_WEBSOCKETS.format(port=port), encoding="utf-8")
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: {}\n", encoding="utf-8")


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise Unavailable("Janus did not start", hint="Its log is beside its configuration.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
