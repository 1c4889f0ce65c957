"""A pairing: how a candidate's phone comes in as a second camera (proctoring.md I22, M44).

The candidate's page shows a code, the phone uses it, a proctor confirms that it is the candidate's phone. From then on
it may publish, until it is removed, another phone takes its place, or the attempt is over. No media before that.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol, TypeVar

from appliance.errors import BadInput, NotAllowed

VALID_SECONDS = 120.0
"""So long a code can be used, once."""

TOKEN_BYTES = 16
"""What a code is made of: 128 bits from a secure source."""

_IGNORED = re.compile(r"[\s\-_.\u2010-\u2015\u2212]+")
_TOKEN = re.compile(r"[a-z2-7]{26}")
_LOOK_ALIKES = str.maketrans("018", "olb")


class State(StrEnum):
    """Where a pairing is."""

    INVITED = "invited"  # a code is shown, or was: one that is not used leads nowhere
    SCANNED = "scanned"  # a phone waits for the proctor
    CONFIRMED = "confirmed"  # it may publish
    REFUSED = "refused"  # by the proctor, before or after; or another phone took its place


class Step(StrEnum):
    """What moves a pairing on."""

    SCAN = "scan"
    CONFIRM = "confirm"
    REFUSE = "refuse"


_NEXT = {
    (State.INVITED, Step.SCAN): State.SCANNED,
    (State.SCANNED, Step.CONFIRM): State.CONFIRMED,
    (State.SCANNED, Step.REFUSE): State.REFUSED,
    (State.CONFIRMED, Step.REFUSE): State.REFUSED,
}

PRESENT = frozenset({State.SCANNED, State.CONFIRMED})
"""A phone is there: it waits, or it is in."""


def after(state: State, step: Step) -> State:
    """The state that `step` leads to; NotAllowed when it does not fit."""
    try:
        return _NEXT[state, step]
    except KeyError:
        raise NotAllowed(
            f"{step.value} is not possible for a phone that is {state.value}",
            hint="Somebody else was faster, or the phone is gone. Reload the page to see how it is now.",
        ) from None


class Pairing(Protocol):
    """What `current` looks at. Times are wall seconds."""

    @property
    def state(self) -> State: ...

    @property
    def state_at(self) -> float: ...


P = TypeVar("P", bound=Pairing)


def current(pairings: Iterable[P]) -> P | None:
    """The one that its candidate wants to know of: the phone that waits or is in; else what became of the last one. A
    code that nobody has used is none."""
    used = [pairing for pairing in pairings if pairing.state is not State.INVITED]
    return max(used, key=lambda pairing: (pairing.state in PRESENT, pairing.state_at), default=None)


def shown(token: str) -> str:
    """A code as a person types it: xxxx-xxxx-..., 26 characters."""
    return "-".join(token[at : at + 4] for at in range(0, len(token), 4))


def normalise(text: str) -> str:
    """What came by the link, or was typed -> the token (RFC 4648 base32, small, no padding). Case, spaces and dashes do
    not matter, nor do 0 1 8, which stand in no code; BadInput when it cannot be one."""
    token = _IGNORED.sub("", text[:100]).lower().translate(_LOOK_ALIKES)
    if not _TOKEN.fullmatch(token):
        raise BadInput(
            "this is not a code for a phone",
            hint="Scan the picture on the computer, or type the 26 characters below it.",
        )
    return token
