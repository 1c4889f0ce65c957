"""Sends one object at a time and reads it back."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from appliance.errors import ApplianceError, IntegrityError, Unavailable
from appliance.exam.place import numbered
from appliance.sync.bundle import Staged, Subject
from appliance.sync.manifest import FileKind, Manifest, Missing
from appliance.sync.outbox import Item, Outbox, Rank
from appliance.sync.store import Conflict, ObjectStore, SourceDamaged
from appliance.sync.trouble import UPSTREAM, Pause, Trouble

_RANKS: dict[FileKind, Rank] = {
    "ledger": Rank.LEDGER,
    "report": Rank.REPORT,
    "snapshot": Rank.SNAPSHOT,
    "segment": Rank.VIDEO,
    "playlist": Rank.VIDEO,
}


@dataclass(slots=True, kw_only=True)
class Sender:
    """`pause`: between tries while the store is away; `park`: seconds to leave alone what it refuses."""

    store: ObjectStore
    trouble: Trouble
    pause: Pause
    park: float
    monotonic: Callable[[], float] = time.monotonic
    outbox: Outbox = field(default_factory=Outbox)
    last_success: float | None = None
    sent_objects: int = 0
    sent_bytes: int = 0
    _listed: dict[str, dict[str, int]] = field(default_factory=dict)

    def rank(self, owner: str, prefix: str, key: str, size: int, kind: FileKind) -> Rank:
        """What the store lists needs only to be read back. While it cannot be asked, all is to be sent: `put` finds
        what is there."""
        if owner not in self._listed and self.pause.over:
            try:
                self._listed[owner] = {stored.key: stored.size for stored in self.store.list(prefix)}
            except Unavailable as error:
                self.trouble.failed(UPSTREAM, error)
                self.pause.begin()
        return Rank.CHECK if self._listed.get(owner, {}).get(key) == size else _RANKS[kind]

    def items(self, owner: str, staged: Staged) -> list[Item]:
        """What a staged bundle needs in the store before its manifest."""
        prefix = staged.subject.prefix
        return [
            Item(
                owner=owner,
                key=f"{prefix}/{file.file}",
                source=staged.sources[file.file],
                sha256=file.sha256,
                size=file.size,
                since=file.ends_at or file.starts_at or staged.plan.made_at,
                rank=self.rank(owner, prefix, f"{prefix}/{file.file}", file.size, file.kind),
            )
            for file in staged.to_send()
        ]

    def send_one(self) -> bool:
        """The next of the outbox; False when there is none. Unavailable when the store is away."""
        item = self.outbox.next(self.monotonic())
        if item is None:
            return False
        try:
            self._put(item.key, item.source, item.sha256, item.size)
        except SourceDamaged as error:
            self.outbox.lose(item, error.message)
            self.trouble.failed(item.key, error)
        except Unavailable:
            raise
        except ApplianceError as error:
            self.outbox.park(item.key, self.monotonic() + self.park)
            self.trouble.failed(item.key, error)
        else:
            self.outbox.done(item)
        return True

    def close(self, prefix: str, closing: Mapping[str, bytes]) -> None:
        """What closes a bundle, in its order."""
        for name, data in closing.items():
            self._put(f"{prefix}/{name}", data, hashlib.sha256(data).hexdigest(), len(data))

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
        self.trouble.works(owner, *gone)

    def manifest(self, subject: Subject, number: int, sha256: str) -> Manifest:
        """A manifest that was stored before; IntegrityError when the store has another."""
        key = f"{subject.prefix}/{numbered('manifest.json', number)}"
        data = b"".join(self.store.read(key))
        if hashlib.sha256(data).hexdigest() != sha256:
            raise IntegrityError(
                f"{key} is not the manifest that this box stored there",
                hint="Run `appliance verify` on that folder: the upstream has been changed.",
            )
        return Manifest.from_bytes(data)

    def _put(self, key: str, source: Path | bytes, sha256: str, size: int) -> None:
        """Send and read back; what was there already was read by `put`."""
        if self.store.put(key, source, sha256=sha256):
            if not self.store.confirm(key, source, sha256=sha256):
                raise Conflict(
                    f"the upstream does not give back what it was given for {key}",
                    hint="Move that file aside at the upstream and look at its disk; the box sends its own again.",
                )
            self.sent_objects += 1
            self.sent_bytes += size
        self.last_success = time.time()
        self.pause.reset()
        self.trouble.works(UPSTREAM, key)
