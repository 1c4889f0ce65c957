"""A small exam in a real ledger, for tests."""

import time
from dataclasses import dataclass

from appliance.exam.permissions import Role
from appliance.exam.policy import Admission, ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.ledger.actions import attempts, exams, users
from appliance.ledger.writer import Writer

KEY = b"k" * 32


@dataclass(frozen=True)
class World:
    """`attempts` by seat ("1", "2", ...), `codes` likewise."""

    exam: str
    attempts: dict[str, str]
    codes: dict[str, str]


def build(writer: Writer, *, seats: int = 2, admission: Admission = Admission.PROCTOR, warnings: int = 1) -> World:
    """A proctor `pia`, a lead `lea`, an exam `bio`, a roster, codes."""

    def work(transaction):
        for name, role in (("pia", Role.PROCTOR), ("paul", Role.PROCTOR), ("lea", Role.LEAD)):
            users.create_user(transaction, user=name, name=name.title(), role=role, password_hash="x", by="test")
        policy = ExamPolicy(
            exam="bio",
            title="Biology 101",
            starts_at=time.time() - 60,
            admission=admission,
            warnings_before_end=warnings,
        )
        exams.create_exam(transaction, policy, by="test")
        rows = [RosterRow(str(n), f"c{n}", f"Candidate {n}", "pia" if n == 1 else None) for n in range(1, seats + 1)]
        exams.import_roster(transaction, "bio", rows, by="test")
        return exams.issue_codes(transaction, "bio", key=KEY, by="test")

    issued = writer.transact(work)
    return World("bio", {row.seat: row.attempt for row, _ in issued}, {row.seat: code for row, code in issued})


def bring_to_equipment(writer: Writer, world: World, seat: str) -> str:
    """One candidate who has signed; -> the attempt."""
    attempt = world.attempts[seat]
    writer.transact(lambda t: attempts.arrive(t, world.codes[seat], key=KEY, browser="test"))
    writer.transact(lambda t: attempts.confirm(t, attempt))
    writer.transact(
        lambda t: attempts.sign(t, attempt, signature="Me", statement_version="1", statement_sha256="0" * 64)
    )
    return attempt


def bring_to_exam(writer: Writer, world: World, seat: str) -> str:
    """One candidate through every step into the exam; -> the attempt."""
    attempt = bring_to_equipment(writer, world, seat)
    writer.transact(lambda t: attempts.equip(t, attempt, camera="cam", microphone="mic", surface="monitor"))
    writer.transact(lambda t: attempts.admit(t, attempt, by="pia"))
    writer.transact(lambda t: attempts.start(t, attempt))
    return attempt
