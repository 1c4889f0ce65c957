"""The port: what the panel asks of hardware. A driver opens its hardware or says why not, is told what to show, and
says when it is gone; `fixture` opens it again. Drivers know nothing of exams."""

from dataclasses import dataclass
from typing import Protocol

from appliance.box.panel import Trouble
from appliance.errors import ApplianceError
from appliance.panel.pattern import Pattern, Tune


class PartGone(ApplianceError):
    """A part does not work. `trouble` says how; the message is for the log."""

    def __init__(self, trouble: Trouble, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.trouble = trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What is shown from `since` on (monotonic seconds): every output renders its own part of it. `tune`: None for
    silence; it sounds once, from `tune_since` on (or over and over, where its pattern says so). `lines`: 4 of at most
    21 characters; `bar`: how far a countdown is, 0 to 1, None for none; `qr`: what a display may
    show as a QR code, ""."""

    status: str
    light: Pattern
    since: float
    lines: tuple[str, ...] = ()
    bar: float | None = None
    qr: str = ""
    tune: Tune | None = None
    tune_since: float = 0.0


class Output(Protocol):
    """Lights, a buzzer, a display, a terminal. `name`, `driver` and `about` as in `box.panel.Part`."""

    name: str
    driver: str

    @property
    def about(self) -> str: ...

    def open(self) -> None:
        """PartGone where it is not there. May be called again after it was gone."""

    def show(self, face: Face, now: float) -> float:
        """Show what is due at `now` (monotonic seconds); -> seconds until it wants to be called again, when the face
        stays the same. PartGone when it was lost."""

    def close(self) -> None:
        """Dark and silent; never raises."""


class Input(Protocol):
    """A button: a part that is read."""

    name: str
    driver: str

    @property
    def about(self) -> str: ...

    def open(self) -> None:
        """PartGone where it is not there."""

    def down(self) -> bool:
        """Is it down at this moment? Raw: `button` takes the bounce out. PartGone when it was lost."""

    def close(self) -> None:
        """Never raises."""
