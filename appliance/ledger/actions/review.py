"""What a reviewer recommends, what a second one answers, and what the institution makes of it (M103).

A recommendation to refer waits until another reviewer agrees. Nothing here says what a candidate did.
"""

import secrets

from appliance.errors import BadInput, NotAllowed
from appliance.exam.events import (
    OutcomeRecorded,
    Payload,
    RecommendationAnswered,
    RecommendationMade,
    RecommendationWithdrawn,
)
from appliance.exam.review import ADVERSE, Recommendation, Standing
from appliance.exam.stage import Stage
from appliance.ledger import review, state
from appliance.ledger.actions.words import LONGEST, written
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

LEAST = 20
"""Characters of the reasons for an adverse recommendation: a sentence, at least."""

LIVE = frozenset({Standing.STANDS, Standing.WAITS})


def recommend(transaction: Transaction, attempt: str, *, kind: str, text: str, by: str, by_name: str) -> str:
    """Say what should happen next; -> the recommendation's id. One at a time: another needs the one before it
    withdrawn, or answered with no."""
    row = state.attempt(transaction.connection, attempt)
    if kind not in list(Recommendation):
        raise BadInput(f"{kind[:20]!r} is not a recommendation", hint="It is no_concern or refer.")
    if row.stage is Stage.INVITED:
        raise NotAllowed("the candidate never arrived: there is nothing to review")
    text = _said(text)
    if kind in ADVERSE and len(text) < LEAST:
        raise BadInput(
            "a recommendation to refer needs its reasons, in a sentence at least",
            hint="Say what was observed and when; a second reviewer reads it.",
        )
    for other in review.recommendations(transaction.connection, attempt=attempt):
        if other.standing in LIVE:
            raise NotAllowed(
                f"{other.by_name} has made a recommendation already",
                hint="It has to be withdrawn, or not agreed with, before another one is made.",
            )
    recommendation = secrets.token_hex(8)
    said = RecommendationMade(recommendation=recommendation, kind=kind, text=text, by=by, by_name=by_name)
    _append(transaction, attempt, said, by)
    return recommendation


def answer(
    transaction: Transaction, recommendation: str, *, agreed: bool, text: str = "", by: str, by_name: str
) -> None:
    """A second reviewer agrees, or not, and then says why."""
    found = review.recommendation(transaction.connection, recommendation)
    if found.standing is Standing.WITHDRAWN:
        raise NotAllowed("this recommendation was withdrawn meanwhile", hint="Reload the page.")
    if found.agreed is not None:
        what = "agreed with" if found.agreed else "not agreed with"
        raise NotAllowed(
            f"this recommendation was {what} by {found.answered_by_name} already",
            hint="Reload the page to read the answer.",
        )
    if found.by == by:
        raise NotAllowed(
            "a second reviewer answers, and that is another person",
            hint="Ask a colleague; you can withdraw your own recommendation.",
        )
    text = _said(text)
    if not agreed and not text:
        raise BadInput("not to agree needs a reason", hint="Say in a sentence what you see otherwise.")
    said = RecommendationAnswered(recommendation=recommendation, agreed=agreed, text=text, by=by, by_name=by_name)
    _append(transaction, found.attempt, said, by)


def withdraw(transaction: Transaction, recommendation: str, *, text: str = "", by: str, lead: bool) -> None:
    """Take it back: whoever made it, or a lead."""
    found = review.recommendation(transaction.connection, recommendation)
    if found.by != by and not lead:
        raise NotAllowed(f"only {found.by_name}, who made it, or a lead can withdraw this recommendation")
    if found.standing is Standing.WITHDRAWN:
        raise NotAllowed("this recommendation was withdrawn already", hint="Reload the page.")
    if found.standing is Standing.NOT_AGREED:
        raise NotAllowed(
            f"{found.answered_by_name} did not agree with this recommendation: it does not stand",
            hint="You can make another one.",
        )
    said = RecommendationWithdrawn(recommendation=recommendation, text=_said(text), by=by)
    _append(transaction, found.attempt, said, by)


def record_outcome(transaction: Transaction, attempt: str, *, outcome: str, by: str, by_name: str) -> None:
    """What the institution made of it, in its own words; "" takes back what it said. The same again changes nothing."""
    outcome = _said(outcome, what="outcome")
    before = review.outcomes(transaction.connection, attempt=attempt)
    if outcome == (before[0].outcome if before else ""):
        return
    _append(transaction, attempt, OutcomeRecorded(outcome=outcome, by=by, by_name=by_name), by)


def _said(text: str, what: str = "text") -> str:
    return written(text, what=what, longest=LONGEST) if text.strip() else ""


def _append(transaction: Transaction, attempt: str, said: Payload, by: str) -> None:
    exam = state.attempt(transaction.connection, attempt).exam
    transaction.append(Draft(payload=said, chain=attempt, exam=exam, actor=by))
