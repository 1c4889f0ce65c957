"""The catalogue of events: everything that the ledger can say.

An event has an envelope (who, when, to which attempt) and a payload. The payload's type is one frozen dataclass here,
registered under its name. Fields are plain JSON values: str, int, float, bool, None, lists and dicts of those; a field
called `..._at` is wall seconds since the epoch. Names, chat and notes may stand in payloads, never in the envelope: a
payload can be erased, the envelope cannot.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from appliance.errors import BadInput

BOX = "box"
"""The chain of what concerns no single attempt."""


@dataclass(frozen=True, kw_only=True)
class Payload:
    """What an event says. `TYPE` and `VERSION` come from `@event`; `ORIGINS` are the processes that may append it over
    the ledger socket (the web process appends anything)."""

    TYPE: ClassVar[str] = ""
    VERSION: ClassVar[int] = 1
    ORIGINS: ClassVar[frozenset[str]] = frozenset()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, ready to be hashed."""
        return dataclasses.asdict(self)


CATALOGUE: dict[str, type[Payload]] = {}
_FIELDS: dict[str, frozenset[str]] = {}

P = TypeVar("P", bound=Payload)


def event(name: str, *, version: int = 1, by: tuple[str, ...] = ()) -> Callable[[type[P]], type[P]]:
    """Enter a payload type into the catalogue."""

    def enter(cls: type[P]) -> type[P]:
        cls.TYPE, cls.VERSION, cls.ORIGINS = name, version, frozenset(by)
        CATALOGUE[name] = cls
        _FIELDS[name] = frozenset(f.name for f in dataclasses.fields(cls))
        return cls

    return enter


def decode(name: str, fields: Mapping[str, Any]) -> Payload:
    """JSON -> payload; BadInput names the type or the field that does not fit."""
    cls = CATALOGUE.get(name)
    if cls is None:
        raise BadInput(f"there is no event type {name[:80]!r}", hint="docs/events.md lists the types.")
    if unknown := fields.keys() - _FIELDS[name]:
        raise BadInput(f"{name} has no field {min(unknown)!r}")
    try:
        return cls(**fields)
    except TypeError as error:
        raise BadInput(f"{name}: {error}") from None
