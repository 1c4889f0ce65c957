"""The demo exam: six simulated candidates and one login for each role, so that a newcomer sees a working box at once.

It is made only on a box that has nothing else. Its password and join codes lie in the keys folder, for this user alone.
"""

import json
import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from appliance import administration
from appliance.box.paths import Paths
from appliance.box.secret import secret_from
from appliance.errors import IntegrityError, NotAllowed
from appliance.exam import codes as join_codes
from appliance.exam.permissions import USERS, Role
from appliance.exam.plan import ExamPlan
from appliance.exam.policy import Admission, ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.exam.stage import CLOSED
from appliance.ledger import state
from appliance.ledger.actions import exams, plans, users
from appliance.ledger.state import AttemptRow, ExamRow
from appliance.ledger.writer import Transaction

ACTOR = "demo"
MINUTES = 60
LOGINS = {role.value: role for role in USERS}
"""Each role's user is named after it."""

_NAMES = ("Amara Okafor", "Bruno Keller", "Chen Yu", "Dalia Haddad", "Elif Kaya", "Felix Moreau")
ROSTER = [
    RosterRow(seat=str(seat), candidate=f"demo-{seat}", name=name, proctor=Role.PROCTOR.value)
    for seat, name in enumerate(_NAMES, start=1)
]
PLAN = ExamPlan(contact="Lab staff, in the room next door", items=("Water", "One sheet of notes"))
"""No stage that can be left out: a newcomer sees the exam at once."""

_EXAM = re.compile(r"demo(-[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What a newcomer is told, and what the simulator is given."""

    exam: str
    password: str
    codes: Path
    seats: int

    def sentences(self) -> list[str]:
        """The logins, to be printed."""
        return [f"demo exam {self.exam}: sign in as {', '.join(LOGINS)}; the password of each is {self.password}"]


def prepare(paths: Paths) -> Demo:
    """Make the demo exam and its people, or find those of the last time. NotAllowed on a provisioned box; Unavailable
    when a box runs on the data folder."""
    password, is_new = _password(paths.keys / "demo.json")
    hashed = users.hash_password(password)
    key = secret_from(paths.code_key)

    def work(transaction: Transaction) -> tuple[str, Sequence[tuple[AttemptRow, str]]]:
        _refuse_provisioned(transaction.connection)
        _create_users(transaction, hashed, is_new=is_new)
        exam = _current_exam(transaction)
        return exam, _codes(transaction, exam, key)

    with administration.ledger_alone(paths) as ledger:
        exam, issued = ledger.transact(work)
    file = paths.keys / "demo-codes.csv"
    administration.write_codes(file, issued)
    return Demo(exam=exam, password=password, codes=file, seats=len(issued))


def _password(file: Path) -> tuple[str, bool]:
    """The demo's password, and whether it was made just now."""
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["password"]), False
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError):
        raise IntegrityError(
            f"{file} cannot be read", hint="Remove the demo's data folder, or run without --demo."
        ) from None
    code = join_codes.generate(secrets.token_bytes(join_codes.RANDOM_BYTES))
    more = join_codes.generate(secrets.token_bytes(join_codes.RANDOM_BYTES))
    password = f"{join_codes.shown(code)}-{more[:4]}".lower()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump({"password": password, "users": list(LOGINS)}, out)
    return password, True


def _refuse_provisioned(connection: sa.Connection) -> None:
    others = [f"the user {user.user}" for user in state.users(connection) if user.user not in LOGINS]
    others += [f"the exam {exam.exam}" for exam in state.planned(connection) if not _EXAM.fullmatch(exam.exam)]
    if others:
        raise NotAllowed(
            f"this box is not a demo: it has {others[0]}",
            hint="Run it without --demo, or choose an empty data folder with --data.",
        )


def _create_users(transaction: Transaction, hashed: str, *, is_new: bool) -> None:
    there = {user.user for user in state.users(transaction.connection)}
    if there and is_new:
        raise NotAllowed(
            f"this box is not a demo: it has the user {min(there)}",
            hint="Run it without --demo, or choose an empty data folder with --data.",
        )
    for user, role in LOGINS.items():
        if user not in there:
            users.create_user(
                transaction, user=user, name=f"Demo {role.value}", role=role, password_hash=hashed, by=ACTOR
            )


def _current_exam(transaction: Transaction) -> str:
    """The newest demo exam while it goes on; otherwise the next one, made now."""
    there = [exam for exam in state.planned(transaction.connection) if exam.ended_at is None]
    for exam in there:
        if _goes_on(transaction.connection, exam):
            return exam.exam
        exams.end_exam(transaction, exam.exam, reason="every candidate has finished", by=ACTOR)
    number = len(state.planned(transaction.connection)) + 1
    name = "demo" if number == 1 else f"demo-{number}"
    policy = ExamPolicy(
        exam=name, title="Demo exam", starts_at=time.time(), minutes=MINUTES, admission=Admission.AUTOMATIC
    )
    exams.create_exam(transaction, policy, by=ACTOR)
    plans.set_plan(transaction, name, PLAN, by=ACTOR)
    exams.import_roster(transaction, name, ROSTER, by=ACTOR)
    return name


def _goes_on(connection: sa.Connection, exam: ExamRow) -> bool:
    now = time.time()
    return any(
        row.stage not in CLOSED and (row.ends_at is None or row.ends_at > now)
        for row in state.attempts(connection, exam.exam)
    )


def _codes(transaction: Transaction, exam: str, key: bytes) -> list[tuple[AttemptRow, str]]:
    """A new code for every candidate that is not through: the browser of the last time is gone."""
    return [
        issued
        for row in state.attempts(transaction.connection, exam)
        if row.stage not in CLOSED
        for issued in exams.issue_codes(transaction, exam, key=key, by=ACTOR, attempt=row.attempt)
    ]
