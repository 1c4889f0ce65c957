"""Counters of what pages ask for and threads of the web process do, for its health file."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counts:
    """Of moments to be kept, since the process began. `refused`: the queue was full; `waiting`: at the last look."""

    refused: int = 0
    kept: int = 0
    failed: int = 0
    waiting: int = 0

    def facts(self) -> dict[str, int]:
        """By their names in the health file."""
        return {f"keeping_{name}": value for name, value in asdict(self).items()}


@dataclass(slots=True)
class Reviewing:
    """Of recordings under review, since the process began. `watched_refused`: reports of what was played that came too
    often; `loudness_refused`: the queue of sound to be measured was full; `loudness_waiting`: in it now."""

    watched_refused: int = 0
    loudness_refused: int = 0
    loudness_waiting: int = 0
    loudness_failed: int = 0

    def facts(self) -> dict[str, int]:
        """By their names in the health file."""
        return {f"review_{name}": value for name, value in asdict(self).items()}


@dataclass(slots=True)
class Exporting:
    """Of clips that were asked for, since the process began. `refused`: the queue was full; `denied`: a password or a
    code was wrong."""

    refused: int = 0
    denied: int = 0

    def facts(self) -> dict[str, int]:
        """By their names in the health file."""
        return {f"exporting_{name}": value for name, value in asdict(self).items()}
