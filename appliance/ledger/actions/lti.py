"""What a platform's LTI messages do: bring a candidate in, hand the candidate back, say that the exam is submitted.

A launch opens what a join code would open, and nothing else: the platform says who the person is there, a planner has
said which exam the link is, and the roster says whose attempt that is.
"""

import hashlib
import json
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam import paper
from appliance.exam.events import (
    BOX,
    AttemptArrived,
    AttemptRejoined,
    CheckoutTicked,
    ExamLinked,
    LtiAssessmentEnded,
    LtiAssessmentStarted,
    LtiLaunched,
    LtiLaunchRefused,
)
from appliance.exam.identity import Ruling
from appliance.exam.paper import Need, Tick
from appliance.exam.stage import AT_WORK, CLOSED, Stage
from appliance.ledger import checkout, detection, lti, planning, state, tables
from appliance.ledger.actions import attempts, users
from appliance.ledger.actions.attempts import CANDIDATE, append
from appliance.ledger.actions.exams import open_exam
from appliance.ledger.lti import LaunchRow
from appliance.ledger.lti_tables import lti_launch, lti_nonce
from appliance.ledger.record import Draft
from appliance.ledger.state import AttemptRow
from appliance.ledger.writer import Transaction

PLATFORM = "exam platform"
"""The actor of what a platform says; no user can be called that."""

LONGEST_LINK = 255
LONGEST_MESSAGE = 500


