"""The house that is measured: the real web process on a ledger with fifteen candidates in an exam, and ten leads.

The candidates' steps are written as the pages would have them written. Pictures and health of capture are written by
the measurement itself, as capture's processes would.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.bench.capture import usage
from appliance.box import health
from appliance.box.paths import Paths
from appliance.errors import Unavailable
from appliance.exam import events
from appliance.exam.permissions import Role
from appliance.exam.policy import ExamPolicy
from appliance.ledger.actions import exams, users
from appliance.ledger.record import Draft
from appliance.ledger.writer import Writer, opened
from appliance.web.auth import COOKIE

EXAM = "bench"
SEATS = 15
LEADS = 10
"""Each may have eight pages open."""

PULSE_SECONDS = 0.5
"""So that the wall shows two stills a second of each feed."""

START_SECONDS = 40.0
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Site:
    """`logins`: a token for each lead; `candidates`: one for each attempt; `before` and `last`: the sequence numbers
    between which a wall was away, and `missed` that many events of the exam."""

    paths: Paths
    url: str
    pid: int
    attempts: list[str]
    logins: list[str]
    candidates: list[str]
    before: int
    last: int
    missed: int

    def cpu(self) -> float:
        """Seconds of CPU of the web process."""
        return usage.cpu(self.pid)

    def health(self) -> dict[str, Any]:
        """What the web process says of itself."""
        return health.read(self.paths.health, "web", now=time.time())


@contextmanager
def serving(folder: Path, missed: int) -> Iterator[Site]:
    """A site whose ledger ends with `missed` events of the exam. Unavailable when the web process does not start."""
    paths = Paths.of(folder / "data").make()
    paths.config.write_text(f"[web]\npulse_seconds = {PULSE_SECONDS}\n", encoding="utf-8")
    try:
        with opened(paths.database) as writer:
            attempts = [f"{number:016x}" for number in range(1, SEATS + 1)]
            logins = _people(writer)
            _seat(writer, attempts)
            candidates = writer.transact(lambda t: [users.open_login(t, attempt=attempt) for attempt in attempts])
            before = writer.head
            _happen(writer, attempts, missed)
            last = writer.head
        with web(paths) as (url, pid):
            yield Site(paths, url, pid, attempts, logins, candidates, before, last, missed)
    finally:
        shutil.rmtree(paths.run, ignore_errors=True)


@contextmanager
def web(paths: Paths) -> Iterator[tuple[str, int]]:
    """The box's own web process on a data folder: its address and its process. Unavailable when it does not start."""
    command = [sys.executable, "-m", "appliance", "--data", str(paths.data), "web", "--port", "0"]
    log = paths.logs / "web.log"
    with open(log, "ab") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            deadline = time.monotonic() + START_SECONDS
            while not (port := health.read(paths.health, "web", now=time.time()).get("port")):
                if process.poll() is not None or time.monotonic() > deadline:
                    words = log.read_text(encoding="utf-8")[-300:]
                    raise Unavailable("the web process did not start", hint=words)
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait(15)


def cookie(token: str) -> str:
    """The header of who holds the token."""
    return f"{COOKIE}={token}"


def _people(writer: Writer) -> list[str]:
    def enter(transaction: Any) -> list[str]:
        policy = ExamPolicy(exam=EXAM, title="Benchmark", starts_at=time.time(), minutes=120, ratio=SEATS)
        names = [f"lead{number}" for number in range(1, LEADS + 1)]
        for name in names:
            users.create_user(transaction, user=name, name=name, role=Role.LEAD, password_hash="none", by="bench")
        exams.create_exam(transaction, policy, by="bench")
        return [users.open_login(transaction, user=name) for name in names]

    return writer.transact(enter)


def _seat(writer: Writer, attempts: list[str]) -> None:
    """Everybody sits in the exam, each with a phone as a second camera."""
    for number, attempt in enumerate(attempts, 1):
        steps = (
            events.AttemptCreated(exam=EXAM, seat=str(number), name=f"Candidate {number}", candidate=f"c-{number}"),
            events.AttemptEquipped(camera="", microphone="", surface="monitor"),
            events.PhoneInvited(pairing=f"p{attempt}", by="candidate", expires_at=time.time() + 60),
            events.PhoneScanned(pairing=f"p{attempt}", browser="bench"),
            events.PhoneConfirmed(pairing=f"p{attempt}", by="lead1"),
            events.AttemptAdmitted(by="lead1"),
            events.AttemptStarted(ends_at=time.time() + 7200),
        )
        writer.append(*(_draft(step, attempt) for step in steps))


def _happen(writer: Writer, attempts: list[str], count: int) -> None:
    """What walls see most of: somebody looked at a candidate."""
    for first in range(0, count, _BATCH):
        numbers = range(first, min(count, first + _BATCH))
        said = events.AttentionGiven(kind="look", by="lead1")
        writer.append(*(_draft(said, attempts[number % len(attempts)]) for number in numbers))


def _draft(said: events.Payload, attempt: str) -> Draft:
    return Draft(payload=said, chain=attempt, exam=EXAM, actor="bench")
