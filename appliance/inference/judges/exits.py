"""How often the candidate left the seat. Pure."""

from dataclasses import dataclass, replace

BACK = 2.0
"""Seconds for which somebody must be seen before an absence is over: one stray sighting ends none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`since`: nobody was seen from here on; `back`: somebody was again from here on; `away`: this absence is counted
    already; `exits`: when each of those counted began, oldest first."""

    since: float | None = None
    back: float | None = None
    away: bool = False
    exits: tuple[float, ...] = ()


def follow(memory: Memory, at: float, somebody: bool, *, least: float, window: float) -> Memory:
    """One look. An absence counts when it has lasted `least` seconds; those that began more than `window` seconds ago
    are forgotten."""
    memory = replace(memory, exits=tuple(exit for exit in memory.exits if 0 <= at - exit <= window))
    if not somebody:
        since = at if memory.since is None else memory.since
        counts = not memory.away and at - since >= least
        exits = (*memory.exits, since) if counts else memory.exits
        return Memory(since=since, away=memory.away or counts, exits=exits)
    if memory.since is None:
        return memory
    back = at if memory.back is None else memory.back
    return Memory(exits=memory.exits) if at - back >= BACK else replace(memory, back=back)
