"""How far first boot is, on disk: what is done stays done, and what was begun is begun again."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from appliance.box import secret

FILE = "journal.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A step that is done. `ok` False: it is done, and somebody should read it. `at`: wall seconds, of a clock that may
    have been wrong. `seed`: what the box was told when it was done."""

    step: str
    sentence: str
    hint: str = ""
    ok: bool = True
    at: float = 0.0
    seed: str = ""


@dataclass(slots=True)
class Journal:
    """`failed`: the step that stopped the last run, or None."""

    file: Path
    entries: dict[str, Entry] = field(default_factory=dict)
    failed: Entry | None = None

    @classmethod
    def read(cls, folder: Path) -> "Journal":
        """As it is on disk. One that cannot be read counts as none: every step may be done again."""
        found = cls(folder / FILE)
        try:
            said: dict[str, Any] = json.loads(found.file.read_text(encoding="utf-8"))
            found.entries = {one["step"]: Entry(**one) for one in said["steps"]}
            found.failed = Entry(**said["failed"]) if said["failed"] else None
        except (OSError, ValueError, KeyError, TypeError):
            found.entries, found.failed = {}, None
        return found

    def is_done(self, step: str, *, seed: str | None) -> bool:
        """`seed` None: whatever the box was told meanwhile."""
        entry = self.entries.get(step)
        return entry is not None and (seed is None or entry.seed == seed)

    def done(self, entry: Entry) -> None:
        """From now on, whatever happens."""
        self.entries[entry.step], self.failed = entry, None
        self._write()

    def stopped(self, entry: Entry) -> None:
        """It could not be done; what is done stays. OSError when not even that can be written."""
        self.failed = entry
        self._write()

    def _write(self) -> None:
        said = {
            "steps": [asdict(entry) for entry in self.entries.values()],
            "failed": asdict(self.failed) if self.failed else None,
        }
        secret.write(self.file, json.dumps(said, ensure_ascii=False, indent=1).encode())
