"""The boxes' own reports on one exam, out of a copy that `appliance pull` made: each believed only when its box signed
it."""

import hashlib
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from appliance.bundle.keys import PublicKey
from appliance.bundle.manifest import Manifest
from appliance.errors import ApplianceError, IntegrityError
from appliance.exam.place import numbered
from appliance.pull.catalogue import Catalogue, ExamEntry
from appliance.pull.checked import Check, Checks, proved
from appliance.pull.choice import Choice
from appliance.pull.errand import Errand, Planner, Scope
from appliance.stores.directory import DirectoryStore

Standing = Literal["proved", "proved_in_part", "not_proved", "not_joined", "going_on", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxReport:
    """One box's report, and what it is worth; `report`: its bytes, None where none can be believed; the other
    fields are those of `report.joined.Source`."""

    site: str
    box: str
    standing: Standing
    says: str = ""
    checked_at: float
    key: str = ""
    key_given: bool = False
    manifest: str = ""
    manifest_sha256: str = ""
    report_file: str = ""
    report_sha256: str = ""
    report: bytes | None = None


class Sources:
    """Of one copy. `key_of`: a box's public key from another place; `anew`: prove everything again instead of taking
    the word of the last pull for what is not the report."""

    def __init__(self, copy: Path, *, key_of: Callable[[str, str], Path | None], anew: bool = False) -> None:
        self._copy, self._key_of, self._anew = copy, key_of, anew
        self._checks = Checks.read(copy)
        self._store = DirectoryStore(copy)

    def of(self, choice: Choice, expected: Sequence[tuple[str, str]]) -> list[BoxReport]:
        """Of the one exam that is chosen. `expected`: sites and boxes that should have it."""
        entries = Catalogue(self._store, now=time.time()).exams(choice)
        found = [self._of(entry) for entry in entries]
        there = {(one.site, one.box) for one in found}
        return found + [
            BoxReport(
                site=site,
                box=box,
                standing="missing",
                says="nothing of this exam is in the copy from a box that should have held it",
                checked_at=time.time(),
            )
            for site, box in sorted(set(expected) - there)
        ]

    def _of(self, entry: ExamEntry) -> BoxReport:
        exam = self._copy / entry.place
        errand = self._errand(entry.place)
        check = self._checked(entry.place, errand)
        given = self._key_of(entry.site, entry.box)
        bare = BoxReport(
            site=entry.site,
            box=entry.box,
            standing="not_joined",
            checked_at=check.checked_at,
            key_given=given is not None,
        )
        if not (exam / "manifest.json").exists():
            return replace(
                bare, standing="going_on", says="the box has not closed the exam, or its part was not fetched"
            )
        try:
            found = _believed(exam, given or exam / "box.pub", bare, entry.exam)
        except (IntegrityError, OSError) as error:
            return replace(bare, says=f"its report cannot be believed: {getattr(error, 'message', error)}")
        if check.finding:
            more = f" (and {check.findings - 1} more)" if check.findings > 1 else ""
            return replace(found, standing="not_proved", says=f"{check.finding}{more}")
        if check.left_out:
            said = f"{check.scope}; {check.left_out} files or attempts are not in this copy and were not checked"
            return replace(found, standing="proved_in_part", says=said)
        return replace(found, standing="proved")

    def _errand(self, place: str) -> Errand:
        check = self._checks.exams.get(place)
        objects = {one.key.removeprefix(f"{place}/"): one.size for one in self._store.list(place)}
        read = lambda name: (self._copy / place / name).read_bytes()  # noqa: E731
        return Planner(place, objects, read, check.scope if check else Scope.WHOLE).plan(
            check.attempts if check else None
        )

    def _checked(self, place: str, errand: Errand) -> Check:
        """What the last pull noted, as long as the manifests are the same; else a proof of now."""
        known = self._checks.exams.get(place)
        if known is not None and not self._anew and known.still(self._copy / place):
            return known
        site, box, _ = place.split("/")
        scope = known.scope if known else Scope.WHOLE
        wrong = [f"{name}: {what}" for name, what in errand.wrong]
        return proved(self._copy, errand, wrong, scope=scope, key=self._key_of(site, box))


def _believed(exam: Path, key_file: Path, bare: BoxReport, name: str) -> BoxReport:
    """The newest report that the box signed: the signature of its manifest, then its hash. IntegrityError."""
    key = PublicKey.from_pem(key_file.read_bytes())
    numbers = list(itertools.takewhile(lambda n: (exam / numbered("manifest.json", n)).exists(), itertools.count(1)))
    trouble: list[str] = []
    for number in reversed(numbers):
        try:
            data, manifest = _signed(exam, number, key)
            if (manifest.site, manifest.box, manifest.exam, manifest.attempt) != (bare.site, bare.box, name, None):
                raise IntegrityError(f"it is of {manifest.site}/{manifest.box}/{manifest.exam}: it was moved here")
            [file] = [one for one in manifest.files if one.kind == "report" and one.file.endswith("/report.json")]
            report = (exam / file.file).read_bytes()
            if hashlib.sha256(report).hexdigest() != file.sha256:
                raise IntegrityError(f"{file.file} is not what the box signed")
        except ApplianceError as error:
            trouble.append(f"{numbered('manifest.json', number)}: {error.message}")
        except (ValueError, OSError):
            trouble.append(f"{numbered('manifest.json', number)} names no report that is here")
        else:
            return replace(
                bare,
                key=key.fingerprint,
                manifest=manifest.name,
                manifest_sha256=hashlib.sha256(data).hexdigest(),
                report_file=file.file,
                report_sha256=file.sha256,
                report=report,
            )
    raise IntegrityError("; ".join(trouble))


def _signed(exam: Path, number: int, key: PublicKey) -> tuple[bytes, Manifest]:
    data = (exam / numbered("manifest.json", number)).read_bytes()
    if not key.verifies((exam / numbered("manifest.sig", number)).read_bytes(), data):
        raise IntegrityError("the signature does not fit")
    return data, Manifest.from_bytes(data)
