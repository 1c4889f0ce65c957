"""A small bundle as the box stores one, with real files: an exam with one attempt."""

import hashlib
import shutil
from pathlib import Path

from appliance.bench.review import recording
from appliance.bundle.keys import BoxKey
from appliance.bundle.manifest import Reference
from appliance.exam.events import BOX, ExamEnded
from appliance.exam.feed import Kind
from appliance.ledger import reader, writer
from appliance.ledger.record import Draft
from appliance.report import write
from appliance.sync.staged import Staged, Subject
from appliance.sync.stager import Stager

SECONDS = 40
KINDS = (Kind.WEBCAM, Kind.SCREEN)


class Bundled:
    """`exam` and `attempt` are its folders; `begins_at` is when the recording began, `key` the fingerprint."""

    def __init__(self, folder: Path) -> None:
        made = recording.make(folder / "data", hours=SECONDS / 3600, small=True, kinds=KINDS, flags=3)
        self.begins_at = made.begins_at
        key = BoxKey.from_folder(made.paths.keys)
        self.key = key.public.fingerprint
        self.exam = folder / "north" / "box-1" / made.exam
        [name] = made.attempts
        self.attempt = self.exam / name
        with writer.opened(made.paths.database) as ledger:
            over = ExamEnded(exam=made.exam, reason="over")
            ledger.append(Draft(payload=over, chain=BOX, exam=made.exam, actor="bench"))
        stager, subject = Stager(made.paths, key), {"site": "north", "box": "box-1", "exam": made.exam}
        with reader.opened(made.paths.database) as ledger, ledger.connect() as connection:
            about = {"connection": connection, "paths": made.paths, "exam": made.exam}
            report = write.write(**about, attempt=name)
            own = stager.attempt(connection, Subject(**subject, attempt=name), report=report, open_feeds=())
            _store(own, self.attempt, key, {})
            report = write.write(**about, attempt=None)
            whole = stager.exam(
                connection, Subject(**subject, attempt=None), report=report, attempts={}, numbers={name: 1}
            )
            _store(whole, self.exam, key, {name: self._reference(own, name)})

    def _reference(self, staged: Staged, name: str) -> Reference:
        manifest, head = (self.attempt / "manifest.json").read_bytes(), staged.plan.ledger
        return Reference(
            file=f"{name}/manifest.json",
            sha256=hashlib.sha256(manifest).hexdigest(),
            position=head.position,
            hash=head.hash,
        )

    def segment(self, kind: Kind, number: int) -> Path:
        """The file of a feed, counted from 1."""
        return sorted((self.attempt / "media" / kind.value).glob("*.mp4"))[number - 1]


def _store(staged: Staged, folder: Path, key: BoxKey, attempts: dict[str, Reference]) -> None:
    for file in staged.to_send():
        target = folder / file.file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(staged.sources[file.file], target)
    for name, data in staged.seal((), key, attempts).items():
        (folder / name).write_bytes(data)
