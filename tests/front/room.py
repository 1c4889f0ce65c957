"""A lab for looking at pages: the real web process on a real ledger, and a stand-in for capture that writes stills and
says what arrives. No detection, no media: what a page shows of them is written by the test."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import cv2
import numpy as np

from appliance.box import health, picture
from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.exam.events import FlagRaised, GapClosed, GapOpened
from appliance.exam.feed import Feed, Kind
from appliance.exam.permissions import USERS
from appliance.exam.policy import ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.ledger.actions import attempts, exams, messages, users
from appliance.ledger.client import Client
from appliance.ledger.record import Draft
from appliance.web import main, status

EXAM = "biology-101"
PASSWORD = "four good words here"
NAMES = [
    "Ada Lovelace",
    "Ken Thompson",
    "Grace Hopper",
    "Alan Turing",
    "Edsger Dijkstra",
    "Barbara Liskov",
    "Donald Knuth",
    "Radia Perlman",
    "Tony Hoare",
    "Frances Allen",
    "John Backus",
    "Shafi Goldwasser",
    "Niklaus Wirth",
    "Margaret Hamilton",
    "Dennis Ritchie",
    "Jean Bartik",
    "Leslie Lamport",
    "Adele Goldberg",
    "Robin Milner",
    "Kathleen Booth",
    "Peter Naur",
    "Mary Shaw",
    "Vint Cerf",
    "Maximiliana-Theodora Featherstonehaugh",
]


def flag(name: str, code: str = "phone_visible", severity: str = "high", **changes) -> FlagRaised:
    """What detection would append."""
    said = {
        "flag": name,
        "code": code,
        "category": "integrity",
        "severity": severity,
        "kind": "webcam",
        "source": "inference",
        "onset_at": time.time() - 4,
        "position": 12.0,
        "stage": "in_exam",
        "rules": "test",
        "models": {},
        "threshold": 0.5,
        "score": 0.81,
        "true": 3,
        "assessable": 3,
        "ticks": 4,
        "light": 90.0,
        "snapshots": [],
    }
    return FlagRaised(**{**said, **changes})


@dataclass
class Room:
    """The folders, the address, and who sits where. `feeding` is the set of feeds that send now."""

    paths: Paths
    url: str = ""
    attempts: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    feeding: dict[Feed, bytes] = field(default_factory=dict)
    process: subprocess.Popen | None = None
    capture: subprocess.Popen | None = None
    door: subprocess.Popen | None = None
    feeder: threading.Thread | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    number: int = 0

    # --- what stands in the ledger before the box starts ---

    def furnish(self, seats: int) -> None:
        """People of every role (their password is PASSWORD), and an exam with so many candidates for the proctor."""
        digest = users.hash_password(PASSWORD)
        policy = ExamPolicy(
            exam=EXAM, title="Biology 101 · room B2", starts_at=time.time() - 600, ratio=15, link="https://exam.test/biology"
        )  # fmt: skip
        rows = [RosterRow(str(n + 1), f"c-{n + 1}", NAMES[n], "proctor" if n < 15 else None) for n in range(seats)]

        def work(transaction):
            for role in USERS:
                users.create_user(
                    transaction,
                    user=role.value,
                    name=f"The {role.value}",
                    role=role,
                    password_hash=digest,
                    by="test",
                )
            exams.create_exam(transaction, policy, by="planner")
            if not rows:
                return
            self.attempts = exams.import_roster(transaction, EXAM, rows, by="planner")
            issued = exams.issue_codes(transaction, EXAM, key=self.services.code_key, by="planner")
            self.codes = [code for _, code in issued]

        with main.serving(self.paths, Settings()) as self.services:
            self.services.writer.transact(work)

    def lead(self, seat: int, to: str) -> None:
        """Lead a candidate to a stage (before the box starts)."""
        attempt = self.attempts[seat - 1]
        signed = {"signature": "A", "statement_version": "1", "statement_sha256": "00"}
        key, code = self.services.code_key, self.codes[seat - 1]
        steps = [
            ("arrived", lambda t: attempts.arrive(t, code, key=key, browser="test")),
            ("consent", lambda t: attempts.confirm(t, attempt)),
            ("equipment", lambda t: attempts.sign(t, attempt, **signed)),
            ("waiting", lambda t: attempts.equip(t, attempt, camera="c", microphone="m", surface="monitor")),
            ("admitted", lambda t: attempts.admit(t, attempt, by="lead")),
            ("in_exam", lambda t: attempts.start(t, attempt)),
            ("submitted", lambda t: attempts.finish(t, attempt)),
        ]
        for name, step in steps:
            self.services.writer.transact(step)
            if name == to:
                return

    @contextlib.contextmanager
    def ledger(self):
        """The writer, while the box does not run."""
        with main.serving(self.paths, Settings()) as self.services:
            yield self

    def say(self, seat: int, text: str, *, kind: str = "chat", sender: str = "candidate") -> str:
        return self.services.writer.transact(
            lambda t: messages.send(t, self.attempts[seat - 1], kind=kind, sender=sender, sender_name="Pat", text=text)
        )

    def raised(self, seat: int, said: FlagRaised) -> None:
        self.services.writer.append(Draft(payload=said, chain=self.attempts[seat - 1], exam=EXAM, actor="inference"))

    def gap(self, seat: int) -> None:
        chain, at = self.attempts[seat - 1], time.time() - 90
        opened = GapOpened(gap="g1", kind="webcam", cause="connection_lost", starts_at=at)
        closed = GapClosed(gap="g1", kind="webcam", cause="connection_lost", starts_at=at, ends_at=at + 7)
        self.services.writer.append(
            *[Draft(payload=p, chain=chain, exam=EXAM, actor="capture") for p in (opened, closed)]
        )

    # --- while it runs ---

    def start(self, *, capture: bool = False, port: int | None = None) -> None:
        """The web process as it is, and the stand-in for capture (or capture itself)."""
        appliance = [sys.executable, "-m", "appliance", "--data", str(self.paths.data)]
        port = port or _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = open(self.paths.data / "web.out", "ab")  # noqa: SIM115
        streams = {"stdout": self.log, "stderr": self.log, "stdin": subprocess.DEVNULL}
        at = ["--port", str(port)]
        if capture:  # what is published has to find its way
            self.door = subprocess.Popen([*appliance, "door", *at], **streams)
        self.process = subprocess.Popen([*appliance, "web", *([] if self.door else at)], **streams)
        self._wait()
        if capture:
            self.start_capture()
        if self.feeder is None:
            self.feeder = threading.Thread(target=self._feed, name="feeder")
            self.feeder.start()

    def start_capture(self) -> None:
        command = [sys.executable, "-m", "appliance", "--data", str(self.paths.data), "capture", "--worker", "1"]
        with open(self.paths.data / "capture.out", "ab") as log:
            self.capture = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def kill_capture(self) -> None:
        """kill -9 of the process that records (its decoder follows it)."""
        self.capture.kill()
        self.capture.wait()
        (self.paths.health / "capture-1.json").unlink()  # what it said last is no news

    def recorded(self) -> list[str]:
        """Feeds that arrive and go to the disk now."""
        feeds = status.feeds(self.paths.health, now=time.time()) or {}
        arriving = {name: feed["silent_s"] for name, feed in feeds.items() if feed["gap"] is None}
        return [name for name, silent in arriving.items() if silent is not None and silent < 1]

    def kill(self) -> None:
        """The web process dies, the rest goes on."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self) -> None:
        self.stopping.set()
        if self.feeder is not None:
            self.feeder.join()
        for process in (self.capture, self.process, self.door):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(10)
        if hasattr(self, "log"):
            self.log.close()

    def append(self, seat: int, payload) -> None:
        """As the detection process does."""
        client = Client(self.paths.ledger_socket, process="inference")
        client.start()
        try:
            client.append_and_wait(payload, chain=self.attempts[seat - 1], exam=EXAM, seconds=5)
        finally:
            client.stop()

    def send(self, *seats: int, kinds: tuple[Kind, ...] = tuple(Kind), look: str = "") -> None:
        """From now on these seats send pictures."""
        for seat in seats:
            for kind in kinds:
                self.feeding[Feed(self.attempts[seat - 1], kind)] = still(seat, kind, look)

    def _feed(self) -> None:
        while not self.stopping.is_set():
            self.number += 1
            now = time.time()
            for feed, jpeg in list(self.feeding.items()):
                header = picture.Header(
                    feed=str(feed), number=self.number, taken_at=now - 0.2, position=1.0, width=320, height=180,
                    jpeg_bytes=len(jpeg), raw_bytes=0,
                )  # fmt: skip
                picture.write(self.paths.pictures, header, jpeg, b"")
            feeds = {
                str(feed): {"fps": 15.0, "silent_s": 0.1, "bitrate": 800_000, "lost": 0, "codecs": ["h264", "opus"]}
                for feed in self.feeding
            }
            if self.capture is None:
                health.write(self.paths.health, "capture-1", healthy=True, sentence="records", feeds=feeds)
            health.write(self.paths.health, "inference", healthy=True, sentence="looks twice a second")
            health.write(self.paths.health, "sync", healthy=True, sentence="nothing waits")
            self.stopping.wait(0.5)

    def _wait(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(Exception):
                if health.read(self.paths.health, "web", now=time.time()).get("pid") == self.process.pid:
                    break
            assert self.process.poll() is None, (self.paths.data / "web.out").read_text()
            assert time.monotonic() < deadline, "the web process is not up"
            time.sleep(0.05)
        while self.door is not None and not health.read(self.paths.health, "door", now=time.time())["healthy"]:
            assert time.monotonic() < deadline, "the door is not up"
            time.sleep(0.05)


def still(seat: int, kind: Kind, look: str = "") -> bytes:
    """A drawn person, or a drawn page: so that a picture can be told from another by eye."""
    image = np.full((180, 320, 3), (60 + seat * 7 % 90, 70 + seat * 13 % 80, 80 + seat * 29 % 90), np.uint8)
    if kind is Kind.SCREEN:
        image[:] = (245, 245, 245)
        for n in range(6):
            cv2.line(image, (30, 50 + 18 * n), (290 - 37 * (n + seat) % 120, 50 + 18 * n), (140, 140, 140), 4)
        cv2.rectangle(image, (0, 0), (320, 26), (150, 90, 40), -1)
    elif look != "empty":
        skin = (120 + seat * 11 % 90, 150 + seat * 7 % 70, 190 + seat * 5 % 50)
        cv2.ellipse(image, (160, 190), (95, 70), 0, 180, 360, (90, 60 + seat * 31 % 120, 60), -1)
        cv2.ellipse(image, (160, 88), (36, 46), 0, 0, 360, skin, -1)
        cv2.ellipse(image, (160, 64), (40, 34), 0, 180, 360, (30, 30, 40 + seat * 17 % 60), -1)
        if look == "phone":
            cv2.rectangle(image, (232, 70), (262, 128), (20, 20, 20), -1)
    done, jpeg = cv2.imencode(".jpg", image)
    assert done
    return bytes(jpeg)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
