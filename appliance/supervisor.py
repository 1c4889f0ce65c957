"""`appliance run`: every process of the box under one small parent, for a laptop and for tests. On the box systemd
does it.

The parent starts the processes, starts again what dies, keeps their logs small, says when all is well, and stops them
in an order that loses nothing: what produces events before what stores them.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TextIO

from appliance import demo as demo_exam
from appliance.box import health, parent, workers
from appliance.box.listening import listen
from appliance.box.lock import held
from appliance.box.paths import Paths, models_folder
from appliance.box.process import notify, stop_event
from appliance.certificates import current as certificates
from appliance.config import Settings
from appliance.demo import Demo
from appliance.errors import ApplianceError
from appliance.inference import pack
from appliance.provision import setup

SIMULATOR = "simulate"
DOOR = "door"
INFERENCE = "inference"
STOP_ORDER = ((SIMULATOR, "sync", INFERENCE), (DOOR, workers.CAPTURE), ("web",))
"""One group after the other: what says the last things before what stores them. The door closes as recording ends: the
pages are told that the box goes away, and nobody new comes in meanwhile."""

STOP_SECONDS = 4.0
"""All of them; then what is left is killed."""

TICK_SECONDS = 0.1
LOG_BYTES = 5_000_000
IMPATIENT_SECONDS = 20.0


@dataclass(slots=True)
class Backoff:
    """How long to wait before a process is started again: twice as long each time, short again once it stayed up."""

    first: float = 0.2
    longest: float = 5.0
    settled_after: float = 30.0
    restarts: int = 0
    _next: float = field(default=0.0, init=False)

    def after_death(self, *, lived: float) -> float:
        """-> seconds to wait, given how long the process lived."""
        if lived >= self.settled_after or not self._next:
            self._next = self.first
        delay, self._next = self._next, min(self._next * 2, self.longest)
        self.restarts += 1
        return delay


class Child:
    """One process, its log, and when it is to be started again."""

    def __init__(self, name: str, command: list[str], *, log: Path, again: bool = True) -> None:
        self.name = name
        self.log = log
        self.backoff = Backoff()
        self._command = command
        self._again = again
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_at: float | None = 0.0  # monotonic; None: running, or over for good

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def over(self) -> bool:
        """It ended, and is not started again."""
        return not self._again and self._process is not None and self._process.poll() is not None

    @property
    def pid(self) -> int | None:
        """Of the one that runs, or ran last."""
        return self._process.pid if self._process else None

    def look(self, now: float) -> None:
        """Start it, if it is time to; notice its death."""
        died = self._process is not None and self._start_at is None and not self.running
        if died and self._again:
            self.kill()  # what it started must not speak for it
            self._start_at = now + self.backoff.after_death(lived=now - self._started_at)
        if self._start_at is not None and now >= self._start_at:
            self._start()
            self._started_at, self._start_at = now, None

    def _start(self) -> None:
        with open(self.log, "ab") as log:  # O_APPEND, so that `rotate` can cut it while the process writes
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, parent.VARIABLE: str(os.getpid())},
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops the processes in order
            )

    def terminate(self) -> None:
        if self.running and self._process is not None:
            self._process.terminate()

    def wait(self, seconds: float) -> None:
        """Until it is gone, or so long."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(max(0.0, seconds))

    def kill(self) -> None:
        """It, and whatever is left of its process group."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def rotate(self) -> None:
        """Keep the log and one older part."""
        if self.log.stat().st_size > LOG_BYTES:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    def facts(self) -> dict[str, object]:
        """For the health file."""
        return {
            "pid": self.pid,
            "running": self.running,
            "restarts": self.backoff.restarts,
            "exit_code": self._process.returncode if self._process else None,
        }

    def last_words(self) -> str:
        """The last thing in its log, with the lines indented under it: a sentence and its hint, or a log's message."""
        with open(self.log, "rb") as log:
            log.seek(max(0, self.log.stat().st_size - 4000))
            lines = log.read().decode("utf-8", "replace").splitlines()
        said: list[str] = []
        for line in reversed(lines):
            said.insert(0, line.strip())
            if line and not line[0].isspace():
                break
        text = " ".join(said).removeprefix("appliance: ")
        try:
            text = str(json.loads(text)["message"])
        except (ValueError, KeyError, TypeError):  # not one of our log lines
            pass
        return text[:500]


def _identity(paths: Paths) -> tuple[int, int] | None:
    """Which folder this is; None when a part of it is missing."""
    try:
        found = paths.run.stat()
    except FileNotFoundError:
        return None
    whole = all(folder.is_dir() for folder in (paths.health, paths.pictures, paths.feeds))
    return (found.st_dev, found.st_ino) if whole else None


