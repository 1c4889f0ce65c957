"""`appliance thresholds`: other rules on the sessions that this box has kept, for a person or for the pages."""

import json
import sys
from pathlib import Path
from typing import Any

from appliance.box.paths import Paths
from appliance.errors import BadInput
from appliance.evaluate import trial
from appliance.evaluate.trial import Raised, Session
from appliance.exam.detection import DetectionPolicy
from appliance.exam.flags import Decision
from appliance.exam.trial import LIMIT, Trial
from appliance.inference.trace import files
from appliance.ledger import detection, reader, state
from appliance.ledger.state import FlagRow

TOO_MANY = 1
"""Exit code when the changed rules would raise more false alerts than they may."""


def run(paths: Paths, exam: str, *, policy: Path | None, seconds: float, as_json: bool) -> int:
    """Try what `policy` holds (JSON; standard input where it is None) against what is in force in an exam."""
    then = _policy(policy)
    with reader.opened(paths.database) as ledger, ledger.connect() as connection:
        state.exam(connection, exam)
        now = detection.policy(connection, exam)
        stored = [
            Session(
                exam=row.exam,
                seat=attempt.seat,
                folder=folder,
                decided=tuple(map(_decided, state.flags(connection, attempt=attempt.attempt))),
            )
            for row in state.exams(connection)
            for attempt in state.attempts(connection, row.exam)
            if files(folder := paths.media / row.exam / attempt.attempt / "trace")
        ]

    def say(done: int, of: int) -> None:
        if as_json:
            print(json.dumps({"done": done, "of": of}), flush=True)

    found = trial.run(stored, now, then, seconds=seconds, say=say)
    print(json.dumps({"trial": found.to_json()}) if as_json else "\n".join(lines(found)))
    return TOO_MANY if found.too_many else 0


def lines(found: Trial) -> list[str]:
    """As a person reads it."""
    said = [f"{found.sessions} of {found.all_sessions} stored sessions, {found.hours:.2f} candidate-hours"]
    for code in sorted({*found.before, *found.after}):
        said.append(f"  {code:<24} {found.before.get(code, 0):>5} -> {found.after.get(code, 0)}")
    for change in found.changes:
        sign = "+" if change.added else "-"
        confirmed = ", which somebody confirmed" if change.confirmed else ""
        said.append(f"  {sign} {change.exam}, seat {change.seat}: {change.code}{confirmed}")
    said += [f"  NOT TRIED: {reason}" for reason in found.unreadable]
    said.append(
        f"false alerts in a candidate-hour: {found.rate_before:.2f} -> {found.rate_after:.2f} (limit {LIMIT:g})"
        f"{': too many' if found.too_many else ''}"
    )
    return said


def _policy(file: Path | None) -> DetectionPolicy:
    try:
        said: Any = json.loads(sys.stdin.read() if file is None else file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"the policy cannot be read: {error}", hint="It is JSON, as the exam's page gives it.") from None
    if not isinstance(said, dict):
        raise BadInput("the policy is no JSON object")
    return DetectionPolicy.from_json(said.get("policy", said))


def _decided(flag: FlagRow) -> tuple[Raised, str, str]:
    seen_until = flag.raised_at if flag.source == "inference" else flag.onset_at  # a person may raise it days later
    raised = Raised(flag.code, flag.kind, flag.onset_at, flag.ended_at or seen_until)
    return raised, flag.state if flag.state != Decision.OPEN else "", flag.reason
