"""Why media are missing, and the rule that no second of a feed is unaccounted for.

From the moment a feed begins, every moment of it is either on disk or in a gap with a cause, until the feed is over.
`Coverage` is what is known of one feed; each thing that happens gives the next `Coverage` and what to tell the ledger.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

SILENCE_SECONDS = 2.0
"""So long without media is a gap; it begins where the media ended, not when that was noticed. Less is none: a still
screen sends a frame a second."""


class Cause(StrEnum):
    """The cause of a gap, as the gap ledger states it."""

    NO_MEDIA = "no_media"  # connected, but no packets for 2 s
    CONNECTION_LOST = "connection_lost"  # ICE or DTLS failed
    PAGE_CLOSED = "page_closed"  # the page ended its session
    REPLACED = "replaced"  # the same feed was published again
    CAPTURE_RESTARTED = "capture_restarted"  # the capture process was away
    STORAGE_FULL = "storage_full"
    STORAGE_FAILED = "storage_failed"
    NOT_PLAYABLE = "not_playable"  # no key frame yet
    LEDGER_LOST = "ledger_lost"  # why stood in a ledger that was lost; the recordings were entered anew
    REMOVED = "removed"  # a proctor removed the phone, or another one took its place
    # What only the candidate's page can know, once it is back. It is the page's word.
    NETWORK_LOST = "network_lost"  # the page ran on, without a way to the box
    NETWORK_CHANGED = "network_changed"  # it came back with another address
    DEVICE_SLEPT = "device_slept"  # its clock jumped: the computer slept, or the browser was stopped
    PAGE_RELOADED = "page_reloaded"
    BROWSER_CRASHED = "browser_crashed"  # the page of before went without a goodbye


SAID_BY_PAGE = frozenset(
    {Cause.NETWORK_LOST, Cause.NETWORK_CHANGED, Cause.DEVICE_SLEPT, Cause.PAGE_RELOADED, Cause.BROWSER_CRASHED}
)
_OPEN_TO_DOUBT = frozenset({Cause.NO_MEDIA, Cause.CONNECTION_LOST, Cause.PAGE_CLOSED, Cause.REPLACED})
"""What the box saw from its side, without knowing why. What it knows of itself no page can change."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing is on disk from `starts_at` on; until `ends_at`, where it is over. Wall seconds."""

    cause: Cause
    starts_at: float
    ends_at: float | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Up to `until` (wall seconds) every moment is on disk or in a closed gap; from there on in an open gap if `cause`
    says why. `over`: nothing is expected any more."""

    until: float
    cause: Cause | None = None
    over: bool = False

    @property
    def gap(self) -> Gap | None:
        """The open gap."""
        return None if self.cause is None else Gap(self.cause, self.until)

    def stored(self, starts_at: float, ends_at: float) -> "tuple[Coverage, list[Gap]]":
        """This span is on disk. A hole before it that nobody noticed in time becomes a gap now."""
        if self.over:
            return self, []
        said = []
        begins = max(starts_at, self.until)
        if self.cause is not None:
            said = [Gap(self.cause, self.until, begins)]
        elif begins - self.until > SILENCE_SECONDS:
            said = [Gap(Cause.NO_MEDIA, self.until), Gap(Cause.NO_MEDIA, self.until, begins)]
        return Coverage(max(self.until, ends_at)), said

    def missing(self, cause: Cause) -> "tuple[Coverage, list[Gap]]":
        """Nothing more comes to the disk, for this cause. The first cause of a gap stays its cause."""
        if self.over or self.cause is not None:
            return self, []
        return replace(self, cause=cause), [Gap(cause, self.until)]

    def explained(self, cause: Cause) -> "Coverage":
        """The page says why, while the gap is still open: the first that does is believed."""
        if cause not in SAID_BY_PAGE or self.cause not in _OPEN_TO_DOUBT:
            return self
        return replace(self, cause=cause)

    def ended(self, now: float) -> "tuple[Coverage, list[Gap]]":
        """The attempt is over: so is an open gap."""
        if self.over:
            return self, []
        said = [] if self.cause is None else [Gap(self.cause, self.until, max(now, self.until))]
        return Coverage(max(now, self.until), over=True), said
