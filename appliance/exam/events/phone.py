"""The phone as a second camera. Chain: the attempt."""

from dataclasses import dataclass

from appliance.exam.events.catalogue import Payload, event


@event("phone.invited")
@dataclass(frozen=True, kw_only=True)
class PhoneInvited(Payload):
    """A QR code was shown. `pairing` names it; it can be used once, until `expires_at`."""

    pairing: str
    by: str
    expires_at: float


@event("phone.scanned")
@dataclass(frozen=True, kw_only=True)
class PhoneScanned(Payload):
    """A phone used the code and waits for a person to confirm it."""

    pairing: str
    browser: str


@event("phone.confirmed")
@dataclass(frozen=True, kw_only=True)
class PhoneConfirmed(Payload):
    """A proctor saw that it is the candidate's phone. From now on it may publish."""

    pairing: str
    by: str


@event("phone.refused")
@dataclass(frozen=True, kw_only=True)
class PhoneRefused(Payload):
    """A proctor refused the phone, or removed it later."""

    pairing: str
    by: str
    reason: str
