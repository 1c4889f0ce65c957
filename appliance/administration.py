"""What the planner's and the administrator's pages do, at the command line, while the box does not run.

A running box has the ledger open for writing; then these commands are refused with a sentence that names the pages.
"""

import csv
import dataclasses
import getpass
import os
import shutil
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from appliance.box.lock import held
from appliance.box.paths import Paths
from appliance.box.secret import secret_from
from appliance.errors import BadInput, NotFound, StorageFull, Unavailable
from appliance.exam import roster as rosters
from appliance.exam.detection import DetectionPolicy
from appliance.exam.permissions import Role
from appliance.exam.plan import ExamPlan
from appliance.exam.policy import ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.ledger import reader, state, writer
from appliance.ledger.actions import accounts, exams, guesses, plans, users
from appliance.ledger.state import AttemptRow
from appliance.ledger.writer import Transaction, Writer

ACTOR = "cli"

Codes = Sequence[tuple[AttemptRow, str]]


@contextmanager
def alone(paths: Paths) -> Iterator[Writer]:
    """The ledger, open for writing, as long as no box runs on the data folder."""
    ran = paths.run.exists()
    try:
        with held(paths.make(), "box"), ledger_alone(paths) as ledger:
            yield ledger
    finally:
        if not ran:  # only a box needs it
            shutil.rmtree(paths.run, ignore_errors=True)


@contextmanager
def ledger_alone(paths: Paths) -> Iterator[Writer]:
    """The same for whoever is the box: the web process does not run."""
    with held(paths, "writer"), writer.opened(paths.database) as ledger:
        yield ledger


def create_exam(
    paths: Paths, policy: ExamPolicy, *, roster: Path | None, codes_out: Path | None, held: Path | None = None
) -> int:
    """Enter an exam with its roster and plan, all or nothing; write the join codes to `codes_out` or print them."""
    rows = read_roster(roster) if roster else []
    plan, detected = read_plan(held) if held else (ExamPlan(), DetectionPolicy())

    def work(transaction: Transaction) -> Codes:
        exams.create_exam(transaction, policy, by=ACTOR)
        if held is not None:
            plans.set_plan(transaction, policy.exam, plan, by=ACTOR)
            exams.set_detection(transaction, policy.exam, detected, by=ACTOR)
        exams.import_roster(transaction, policy.exam, rows, by=ACTOR)
        return exams.issue_codes(transaction, policy.exam, key=secret_from(paths.code_key), by=ACTOR)

    with _planner_instead(), alone(paths) as ledger:
        codes = ledger.transact(work)
    print(f"exam {policy.exam}: {len(codes)} candidates")
    if codes_out:
        write_codes(codes_out, codes)
        print(f"join codes: {codes_out}")
    else:
        for attempt, code in codes:
            print(f"seat {attempt.seat}  {code}  {attempt.name}")
    return 0


def list_exams(paths: Paths) -> int:
    """A line for each exam."""
    with reader.opened(paths.database) as ledger, ledger.connect() as connection:
        for exam in state.planned(connection):
            attempts = state.attempts(connection, exam.exam)
            ended = "stored" if exam.stored_at else "ended" if exam.ended_at else "open"
            starts = datetime.fromtimestamp(exam.starts_at).astimezone().isoformat(timespec="minutes")
            print(f"{exam.exam}  {starts}  {exam.minutes} min  {len(attempts)} candidates  {ended}  {exam.title}")
    return 0


def create_user(paths: Paths, user: str, *, name: str, role: Role) -> int:
    """Let somebody sign in. The password is asked for twice at a terminal, else it is the first line of stdin."""
    hashed = users.hash_password(_password(), user=user, name=name)

    def work(transaction: Transaction) -> None:
        users.create_user(transaction, user=user, name=name, role=role, password_hash=hashed, by=ACTOR)

    with _planner_instead(), alone(paths) as ledger:
        ledger.transact(work)
    print(f"user {user}: {role.value}")
    return 0


def list_users(paths: Paths) -> int:
    """A line for each person who signs in."""
    with reader.opened(paths.database) as ledger, ledger.connect() as connection:
        waits = guesses.locked(connection, now=time.time())
        for user in accounts.all_of(connection):
            off = "  switched off" if user.disabled_at is not None else ""
            wait = f"  waits {waits[user.user]:.0f} s after wrong guesses" if user.user in waits else ""
            print(f"{user.user}  {user.role}  {user.name}{off}{wait}")
    return 0


def read_roster(file: Path) -> list[RosterRow]:
    """The rows of a roster file."""
    try:
        with open(file, "rb") as content:
            return rosters.parse(content.read(rosters.MAX_BYTES + 1))
    except OSError as error:
        raise NotFound(f"the roster {file} cannot be read: {error.strerror}", hint="Check --roster.") from None


def read_plan(file: Path) -> tuple[ExamPlan, DetectionPolicy]:
    """A TOML file: the settings of `exam.plan.ExamPlan` by name, and a table `detection` with those of
    `exam.detection.DetectionPolicy`."""
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotFound(f"the plan {file} cannot be read: {error.strerror}", hint="Check --plan.") from None
    except ValueError as error:
        raise BadInput(f"the plan {file} is not TOML: {error}", hint="docs/day.md shows one.") from None
    detected = said.pop("detection", {})
    known = {field.name for field in dataclasses.fields(ExamPlan)}
    if unknown := sorted(set(said) - known):
        raise BadInput(f"the plan {file} has no setting {unknown[0]!r}", hint=f"Known are {', '.join(sorted(known))}.")
    return ExamPlan.of(said).checked(), DetectionPolicy.from_json(detected).checked()


def write_codes(file: Path, codes: Codes) -> None:
    """Join codes as CSV (seat, candidate, name, code), readable for their owner alone."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            lines = csv.writer(out)
            lines.writerow(["seat", "candidate", "name", "code"])
            lines.writerows([row.seat, row.candidate, row.name, code] for row, code in codes)
    except OSError as error:
        raise StorageFull(
            f"the join codes cannot be written to {file}: {error.strerror}",
            hint="Choose another file and issue new codes on the exam's page.",
        ) from None


def starts_at(text: str | None) -> float:
    """ISO 8601 -> wall seconds; now for None. A time without an offset is local."""
    if text is None:
        return time.time()
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise BadInput(f"{text[:40]!r} is not a time", hint="Write it as 2026-11-03T09:00+01:00.") from None


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Again: "):
        raise BadInput("the two passwords differ", hint="Try again.")
    return password


@contextmanager
def _planner_instead() -> Iterator[None]:
    try:
        yield
    except Unavailable as error:
        if isinstance(error, StorageFull):
            raise
        raise Unavailable(
            error.message, hint="While it runs, exams are made on its page /exams and people on its page /users."
        ) from None
