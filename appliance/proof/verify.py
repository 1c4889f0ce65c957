"""Prove a tree of evidence: an attempt's, an exam's, a box's, or a whole upstream. Needs no box and no ledger.

What is proved, and what cannot be, stands in docs/verify.md. The first finding is the one to tell; the walk goes on, so
that all are known.
"""

from dataclasses import dataclass, field
from pathlib import Path

from appliance.bundle.authorities import Authorities
from appliance.bundle.manifest import Manifest, Reference
from appliance.errors import IntegrityError, NotFound
from appliance.exam.place import numbered
from appliance.proof import box_proof, bundle_proof
from appliance.proof.box_proof import Vouched
from appliance.proof.bundle_proof import Proof
from appliance.proof.tree import FolderTree, Tree
from appliance.proof.trusted import Trusted

_MARKS = ("manifest.json", "box.pub", "manifest.sig", "ledger.jsonl", "SHA256SUMS", "SHA256SUMS.sig")
"""Any of these, or a folder `media`, makes a folder a bundle; if the manifest is not among them, it is missing."""

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
    """`keys`: fingerprints of the keys that signed; `trusted`: they were compared with some from another place.
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


def verify(
    place: Path | Tree,
    *,
    key: Path | None = None,
    site_ca: Path | None = None,
    tsa_ca: Path | None = None,
    since: float = 0.0,
) -> Outcome:
    """Walk `place`; `key` is the box's public key (or a folder of SITE/BOX.pub) from a place that whoever changed the
    evidence could not reach; `site_ca` and `tsa_ca` are PEM files. Exams that were stored before `since` (wall seconds)
    are not missed, and checkpoints of days before are not read.

    NotFound when there is no such folder, key or certificate, BadInput when it is none.
    """
    if isinstance(place, Path):
        if not place.is_dir():
            raise NotFound(f"there is no folder {place}", hint="Give the folder of an attempt, an exam or a box.")
        place = FolderTree(place)
    return _Walk(place, Trusted.read(key), Authorities.read(site_ca, tsa_ca), since).run()


class _Walk:
    """One look at a tree."""

    def __init__(self, root: Tree, trusted: Trusted, authorities: Authorities, since: float) -> None:
        self._root = root
        self._trusted = trusted
        self._authorities = authorities
        self._since = since
        self._outcome = Outcome(trusted=bool(trusted))
        self._boxes = 0

    def run(self) -> Outcome:
        outcome = self._outcome
        self._folder(self._root, "", exam_above=True)
        if not outcome.attempts and not outcome.exams and not outcome.findings and not self._boxes:
            self._find("", "there is no evidence in it: no manifest.json anywhere")
        return outcome

    def _find(self, file: str, what: str) -> None:
        self._outcome.findings.append(Finding(file or self._root.name, what))

    def _remark(self, where: str, *what: str) -> None:
        self._outcome.remarks += [f"{where or '.'}: {one}" for one in what]

    def _folder(self, tree: Tree, where: str, *, exam_above: bool) -> None:
        """A bundle, or folders that lead to some. `exam_above`: an attempt here needs no exam's manifest over it."""
        folders = tree.folders()
        if "media" in folders or any(tree.has(mark) for mark in _MARKS):
            self._exam(tree, where, exam_above=exam_above)
            return
        if not tree.listed:
            self._find("", "there is no manifest.json at this address: give that of one attempt's or exam's folder")
        if box_proof.FOLDER in folders:
            self._box(tree, where, folders)
            return
        for name in sorted([*folders, *tree.loose()]):
            if tree is self._root and name in BY_PULL:
                self._outcome.remarks.append(f"{name} was made by `appliance pull`; it is no evidence")
            elif name in folders:
                self._folder(tree.under(name), _join(where, name), exam_above=False)
            else:
                self._find(_join(where, name), "it is in no manifest")

    def _box(self, tree: Tree, where: str, folders: list[str]) -> None:
        """Every exam of one box, and what the box vouched for."""

        def find(file: str, what: str) -> None:
            self._find(_join(where, file), what)

        self._boxes += 1
        vouched = box_proof.read(tree, self._trusted, find, self._since)
        exams: dict[str, Proof | None] = {}
        for name in folders:
            if name == box_proof.FOLDER:
                continue
            exam, place = tree.under(name), _join(where, name)
            if vouched.goes_on(name) and not exam.has("manifest.json"):
                exams[name] = None
                self._going_on(exam, place, vouched)
            else:
                exams[name] = self._exam(exam, place, exam_above=False, vouched=vouched)
        for name in tree.loose():
            find(name, "it is in no manifest")
        box_proof.compare(vouched, exams, self._since, find)
        self._remark(where, *box_proof.remarks(vouched, exams))

    def _going_on(self, tree: Tree, where: str, vouched: Vouched) -> None:
        """An exam that was not upstream yet: its attempts that are, one by one."""
        done = [name for name in tree.folders() if tree.has(f"{name}/manifest.json")]
        for name in done:
            self._bundle(tree.under(name), _join(where, name))
        self._remark(where, f"it goes on, or is on its way here: {len(done)} attempts of it are complete")

    def _exam(self, tree: Tree, where: str, *, exam_above: bool, vouched: Vouched | None = None) -> Proof | None:
        """An exam with its attempts, or an attempt by itself; -> the exam's proof."""
        if not any(tree.has(mark) for mark in _MARKS) and "media" not in tree.folders():
            self._folder(tree, where, exam_above=exam_above)  # attempts, and nothing of their exam
            return None
        found = self._bundle(tree, where, vouched)
        if found is None:
            return None
        if found.manifest.attempt is None:
            self._place(where, found.manifest)
            self._attempts(tree, where, found)
            return found
        if not exam_above:
            exam = _join(where.rpartition("/")[0], "manifest.json")
            self._find(exam, "it is missing: the exam was not stored completely, or the file was removed")
        return None

    def _place(self, where: str, manifest: Manifest) -> None:
        """An exam stands under its own name, its box's and its site's, as far up as was asked."""
        parts = tuple(where.split("/")) if where else ()
        expected = (manifest.site, manifest.box, manifest.exam)
        if parts and parts[-3:] != expected[-len(parts[-3:]) :]:
            self._find(where, f"it is the exam {'/'.join(expected)}: it was moved here")

    def _bundle(
        self, tree: Tree, where: str, vouched: Vouched | None = None, wanted: tuple[int, ...] = ()
    ) -> Proof | None:
        """Prove one bundle and count what it has."""
        outcome = self._outcome
        tree.files()  # one listing, which the bundle's own questions are answered from
        found = bundle_proof.prove(
            tree,
            self._trusted,
            lambda file, what: self._find(_join(where, file), what),
            authorities=self._authorities,
            wanted=vouched.heads if vouched is not None else wanted,
        )
        if found is None:
            return None
        if found.manifest.attempt is None:
            outcome.exams += 1
            if found.chain is not None and not found.chain.ended:
                head = found.manifest.ledger
                what = f"TRUNCATED: it ends with event {head.position}, before the end of the exam"
                self._find(_join(where, head.file), what + _later(vouched, head.position))
        else:
            outcome.attempts += 1
        outcome.files += found.files
        outcome.bytes += found.size
        if found.chain is not None:
            outcome.events += found.chain.events
            outcome.erased += found.chain.erased
        outcome.keys.add(found.manifest.key)
        self._remark(where, *found.remarks)
        return found

    def _attempts(self, tree: Tree, where: str, exam: Proof) -> None:
        """Exactly the attempts that the exam's manifest names."""
        own = {file.split("/")[0] for file in exam.own}
        for name in tree.folders():
            if name not in exam.manifest.attempts and name not in own:
                self._find(_join(where, name), "it is in no manifest of this exam")
        for name, reference in sorted(exam.manifest.attempts.items()):
            place, folder = _join(where, name), tree.under(name)
            if not (name in tree.folders() if tree.listed else folder.has("manifest.json")):
                self._find(place, "it is missing: the exam's manifest names this attempt")
                continue
            heads = {reference.position: reference.hash} | (exam.chain.heads.get(name, {}) if exam.chain else {})
            if attempt := self._bundle(folder, place, wanted=tuple(heads)):
                self._attempt(where, name, reference, attempt, exam, heads)

    def _attempt(
        self,
        where: str,
        name: str,
        reference: Reference,
        attempt: Proof,
        exam: Proof,
        heads: dict[int, str],
    ) -> None:
        """One of them: under its own name, of this exam and box, as the exam's manifest and chain have it."""
        manifest, place = attempt.manifest, _join(where, name)
        if (manifest.attempt, manifest.exam) != (name, exam.manifest.exam):
            self._find(place, f"it is attempt {manifest.attempt} of exam {manifest.exam}: it was moved here")
            return
        if (manifest.key, manifest.site, manifest.box) != (exam.manifest.key, exam.manifest.site, exam.manifest.box):
            self._find(place, "it is of another box than its exam")
        known = {f"{name}/{numbered('manifest.json', n)}": sha256 for n, sha256 in enumerate(attempt.sums, 1)}
        if reference.file not in known:
            self._find(_join(where, reference.file), "it is missing: the exam's manifest names it")
        elif known[reference.file] != reference.sha256:
            self._find(_join(where, reference.file), "it is not the manifest that the exam's manifest names")
        if attempt.chain is None:
            return
        heads = {**(exam.chain.heads.get(name, {}) if exam.chain else {}), **heads}
        for position, hashed in heads.items():
            if attempt.chain.hashes.get(position) != hashed:
                said = "has another event there" if position <= manifest.ledger.position else "ends before it"
                ledger = _join(place, manifest.ledger.file)
                self._find(ledger, f"the box vouched for event {position} of this attempt, and this {said}")
                return


def _join(where: str, name: str) -> str:
    return f"{where}/{name}" if where and name else where or name


def _later(vouched: Vouched | None, position: int) -> str:
    """What the box vouched for beyond it."""
    newest = vouched.newest if vouched is not None else None
    if newest is None or newest.position <= position:
        return ""
    return f"; the box vouched for event {newest.position} later"