class Supervisor:
    """Starts, watches and stops the processes of one box."""

    def __init__(self, paths: Paths, children: list[Child]) -> None:
        self._paths = paths
        self._children = {child.name: child for child in children}
        self._needed = tuple(self._children)
        self._written_at = 0.0
        self._complaint = ""
        self._heard: dict[str, tuple[float, float]] = {}  # by process: what its health file says, and since when
        self._runtime = _identity(paths)
        self.folder_lost = 0

    def add(self, child: Child) -> None:
        """One more, from the next look on; the box is well without it."""
        self._children[child.name] = child

    def look(self) -> None:
        """Start what is to be started, and say how it is once a second. A disk that is full or gone stops neither."""
        now = time.monotonic()
        try:
            self._keep_runtime_folder()
            if setup.asked_to_restart(self._paths):
                self._start_again("the settings changed")
            for child in self._children.values():
                self._wake(child, now)
                child.look(now)
            if now - self._written_at >= 1.0:
                self._written_at = now
                self._say()
            self._complaint = ""
        except OSError as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                print(f"appliance: the supervisor cannot write: {error}", file=sys.stderr, flush=True)

    def _wake(self, child: Child, now: float) -> None:
        """A process that promises in its health file to be heard of every so often (`beats`, seconds) and is not hangs:
        it is killed, and started again like any that died. How long ago is told by this process's own clock."""
        said = health.read(self._paths.health, child.name, now=time.time())
        promised = child.running and said.get("pid") == child.pid and said.get("beats")
        at, since = self._heard.get(child.name, (0.0, now))
        if not promised or said["at"] != at:
            self._heard[child.name] = (said.get("at", 0.0), now)
        elif now - since > promised:
            print(f"appliance: {child.name} does not answer and is started again", file=sys.stderr, flush=True)
            child.kill()

    def _keep_runtime_folder(self) -> None:
        """Somebody may clear the tmpfs (a tidy script, the end of a session): then the processes hold sockets that
        nobody finds any more, and have to begin anew. What is recorded has a gap of a few seconds."""
        if _identity(self._paths) == self._runtime:
            return
        self._paths.make()
        self._runtime = _identity(self._paths)
        self.folder_lost += 1
        self._start_again(f"the runtime folder {self._paths.run} was removed under the running box; it is made again")

    def _start_again(self, why: str) -> None:
        print(f"appliance: {why}, and every process is started again", file=sys.stderr, flush=True)
        for child in self._children.values():
            child.terminate()

    def _say(self) -> None:
        down = [child.name for child in self._children.values() if not child.running and not child.over]
        for child in self._children.values():
            child.rotate()
            if child.name in down:  # it cannot say so itself
                # its last words may hold an exception's text: for who stands at the box, not for a page
                last = child.last_words()
                health.write(self._paths.health, child.name, healthy=False, sentence="not running", last_words=last)
        health.write(
            self._paths.health,
            "supervisor",
            healthy=not any(name in self._needed for name in down),
            sentence=f"starting again: {', '.join(down)}" if down else "every process runs",
            folder_lost=self.folder_lost,
            processes={child.name: child.facts() for child in self._children.values()},
        )

    def unwell(self) -> dict[str, str]:
        """Process -> what is not well with it."""
        states = {name: health.read(self._paths.health, name, now=time.time()) for name in self._needed}
        return {
            name: "; its last words: ".join(filter(None, (said["sentence"], said.get("last_words"))))
            for name, said in states.items()
            if not said["healthy"]
        }

    def stop(self) -> None:
        """All of them, in order, within `STOP_SECONDS`."""
        deadline = time.monotonic() + STOP_SECONDS
        panels = [child for child in self._children.values() if child.name == workers.PANEL]
        for child in panels:  # told first, gone last: it shows meanwhile that the box stops
            child.terminate()
        for number, names in enumerate(STOP_ORDER):
            group = [c for name in names for c in self._children.values() if workers.service_of(c.name) == name]
            for child in group:
                child.terminate()
            until = time.monotonic() + (deadline - time.monotonic()) / (len(STOP_ORDER) - number)
            for child in group:
                child.wait(until - time.monotonic())
        for child in panels:
            child.wait(TICK_SECONDS * 8)
        for child in self._children.values():
            if child.running:
                print(f"appliance: {child.name} did not stop in time and is killed", file=sys.stderr, flush=True)
            child.kill()


