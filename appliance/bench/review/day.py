"""What happens around a recording that is made: an exam, its people, a candidate's steps, flags, a chat, a call."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from appliance.exam import events
from appliance.exam.events import BOX, ExamPlanned, Payload
from appliance.exam.feed import Kind
from appliance.exam.flags import RULES, RULES_VERSION, Category, Rule, Severity, Source
from appliance.exam.permissions import Role
from appliance.exam.plan import ExamPlan, Second
from appliance.exam.policy import ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.ledger.actions import exams, users
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction, Writer

EXAM = "recorded"
PASSWORD = "four good words here"
PEOPLE = {"proctor": "pia", "lead": "lea", "reviewer": "rob", "institution": "ina"}

_MOMENTS = ("onset", "peak", "last")
_SEEN = {Severity.HIGH: (12, 13, 14), Severity.MEDIUM: (9, 11, 14), Severity.LOW: (6, 8, 14)}


def plan(ledger: Writer, *, kinds: Sequence[Kind], seats: int, begins_at: float, minutes: int) -> list[str]:
    """The exam and its people; -> the attempts, by seat."""

    def planned(transaction: Transaction) -> list[str]:
        password = users.hash_password(PASSWORD)
        for role, name in PEOPLE.items():
            users.create_user(
                transaction, user=name, name=name.title(), role=Role(role), password_hash=password, by="bench"
            )
        policy = ExamPolicy(exam=EXAM, title="Biology 101, recorded", starts_at=begins_at, minutes=minutes, ratio=15)
        exams.create_exam(transaction, policy, by="bench")
        said = ExamPlan(second=Second.REQUIRED if Kind.PHONE in kinds else Second.NONE).checked().to_json()
        transaction.append(_draft(ExamPlanned(exam=EXAM, plan=said, by="bench"), BOX, begins_at - 900, "bench"))
        roster = [RosterRow(str(n), f"2026-{n:04}", f"Candidate Number {n}", "pia") for n in range(1, seats + 1)]
        exams.import_roster(transaction, EXAM, roster, by="bench")
        return [row.attempt for row, _ in exams.issue_codes(transaction, EXAM, key=b"k" * 32, by="bench")]

    return ledger.transact(planned)


def sit(
    ledger: Writer,
    media: Path,
    attempt: str,
    recorded: Sequence[tuple[float, Payload]],
    begins_at: float,
    seconds: int,
    *,
    flags: int,
    live: bool,
    picture: bytes,
) -> None:
    """One candidate, from the arrival to the end (`live`: until now)."""
    said = [(at, payload, "capture") for at, payload in recorded]
    said += _steps(begins_at, seconds, live=live)
    said += _talk(attempt, begins_at, seconds)
    missed = events.AnalysisMissed(
        kind="webcam", starts_at=begins_at + seconds * 0.3, ends_at=begins_at + seconds * 0.32, cause="late"
    )
    said.append((missed.ends_at, missed, "inference"))
    for number in range(flags):
        said += _flag(media, attempt, number, begins_at, begins_at + seconds * (number + 0.5) / flags, picture)
    drafts = [_draft(payload, attempt, at, actor) for at, payload, actor in said]
    ledger.append(*sorted(drafts, key=lambda draft: draft.at.wall))


def _draft(payload: Payload, chain: str, at: float, actor: str) -> Draft:
    draft = Draft(payload=payload, chain=chain, exam=EXAM, actor=actor)
    return replace(draft, at=replace(draft.at, wall=at))


_Said = list[tuple[float, Payload, str]]


def _steps(begins_at: float, seconds: int, *, live: bool) -> _Said:
    pause, back = begins_at + seconds * 0.6, begins_at + seconds * 0.63
    said: _Said = [
        (begins_at - 60, events.AttemptArrived(browser="bench"), "candidate"),
        (begins_at - 20, _signed(), "candidate"),
        (begins_at + seconds * 0.02, _equipped(), "candidate"),
        (begins_at + seconds * 0.04, events.AttemptAdmitted(by="pia"), "pia"),
        (begins_at + seconds * 0.05, events.AttemptStarted(ends_at=begins_at + seconds), "candidate"),
        (pause, events.BreakBegun(minutes=5, until=pause + 300, by="pia"), "pia"),
        (back, events.BreakEnded(overrun=0.0, by="pia"), "pia"),
    ]
    return said if live else [*said, (begins_at + seconds, events.AttemptFinished(), "candidate")]


def _signed() -> Payload:
    return events.AttemptSigned(statement_version="1", statement_sha256="0" * 64, signature="C. N.")


def _equipped() -> Payload:
    return events.AttemptEquipped(camera="bench", microphone="bench", surface="monitor")


def _talk(attempt: str, begins_at: float, seconds: int) -> _Said:
    """A chat, a warning, a call and a note."""
    said: _Said = []
    for number in range(20):
        by, name = (("pia", "Pia"), ("candidate", "Candidate"))[number % 2]
        text = ("Please keep your hands on the desk.", "Is the calculator allowed?")[number % 2]
        kind = "warning" if number == 8 else "chat"
        message = f"{attempt}m{number}"
        sent = events.MessageSent(message=message, kind=kind, sender=by, sender_name=name, text=text)
        at = begins_at + seconds * (0.06 + 0.045 * number)
        said.append((at, sent, by))
        if kind == "warning":
            said.append((at + 5, events.WarningAcknowledged(message=message), "candidate"))
    call, at = f"{attempt}c", begins_at + seconds * 0.45
    said.append((at, events.CallStarted(call=call, by="pia", by_name="Pia"), "pia"))
    said.append((at + seconds * 0.01, events.CallEnded(call=call, by="pia", reason="hung_up"), "pia"))
    noted = events.IrregularityNoted(
        irregularity=f"{attempt}i",
        category="environment.noise",
        text="A lawn mower outside.",
        happened_at=begins_at + seconds * 0.7,
        position=seconds * 0.7,
        by="pia",
        by_name="Pia",
    )
    said.append((begins_at + seconds * 0.71, noted, "pia"))
    return said


_CODES = tuple(
    code
    for code, rule in RULES.items()
    if rule.source is Source.BOX and set(rule.kinds) & {Kind.WEBCAM, Kind.SCREEN, Kind.PHONE}
)


def _flag(media: Path, attempt: str, number: int, begins_at: float, at: float, picture: bytes) -> _Said:
    rule = RULES[_CODES[number * 7 % len(_CODES)]]
    flag, kind = f"{attempt}f{number}", _kind(rule)
    lasts = 2.0 + number % 5 * 3
    true, assessable, ticks = _SEEN[rule.severity]
    seen = events.FlagClosed(
        flag=flag,
        ended_at=at + lasts,
        score=0.91,
        true=true,
        assessable=assessable,
        ticks=ticks,
        snapshots=[_snapshot(media, attempt, flag, moment, at + n, picture) for n, moment in enumerate(_MOMENTS)],
    )
    raised = events.FlagRaised(
        flag=flag,
        code=rule.code,
        category=rule.category.value,
        severity=rule.severity.value,
        kind=kind.value,
        source="inference",
        onset_at=at,
        position=round(at - begins_at, 3),
        stage="in_exam",
        rules=RULES_VERSION,
        models={"yolox_nano": "1.2 5f3a"},
        threshold=rule.threshold,
        light=112.0,
        score=seen.score,
        true=true,
        assessable=assessable,
        ticks=ticks,
        snapshots=seen.snapshots[:2],
        numbers={"seconds": rule.seconds, "share": rule.share, "hits": float(rule.hits), **rule.numbers},
        why={"direction": "left", "yaw": 31.4} if rule.category is Category.INTEGRITY else {},
    )
    said: _Said = [(at + 3, raised, "inference"), (at + lasts + 1, seen, "inference")]
    if number % 6 == 0:
        decided = events.FlagDecided(
            flag=flag, decision="dismissed", reason="innocent_action", note="A drink.", by="pia"
        )
        said.append((at + lasts + 60, decided, "pia"))
    return said


def _kind(rule: Rule) -> Kind:
    return next(kind for kind in rule.kinds if kind in (Kind.WEBCAM, Kind.SCREEN, Kind.PHONE))


def _snapshot(media: Path, attempt: str, flag: str, moment: str, at: float, picture: bytes) -> dict[str, Any]:
    path = f"{EXAM}/{attempt}/snapshots/{flag}-{moment}.jpg"
    file = media / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(picture)
    return {"moment": moment, "path": path, "sha256": sha256(picture).hexdigest(), "at": at}
