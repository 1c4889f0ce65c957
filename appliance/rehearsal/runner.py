"""Runs rehearsals: one at a time, in a thread of the web process; the seats that the box plays are a child process.

Killed in the middle nothing stays: the child dies with its parent, the next web process ends the exam
(`own_runs.tidy`), and with it goes what was recorded.
"""

import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

import sqlalchemy as sa

from appliance.box import capacity, parent
from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.errors import ApplianceError
from appliance.exam.events import BOX, RehearsalOver
from appliance.exam.own_runs import PERSON, OwnRun
from appliance.exam.plan import Level
from appliance.exam.stage import CLOSED, Stage
from appliance.ledger import board, state
from appliance.ledger.actions import attempts as steps
from appliance.ledger.actions import exams, own_runs
from appliance.ledger.reader import Reader
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction, Writer
from appliance.rehearsal import asked as rules
from appliance.rehearsal import files, front, phase, verdict
from appliance.rehearsal.asked import Asked
from appliance.rehearsal.current import Rehearsals
from appliance.rehearsal.gauge import Gauge
from appliance.rehearsal.phase import Outcome, Phase, Seen, State
from appliance.rehearsal.verdict import Sample, Verdict

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
FIRST_SEAT = 101
"""The simulator's numbers: those below play scenes of their own, and here everybody only works."""

PLAYED = "played-"
"""What the seats that the box plays are called, before their number."""

_SPARE_MINUTES = 15
_GRACE = 5.0

Present = Callable[[], tuple[str, ...]]
"""Seats whose page is open on a lab's computer just now."""


@dataclass(slots=True)
class _Running:
    """One that goes on."""

    asked: Asked
    exam: str
    names: dict[str, str]
    real: dict[str, str]
    gauge: Gauge
    codes: str
    child: subprocess.Popen[bytes] | None = None
    errors: IO[bytes] | None = None
    samples: list[Sample] = field(default_factory=list)


