"""Calls of a proctor with a candidate. Chain: the attempt."""

from dataclasses import dataclass

from appliance.exam.events.catalogue import Payload, event


@event("call.started")
@dataclass(frozen=True, kw_only=True)
class CallStarted(Payload):
    """A proctor calls the candidate; both are recorded. Rules about speech rest until `call.ended`."""

    call: str
    by: str
    by_name: str


@event("call.ended")
@dataclass(frozen=True, kw_only=True)
class CallEnded(Payload):
    """The call is over; `by` is the proctor, or "box" when the line was lost or the attempt ended."""

    call: str
    by: str
    reason: str
