"""What is kept and what went. Chain: the attempt, or the box where an event is about a whole exam."""

from dataclasses import dataclass

from appliance.exam.events.catalogue import Payload, event


@event("hold.placed")
@dataclass(frozen=True, kw_only=True)
class HoldPlaced(Payload):
    """Nothing of this attempt is deleted (legal hold); with `attempt` None nothing of the exam."""

    hold: str
    exam: str
    attempt: str | None
    reason: str
    by: str
    by_name: str


@event("hold.lifted")
@dataclass(frozen=True, kw_only=True)
class HoldLifted(Payload):
    """Dates count again."""

    hold: str
    reason: str
    by: str


@event("erasure.asked")
@dataclass(frozen=True, kw_only=True)
class ErasureAsked(Payload):
    """A lawful request: everything of this candidate goes now, whatever the dates say. `reference`: the institution's
    own number of the request."""

    reference: str
    by: str
    by_name: str


@event("personal.erased", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class PersonalErased(Payload):
    """Names, chat and notes of this attempt are gone, here and in the state: payloads up to `position` of its chain
    hold nothing any more. `why`: "date" or "request"; `due_at`: the date."""

    position: int
    why: str
    due_at: float
