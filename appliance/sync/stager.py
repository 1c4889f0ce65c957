"""What an attempt or an exam consists of, and staging it: everything that is made for a bundle (the exported chain, the
report, the playlists, the plan of the manifest) is frozen in outbox/EXAM/CHAIN/ before the first of it is sent.

From then on a restart sends the same bytes under the same names. Recordings and snapshots stay where they are: they do
not change, and the plan holds their hashes.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import rfc8785
import sqlalchemy as sa

from appliance.box import clock, disk
from appliance.box.paths import Paths
from appliance.bundle import chain_lines, named
from appliance.bundle.keys import BoxKey
from appliance.bundle.manifest import (
    File,
    FileKind,
    Gap,
    Head,
    Manifest,
    Missing,
    Reference,
)
from appliance.errors import IntegrityError
from appliance.exam.events import BOX
from appliance.exam.place import numbered, place_of
from appliance.exam.stage import Stage
from appliance.ledger import stages, state, tables
from appliance.ledger.chain import GENESIS, Link
from appliance.ledger.record import SELECT
from appliance.sync import companions, staged
from appliance.sync.staged import Staged, Subject

_BOX_WIDE = frozenset({"chain.anchored", "process.started", "ledger.overflowed"})
"""Events of the box's chain that concern every exam and name nobody; of other exams and people only hashes leave."""


class Stager:
    """Stages bundles of one box."""

    def __init__(self, paths: Paths, key: BoxKey) -> None:
        self._paths = paths
        self._key = key

    def folder(self, subject: Subject) -> Path:
        return self._paths.outbox / subject.exam / subject.chain

    def attempt(
        self, connection: sa.Connection, subject: Subject, *, report: dict[str, str], open_feeds: Iterable[str]
    ) -> Staged:
        """Stage an attempt as the ledger has it now. `report`: files in its reports folder -> SHA-256."""
        assert subject.attempt is not None
        links = _links(connection, subject.attempt, after=0)
        with _Filling(self._paths, self.folder(subject), subject) as filling:
            head = filling.ledger(links, after=0, after_hash=GENESIS)
            filling.report(report)
            filling.snapshots(connection)
            filling.others(links)
            filling.recordings(connection)
            gaps = state.gaps(connection, attempt=subject.attempt)
            return filling.publish(
                self._manifest(subject, head, filling.files),
                gaps=tuple(
                    Gap(kind=gap.kind, cause=gap.cause, starts_at=gap.starts_at, ends_at=gap.ends_at) for gap in gaps
                ),
                open_feeds=tuple(sorted(open_feeds)),
                withheld=_withheld(links, subject.exam, subject.attempt),
                attempts={},
                begun=stages.stages(connection, subject.attempt),
            )

    def exam(
        self,
        connection: sa.Connection,
        subject: Subject,
        *,
        report: dict[str, str],
        attempts: dict[str, Reference],
        numbers: Mapping[str, int] | None = None,
    ) -> Staged:
        """Stage an exam: its report, the box's chain since it was made, and the manifests of its attempts.
        `numbers`: of each attempt, that of its bundle that goes with this one."""
        after, after_hash = _before_exam(connection, subject.exam)
        with _Filling(self._paths, self.folder(subject), subject) as filling:
            links = _links(connection, BOX, after=after)
            head = filling.ledger(links, after=after, after_hash=after_hash)
            filling.report(report)
            manifest = self._manifest(subject, head, filling.files)
            return filling.publish(manifest, attempts=attempts, numbers=numbers or {})

    def _manifest(self, subject: Subject, head: Head, files: list[File]) -> Manifest:
        at, previous = clock.now(), subject.previous
        return Manifest(
            number=subject.number,
            site=subject.site,
            box=subject.box,
            exam=subject.exam,
            attempt=subject.attempt,
            made_at=at.wall,
            synchronised=at.synchronised,
            key=self._key.public.fingerprint,
            ledger=head,
            files=tuple(files),
            attempts={},
            previous=None
            if previous is None
            else Reference(
                file=previous.name,
                sha256=hashlib.sha256(previous.to_bytes()).hexdigest(),
                position=previous.ledger.position,
                hash=previous.ledger.hash,
            ),
        )


