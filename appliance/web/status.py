"""How the box is: what its processes say of themselves, and what is known of each feed."""

from pathlib import Path
from typing import Any

from appliance.box import health, picture
from appliance.box.paths import Paths
from appliance.exam.feed import OWN, Feed, Kind

PROCESSES = ("web", "capture", "inference", "sync")
"""Without each of these the box is not whole."""

ARRIVES_WITHIN = 5.0
"""A feed that was silent for longer does not arrive."""


def processes(folder: Path, *, now: float) -> dict[str, dict[str, Any]]:
    """Every process that must be there, and every other that ever spoke."""
    said = dict(health.read_all(folder, now=now))
    return {name: said.get(name) or health.read(folder, name, now=now) for name in (*PROCESSES, *said)}


def feeds(folder: Path, *, now: float) -> dict[str, dict[str, Any]] | None:
    """What capture says of each feed ("attempt/kind" -> facts); None while it says nothing."""
    said = health.read(folder, "capture", now=now)
    found: dict[str, dict[str, Any]] | None = said.get("feeds") if said["healthy"] else None
    return found


def arrives(facts: dict[str, Any] | None) -> bool:
    """Do media of this feed arrive now?"""
    silent = None if facts is None else facts.get("silent_s")  # None: the feed is known, but has no connection now
    return silent is not None and float(silent) <= ARRIVES_WITHIN


def pictures(paths: Paths, attempt: str) -> dict[str, dict[str, Any] | None]:
    """The newest picture of each feed: kind -> {taken_at, number}, or None."""
    found: dict[str, dict[str, Any] | None] = {}
    for kind in Kind:
        header = picture.read_header(paths.pictures, Feed(attempt, kind))
        if header is None and kind not in OWN:
            continue  # not every candidate has one
        found[kind.value] = None if header is None else {"taken_at": header.taken_at, "number": header.number}
    return found


def health_of(said: dict[str, dict[str, Any]] | None, attempt: str) -> dict[str, dict[str, Any] | None]:
    """Capture's facts of each feed of an attempt: kind -> facts, or None when it does not arrive."""
    facts = {kind: (said or {}).get(str(Feed(attempt, kind))) for kind in Kind}
    return {kind.value: said for kind, said in facts.items() if said is not None or kind in OWN}
