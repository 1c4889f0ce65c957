"""What `appliance pull` checked, when, and with what result: notes of its own beside the copy, in _pull/checked.json.

They are not evidence: whoever can change the copy can change them. They say when somebody here last looked.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from appliance.errors import IntegrityError
from appliance.sync.errand import Scope

FILE = Path("_pull", "checked.json")
_SCHEMA = "appliance.checked/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One exam as it was found at `checked_at` (wall seconds). `scope`: how much of it was fetched; `attempts`: those
    that were; `left_out`: how many files and attempts were not; `finding`: the first thing wrong, "" when all that
    was fetched is what the box signed; `keys`: fingerprints of the keys that signed, `key_given`: compared with one
    from another place; `manifests`: file of each newest manifest -> its SHA-256 then."""

    checked_at: float
    scope: Scope
    attempts: tuple[str, ...]
    left_out: int
    finding: str
    findings: int
    keys: tuple[str, ...]
    key_given: bool
    manifests: dict[str, str]
    files: int
    bytes: int

    @property
    def whole(self) -> bool:
        """Was everything of it fetched and proved?"""
        return not self.finding and not self.left_out

    def still(self, exam: Path) -> bool:
        """Are these still the newest manifests of the copy?"""
        return all(_sha256(exam / name) == sha256 for name, sha256 in self.manifests.items())


@dataclass(slots=True)
class Checks:
    """Of one copy. `exams`: SITE/BOX/EXAM -> its last check."""

    copy: Path
    exams: dict[str, Check] = field(default_factory=dict)

    @classmethod
    def read(cls, copy: Path) -> "Checks":
        """What an earlier pull noted; IntegrityError when that cannot be read."""
        file = copy / FILE
        try:
            said = json.loads(file.read_bytes())
            if said["schema"] != _SCHEMA:
                raise ValueError(f"it is not of the kind {_SCHEMA}")
            return cls(copy, {place: _check(one) for place, one in said["exams"].items()})
        except FileNotFoundError:
            return cls(copy)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise IntegrityError(
                f"{file} cannot be read: {error}",
                hint="Move it aside: `appliance pull` checks what is there and writes it again.",
            ) from None

    def note(self, place: str, check: Check) -> None:
        """Keep it, on disk too."""
        self.exams[place] = check
        file = self.copy / FILE
        file.parent.mkdir(parents=True, exist_ok=True)
        said = {"schema": _SCHEMA, "exams": {name: asdict(one) for name, one in sorted(self.exams.items())}}
        passing = file.with_name(f".{file.name}.{os.getpid()}")
        passing.write_text(json.dumps(said, indent=1), encoding="utf-8")
        passing.replace(file)


def _check(said: dict[str, object]) -> Check:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    return Check(**{**values, "scope": Scope(str(said["scope"]))})  # type: ignore[arg-type]


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
