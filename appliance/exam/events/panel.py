"""What hands do at the box's front, and what is done there for a page. Chain: box. `by` is "button", or the person at a
page who asked."""

from dataclasses import dataclass

from appliance.exam.events.catalogue import Payload, event


@event("panel.identified", by=("panel",))
@dataclass(frozen=True, kw_only=True)
class PanelIdentified(Payload):
    """The box shows which one it is: its light flashes white. Pressed at the box, somebody stands there."""

    by: str


@event("panel.pairing_opened", by=("panel",))
@dataclass(frozen=True, kw_only=True)
class PairingOpened(Payload):
    """For `seconds`, computers of the lab are bound to seats by a code that the box's display shows. The code is
    nowhere in the ledger."""

    seconds: float
    by: str


@event("panel.pairing_closed", by=("panel",))
@dataclass(frozen=True, kw_only=True)
class PairingClosed(Payload):
    """No computer is bound by that code any more. `why`: "asked" (at the box or a page), "over" (its time was; `by` is
    empty then), "guessed" (too many wrong codes), "stopped" (the panel was)."""

    by: str
    why: str


@event("panel.power_off_refused", by=("panel",))
@dataclass(frozen=True, kw_only=True)
class PowerOffRefused(Payload):
    """The button asked to switch off, and so many candidates are here; null: nobody knows how many. Held again, it
    switches off all the same (`box.stopping`)."""

    by: str
    candidates: int | None
