"""Who and what an event is about, as Caliper and xAPI name it: ids that are the same each time, and no name. Pure."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from appliance.exam.events import BOX
from appliance.ledger.record import Event

_SPACE = uuid.UUID("6a5d4a83-6f3f-5b0e-9c39-2f4a3f1f0b57")

PROCESSES = frozenset(
    {"capture", "inference", "sync", "cli", "exam platform", "exam setting", "web", "box", "timekeeper", "door"}
)
"""Actors that are the box itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`homepage` is the base of every id; `candidates`: attempt -> the candidate's key; `names`: the same -> name,
    empty unless a setting says that names go along; `titles`: exam -> title."""

    homepage: str
    site: str
    box: str
    candidates: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)

    def uuid(self, kind: str, name: str) -> str:
        """The same for the same thing, whenever it is said."""
        return str(uuid.uuid5(_SPACE, f"{self.site}/{self.box}/{kind}/{name}"))

    def address(self, kind: str, name: str) -> str:
        """An IRI for something of this site."""
        return f"{self.homepage.rstrip('/')}/{quote(self.site, safe='')}/{kind}/{quote(name, safe='')}"

    @property
    def application(self) -> str:
        """The box as a program."""
        return self.address("boxes", self.box)

    def person(self, candidate: str) -> str:
        """A candidate is the same on every box of the site."""
        return f"urn:uuid:{uuid.uuid5(_SPACE, f'{self.site}/candidate/{candidate}')}"

    def staff(self, user: str) -> str:
        """An account, without its name."""
        return f"urn:uuid:{uuid.uuid5(_SPACE, f'{self.site}/staff/{user}')}"

    def attempt_of(self, event: Event) -> str | None:
        """The attempt that an event is about; None for one of the exam as a whole, or of a room."""
        named = getattr(event.payload, "attempt", None)
        attempt = named if event.chain == BOX else event.chain
        return attempt if attempt in self.candidates else None


def moment(wall: float) -> str:
    """Wall seconds -> ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fields(event: Event, names: tuple[str, ...]) -> dict[str, object]:
    """Those fields of the payload; times as text."""
    said = {} if event.payload is None else event.payload.to_json()
    found = {name: said[name] for name in names if said.get(name) is not None}
    return {name: moment(value) if name.endswith("_at") else value for name, value in found.items()}
