"""What is to be fetched of one exam: planned from the names that the store has under it and from its manifests."""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from appliance.bundle.manifest import File, Manifest
from appliance.errors import IntegrityError

_MANIFEST = re.compile(r"manifest(?:-([1-9][0-9]{0,4}))?\.json")


class Scope(StrEnum):
    """How much of a bundle. The signed lists come always: without them nothing can be checked."""

    WHOLE = "whole"
    NO_VIDEO = "without video"
    REPORTS = "reports only"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object to fetch. `sha256`: what the manifest says, "" where none names it (signatures, the
    key)."""

    key: str
    size: int
    sha256: str


@dataclass(slots=True)
class Errand:
    """`place`: the exam's folder; what follows is relative to it. `bundles`: "" for the exam and each attempt's
    folder; `left_out`: files that were not asked for; `unfinished`: attempts that have no manifest yet; `wrong`: (file,
    what)."""

    place: str
    wanted: list[Wanted] = field(default_factory=list)
    bundles: dict[str, Manifest | None] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    left_out_attempts: set[str] = field(default_factory=set)
    unfinished: set[str] = field(default_factory=set)
    wrong: list[tuple[str, str]] = field(default_factory=list)

    def expected(self, file: str) -> bool:
        """Is this not here because nobody asked for it?"""
        return file in self.left_out or file.split("/", maxsplit=1)[0] in self.left_out_attempts


class Planner:
    """Plans the errand for one exam. `objects`: every name under it, with its size; `read`: a manifest's bytes."""

    def __init__(self, place: str, objects: Mapping[str, int], read: Callable[[str], bytes], scope: Scope) -> None:
        self._objects, self._read, self._scope = objects, read, scope
        self._errand = Errand(place)
        self._hashes: dict[str, str] = {}

    def plan(self, attempts: Collection[str] | None) -> Errand:
        """`attempts`: only these; None: all that are over."""
        errand = self._errand
        folders = {name.partition("/")[0] for name in self._objects if "/" in name}
        over = {folder for folder in folders if self._numbers(folder)}
        own, exam = self._manifests("")
        own_folders = {name.partition("/")[0] for name in own if "/" in name}
        errand.unfinished = folders - over - own_folders
        named = set(exam.attempts) if exam else set()
        chosen = over if attempts is None else over & set(attempts)
        errand.left_out_attempts = (over | named) - chosen if attempts is not None else set()
        if exam is not None:
            self._bundle(
                "", own, exam, [name for name in self._objects if name.partition("/")[0] not in folders - own_folders]
            )
            errand.wrong += [(name, "it is in no manifest of this exam") for name in sorted(errand.unfinished)]
        else:
            errand.unfinished -= {name for name in errand.unfinished if name.startswith("report")}
        for attempt in sorted(chosen):
            files, newest = self._manifests(attempt)
            self._bundle(attempt, files, newest, [name for name in self._objects if name.startswith(f"{attempt}/")])
        return errand

    def _numbers(self, bundle: str) -> list[int]:
        prefix = f"{bundle}/" if bundle else ""
        names = (name.removeprefix(prefix) for name in self._objects if name.startswith(prefix))
        return sorted(int(found[1] or 1) for name in names if (found := _MANIFEST.fullmatch(name)))

    def _manifests(self, bundle: str) -> tuple[dict[str, File], Manifest | None]:
        """Every file that a manifest of the bundle names, and the newest manifest that can be read."""
        files: dict[str, File] = {}
        newest = None
        prefix = f"{bundle}/" if bundle else ""
        for number in self._numbers(bundle):
            name = prefix + (f"manifest-{number}.json" if number > 1 else "manifest.json")
            try:
                data = self._read(name)
                self._hashes[name] = hashlib.sha256(data).hexdigest()
                newest = Manifest.from_bytes(data)
            except IntegrityError as error:
                self._errand.wrong.append((name, error.message))
                continue
            files = {prefix + file.file: file for file in newest.files} | files
        return files, newest

    def _bundle(self, bundle: str, files: Mapping[str, File], newest: Manifest | None, names: list[str]) -> None:
        """What is there of it and asked for. What no manifest names comes too: the proof must see it."""
        errand, prefix = self._errand, f"{bundle}/" if bundle else ""
        errand.bundles[bundle] = newest
        current = {prefix + file.file for file in newest.files} if newest else set()
        for name in names:
            file = files.get(name)
            if file is not None and not self._asked(file, current=name in current):
                continue
            if file is None and self._scope is Scope.REPORTS and "/" in name.removeprefix(prefix):
                continue
            if file is not None and file.size != self._objects[name]:
                said = f"the store has {self._objects[name]} bytes of it, the manifest says {file.size}"
                errand.wrong.append((name, said))
                continue
            sha256 = file.sha256 if file else self._hashes.get(name, "")
            errand.wanted.append(Wanted(f"{errand.place}/{name}", self._objects[name], sha256))
        errand.left_out |= {n for n, file in files.items() if not self._asked(file, current=n in current)}

    def _asked(self, file: File, *, current: bool) -> bool:
        if self._scope is Scope.REPORTS:
            return file.kind == "report" and current
        return self._scope is Scope.WHOLE or file.kind != "segment"
