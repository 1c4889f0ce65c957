"""A whole box for tests: `appliance run` as a person starts it, watched from outside."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from appliance.box import health
from appliance.box.paths import Paths
from appliance.box.workers import services, workers
from appliance.config import Settings
from appliance.web import status

READY_SECONDS = 100.0
STOP_SECONDS = 5.0
SERVICES = services(Settings())
CAPTURE = workers(Settings())


class Box:
    """Started by `running` (or `start`), stopped by the end of the block (or `stop`)."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.paths = Paths.of(data)
        self.output = data.parent / "run.out"
        self.url = ""
        self.password = ""
        self.process: subprocess.Popen | None = None

    @classmethod
    @contextlib.contextmanager
    def running(cls, data: Path, *, demo: bool = False, options: tuple[str, ...] = (), **environment: str):
        box = cls(data)
        box.start(demo=demo, options=options, **environment)
        try:
            yield box
        finally:
            box.stop()

    def start(
        self, *, demo: bool = False, options: tuple[str, ...] = (), seconds: float = READY_SECONDS, **environment: str
    ) -> None:
        """Start it and wait until it says `ready`."""
        command = [sys.executable, "-m", "appliance", "--data", str(self.data), "run", "--port", "0"]
        self.data.parent.mkdir(parents=True, exist_ok=True)
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                [*command, *(["--demo"] if demo else []), *options],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **environment},
            )
        try:
            self._wait_until_ready(time.monotonic() + seconds)
        except BaseException:
            self._kill_all()
            raise

    def _wait_until_ready(self, deadline: float) -> None:
        assert self.process is not None
        while True:
            said = self.output.read_text(encoding="utf-8")
            if ready := re.search(r"^ready (https?://\S+)$", said, re.MULTILINE):
                self.url = ready[1]
                password = re.search(r"the password of each is (\S+)", said)
                self.password = password[1] if password else ""
                return
            if self.process.poll() is not None:
                raise AssertionError(f"the box ended with exit code {self.process.returncode}:\n{said}")
            if time.monotonic() > deadline:
                raise AssertionError(f"the box is not ready:\n{said}\n{self.logs()}")
            time.sleep(0.1)

    def stop(self) -> float:
        """SIGTERM; -> seconds until everything was gone. AssertionError when something is left."""
        assert self.process is not None
        if self.process.poll() is not None:
            return 0.0
        family = psutil.Process(self.process.pid).children(recursive=True)
        started = time.monotonic()
        self.process.terminate()
        try:
            code = self.process.wait(STOP_SECONDS + 5)
        except subprocess.TimeoutExpired:
            self._kill_all()
            raise AssertionError("the box did not stop") from None
        took = time.monotonic() - started
        left = [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
        for process in left:
            process.kill()
        assert not left, f"left behind: {left}"
        assert code == 0, f"exit code {code}:\n{self.output.read_text(encoding='utf-8')}"
        assert took <= STOP_SECONDS, f"stopping took {took:.1f} s:\n{self.output.read_text(encoding='utf-8')}"
        assert not self.paths.run.exists(), f"{self.paths.run} is left"
        return took

    def _kill_all(self) -> None:
        assert self.process is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self.process.pid).children(recursive=True):
                process.kill()
        self.process.kill()
        self.process.wait()

    def command(self, *arguments: str, seconds: float = 60.0, text: str = "") -> subprocess.CompletedProcess:
        """Run `appliance` on this box's data folder."""
        return subprocess.run(
            [sys.executable, "-m", "appliance", "--data", str(self.data), *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def pid(self, name: str) -> int:
        """The process id of one of `SERVICES`, or of simulate."""
        return self.health("supervisor")["processes"][name]["pid"]

    def kill(self, name: str) -> int:
        """`kill -9` one process; -> its id."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def health(self, name: str) -> dict:
        return health.read(self.paths.health, name, now=time.time())

    def feeds(self) -> dict[str, dict]:
        """What the capture workers say of each feed."""
        return status.feeds(self.paths.health, now=time.time()) or {}

    def wait_healthy(self, name: str, *, other_than: int | None = None, seconds: float = 30.0) -> float:
        """Until a process (started again: other than that id) says itself that it is healthy; -> seconds it took."""
        started = time.monotonic()
        while True:
            said = self.health(name)
            with contextlib.suppress(KeyError):  # the supervisor has not said anything yet
                if said["healthy"] and said["pid"] == self.pid(name) != other_than:
                    return time.monotonic() - started
            assert time.monotonic() - started < seconds, f"{name}: {said['sentence']}\n{self.logs()}"
            time.sleep(0.05)

    def get(self, path: str) -> tuple[int, str]:
        """GET without a sign-in; -> (status, body)."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()

    def flags(self, exam: str) -> list[dict]:
        """What `appliance flags --json` says."""
        done = self.command("flags", "--exam", exam, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def logs(self) -> str:
        """The end of each process' log, for a failure's message."""
        parts = []
        for file in sorted(self.paths.logs.glob("*.log")):
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
            parts.append(f"--- {file.name}\n" + "\n".join(line[:600] for line in lines))
        return "\n".join(parts)