class LaunchRefused(NotAllowed):
    """A message that the platform did sign leads nowhere; `reason` as in `lti.launch_refused`."""

    def __init__(self, reason: str, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """What a start message says, checked. `candidate`: the key of the roster."""

    platform: str
    subject: str
    candidate: str
    resource_link: str
    attempt_number: int
    session_data: str
    start_url: str
    control_url: str
    actions: tuple[str, ...]
    nonce: str
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What an end message says, checked. `message`: the platform's words where the exam ended with an error."""

    platform: str
    subject: str
    resource_link: str
    attempt_number: int
    troubled: bool
    message: str
    nonce: str
    expires_at: float


def link(
    transaction: Transaction, exam: str, *, platform: str, resource_link: str, active: bool = True, by: str
) -> None:
    """A resource link is this exam from now on, or of no exam any more."""
    wanted = resource_link.strip()
    if not 1 <= len(wanted) <= LONGEST_LINK or not wanted.isprintable():
        raise BadInput(
            f"a resource link has 1 to {LONGEST_LINK} characters", hint="Copy it from the platform, or from the list."
        )
    open_exam(transaction, exam)
    before = lti.exam_of(transaction.connection, platform=platform, resource_link=wanted)
    if active and before not in (None, exam):
        raise NotAllowed(f"this link is the exam {before} already", hint="Take it away there first.")
    if active == (before == exam):
        return
    said = ExamLinked(exam=exam, platform=platform, resource_link=wanted, active=active, by=by)
    transaction.append(Draft(payload=said, chain=BOX, exam=exam, actor=by))


def arrive(transaction: Transaction, said: Launched, *, browser: str, cookie: str) -> tuple[AttemptRow, str]:
    """Let a launched candidate in; -> the attempt, and the token for the browser's cookie. `browser` is what it says it
    is, `cookie` what it was given before the launch. As a join code a launch opens one browser: another one is refused
    until staff give a new code."""
    _once(transaction, said.platform, said.nonce, said.expires_at)
    row = _whose(transaction.connection, said)
    if row.stage in CLOSED:
        raise LaunchRefused("over", "this exam is over for you", hint="If that is a mistake, speak to the proctor.")
    at_home = _hash(cookie)
    before = lti.launch(transaction.connection, row.attempt)
    if _in_use(transaction.connection, row) and (before is None or before.browser != at_home):
        raise LaunchRefused(
            "browser",
            "you are in this exam on another computer or in another browser",
            hint="Go on there, or ask the proctor for a new code; then start again from the platform.",
        )
    _remember(transaction, row, said, at_home)
    first = row.stage is Stage.INVITED
    here = AttemptArrived(browser=browser[:200]) if first else AttemptRejoined(browser=browser[:200])
    append(transaction, row, here, CANDIDATE)
    append(
        transaction,
        row,
        LtiLaunched(
            platform=said.platform,
            resource_link=said.resource_link,
            subject=said.subject,
            attempt_number=said.attempt_number,
            actions=list(said.actions),
        ),
        PLATFORM,
    )
    code = tables.join_code
    connection = transaction.connection
    connection.execute(sa.update(code).where(code.c.attempt == row.attempt).values(used_at=transaction.now))
    token = users.open_login(transaction, attempt=row.attempt)
    return state.attempt(connection, row.attempt), token


def refused(transaction: Transaction, *, platform: str, resource_link: str, reason: str) -> None:
    """A launch led nowhere: planners see the link on the exam's page."""
    said = LtiLaunchRefused(platform=platform, resource_link=resource_link[:LONGEST_LINK], reason=reason)
    transaction.append(Draft(payload=said, chain=BOX, exam=None, actor=PLATFORM))


def start_assessment(transaction: Transaction, attempt: str) -> tuple[LaunchRow, str]:
    """Hand the candidate back to the platform, once the exam is open; -> the launch, and the name that a person has
    checked ("" where nobody did)."""
    row = state.attempt(transaction.connection, attempt)
    launch = lti.launch(transaction.connection, attempt)
    if launch is None:
        raise NotFound("this exam was not opened from a platform", hint="Use the link of the exam's page.")
    if row.stage not in AT_WORK:
        raise NotAllowed("the exam is not open for you now", hint="Go back to the page of the exam.")
    ruling = detection.identity(transaction.connection, attempt).decision
    name = row.name if ruling in (Ruling.MATCHED, Ruling.KNOWN) else ""
    started = LtiAssessmentStarted(platform=launch.platform, attempt_number=launch.attempt_number, verified=bool(name))
    append(transaction, row, started, PLATFORM)
    return launch, name


def end_assessment(transaction: Transaction, said: Ended) -> AttemptRow:
    """The platform says that the exam is submitted there (M83): the candidate hands in, and the check-out has it
    confirmed. Where it ended with an error that is written down, and people decide what follows."""
    _once(transaction, said.platform, said.nonce, said.expires_at)
    connection = transaction.connection
    found = lti.launched(
        connection,
        platform=said.platform,
        resource_link=said.resource_link,
        subject=said.subject,
        attempt_number=said.attempt_number,
    )
    if found is None:
        raise LaunchRefused(
            "roster", "this box does not know the attempt that ended", hint="Speak to the proctor before you leave."
        )
    row = state.attempt(connection, found.attempt)
    ended = LtiAssessmentEnded(
        platform=said.platform,
        attempt_number=said.attempt_number,
        troubled=said.troubled,
        message=said.message[:LONGEST_MESSAGE],
    )
    append(transaction, row, ended, PLATFORM)
    if not said.troubled:
        if row.stage is Stage.IN_EXAM:
            attempts.finish(transaction, row.attempt)
        confirm_submitted(transaction, row.attempt)
    return state.attempt(connection, row.attempt)


def confirm_submitted(transaction: Transaction, attempt: str) -> None:
    """Tick "submitted" in the check-out where the platform has said so, before or after the candidate handed in."""
    connection = transaction.connection
    row, found = state.attempt(connection, attempt), lti.launch(connection, attempt)
    if row.stage is not Stage.CHECK_OUT or found is None or found.submitted_at is None:
        return
    wanted = Need.SUBMITTED in paper.needs(planning.plan(connection, row.exam))
    ticked = any(one.tick == Tick.SUBMITTED for one in checkout.ticks(connection, attempt=attempt))
    if wanted and not ticked:
        append(transaction, row, CheckoutTicked(tick=Tick.SUBMITTED.value, by=PLATFORM), PLATFORM)


def _whose(connection: sa.Connection, said: Launched) -> AttemptRow:
    exam = lti.exam_of(connection, platform=said.platform, resource_link=said.resource_link)
    if exam is None:
        raise LaunchRefused(
            "link",
            "nobody has said yet which exam of this lab that is",
            hint="Speak to the proctor: a planner enters the link on the page of the exam.",
        )
    found = [row for row in state.attempts(connection, exam) if row.candidate == said.candidate]
    if len(found) != 1:
        raise LaunchRefused(
            "roster",
            "you are not on the roster of this exam",
            hint="Speak to the proctor: the roster and the platform may write your number differently.",
        )
    return found[0]


def _in_use(connection: sa.Connection, row: AttemptRow) -> bool:
    code = tables.join_code.c
    used = connection.execute(sa.select(code.used_at).where(code.attempt == row.attempt)).one_or_none()
    return row.stage is not Stage.INVITED if used is None else used.used_at is not None


def _once(transaction: Transaction, platform: str, nonce: str, expires_at: float) -> None:
    connection = transaction.connection
    connection.execute(sa.delete(lti_nonce).where(lti_nonce.c.expires_at < transaction.now - 3600))
    key = _hash(f"{platform}\n{nonce}")
    if connection.execute(sa.select(lti_nonce.c.nonce).where(lti_nonce.c.nonce == key)).first():
        raise LaunchRefused(
            "message", "this launch was used already", hint="Go back to the platform and start from there again."
        )
    connection.execute(sa.insert(lti_nonce).values(nonce=key, expires_at=expires_at))


def _remember(transaction: Transaction, row: AttemptRow, said: Launched, browser: str) -> None:
    connection = transaction.connection
    head = connection.execute(sa.select(sa.func.max(tables.event.c.seq))).scalar() or 0
    values = {
        "platform": said.platform,
        "subject": said.subject,
        "resource_link": said.resource_link,
        "attempt_number": said.attempt_number,
        "session_data": said.session_data,
        "start_url": said.start_url,
        "control_url": said.control_url,
        "actions": json.dumps(list(said.actions)),
        "browser": browser,
        "launched_at": transaction.now,
    }
    made = insert(lti_launch).values(attempt=row.attempt, since=head, **values)
    connection.execute(made.on_conflict_do_update(index_elements=["attempt"], set_=values))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
