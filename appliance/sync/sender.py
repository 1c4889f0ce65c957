"""What is done with the store: which thing each hand gets next, and what follows from how it went."""

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from appliance.bundle.manifest import FileKind, Manifest, Missing, Reference
from appliance.errors import IntegrityError, Unavailable
from appliance.exam.place import numbered
from appliance.ledger.reader import Reader
from appliance.stores.port import Conflict, ObjectStore, SourceDamaged, Stored
from appliance.sync.crew import Crew, Done, Task
from appliance.sync.outage import Outage
from appliance.sync.outbox import Item, Outbox, Rank
from appliance.sync.pace import Line
from appliance.sync.staged import Staged, Subject
from appliance.sync.trouble import UPSTREAM, Trouble

RANKS: dict[FileKind, Rank] = {
    "ledger": Rank.LEDGER,
    "report": Rank.REPORT,
    "other": Rank.REPORT,
    "snapshot": Rank.SNAPSHOT,
    "segment": Rank.VIDEO,
    "playlist": Rank.VIDEO,
}

CLAIM, CHECKPOINT = "the name of this box", "checkpoint"


class Checkpoints(Protocol):
    """How far the ledger is, said upstream."""

    def due(self, now: float) -> bool: ...

    def turn(self, store: ObjectStore, reader: Reader, now: float) -> bool: ...


