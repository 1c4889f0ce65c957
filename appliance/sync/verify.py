"""Prove a folder of evidence: an attempt's, an exam's, or a whole upstream. Needs no box, no ledger and no network.

What is proved, and what cannot be, stands in docs/verify.md. The first finding is the one to tell; the walk goes on, so
that all are known.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from appliance.errors import BadInput, IntegrityError, NotFound
from appliance.sync.keys import PublicKey
from appliance.sync.manifest import Manifest, Reference
from appliance.sync.proof import Proof
from appliance.sync.proof import prove as prove_bundle

_MARKS = ("manifest.json", "manifest.sig", "ledger.jsonl", "SHA256SUMS", "SHA256SUMS.sig", "box.pub", "media")
"""Any of these makes a folder a bundle; if the manifest is not among them, it is missing."""

BY_PULL = ("index.html", "_pull")
"""What `appliance pull` writes at the top of its copy, beside the sites: a page and notes of its own, no evidence."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something missing, changed or too much. `file` is relative to the folder that was asked about."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


@dataclass(slots=True)
class Outcome:
    """`keys`: fingerprints of the keys that signed; `trusted`: they were compared with one from another place.
    `remarks`: true, and to be known, but not wrong."""

    trusted: bool
    attempts: int = 0
    exams: int = 0
    files: int = 0
    bytes: int = 0
    events: int = 0
    erased: int = 0
    keys: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def require(self) -> "Outcome":
        """Itself, or IntegrityError with the first finding."""
        if self.findings:
            raise IntegrityError(str(self.findings[0]), hint="Keep this copy, and compare with the box's own.")
        return self


def verify(folder: Path, *, key: Path | None = None) -> Outcome:
    """Walk `folder`; `key` is the box's public key from a place that whoever changed the folder could not reach.

    NotFound when there is no such folder or key, BadInput when the key is none.
    """
    if not folder.is_dir():
        raise NotFound(f"there is no folder {folder}", hint="Give the folder of an attempt, an exam or a box.")
    return _Walk(folder, _trusted(key)).run()


def command(folder: Path, *, key: Path | None = None) -> int:
    """Print OK and what was proved, or the first finding; -> 0 or 1."""
    outcome = verify(folder, key=key)
    if outcome.findings:
        more = len(outcome.findings) - 1
        print(f"NOT PROVED  {outcome.findings[0]}" + (f" (and {more} more)" if more else ""))
        return 1
    print(
        f"OK  {outcome.attempts} attempts, {outcome.exams} exams, {outcome.files} files, {outcome.bytes / 1e6:.1f} MB,"
        f" {outcome.events} events" + (f" ({outcome.erased} erased or withheld)" if outcome.erased else "")
    )
    for remark in outcome.remarks:
        print(f"    {remark}")
    for fingerprint in sorted(outcome.keys):
        said = "the key you gave" if outcome.trusted else "the key in the folder: compare it with the box's own (--key)"
        print(f"    signed by {fingerprint}, {said}")
    return 0


def _trusted(file: Path | None) -> PublicKey | None:
    if file is None:
        return None
    try:
        return PublicKey.from_pem(file.read_bytes())
    except OSError as error:
        raise NotFound(f"the key {file} cannot be read: {error.strerror}") from None
    except IntegrityError as error:
        raise BadInput(f"{file} cannot be used: {error}", hint="It is the box.pub of the box.") from None


