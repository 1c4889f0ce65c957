"""The boxes' checkpoints, asked when a copy is made: does a box vouch for more than the store has?

A copy of an exam proves itself, and cannot show that something later was taken away; a checkpoint can. Each says for a
week which exams are upstream, so that one note of every three days is enough. Notes are kept in the copy, under
`_pull/boxes/`, and those of days that are over are not fetched again.
"""

import datetime
import hashlib
import math
from collections.abc import Callable, Iterable
from pathlib import Path

from appliance.box import disk
from appliance.bundle import note
from appliance.bundle.manifest import Manifest
from appliance.errors import IntegrityError, NotFound
from appliance.exam.place import numbered
from appliance.proof import box_proof
from appliance.proof.box_proof import Vouched
from appliance.proof.bundle_proof import Proof
from appliance.proof.tree import FolderTree
from appliance.proof.trusted import Trusted
from appliance.pull.patience import patiently
from appliance.stores.port import ObjectStore, checked

KEPT = Path("_pull", "boxes")
_DAYS = 3
_LONGEST = 1 << 20


class Witness:
    """Of one store. `copy`: the folder that is being filled; `key_of`: a box's key from another place."""

    def __init__(self, store: ObjectStore, copy: Path, *, key_of: Callable[[str, str], Path | None]) -> None:
        self._store, self._copy, self._key_of = store, copy, key_of
        self._vouched: dict[str, Vouched] = {}
        self.wrong: dict[str, list[str]] = {}

    def ask(self, site: str, box: str, *, since: float) -> bool:
        """Once for each box, before its exams are looked at: what the store gets meanwhile is then no contradiction.
        `since`: wall seconds; -> are there checkpoints?"""
        place = f"{site}/{box}"
        if place in self._vouched:
            return self._vouched[place].newest is not None
        folder = self._copy / KEPT / site / box
        if self._fetch(f"{place}/{box_proof.FOLDER}/box.pub", folder):
            for day in self._days(f"{place}/{note.FOLDER}", since):
                self._fetch_newest(f"{place}/{note.FOLDER}/{day}", folder, past=day < _today())
        wrong = self.wrong[place] = []
        vouched = Vouched()
        if (folder / box_proof.FOLDER).is_dir():
            trusted = Trusted.read(self._key_of(site, box))
            vouched = box_proof.read(FolderTree(folder), trusted, lambda file, what: wrong.append(f"{file}: {what}"))
        self._vouched[place] = vouched
        return vouched.newest is not None

    def against(self, place: str, newest: Manifest | None) -> list[str]:
        """What the box vouched for of an exam that is in the copy, and is not so there."""
        site, box, name = place.split("/")
        exam, vouched, found = self._copy / place, self._vouched[f"{site}/{box}"], list[str]()

        def find(file: str, what: str) -> None:
            if file.split("/", maxsplit=1)[0] == name:
                found.append(f"{file.removeprefix(name).removeprefix('/') or 'manifest.json'}: {what}")

        if newest is None:
            box_proof.compare(vouched, {}, 0.0, find)
            return found
        files = [exam / numbered("manifest.json", number) for number in range(1, newest.number + 1)]
        sums = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()]
        if len(sums) == newest.number:  # else it was found already
            box_proof.compare(vouched, {name: Proof(newest, sums)}, math.inf, find)
        return found

    def missing(self, site: str, box: str, there: Iterable[str]) -> list[str]:
        """Exams that the box vouched for and that the store has nothing of."""
        found: list[str] = []
        exams = dict.fromkeys(there)
        box_proof.compare(
            self._vouched[f"{site}/{box}"], exams, 0.0, lambda file, what: found.append(f"{file}: {what}")
        )
        return found

    def _days(self, folder: str, since: float) -> list[str]:
        """Of every three days that have notes the last, and the newest of all."""
        first = datetime.datetime.fromtimestamp(since, datetime.UTC).date()
        last: dict[int, str] = {}
        for name in sorted(patiently(lambda: list(self._store.folders(folder)))):
            try:
                day = datetime.date.fromisoformat(name)
            except ValueError:
                continue  # nothing that a box puts there
            if day >= first:
                last[day.toordinal() // _DAYS] = name
        return list(last.values())

    def _fetch_newest(self, folder: str, here: Path, *, past: bool) -> None:
        day = here / note.FOLDER / folder.rpartition("/")[2]
        if past and day.is_dir():
            return
        listed = patiently(lambda: list(self._store.list(folder)))
        names = [found.key for found in listed if found.key.endswith(".note")]
        if names:
            self._fetch(max(names), here)

    def _fetch(self, key: str, here: Path) -> bool:
        """Small, and kept as the store has it: what is wrong with it is for the proof to find."""
        name = checked(key).split("/", 2)[2]
        try:
            data = patiently(lambda: self._read(key))
        except NotFound:
            return False
        target = here / name
        if not target.exists() or target.read_bytes() != data:
            disk.write(target.with_name(f".{target.name}.partial"), data)
            target.with_name(f".{target.name}.partial").replace(target)
        return True

    def _read(self, key: str) -> bytes:
        pieces, size = [], 0
        for piece in self._store.read(key):
            pieces.append(piece)
            if (size := size + len(piece)) > _LONGEST:
                raise IntegrityError(f"{key} is too long for what it should be")
        return b"".join(pieces)


def _today() -> str:
    return f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