class Runner:
    """Belongs to one thread; what pages may touch is `rehearsals`."""

    def __init__(
        self,
        paths: Paths,
        settings: Settings,
        *,
        writer: Writer,
        reader: Reader,
        key: bytes,
        rehearsals: Rehearsals,
        present: Present,
    ) -> None:
        self._paths, self._settings = paths, settings
        self._writer, self._reader, self._key = writer, reader, key
        self._rehearsals, self._present = rehearsals, present
        self._running: _Running | None = None

    def recover(self) -> None:
        """At a start: one that an earlier process was at is over; its exam is ended with every other own run."""
        if files.said(self._paths).get("outcome") == Outcome.RUNNING.value and files.said(self._paths).get("phase"):
            self._say({"phase": Phase.OVER.value, "outcome": Outcome.FAILED.value, "reason": "restarted"})
        files.forget(self._paths)

    def turn(self) -> None:
        """Once a second."""
        self._hear()
        asked = self._rehearsals.asked
        if asked is None:
            return
        now = time.time()
        try:
            if self._running is None:
                self._begin(asked, now)
            self._go_on(now)
        except (ApplianceError, OSError) as error:
            log.error("the rehearsal ends: %s", error)
            was = self._rehearsals.state or State(since=now, seconds=0.0)
            self._rehearsals.state = phase.failed(was, "box", at=now)
            self._finish(now)

    def close(self) -> None:
        """The process stops: so does the rehearsal."""
        if self._running is not None:
            was = self._rehearsals.state or State(since=time.time(), seconds=0.0)
            self._rehearsals.state = phase.failed(was, "restarted", at=time.time())
            self._finish(time.time())

    # --- asked ---

    def _hear(self) -> None:
        """What the command line wants."""
        if files.take_stop(self._paths):
            self._rehearsals.stop()
        said = files.take_asked(self._paths)
        if said is None:
            return
        try:
            self.ask(seats=said.get("seats"), minutes=float(said["minutes"]), by=str(said["by"]))
        except ApplianceError as error:
            self._say({"phase": Phase.OVER.value, "outcome": "refused", "error": error.message, "hint": error.hint})
        except (KeyError, TypeError, ValueError):
            self._say({"phase": Phase.OVER.value, "outcome": "refused", "error": "this was no rehearsal", "hint": ""})

    def ask(self, *, seats: int | None, minutes: float, by: str) -> None:
        """Begin within a second. `seats` None: as many as the next exam has. BadInput and NotAllowed in words."""
        now = time.time()
        with self._reader.connect() as connection:
            soon = board.next_exam(connection, now=now)
            on = board.is_exam_on(connection)
            many = planned_seats(connection, now=now) if seats is None else seats
        rules.may_begin(exam_on=on, next_at=soon.starts_at if soon else None, now=now)
        carries = capacity.current(self._paths.capacity, self._settings).seats
        url, certificate = front.address(self._paths, self._settings)
        asked = Asked(
            seats=min(many, carries) if seats is None else many,
            minutes=minutes,
            by=by,
            real=self._present()[: max(0, many)],
            url=url,
            certificate=certificate,
        )
        self._rehearsals.ask(rules.check(asked, carries=carries))

    # --- one ---

    def _begin(self, asked: Asked, now: float) -> None:
        gauge = Gauge(self._paths)
        minutes = round(asked.minutes) + _SPARE_MINUTES
        played = [f"{PLAYED}{number}" for number in range(1, asked.simulated + 1)]

        def work(transaction: Transaction) -> tuple[str, list[str], list[str], list[tuple[str, str]]]:
            exam = own_runs.begin(transaction, OwnRun.REHEARSAL, minutes=minutes, level=Level.FULL, by=asked.by)
            real = own_runs.enter(transaction, exam, asked.real, by=asked.by)
            for attempt in real:
                own_runs.seat(transaction, attempt, browser=PERSON)
            others = own_runs.enter(transaction, exam, played, by=asked.by)
            issued = exams.issue_codes(transaction, exam, key=self._key, by=asked.by)
            return exam, real, others, [(row.attempt, code) for row, code in issued]

        exam, real, others, issued = self._writer.transact(work)
        names = dict(zip(real, asked.real, strict=True)) | dict(zip(others, played, strict=True))
        lines = [f"{FIRST_SEAT + n},{code}" for n, (_, code) in enumerate(issued)]
        self._running = _Running(
            asked=asked,
            exam=exam,
            names=names,
            real=dict(zip(asked.real, real, strict=True)),
            gauge=gauge,
            codes="\n".join(["seat,code", *lines]) if lines else "",
        )
        self._rehearsals.state = State(since=now, seconds=60.0 * asked.minutes)
        self._rehearsals.began(exam, self._running.real)
        self._play(self._running)

    def _play(self, running: _Running) -> None:
        """Start the seats that the box plays itself."""
        if not running.codes:
            return
        files.folder(self._paths).mkdir(mode=0o700, exist_ok=True)
        codes = files.folder(self._paths) / "codes.csv"
        codes.touch(mode=0o600)
        codes.write_text(running.codes, encoding="utf-8")
        command = [sys.executable, "-m", "appliance", "--data", str(self._paths.data), "simulate"]
        command += ["--url", running.asked.url, "--codes", str(codes), "--seats", str(running.asked.simulated)]
        if running.asked.certificate:
            command += ["--ca", running.asked.certificate]
        running.errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the child
        running.child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=running.errors,
            env={**os.environ, parent.VARIABLE: str(os.getpid())},
        )

    def _go_on(self, now: float) -> None:
        running, before = self._running, self._rehearsals.state
        assert running is not None
        assert before is not None
        child = running.child
        sample = running.gauge.take(running.names, simulator=child.pid if child else None)
        here = sum(bool(line.fps) for line in sample.lines.values())
        self._rehearsals.here = here
        with self._reader.connect() as connection:
            on = board.is_exam_on(connection)
            self._seat(connection, running, sample)
        seen = Seen(
            at=now,
            here=here,
            expected=running.asked.seats,
            playing=child is None or child.poll() is None,
            stop=self._rehearsals.stopping,
            exam_on=on,
        )
        after = phase.advance(before, seen)
        self._rehearsals.state = after
        if after.phase is Phase.MEASURING:
            running.samples.append(sample)
        self._say(self._state(after, now))
        if after.phase is Phase.ENDING:
            self._finish(now)

    def _seat(self, connection: sa.Connection, running: _Running, sample: Sample) -> None:
        """A lab's computer whose camera has come takes part like a candidate: it is detected and listened to."""
        for attempt in running.real.values():
            line, row = sample.lines.get(attempt), state.attempt(connection, attempt)
            if line is None or not line.fps or row.stage is not Stage.EQUIPMENT:
                continue

            def work(transaction: Transaction, attempt: str = attempt) -> None:
                steps.equip(transaction, attempt, camera="", microphone="", surface="")
                if state.attempt(transaction.connection, attempt).stage is Stage.ADMITTED:
                    steps.start(transaction, attempt, by=PERSON)

            self._writer.transact(work)

    # --- the end ---

    def _finish(self, now: float) -> None:
        """Take everything away, then say what came of it."""
        running, ended = self._running, self._rehearsals.state
        assert ended is not None
        self._running = None
        report: dict[str, Any] = {"at": now, "outcome": ended.outcome.value, "reason": ended.reason}
        if running is not None:
            self._end_child(running)
            running.gauge.close()
            found = self._judge(running)
            report |= {"verdict": found.to_json(), "by": running.asked.by, "minutes": running.asked.minutes}
            self._take_away(running, ended, found)
        files.forget(self._paths)
        try:
            files.write_report(self._paths, report)
        except (ApplianceError, OSError) as error:
            log.error("the report of the rehearsal cannot be written: %s", error)
        self._say({"phase": Phase.OVER.value, "outcome": ended.outcome.value, "reason": ended.reason, "report": report})
        self._rehearsals.over()

    def _take_away(self, running: _Running, ended: State, found: Verdict) -> None:
        said = RehearsalOver(
            rehearsal=running.exam,
            outcome=ended.outcome.value,
            seats=running.asked.seats,
            real=len(running.real),
            seconds=found.seconds,
            holds=found.holds,
            weakest=found.weakest,
            by=running.asked.by,
        )

        def work(transaction: Transaction) -> None:
            own_runs.end(transaction, running.exam, reason="rehearsal", by=running.asked.by)
            transaction.append(Draft(payload=said, chain=BOX, exam=None, actor=running.asked.by))

        try:
            self._writer.transact(work)
        except ApplianceError as error:  # at the next start it is ended with every other own run
            log.error("the rehearsal's exam cannot be ended: %s", error)

    def _end_child(self, running: _Running) -> None:
        child = running.child
        if child is not None:
            child.terminate()
            try:
                child.wait(_GRACE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if running.errors is not None:
            running.errors.seek(0)
            if child is not None and child.returncode not in (0, 1, -15):
                log.error("the simulator: %s", running.errors.read(2000).decode(errors="replace").strip())
            running.errors.close()

    def _judge(self, running: _Running) -> Verdict:
        known = None
        try:
            known = capacity.read(self._paths.capacity)
        except (ApplianceError, OSError):
            log.warning("what was measured of the disk cannot be read")
        box = verdict.Box(
            cores=float(len(os.sched_getaffinity(0))),
            carries=capacity.current(self._paths.capacity, self._settings).seats,
            part_seconds=self._settings.capture.part_seconds,
            before=running.gauge.before,
            disk=known.disk_bytes if known else None,
            names=running.names,
            real=frozenset(running.real),
        )
        return verdict.judge(running.samples, box, asked=running.asked.seats)

    # --- telling ---

    def _state(self, now_is: State, now: float) -> dict[str, Any]:
        running = self._running
        return {
            "phase": now_is.phase.value,
            "outcome": now_is.outcome.value,
            "reason": now_is.reason,
            "left": round(now_is.left(now), 1),
            "here": self._rehearsals.here,
            "seats": running.asked.seats if running else 0,
            "real": len(running.real) if running else 0,
        }

    def _say(self, said: dict[str, Any]) -> None:
        try:
            files.say(self._paths, {**said, "at": time.time()})
        except OSError as error:
            log.warning("where the rehearsal is cannot be told: %s", error)


def planned_seats(connection: sa.Connection, *, now: float) -> int:
    """As many as the next exam has candidates; else as the room has seats; at least one."""
    exam = board.next_exam(connection, now=now)
    rows = state.attempts(connection, exam.exam) if exam is not None else []
    candidates = sum(row.stage not in CLOSED for row in rows)
    return min(candidates or len(board.places(connection)) or 6, rules.MOST_SEATS)