def run(*, paths: Paths, settings: Settings, demo: bool, lan: bool = False, out: TextIO = sys.stdout) -> int:
    """Keep the box running until SIGTERM or SIGINT; -> exit code. Prints `ready URL` when every process is healthy.
    With `lan` the URL is HTTPS at the box's address in the lab."""
    with held(paths, "box"), contextlib.ExitStack() as stack:
        way = _way_in(paths, settings, lan=lan)
        stopping = stop_event()
        _forget_last_run(paths)
        needed = workers.services(settings)
        waited_for = [name for name in needed if name != INFERENCE] if _tell_of_missing_models() else needed
        stack.callback(shutil.rmtree, paths.run, ignore_errors=True)
        exam = demo_exam.prepare(paths) if demo else None
        box = Supervisor(paths, [_service(paths, name, way) for name in needed])
        box.add(_service(paths, workers.PANEL, way))
        stack.callback(box.stop)
        stack.callback(notify, "STOPPING=1")
        if _until_ready(box, stopping, waited_for):
            _welcome(paths, box, way, exam, out)
            while not stopping.wait(TICK_SECONDS):
                box.look()
    return 0


@dataclass(frozen=True, slots=True)
class Way:
    """How the box is reached: the door's options, the address that is told, and for whom comes from this machine."""

    options: tuple[str, ...]
    url: str
    near: str
    ca: Path | None = None
    fingerprint: str = ""


def _way_in(paths: Paths, settings: Settings, *, lan: bool) -> Way:
    """The ports are free, or Unavailable says which is not."""
    host = settings.web.host
    if not lan:
        port = _free_port(host, settings.web.port)
        url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
        return Way(("--port", str(port)), url, url)
    port, https = _free_port("0.0.0.0", settings.web.port), _free_port("0.0.0.0", settings.web.https_port)
    shown = certificates.current(paths, settings)
    host = str(shown.addresses[0]) if shown.addresses else shown.names[0]
    options = ("--lan", "--port", str(port), "--https-port", str(https))
    url = f"https://{f'[{host}]' if ':' in host else host}:{https}"
    return Way(options, url, f"https://127.0.0.1:{https}", paths.keys / "authority.pem", shown.fingerprint)


def _service(paths: Paths, name: str, way: Way) -> Child:
    service, _, number = name.partition("-")
    command = [sys.executable, "-m", "appliance", "--data", str(paths.data), service]
    options = {DOOR: list(way.options), workers.CAPTURE: ["--worker", number], workers.PANEL: ["run"]}.get(service, [])
    return Child(name, [*command, *options], log=paths.logs / f"{name}.log")


def _until_ready(box: Supervisor, stopping: Event, waited_for: Sequence[str]) -> bool:
    """True when each of these is healthy; False when it is time to stop. Says now and then what it waits for."""
    complain_at = time.monotonic() + IMPATIENT_SECONDS
    while not stopping.wait(TICK_SECONDS):
        box.look()
        unwell = {name: sentence for name, sentence in box.unwell().items() if name in waited_for}
        if not unwell:
            return True
        if time.monotonic() > complain_at:
            complain_at += IMPATIENT_SECONDS
            for name, sentence in unwell.items():
                print(f"still waiting for {name}: {sentence}", file=sys.stderr, flush=True)
    return False


def _welcome(paths: Paths, box: Supervisor, way: Way, exam: Demo | None, out: TextIO) -> None:
    for sentence in exam.sentences() if exam else []:
        print(sentence, file=out)
    if code := setup.code_where_nobody_signs_in(paths):
        print(f"Nobody can sign in yet. Setup code: {code}, for {way.url}/setup", file=out)
    if way.fingerprint:
        print(f"SHA-256 fingerprint of the box's certificate: {way.fingerprint}", file=out)
    print(f"ready {way.url}", file=out, flush=True)
    notify("READY=1")
    if exam and exam.seats:
        command = [sys.executable, "-m", "appliance", SIMULATOR, "--url", way.near]
        command += ["--codes", str(exam.codes), "--seats", str(exam.seats)]
        command += ["--ca", str(way.ca)] if way.ca else []
        box.add(Child(SIMULATOR, command, log=paths.logs / f"{SIMULATOR}.log", again=False))


def _free_port(host: str, port: int) -> int:
    """The port, if it is free; any free one for 0."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(listener) for listener in listen(host, port)]
        return int(listeners[0].getsockname()[1])


def _tell_of_missing_models() -> bool:
    """Evidence first: without models the box records all the same, and says what it cannot do. -> is one missing?"""
    folder = models_folder()
    try:
        for name in pack.assets():
            pack.locate(folder, name)
    except ApplianceError as error:
        print(f"appliance: {error.message}", file=sys.stderr)
        print(f"  The box records, but detects nothing until it is there. {error.hint}", file=sys.stderr, flush=True)
        return True
    return False


def _forget_last_run(paths: Paths) -> None:
    """A box that was switched off leaves health files that may still look fresh."""
    for file in paths.health.glob("*.json"):
        file.unlink()
    for folder in (paths.pictures, paths.feeds):
        for file in folder.iterdir():
            file.unlink()