@dataclass(slots=True, kw_only=True)
class Sender:
    """Belongs to the deciding thread; the hands of `crew` call the store. `claim` takes this box's name there, before
    anything else; `park`: seconds to leave alone what is refused. `video`: may recordings go; not those of exams that
    are `resting`."""

    store: ObjectStore
    reader: Reader
    crew: Crew
    line: Line
    trouble: Trouble
    outage: Outage
    park: float
    claim: Callable[[], object] | None = None
    checkpoints: Checkpoints | None = None
    monotonic: Callable[[], float] = time.monotonic
    outbox: Outbox = field(default_factory=Outbox)
    video: bool = True
    resting: Collection[str] = ()
    last_success: float | None = None
    last_checkpoint: float | None = None
    sent_objects: int = 0
    sent_bytes: int = 0
    _listed: dict[str, dict[str, Stored]] = field(default_factory=dict)
    _to_list: dict[str, str] = field(default_factory=dict)
    _out: set[str] = field(default_factory=set)
    _checkpoint_from: float = 0.0

    # --- what there is to send ---

    def offer(self, owner: str, prefix: str, items: Iterable[Item]) -> int:
        """All of an owner, whose folder is `prefix`; -> how many there was no room for. The store is asked once for
        what it has of it: that needs only to be confirmed."""
        if owner not in self._listed and owner not in self._to_list:
            self._to_list[owner] = prefix
            self.outbox.hold(owner)
        found = self._listed.get(owner, {})
        return self.outbox.offer(_as_listed(item, found.get(item.key)) for item in items)

    def items(self, staged: Staged) -> list[Item]:
        """What a staged bundle needs in the store before its manifest."""
        prefix, plan = staged.subject.prefix, staged.plan
        return [
            Item(
                owner=plan.attempt or plan.exam,
                exam=plan.exam,
                key=f"{prefix}/{file.file}",
                source=str(staged.sources[file.file]),
                sha256=file.sha256,
                size=file.size,
                since=file.ends_at or file.starts_at or plan.made_at,
                rank=RANKS[file.kind],
            )
            for file in staged.to_send()
        ]

    def missing(self, owner: str, staged: Staged) -> list[Missing]:
        """Files of a staged bundle that could not be sent, and why."""
        lost = self.outbox.damaged.get(owner, {})
        keys = {file.file: f"{staged.subject.prefix}/{file.file}" for file in staged.plan.files}
        return [
            Missing(file=file.file, sha256=file.sha256, reason=lost[keys[file.file]])
            for file in staged.plan.files
            if keys[file.file] in lost
        ]

    def forget(self, owner: str, staged: Staged) -> None:
        """The bundle is proved."""
        gone = [f"{staged.subject.prefix}/{missing.file}" for missing in self.missing(owner, staged)]
        self.outbox.forget(owner)
        self._listed.pop(owner, None)
        self._to_list.pop(owner, None)
        self.trouble.works(owner, *gone)

    # --- the hands ---

    def give(self, closing: Callable[[], Task | None]) -> bool:
        """Something to do for each free hand, in order; `closing` is asked for bundles to be closed. -> Was there?"""
        given = False
        while len(self._out) < self.outage.hands(self.crew.hands + self.crew.ahead):
            task = self._next(closing)
            if task is None:
                break
            self._out.add(task.name)
            self.crew.hand(replace(task, era=self.outage.era))
            given = True
        return given

    def collect(self) -> bool:
        """What the hands are through with; -> was there something?"""
        found = self.crew.collect()
        for done in found:
            self._out.discard(done.task.name)
            if isinstance(done.error, Unavailable):
                if self.outage.failed(done.task.name, done.task.era, single=done.task.single):
                    self.trouble.failed(UPSTREAM, done.error)
                else:
                    self.trouble.failed(done.task.name, done.error)
                    self.outbox.park(done.task.name, self.monotonic() + self.park)
            elif done.error is None or isinstance(done.error, Conflict):
                self.outage.works(done.task.name, done.task.era)
                if self.outage.away_since is None:
                    self.trouble.works(UPSTREAM)
            done.task.settle(done)
        return bool(found)

    def close(self, prefix: str, closing: Mapping[str, bytes], attempts: Mapping[str, Reference]) -> None:
        """Called by a hand: what closes a bundle, in its order, after a look at the manifests it refers to."""
        for reference in attempts.values():
            self._own(f"{prefix}/{reference.file}", reference.sha256)
        for name, data in closing.items():
            self._put(f"{prefix}/{name}", data, hashlib.sha256(data).hexdigest())

    def manifest(self, subject: Subject, number: int, sha256: str) -> Manifest:
        """A manifest that was stored before; Conflict when the store has another."""
        return Manifest.from_bytes(self._own(f"{subject.prefix}/{numbered('manifest.json', number)}", sha256))

    def took(self, size: int, objects: int = 1) -> None:
        """The store has taken something."""
        self.last_success = time.time()
        self.sent_objects += objects
        self.sent_bytes += size

    def _next(self, closing: Callable[[], Task | None]) -> Task | None:
        now = self.monotonic()
        if self.claim is not None:
            return None if CLAIM in self._out else Task(name=CLAIM, work=self.claim, settle=self._claimed)
        if self.checkpoints is not None and CHECKPOINT not in self._out and now >= self._checkpoint_from:
            checkpoints = self.checkpoints
            if checkpoints.due(now):
                return Task(
                    name=CHECKPOINT,
                    work=lambda: checkpoints.turn(self.store, self.reader, now),
                    settle=self._checkpointed,
                )
        for owner, prefix in self._to_list.items():
            if f"list {prefix}" not in self._out:
                return self._listing(owner, prefix)
        if task := closing():
            return task
        video = self.video and self.outage.spread_over
        item = self.outbox.next(now, video=video, resting=self.resting, avoid=self.outage.avoid)
        return None if item is None else self._sending(item)

    def _claimed(self, done: Done) -> None:
        if done.error is None:
            self.claim = None
        elif not isinstance(done.error, Unavailable):
            self._refused(UPSTREAM, done)
            self.outage.pause.begin()

    def _checkpointed(self, done: Done) -> None:
        if done.error is None:
            self.trouble.works(CHECKPOINT)
            if done.result:
                self.last_checkpoint = time.time()
                self.last_success = time.time()
        elif not isinstance(done.error, Unavailable):
            self._refused(CHECKPOINT, done)
            self._checkpoint_from = self.monotonic() + self.park

    def _listing(self, owner: str, prefix: str) -> Task:
        def settle(done: Done) -> None:
            if isinstance(done.error, Unavailable):
                return
            if done.error is not None:
                self._refused(prefix, done)  # then all is to be sent: `put` finds what is there
            self._to_list.pop(owner, None)
            self._listed[owner] = done.result or {}
            self.outbox.listed(owner, self._listed[owner])

        def work() -> dict[str, Stored]:
            return {one.key: one for one in self.store.list(prefix)}

        return Task(name=f"list {prefix}", work=work, settle=settle)

    def _sending(self, item: Item) -> Task:
        def work() -> bool:
            source, listed = Path(item.source), item.listed
            if listed is not None and self.store.confirm(item.key, source, sha256=item.sha256, listed=listed):
                return False
            with self.line.uploading(item.key, item.size):
                return self._put(item.key, source, item.sha256)

        def settle(done: Done) -> None:
            match done.error:
                case None:
                    self.outbox.done(item)
                    self._listed.get(item.owner, {}).pop(item.key, None)
                    self.trouble.works(item.key)
                    if done.result:
                        self.took(item.size)
                    else:
                        self.last_success = time.time()
                case SourceDamaged():
                    self.outbox.lose(item, done.error.message)
                    self.trouble.failed(item.key, done.error)
                case Unavailable():
                    self.outbox.back(item)
                case _:
                    self.outbox.park(item.key, self.monotonic() + self.park)
                    self._refused(item.key, done)

        return Task(name=item.key, work=work, settle=settle, single=True)

    def _refused(self, where: str, done: Done) -> None:
        error = done.error
        if isinstance(error, OSError):
            error = IntegrityError(f"{where} could not be sent: {error.strerror}", hint="See sync's log.")
        if error is not None:
            self.trouble.failed(where, error)

    def _put(self, key: str, source: Path | bytes, sha256: str) -> bool:
        """Send, and ask for the receipt; -> was it sent?"""
        sent = self.store.put(key, source, sha256=sha256)
        if not self.store.confirm(key, source, sha256=sha256):
            raise Conflict(
                f"the upstream does not give back what it was given for {key}",
                hint="Move that file aside at the upstream and look at its disk; the box sends its own again.",
            )
        return sent

    def _own(self, key: str, sha256: str) -> bytes:
        data = b"".join(self.store.read(key))
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Conflict(
                f"{key} is not the manifest that this box stored there",
                hint="Somebody changed the upstream: run `appliance verify` on that folder, and bring the box's own"
                " manifest back from a copy or an older version. Nothing is deleted meanwhile.",
            )
        return data


def _as_listed(item: Item, found: Stored | None) -> Item:
    if found is None or found.size != item.size:
        return item
    return replace(item, rank=Rank.CHECK, listed=found)
