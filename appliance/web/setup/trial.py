"""A camera from any lab computer: it sends for some seconds, the real way, and the setup page sees what arrives.

It is a practice exam of its own with one candidate: recorded as in an exam, never sent anywhere, deleted within the
hour.
"""

import secrets
import threading
from dataclasses import dataclass

from appliance.box import picture
from appliance.box.paths import Paths
from appliance.box.token import Claim, FeedTokens
from appliance.errors import NotAllowed
from appliance.exam.events import BOX, ExamPlanned
from appliance.exam.feed import Feed, Kind
from appliance.exam.plan import ExamPlan
from appliance.exam.policy import ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.ledger import state
from appliance.ledger.actions import exams
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction, Writer
from appliance.web import status

GOOD_SECONDS = 1800.0
"""An invitation."""

SENDING_SECONDS = 20.0
"""A page sends so long at most; it stops as soon as it is told that all arrived."""

NAME = "camera-check"
BY = "setup"


@dataclass(slots=True)
class Trial:
    """The newest invitation. `attempt`: "" until a computer took it up. `seen` and `heard`: so much arrived."""

    token: str
    until: float
    exam: str = ""
    attempt: str = ""
    begun_at: float = 0.0
    seen: bool = False
    heard: bool = False
    over: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What the setup page shows. `state`: none, waiting, arriving, seen (picture and sound), nothing."""

    state: str
    seen: bool = False
    heard: bool = False
    number: int = 0


class Camera:
    """One trial at a time; the newest invitation counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trial: Trial | None = None

    def invite(self, writer: Writer, now: float) -> str:
        """-> the token of a new invitation."""
        with self._lock:
            self._end(writer)
            self._trial = Trial(secrets.token_urlsafe(16), now + GOOD_SECONDS)
            return self._trial.token

    def holds(self, token: str, now: float) -> bool:
        """Is this the invitation that is good now?"""
        trial = self._trial
        return trial is not None and now < trial.until and secrets.compare_digest(trial.token, token[:100])

    def begin(self, writer: Writer, tokens: FeedTokens, now: float) -> dict[str, str]:
        """A computer took it up: -> where it sends to. Again, for the next computer."""
        with self._lock:
            trial = self._trial
            if trial is None:
                raise NotAllowed("there is no camera check now", hint="Begin it on the setup page.")
            self._end(writer)
            trial.exam = f"{NAME}-{secrets.token_hex(4)}"
            trial.attempt = writer.transact(lambda transaction: _furnish(transaction, trial.exam, now))
            trial.begun_at, trial.seen, trial.heard, trial.over = now, False, False, False
            feed = Feed(trial.attempt, Kind.WEBCAM)
            token = tokens.mint(Claim("publish", feed, trial.exam, NAME))
            return {"url": f"/whip/{feed}", "token": token}

    def look(self, writer: Writer, paths: Paths, now: float) -> Found:
        """What has arrived so far. The trial ends when all did, or in time."""
        with self._lock:
            trial = self._trial
            if trial is None or now > trial.until:
                self._end(writer)
                return Found("none")
            if not trial.attempt:
                return Found("waiting")
            number = 0 if trial.over else self._see(trial, paths, now)
            if not trial.over and ((trial.seen and trial.heard) or now - trial.begun_at > SENDING_SECONDS):
                self._end(writer)
            whole = trial.seen and trial.heard
            state = "seen" if whole else ("nothing" if trial.over else "arriving")
            return Found(state, trial.seen, trial.heard, number)

    def picture(self, paths: Paths) -> bytes | None:
        """The newest, while there is one."""
        trial = self._trial
        found = picture.read_jpeg(paths.pictures, Feed(trial.attempt, Kind.WEBCAM)) if trial and trial.attempt else None
        return found[1] if found else None

    def end(self, writer: Writer) -> None:
        """Setup is over, or the page went away."""
        with self._lock:
            self._end(writer)
            self._trial = None

    def _see(self, trial: Trial, paths: Paths, now: float) -> int:
        feed = Feed(trial.attempt, Kind.WEBCAM)
        facts = (status.feeds(paths.health, now=now) or {}).get(str(feed))
        header = picture.read_header(paths.pictures, feed)
        trial.seen = trial.seen or (status.arrives(facts) and header is not None)
        trial.heard = trial.heard or bool(facts and any(_is_sound(codec) for codec in facts.get("codecs", [])))
        return header.number if header else 0

    def _end(self, writer: Writer) -> None:
        trial = self._trial
        if trial is None or not trial.exam or trial.over:
            return
        trial.over = True
        try:
            writer.transact(lambda transaction: exams.end_exam(transaction, trial.exam, reason="camera check", by=BY))
        except NotAllowed:  # somebody ended it meanwhile
            return


def _is_sound(codec: str) -> bool:
    return "opus" in codec.lower()


def _furnish(transaction: Transaction, exam: str, now: float) -> str:
    """A practice exam with one seat; -> its attempt."""
    policy = ExamPolicy(exam=exam, title="Camera check of the setup", starts_at=now, minutes=5)
    exams.create_exam(transaction, policy, by=BY)
    plan = ExamPlan(practice=True, practice_hours=1).checked()
    planned = ExamPlanned(exam=exam, plan=plan.to_json(), by=BY)
    transaction.append(Draft(payload=planned, chain=BOX, exam=exam, actor=BY))
    (attempt,) = exams.import_roster(transaction, exam, [RosterRow("1", NAME, "Camera check", None)], by=BY)
    return attempt


def left_open(transaction: Transaction) -> None:
    """Trials that a power cut left running."""
    for row in state.exams(transaction.connection):
        if row.exam.startswith(f"{NAME}-") and row.ended_at is None:
            exams.end_exam(transaction, row.exam, reason="camera check", by=BY)
