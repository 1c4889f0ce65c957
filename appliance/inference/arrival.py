"""What arrives of the feeds: as the ledger's gaps say it, and as the capture workers measure it."""

from collections.abc import Iterable
from pathlib import Path

from appliance.box import health, workers
from appliance.box.workers import CAPTURE
from appliance.exam.gap import Cause

LOST = frozenset({Cause.NO_MEDIA, Cause.CONNECTION_LOST, Cause.PAGE_CLOSED, Cause.REPLACED})
"""Gaps that the candidate's side made. What the box itself did (a restart, a full disk) is no flag on a person."""

CUT_OFF = frozenset({Cause.NO_MEDIA, Cause.CONNECTION_LOST})
"""Those that a broken line makes: it says no goodbye."""

Gap = tuple[str, float]
"""Cause and start of one that is open."""


def silent_since(gaps: Iterable[Gap | None], causes: frozenset[Cause] = CUT_OFF, *, fewest: int = 2) -> float | None:
    """Since when nothing comes, of the open gaps of some feeds: None while one of them comes, or one is away for
    another cause. With fewer than `fewest` nothing is said: a single feed has nothing to tell the line from the camera
    by."""
    known = list(gaps)
    starts = [gap[1] for gap in known if gap is not None and gap[0] in causes]
    return max(starts) if len(known) >= fewest and len(starts) == len(known) else None


def rates(folder: Path, *, now: float) -> dict[str, float]:
    """Feed -> pictures a second that arrive, of the capture workers whose health file is fresh. A feed that has just
    changed hands counts as who spoke last says."""
    said = [facts for name, facts in health.read_all(folder, now=now).items() if workers.service_of(name) == CAPTURE]
    fresh = sorted((facts for facts in said if facts["healthy"]), key=lambda facts: float(facts["at"]))
    feeds = [(name, feed) for facts in fresh for name, feed in facts.get("feeds", {}).items()]
    return {name: float(feed["fps"]) for name, feed in feeds if feed.get("fps") is not None}
