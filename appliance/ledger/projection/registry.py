"""Which function is the one for an event type.

It runs in the transaction that appends the event. What it returns are events that follow from this one and are appended
right after it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from appliance.exam.events import Payload
from appliance.ledger.record import Event


@dataclass(frozen=True, slots=True)
class FollowUp:
    """An event that follows from another."""

    chain: str
    payload: Payload


P = TypeVar("P", bound=Payload)
_Projector = Callable[[sa.Connection, Event, Any], list[FollowUp] | None]
_PROJECTORS: dict[str, _Projector] = {}


def apply(connection: sa.Connection, event: Event) -> list[FollowUp]:
    """Change the state; -> what follows."""
    project = _PROJECTORS.get(event.type)
    if project is None or event.payload is None:
        return []
    return project(connection, event, event.payload) or []


def projects(payload: type[P]) -> Callable[[Callable[[sa.Connection, Event, P], Any]], _Projector]:
    """The function below is the one for this type."""

    def enter(function: Callable[[sa.Connection, Event, P], Any]) -> _Projector:
        _PROJECTORS[payload.TYPE] = function
        return function

    return enter
