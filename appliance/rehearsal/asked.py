"""What somebody wants rehearsed. Pure."""

from dataclasses import dataclass

from appliance.errors import BadInput, NotAllowed

USUAL_MINUTES = 5.0
LEAST_MINUTES, MOST_MINUTES = 0.1, 60.0
MOST_SEATS = 60

SOON_SECONDS = 1800.0
"""Before an exam nothing is rehearsed for so long: candidates come early, and their places must be free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`seats` in all; `real`: names of those whose computer takes part; `url`: the box's own front, and the certificate
    file by which it is known ("" for none)."""

    seats: int
    minutes: float
    by: str
    real: tuple[str, ...] = ()
    url: str = ""
    certificate: str = ""

    @property
    def simulated(self) -> int:
        """Seats that the box itself plays."""
        return max(0, self.seats - len(self.real))


def check(asked: Asked, *, carries: int) -> Asked:
    """Itself; BadInput where it makes no sense. `carries`: seats that the box admits."""
    if not 1 <= asked.seats <= MOST_SEATS:
        raise BadInput(f"{asked.seats} seats cannot be rehearsed", hint=f"Use 1 to {MOST_SEATS}.")
    if not LEAST_MINUTES <= asked.minutes <= MOST_MINUTES:
        raise BadInput(f"{asked.minutes:g} minutes cannot be rehearsed", hint=f"Use up to {MOST_MINUTES:g} minutes.")
    if asked.seats > carries:
        raise BadInput(
            f"this box admits {carries} seats, so {asked.seats} cannot be rehearsed",
            hint="Rehearse fewer, or measure the box anew with `appliance capacity`.",
        )
    return asked


def may_begin(*, exam_on: bool, next_at: float | None, now: float) -> None:
    """NotAllowed while an exam runs, or is soon. `next_at`: when the next one begins, None where none is planned."""
    if exam_on:
        raise NotAllowed(
            "candidates are here just now, so nothing is rehearsed", hint="Wait until the exam is over for all."
        )
    if next_at is not None and next_at - now < SOON_SECONDS:
        raise NotAllowed(
            "an exam begins within half an hour, or goes on, so nothing is rehearsed",
            hint="Rehearse the evening before; end an exam that is over.",
        )
