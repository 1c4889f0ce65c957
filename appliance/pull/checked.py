"""What `appliance pull` checked, when, and with what result: notes of its own beside the copy, in _pull/checked.json.

They are not evidence: whoever can change the copy can change them. They say when somebody here last looked.
"""

import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from appliance.errors import ApplianceError, IntegrityError
from appliance.proof.verify import verify
from appliance.pull.errand import Errand, Scope

FILE = Path("_pull", "checked.json")
_SCHEMA = "appliance.checked/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One exam as it was found at `checked_at` (wall seconds). `scope`: how much of it was fetched; `attempts`: those
    that were; `left_out`: how many files and attempts were not; `finding`: the first thing wrong, "" when all that
    was fetched is what the box signed; `keys`: fingerprints of the keys that signed, `key_given`: compared with one
    from another place; `vouched`: held against the box's checkpoints; `manifests`: file of each newest manifest -> its
    SHA-256 then."""

    checked_at: float
    scope: Scope
    attempts: tuple[str, ...]
    left_out: int
    finding: str
    findings: int
    keys: tuple[str, ...]
    key_given: bool
    vouched: bool
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


def proved(
    copy: Path, errand: Errand, wrong: list[str], *, scope: Scope, key: Path | None, vouched: bool = False
) -> Check:
    """Prove what is in the copy now; what was not asked for is not missed. `wrong`: what is known already."""
    exam = copy / errand.place
    site, box, name = errand.place.split("/")
    for bundle, manifest in errand.bundles.items():
        said = manifest and (manifest.site, manifest.box, manifest.exam, manifest.attempt or "")
        if said and said != (site, box, name, bundle):
            wrong.append(f"{bundle or '.'}: it is {'/'.join(filter(None, said))}: it was moved here")
    keys: set[str] = set()
    files = size = 0
    named = {line.partition(": ")[0] for line in wrong}
    for root in [""] if "" in errand.bundles else sorted(errand.bundles):
        try:
            outcome = verify(exam / root, key=key)
        except ApplianceError as error:
            wrong.append(f"{root or '.'}: {error.message}")
            continue
        keys |= outcome.keys
        files, size = files + outcome.files, size + outcome.bytes
        for finding in outcome.findings:
            file = f"{root}/{finding.file}" if root else finding.file
            if file not in named and ((exam / file).exists() or not errand.expected(file)):
                wrong.append(f"{file}: {finding.what}")
    return Check(
        checked_at=time.time(),
        scope=scope,
        attempts=tuple(sorted(filter(None, errand.bundles))),
        left_out=len(errand.left_out) + len(errand.left_out_attempts),
        finding=wrong[0] if wrong else "" if errand.bundles else "no attempt of it is over yet: nothing to fetch",
        findings=len(wrong),
        keys=tuple(sorted(keys)),
        key_given=key is not None,
        vouched=vouched,
        manifests={
            name: sha256
            for bundle, manifest in errand.bundles.items()
            if manifest and (name := f"{bundle}/{manifest.name}" if bundle else manifest.name)
            if (sha256 := hashlib.sha256(manifest.to_bytes()).hexdigest())
        },
        files=files,
        bytes=size,
    )


def _check(said: dict[str, object]) -> Check:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    return Check(**{**values, "scope": Scope(str(said["scope"]))})  # type: ignore[arg-type]


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
