"""The shape of every recording file: a header, then parts that each stand alone. So a file cut anywhere is whole up to
its last whole part, and a playlist can point at parts of a file that is still being written."""

from dataclasses import dataclass
from typing import Protocol

from appliance.recording.frame import Sample


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `offset` to `offset + length` of a file hold the feed from `position` for `duration` seconds. `key`: a
    player can begin here."""

    offset: int
    length: int
    position: float
    duration: float
    key: bool = True

    @property
    def end(self) -> float:
        return self.position + self.duration


@dataclass(frozen=True, slots=True)
class Scan:
    """What a file holds. `codecs` as in ["h264", "opus"]; bytes after the last whole part are of no use."""

    init_bytes: int
    codecs: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def whole_bytes(self) -> int:
        return self.parts[-1].offset + self.parts[-1].length if self.parts else self.init_bytes


class Container(Protocol):
    """Writes one kind of file. Equal containers have equal headers."""

    @property
    def suffix(self) -> str:
        """What its files' names end in."""

    @property
    def codecs(self) -> tuple[str, ...]:
        """As in ("h264", "opus")."""

    def header(self) -> bytes:
        """What stands before the first part."""

    def part(self, number: int, video: list[Sample], audio: list[Sample]) -> bytes:
        """One part; `number` counts from 1 in its file. Neither list need hold anything, but one of them must."""
