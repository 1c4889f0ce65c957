"""Why media are missing."""

from enum import StrEnum


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