class _Filling:
    """A bundle being made under a passing name."""

    def __init__(self, paths: Paths, target: Path, subject: Subject) -> None:
        self._paths = paths
        self._target = target
        self._passing = target.with_name(f".{target.name}.new")
        self._subject = subject
        self._proved = {file.file: file for file in (subject.previous.files if subject.previous else ())}
        self.files: list[File] = []
        self._sources: dict[str, str] = {}
        self._report: bytes | None = None

    def __enter__(self) -> "_Filling":
        shutil.rmtree(self._passing, ignore_errors=True)
        self._passing.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._passing, ignore_errors=True)  # renamed away, if all went well

    def ledger(self, links: list[Link], *, after: int, after_hash: bytes) -> Head:
        exam = self._subject.exam
        data = b"".join(chain_lines.line(link, withhold=not _shown(link, self._subject)) for link in links)
        name = numbered("ledger.jsonl", self._subject.number)
        self._make(name, "ledger", data)
        if not links:
            raise IntegrityError(f"the chain {self._subject.chain} of {exam} has no events")
        return Head(
            file=name,
            chain=self._subject.chain,
            after=after,
            after_hash=after_hash.hex(),
            position=after + len(links),
            hash=links[-1].hash.hex(),
        )

    def report(self, report: dict[str, str]) -> None:
        folder = self._paths.reports / self._subject.exam / (self._subject.attempt or "")
        for name, sha256 in sorted(report.items()):
            data = (folder / name).read_bytes()
            if hashlib.sha256(data).hexdigest() != sha256:
                raise IntegrityError(f"{folder / name} changed while it was being staged")
            self._make(f"{numbered('report', self._subject.number)}/{name}", "report", data)
            self._report = data if name == "report.json" else self._report

    def snapshots(self, connection: sa.Connection) -> None:
        newest: dict[str, dict[str, object]] = {}
        for flag in state.flags(connection, attempt=self._subject.attempt):
            newest |= {str(snapshot["path"]): snapshot for snapshot in flag.facts["snapshots"]}
        for path, snapshot in newest.items():
            source = self._paths.media / path
            at = snapshot.get("at")
            place = self._place(path)
            self._refer(
                place,
                File(
                    file=numbered(place, self._subject.number),
                    kind="snapshot",
                    size=source.stat().st_size if source.is_file() else 0,
                    sha256=str(snapshot["sha256"]),
                    starts_at=float(at) if isinstance(at, (int, float)) else None,
                ),
                source,
            )

    def others(self, links: list[Link]) -> None:
        """Pictures of an ID, kept moments, pages: whatever else the ledger names."""
        for path, sha256 in named.files(links).items():
            place, source = self._place(path), self._paths.media / path
            size = source.stat().st_size if source.is_file() else 0
            self._refer(place, File(file=place, kind="snapshot", size=size, sha256=sha256), source)

    def recordings(self, connection: sa.Connection) -> None:
        assert self._subject.attempt is not None
        kinds: set[str] = set()
        for segment in state.segments(connection, attempt=self._subject.attempt):
            kinds.add(segment.kind)
            place = self._place(segment.path)
            self._refer(
                place,
                File(
                    file=place,
                    kind="segment",
                    size=segment.bytes,
                    sha256=segment.sha256,
                    starts_at=segment.starts_at,
                    ends_at=segment.starts_at + segment.duration,
                ),
                self._paths.media / segment.path,
            )
        for kind in sorted(kinds):
            playlist = self._paths.media / self._subject.exam / self._subject.attempt / kind / "playlist.m3u8"
            if playlist.is_file():
                place, data = f"media/{kind}/playlist.m3u8", playlist.read_bytes()
                if known := self._known(place, hashlib.sha256(data).hexdigest()):
                    self.files.append(known)
                else:
                    self._make(numbered(place, self._subject.number), "playlist", data)

    def other(self, name: str, data: bytes) -> None:
        """A file that is made now, of any kind; under the name of before where it is the same as before."""
        if known := self._known(name, hashlib.sha256(data).hexdigest()):
            self.files.append(known)
        else:
            self._make(numbered(name, self._subject.number), "other", data)

    def publish(
        self,
        manifest: Manifest,
        *,
        gaps: tuple[Gap, ...] = (),
        open_feeds: tuple[str, ...] = (),
        withheld: tuple[Missing, ...] = (),
        attempts: dict[str, Reference],
        begun: Iterable[tuple[float, Stage]] = (),
        numbers: Mapping[str, int] | None = None,
    ) -> Staged:
        plan = replace(manifest, gaps=gaps, open_feeds=open_feeds, withheld=withheld, attempts=attempts)
        for name, data in companions.of(plan, report=self._report, begun=tuple(begun), numbers=numbers or {}).items():
            self.other(name, data)
        plan = replace(plan, files=tuple(self.files))
        disk.write(self._passing / "plan.json", plan.to_bytes())
        disk.write(self._passing / "sources.json", rfc8785.dumps(self._sources))
        disk.publish(self._passing, self._target)
        return staged.read(self._target, self._paths.data)

    def _place(self, path: str) -> str:
        assert self._subject.attempt is not None
        return place_of(path, self._subject.exam, self._subject.attempt)

    def _refer(self, place: str, file: File, source: Path) -> None:
        """A file that stays where it is. `place`: its name, were this the first manifest."""
        if known := self._known(place, file.sha256):
            self.files.append(known)
        else:
            self.files.append(file)
            self._sources[file.file] = str(source.relative_to(self._paths.data))

    def _make(self, name: str, kind: FileKind, data: bytes) -> None:
        """A file that is made now."""
        disk.write(self._passing / "files" / name, data)
        self.files.append(File(file=name, kind=kind, size=len(data), sha256=hashlib.sha256(data).hexdigest()))
        self._sources[name] = str((self._target / "files" / name).relative_to(self._paths.data))

    def _known(self, place: str, sha256: str) -> File | None:
        """The same file, proved by an earlier manifest under its own name or a numbered one."""
        for number in range(1, self._subject.number):
            known = self._proved.get(numbered(place, number))
            if known is not None and known.sha256 == sha256:
                return known
        return None


