"""From events to state: one function for each event type that changes a state table, a file for each kind of event.

It runs in the transaction that appends the event. What it returns are events that follow from this one and are appended
right after it.
"""

from appliance.ledger.projection import (
    attempts,
    board,
    checkin,
    checkout,
    detection,
    evidence,
    keeping,
    lti,
    planning,
    retention,
    review,
    sitting,
)
from appliance.ledger.projection.registry import FollowUp, apply

__all__ = [
    "FollowUp",
    "apply",
    "attempts",
    "board",
    "checkin",
    "checkout",
    "detection",
    "evidence",
    "keeping",
    "lti",
    "planning",
    "retention",
    "review",
    "sitting",
]