class _Walk:
    """One look at a tree."""

    def __init__(self, root: Path, trusted: PublicKey | None) -> None:
        self._root = root
        self._trusted = trusted
        self._outcome = Outcome(trusted=trusted is not None)

    def run(self) -> Outcome:
        self._folder(self._root, exam_above=True)
        if not self._outcome.attempts and not self._outcome.exams and not self._outcome.findings:
            self._find(self._root, "there is no evidence in it: no manifest.json anywhere")
        return self._outcome

    def _find(self, path: Path, what: str) -> None:
        name = path.relative_to(self._root).as_posix()
        self._outcome.findings.append(Finding(str(self._root) if name == "." else name, what))

    def _folder(self, folder: Path, *, exam_above: bool) -> None:
        """A bundle, or folders that lead to some. `exam_above`: an attempt here needs no exam's manifest over it."""
        if not any((folder / mark).exists() for mark in _MARKS):
            for entry in sorted(folder.iterdir()):
                if folder == self._root and entry.name in BY_PULL:
                    self._outcome.remarks.append(f"{entry.name} was made by `appliance pull`; it is no evidence")
                elif entry.is_dir() and not entry.is_symlink():
                    self._folder(entry, exam_above=False)
                else:
                    self._find(entry, "it is in no manifest")
            return
        proof = self._bundle(folder)
        if proof is None:
            return
        if proof.manifest.attempt is None:
            self._place(folder, proof.manifest)
            self._attempts(folder, proof)
        elif not exam_above:
            exam = folder.parent / "manifest.json"
            self._find(exam, "it is missing: the exam was not stored completely, or the file was removed")

    def _place(self, folder: Path, manifest: Manifest) -> None:
        """An exam stands under its own name, its box's and its site's, as far up as was asked."""
        parts = folder.relative_to(self._root).parts
        expected = (manifest.site, manifest.box, manifest.exam)
        if parts and parts[-3:] != expected[-len(parts[-3:]) :]:
            self._find(folder, f"it is the exam {'/'.join(expected)}: it was moved here")

    def _bundle(self, folder: Path) -> Proof | None:
        """Prove one bundle and count what it has."""
        outcome = self._outcome
        proof = prove_bundle(folder, self._trusted, lambda file, what: self._find(folder / file, what))
        if proof is None:
            return None
        if proof.manifest.attempt is None:
            outcome.exams += 1
        else:
            outcome.attempts += 1
        outcome.files += proof.files
        outcome.bytes += proof.size
        outcome.events += len(proof.hashes)
        outcome.erased += proof.erased
        outcome.keys.add(proof.manifest.key)
        where = folder.relative_to(self._root).as_posix()
        outcome.remarks += [f"{where}: {remark}" for remark in proof.remarks]
        return proof

    def _attempts(self, folder: Path, exam: Proof) -> None:
        """Exactly the attempts that the exam's manifest names."""
        own = {file.split("/")[0] for file in exam.own}
        for entry in sorted(folder.iterdir()):
            if entry.is_dir() and entry.name not in exam.manifest.attempts and entry.name not in own:
                self._find(entry, "it is in no manifest of this exam")
        for name, reference in sorted(exam.manifest.attempts.items()):
            if not (folder / name).is_dir():
                self._find(folder / name, "it is missing: the exam's manifest names this attempt")
            elif attempt := self._bundle(folder / name):
                self._attempt(folder, name, reference, attempt, exam)

    def _attempt(self, folder: Path, name: str, reference: Reference, attempt: Proof, exam: Proof) -> None:
        """One of them: under its own name, of this exam and box, as the exam's manifest and chain have it."""
        manifest = attempt.manifest
        if (manifest.attempt, manifest.exam) != (name, exam.manifest.exam):
            self._find(folder / name, f"it is attempt {manifest.attempt} of exam {manifest.exam}: it was moved here")
            return
        if (manifest.key, manifest.site, manifest.box) != (exam.manifest.key, exam.manifest.site, exam.manifest.box):
            self._find(folder / name, "it is of another box than its exam")
        file = folder / reference.file
        if not file.is_file():
            self._find(file, "it is missing: the exam's manifest names it")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != reference.sha256:
            self._find(file, "it is not the manifest that the exam's manifest names")
        heads = [(reference.position, reference.hash), *(tuple(h[name]) for h in exam.anchors if name in h)]
        for position, hashed in heads:
            if attempt.hashes.get(position, b"").hex() != hashed:
                said = "has another event there" if position in attempt.hashes else "ends before it"
                ledger = folder / name / manifest.ledger.file
                self._find(ledger, f"the box vouched for event {position} of this attempt, and this {said}")
                return