def _links(connection: sa.Connection, chain: str, *, after: int) -> list[Link]:
    event = tables.event.c
    rows = connection.execute(SELECT.where(event.chain == chain, event.position > after).order_by(event.position))
    return [Link(body=row.body, hash=row.hash, payload=row.payload, salt=row.salt) for row in rows]


def _withheld(links: list[Link], exam: str, attempt: str) -> tuple[Missing, ...]:
    """Room scans stay on the box: upstream nothing is ever deleted, and they have a date of their own."""
    gone = named.deleted(links)
    return tuple(
        Missing(
            file=place_of(path, exam, attempt),
            sha256=sha256,
            reason=f"a room scan; {'it was' if path in gone else 'it stays on the box and is'} deleted by its date, "
            f"{datetime.fromtimestamp(delete_at, UTC):%Y-%m-%d}",
        )
        for path, (sha256, delete_at) in named.scans(links).items()
    )


def _shown(link: Link, subject: Subject) -> bool:
    if subject.attempt is not None:
        return True
    envelope = json.loads(link.body)
    return envelope["exam"] == subject.exam or envelope["type"] in _BOX_WIDE


def _before_exam(connection: sa.Connection, exam: str) -> tuple[int, bytes]:
    """Position and hash of the last event of the box's chain before the exam's first."""
    event = tables.event.c
    first = connection.execute(
        sa.select(sa.func.min(event.position)).where(event.chain == BOX, event.exam == exam)
    ).scalar()
    if not first or first == 1:
        return 0, GENESIS
    before = sa.select(event.hash).where(event.chain == BOX, event.position == first - 1)
    return first - 1, connection.execute(before).scalar_one()
