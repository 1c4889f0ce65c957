"""A bundle on its way: frozen in a folder of the outbox, sealed when the store has everything else."""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.box import disk
from appliance.bundle.keys import BoxKey
from appliance.bundle.manifest import File, Manifest, Missing, Reference
from appliance.errors import IntegrityError
from appliance.exam.events import BOX
from appliance.exam.place import numbered


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose bundle: an attempt's, or (attempt None) the exam's. `number` counts its manifests; `previous` is the one
    before."""

    site: str
    box: str
    exam: str
    attempt: str | None
    number: int = 1
    previous: Manifest | None = None

    @property
    def chain(self) -> str:
        return self.attempt or BOX

    @property
    def prefix(self) -> str:
        """Its folder in the store."""
        return f"{self.site}/{self.box}/{self.exam}" + (f"/{self.attempt}" if self.attempt else "")


@dataclass(frozen=True, slots=True)
class Staged:
    """A bundle on its way. `plan` is its manifest before it is known what could not be sent; `sources`: file of the
    bundle -> where it is on this box. Files that the manifest before it has proved are not sent again."""

    folder: Path
    plan: Manifest
    sources: dict[str, Path]

    @property
    def subject(self) -> Subject:
        return Subject(
            site=self.plan.site,
            box=self.plan.box,
            exam=self.plan.exam,
            attempt=self.plan.attempt,
            number=self.plan.number,
        )

    def to_send(self) -> list[File]:
        """What the store must have before the manifest."""
        return [file for file in self.plan.files if file.file in self.sources]

    def sealed(self) -> dict[str, bytes] | None:
        """What closes the bundle, in the order to send it, the manifest last; None before `seal`."""
        folder = self.folder / "sealed"
        if not folder.exists():
            return None
        made = {path.name for path in folder.iterdir()}
        optional = set(_countersigned(self.plan)) - made
        return {name: (folder / name).read_bytes() for name in _closing(self.plan) if name not in optional}

    def seal(
        self,
        missing: Iterable[Missing],
        key: BoxKey,
        attempts: Mapping[str, Reference] | None = None,
        *,
        over: Callable[[bytes, int], dict[str, bytes]] = lambda _data, _number: {},
    ) -> dict[str, bytes]:
        """Sign, and freeze what was signed. `attempts`: an exam's; these are stored by now. `over`: the manifest and
        its number -> what else is made over it (`countersign`)."""
        lost = tuple(missing)
        gone = {entry.file for entry in lost}
        files = tuple(file for file in self.plan.files if file.file not in gone)
        manifest = replace(self.plan, files=files, missing=lost, attempts=dict(attempts or {}))
        data, sums = manifest.to_bytes(), manifest.sums()
        own = (*_signed(self.plan), manifest.name)
        made = dict(zip(own, (key.public.pem, sums, key.sign(sums), key.sign(data), data), strict=True))
        made |= over(data, manifest.number)
        closing = {name: made[name] for name in _closing(self.plan) if name in made}
        passing = self.folder / ".sealed"
        shutil.rmtree(passing, ignore_errors=True)
        for name, content in closing.items():
            disk.write(passing / name, content)
        disk.publish(passing, self.folder / "sealed")
        return closing


def _signed(plan: Manifest) -> list[str]:
    return ["box.pub", *(numbered(name, plan.number) for name in ("SHA256SUMS", "SHA256SUMS.sig", "manifest.sig"))]


def _countersigned(plan: Manifest) -> list[str]:
    """Files over the manifest, where the site set them up."""
    return [numbered(name, plan.number) for name in ("manifest.p7s", "manifest.tsr")]


def _closing(plan: Manifest) -> list[str]:
    return [*_signed(plan), *_countersigned(plan), plan.name]


def read(folder: Path, data: Path) -> Staged:
    """Read a staged bundle; `data` is the box's data folder. IntegrityError when it cannot be read."""
    try:
        plan = Manifest.from_bytes((folder / "plan.json").read_bytes())
        sources = json.loads((folder / "sources.json").read_text(encoding="utf-8"))
        return Staged(folder, plan, {name: data / path for name, path in sources.items()})
    except (OSError, ValueError, AttributeError) as error:
        raise IntegrityError(
            f"the staged bundle {folder} cannot be read: {error}", hint="Move it aside: the box makes it again."
        ) from None
