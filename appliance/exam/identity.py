"""Who sits there: what a person can decide about it, and when a candidate may be admitted. Pure.

The box compares pictures and says how like they are; that decides nothing.
"""

from enum import StrEnum

from appliance.errors import NotAllowed


class Ruling(StrEnum):
    """What a person made of ID and face."""

    MATCHED = "matched"
    KNOWN = "known"  # known to whoever decides
    UNVERIFIED = "unverified"  # goes on, looked at later
    REFUSED = "refused"


GOES_ON = frozenset({Ruling.MATCHED, Ruling.KNOWN, Ruling.UNVERIFIED})
"""With one of these a candidate may be admitted."""


def check_shown(*, wanted: bool, pictured: bool, declined: bool) -> None:
    """A candidate has shown the ID, or said no to that, before waiting to be admitted; NotAllowed otherwise."""
    if wanted and not pictured and not declined:
        raise NotAllowed(
            "your ID has not been shown yet",
            hint="Hold it into the camera, or say that the box shall not compare it: then a person looks.",
        )


def check_admission(*, wanted: bool, ruling: Ruling | None) -> None:
    """Where an ID is asked for, a person has decided first; NotAllowed otherwise."""
    if not wanted or ruling in GOES_ON:
        return
    if ruling is Ruling.REFUSED:
        raise NotAllowed(
            "the identity of this candidate was refused",
            hint="Decide about it again, or end the session with a reason.",
        )
    raise NotAllowed(
        "nobody has decided yet who this candidate is",
        hint="Compare ID and face first: matched, known to me, unverified or refused.",
    )
