"""How the box is: what its processes say of themselves, and what is known of each feed."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from appliance.box import health, picture, workers
from appliance.box.paths import Paths
from appliance.box.workers import CAPTURE
from appliance.exam.feed import OWN, Feed, Kind

ARRIVES_WITHIN = 5.0
"""A feed that was silent for longer does not arrive."""


def processes(folder: Path, *, needed: Iterable[str], now: float) -> dict[str, dict[str, Any]]:
    """Every process that must be there, and every other that ever spoke."""
    said = dict(health.read_all(folder, now=now))
    return {name: said.get(name) or health.read(folder, name, now=now) for name in (*needed, *said)}


def feeds(folder: Path, *, now: float) -> dict[str, dict[str, Any]] | None:
    """What the capture workers say of each feed ("attempt/kind" -> facts); None while none of them says anything. Of a
    feed that has just changed hands the newest word counts."""
    said = [facts for name, facts in health.read_all(folder, now=now).items() if workers.service_of(name) == CAPTURE]
    alive = sorted((facts for facts in said if facts["healthy"]), key=lambda facts: float(facts["at"]))
    return {name: feed for facts in alive for name, feed in facts.get("feeds", {}).items()} if alive else None


def arrives(facts: dict[str, Any] | None) -> bool:
    """Do media of this feed arrive now?"""
    silent = None if facts is None else facts.get("silent_s")  # None: the feed is known, but has no connection now
    return silent is not None and float(silent) <= ARRIVES_WITHIN


def pictures(paths: Paths, attempt: str, expected: Collection[Kind] = OWN) -> dict[str, dict[str, Any] | None]:
    """The newest picture of each feed: kind -> {taken_at, number}, or None where one of `expected` has none."""
    found: dict[str, dict[str, Any] | None] = {}
    for kind in Kind:
        header = picture.read_header(paths.pictures, Feed(attempt, kind))
        if header is None and kind not in expected:
            continue  # not every candidate has one
        found[kind.value] = None if header is None else {"taken_at": header.taken_at, "number": header.number}
    return found


def health_of(
    said: dict[str, dict[str, Any]] | None, attempt: str, expected: Collection[Kind] = OWN
) -> dict[str, dict[str, Any] | None]:
    """Capture's facts of each feed of an attempt: kind -> facts, or None when one of `expected` does not arrive."""
    facts = {kind: (said or {}).get(str(Feed(attempt, kind))) for kind in Kind}
    return {kind.value: said for kind, said in facts.items() if said is not None or kind in expected}
