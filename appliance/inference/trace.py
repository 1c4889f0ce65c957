"""What detection saw of one session, as numbers: kept where an exam says so, to try other thresholds on later.

Gzipped JSON, a line for each look, under EXAM/ATTEMPT/trace/ of the media folder; a process that begins anew begins a
file. No pictures, no sound, no templates. It belongs to the evidence of the attempt and goes with it.
"""

import json
import logging
import zlib
from collections.abc import Iterator, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from appliance.errors import BadInput, IntegrityError
from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.feed import Kind, Position
from appliance.exam.flags import Sense
from appliance.inference.baseline import Baseline
from appliance.inference.codec import plain, restore
from appliance.inference.judges.context import Context
from appliance.inference.observe import Observation
from appliance.inference.sound import Heard

log = logging.getLogger(__name__)

VERSION = 1

SEEN: dict[Sense, type] = {Sense.SIGHT: Observation, Sense.HEARING: Heard}
"""What is kept, by sense. The others follow from events of the ledger."""

DIGITS = 4
"""Of each number but times: scores and pixels are not better than that."""

FLUSH_SECONDS = 5.0
MOST_BYTES = 32_000_000
"""Of one attempt; then no more is kept, and health says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One line. `resting`: rules that judged nothing then; `active`: rules that held on other senses."""

    kind: Kind
    sense: Sense
    seen: Any
    resting: frozenset[str] = frozenset()
    active: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """From here on this sense of this feed is judged so. `off`: rules that do not hold for this candidate."""

    kind: Kind
    sense: Sense
    position: Position | None
    policy: DetectionPolicy
    off: frozenset[str] = frozenset()
    base: Baseline = field(default_factory=Baseline)

    @classmethod
    def of(cls, sense: Sense, context: Context) -> "Setting":
        """Why it is off is not kept, only that it is."""
        rules = context.rules
        return cls(
            kind=context.kind,
            sense=sense,
            position=context.position,
            policy=rules.policy,
            off=frozenset(in_force(rules.policy).rules) - frozenset(rules.rules),
            base=context.base,
        )

    def context(self, policy: DetectionPolicy | None = None) -> Context:
        """That of the session, or what it would have been under another policy."""
        said = in_force(policy or self.policy)
        rules = replace(said, rules={code: rule for code, rule in said.rules.items() if code not in self.off})
        return Context(rules=rules, kind=self.kind, position=self.position, base=self.base)


@dataclass(slots=True)
class Losses:
    """Lines that were not kept, of all sessions: the disk refused them, or there were more than `MOST_BYTES`."""

    refused: int = 0
    beyond: int = 0


class Trace:
    """Of one attempt, being written. Nothing it does stops detection: what cannot be kept is counted."""

    def __init__(self, folder: Path, losses: Losses, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._losses = losses
        self._left = most_bytes - sum(path.stat().st_size for path in files(folder))
        self._file: BinaryIO | None = None
        self._packer: Any = None
        self._settings: dict[tuple[Kind, Sense], Context] = {}
        self._waiting: list[str] = []
        self._flushed_at = float("-inf")

    def add(self, sense: Sense, seen: Any, context: Context, *, resting: Set[str], active: Set[str]) -> None:
        """A look, and what it was judged by."""
        if sense not in SEEN:
            return
        if self._settings.get((context.kind, sense)) != context:
            self._settings[context.kind, sense] = context
            self._waiting.append(_setting(sense, context))
        off = frozenset(resting & context.codes)
        look = Seen(kind=context.kind, sense=sense, seen=seen, resting=off, active=frozenset(active))
        self._waiting.append(json.dumps({"seen": plain(look, DIGITS)}, separators=(",", ":")) + "\n")
        if not 0 <= seen.at - self._flushed_at < FLUSH_SECONDS:
            self._flushed_at = seen.at
            self.flush()

    def flush(self) -> None:
        """Everything so far is with the operating system."""
        lines, self._waiting = self._waiting, []
        if self._left <= 0:
            self._losses.beyond += len(lines)
            return
        try:
            if lines:
                self._write("".join(lines).encode(), zlib.Z_SYNC_FLUSH)
        except OSError as error:
            self._losses.refused += len(lines)
            log.error("the trace %s cannot be written: %s", self._folder, error)
            self._abandon()

    def close(self) -> None:
        """Nothing more comes."""
        self.flush()
        try:
            if self._file is not None:
                self._write(b"", zlib.Z_FINISH)
        except OSError as error:  # it is readable to the last flush
            log.error("the trace %s cannot be ended: %s", self._folder, error)
        self._abandon()

    def _write(self, data: bytes, mode: int) -> None:
        if self._file is None:
            self._open()
        assert self._file is not None
        packed = self._packer.compress(data) + self._packer.flush(mode)
        self._left -= len(packed)
        if self._file.write(packed) < len(packed):
            raise OSError("the disk took a part of it")

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        number = max((int(path.name[:4]) for path in files(self._folder)), default=0) + 1
        self._file = (self._folder / f"{number:04d}.jsonl.gz").open("xb", buffering=0)
        self._packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        self._write(json.dumps({"version": VERSION}).encode() + b"\n", zlib.Z_SYNC_FLUSH)

    def _abandon(self) -> None:
        """What comes next goes into a file of its own, with its settings: this one may end in the middle of a line."""
        self._settings.clear()
        if self._file is not None:
            self._file.close()  # unbuffered: there is nothing left to refuse
        self._file = None


def _setting(sense: Sense, context: Context) -> str:
    return json.dumps({"setting": plain(Setting.of(sense, context))}, separators=(",", ":")) + "\n"


def files(folder: Path) -> list[Path]:
    """Those of a trace, in order."""
    return sorted(folder.glob("[0-9][0-9][0-9][0-9].jsonl.gz"))


def read(folder: Path) -> Iterator[Setting | Seen]:
    """What was kept, in order. A file that was cut off is read to its last whole line. IntegrityError for what was
    never a trace, BadInput for one of another version."""
    for file in files(folder):
        lines = _lines(file)
        head = next(lines, {"version": VERSION})  # cut off before its first line
        if head.get("version") != VERSION:
            raise BadInput(f"the trace {file.name} is of version {head.get('version')}", hint=f"This is {VERSION}.")
        for line in lines:
            try:
                yield _restore(line)
            except (TypeError, ValueError, KeyError) as error:
                raise IntegrityError(f"a line of the trace {file.name} does not hold: {error}") from None


def _restore(line: dict[str, Any]) -> Setting | Seen:
    if "setting" in line:
        return restore(Setting, line["setting"])
    look = restore(Seen, line["seen"])
    return replace(look, seen=restore(SEEN[look.sense], look.seen))


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    unpacker, rest = zlib.decompressobj(31), b""
    with file.open("rb") as source:
        while chunk := source.read(65536):
            try:
                *whole, rest = (rest + unpacker.decompress(chunk)).split(b"\n")
                for line in whole:
                    yield dict(json.loads(line))
            except (zlib.error, ValueError, TypeError) as error:
                raise IntegrityError(f"{file.name} is no trace: {error}") from None
