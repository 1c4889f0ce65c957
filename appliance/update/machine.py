"""What an update does to a Debian with systemd. Needs only Debian's Python."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from appliance.update import journal, ledger
from appliance.update.places import Places

WELL_WITHIN_SECONDS = 300.0
WELL_IN_A_ROW = 5
"""So often, two seconds apart, the box says that it is well before it is believed."""
_LOOK_EACH_SECONDS = 2.0
_BOX = "/opt/appliance/bin/appliance"
_BESIDE = ("appliance-health.service", "appliance-backup.service", "appliance-certificate.service")
"""What timers start, and the target does not stop."""
_TELL_SECONDS = 60
_SAID = 400
"""So much of what dpkg said goes into a sentence."""


class Debian:
    """dpkg, systemctl, and the box's own /healthz."""

    def __init__(self, places: Places, *, well_within: float = WELL_WITHIN_SECONDS) -> None:
        self._places = places
        self._well_within = well_within

    def stop_box(self) -> None:
        _systemctl("stop", "appliance.target", *_BESIDE)

    def start_box(self) -> None:
        _systemctl("daemon-reload")
        _systemctl("reset-failed")
        _systemctl("start", "--no-block", "appliance.target")

    def install(self, package: str) -> str:
        """-> "" or what went wrong. dpkg takes an older version as well."""
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "APPLIANCE_UPDATE": "1"}
        command = ["dpkg", "--force-confdef", "--force-confold", "--install", package]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        os.sync()
        if done.returncode == 0:
            return ""
        return " ".join(done.stderr.split())[-_SAID:] or f"dpkg ended with {done.returncode}"

    def keep_ledger(self) -> None:
        ledger.keep(self._places.ledger, self._places.ledger_before)

    def put_ledger_back(self) -> bool:
        aside = f"after-{journal.read(self._places).new}"  # type: ignore[union-attr]  # an update is under way
        return ledger.put_back(self._places.ledger, self._places.ledger_before, aside=aside)

    def is_well(self, version: str) -> str:
        """-> "" once the box is well, else what was not when the time was over."""
        until = time.monotonic() + self._well_within
        in_a_row, wrong = 0, "it never answered"
        while time.monotonic() < until:
            wrong = self._wrong(version)
            in_a_row = 0 if wrong else in_a_row + 1
            if in_a_row >= WELL_IN_A_ROW:
                return ""
            time.sleep(_LOOK_EACH_SECONDS)
        return wrong

    def tell(self) -> None:
        """The event, by the box's own command and user. That it could not be told changes nothing; it is written."""
        try:
            subprocess.run(["/usr/bin/appliance", "update", "tell"], timeout=_TELL_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"update: the ledger could not be told: {error}", flush=True)

    def tidy(self, *, installed: bool) -> None:
        places = self._places
        if installed and places.staged.exists():
            places.staged.replace(places.installed)
        for file in (places.staged, places.incoming, places.request):
            file.unlink(missing_ok=True)
        if installed:  # after a way back both stay until the next update, for whoever looks into it
            places.previous.unlink(missing_ok=True)
            shutil.rmtree(places.ledger_before, ignore_errors=True)

    def _wrong(self, version: str) -> str:
        said = subprocess.run([_BOX, "--version"], capture_output=True, text=True, check=False)
        if said.returncode or said.stdout.split()[-1:] != [version]:
            return f"{_BOX} --version does not say {version}"
        connection = SocketConnection(self._places.web_socket)
        try:
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            found = json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException):
            return "its pages do not answer"
        finally:
            connection.close()
        if answer.status == 200:
            return ""
        unwell = [name for name, said in found.get("processes", {}).items() if not _healthy(said)]
        return f"not well: {', '.join(unwell) or 'the box'}"


def _healthy(said: object) -> bool:
    return bool(said.get("healthy")) if isinstance(said, dict) else bool(said)


class SocketConnection(http.client.HTTPConnection):
    """HTTP on a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=5)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(5)
        self.sock.connect(str(self._path))


def _systemctl(*words: str) -> None:
    """Its exit code says nothing that the look at the box does not."""
    subprocess.run(["systemctl", *words], capture_output=True, check=False)
