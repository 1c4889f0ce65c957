"""Tells the pages what is in the pictures of those who check in: one file a candidate, written after each look."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from appliance.box import seen as file
from appliance.exam.feed import Feed, Position
from appliance.inference.judges import position
from appliance.inference.judges.position import Memory
from appliance.inference.observe import Observation


class Glances:
    """`folder`: where the files are (`Paths.seen`)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._memories: dict[Feed, Memory] = {}
        self._facts: dict[str, dict[str, dict[str, Any]]] = {}

    def look(self, feed: Feed, stands: Position | None, seen: Observation) -> None:
        """A picture of `feed`, whose camera stands there."""
        self._memories[feed], states = position.judge(self._memories.get(feed, Memory()), seen, stands)
        box = position.head(seen, stands)
        sides = None if box is None else [round(side, 4) for side in (box.left, box.top, box.width, box.height)]
        said = {sight.value: state.value for sight, state in states.items()}
        facts = self._facts.setdefault(feed.attempt, {})
        facts[feed.kind.value] = {**said, "box": sides, "at": seen.at, "measured": _measured(seen)}
        file.write(self._folder, feed.attempt, facts)

    def keep_only(self, feeds: Collection[Feed]) -> None:
        """Nothing is told of any other feed from now on."""
        for feed in self._memories.keys() - feeds:
            del self._memories[feed]
            facts = self._facts[feed.attempt]
            facts.pop(feed.kind.value, None)
            if not facts:
                del self._facts[feed.attempt]
                file.remove(self._folder, feed.attempt)


def _measured(seen: Observation) -> dict[str, float | None]:
    """For the check of a seat (`exam.seat_check`): how light it is, how light a face is, and how sure it is that there
    is a phone; None where nobody looked."""
    phones = None if seen.phones is None else max((phone.score for phone in seen.phones), default=0.0)
    return {
        "light": None if seen.view is None else round(seen.view.luma, 1),
        "face_light": None if seen.face_light is None else round(seen.face_light, 1),
        "phone": None if phones is None or seen.waits else round(phones, 3),
    }
