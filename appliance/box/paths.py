"""Where things are. A box keeps everything in one data folder; what may vanish with the power is on tmpfs."""

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import StorageFull

# Shared with other users, so `make` gives the folder in it to this user alone, and fails when it is somebody else's.
_TMPFS = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else Path("/tmp")  # noqa: S108


@dataclass(frozen=True, slots=True)
class Paths:
    """The data folder (`data`) and the runtime folder (`run`, on tmpfs: sockets, health, newest pictures)."""

    data: Path
    run: Path

    @classmethod
    def of(cls, data: Path) -> "Paths":
        """The folders of the box that lives in `data`. The runtime folder's name comes from the data folder's, so that
        every process finds it, and it is short: a Unix socket's path may have 107 bytes."""
        data = data.resolve()
        name = "appliance-" + hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
        base = os.environ.get("APPLIANCE_RUN")
        return cls(data=data, run=Path(base) if base else _TMPFS / name)

    def make(self) -> "Paths":
        """Create the folders; StorageFull when the disk will not have it."""
        try:
            for folder in (
                self.data,
                self.ledger,
                self.keys,
                self.media,
                self.reports,
                self.cache,
                self.logs,
                self.errands,
            ):
                folder.mkdir(parents=True, exist_ok=True)
            self.keys.chmod(0o700)
            for folder in (
                self.run,
                self.health,
                self.pictures,
                self.sounds,
                self.seen,
                self.feeds,
                self.seats,
                self.acme,
            ):
                folder.mkdir(parents=True, exist_ok=True)
            self.run.chmod(0o700)
            probe = self.data / f".writable-{os.getpid()}"  # its own: processes of the box begin at the same moment
            probe.write_bytes(b"ok")
            probe.unlink()
        except OSError as error:
            raise StorageFull(
                f"the data folder {self.data} cannot be written: {error.strerror}",
                hint="Check that the disk is mounted, not full and not read-only, or choose another with --data.",
            ) from error
        return self

    @property
    def config(self) -> Path:
        return self.data / "appliance.toml"

    @property
    def ledger(self) -> Path:
        return self.data / "ledger"

    @property
    def database(self) -> Path:
        return self.ledger / "ledger.sqlite3"

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def code_key(self) -> Path:
        """The secret under which join codes are hashed."""
        return self.keys / "codes"

    @property
    def media(self) -> Path:
        """Recordings and snapshots: media/EXAM/ATTEMPT/KIND/..., media/EXAM/ATTEMPT/snapshots/..."""
        return self.data / "media"

    @property
    def reports(self) -> Path:
        """reports/EXAM/ATTEMPT/report.{json,csv,pdf}, and reports/EXAM/report.{json,csv,pdf} on the whole exam."""
        return self.data / "reports"

    @property
    def loudness(self) -> Path:
        """loudness/EXAM/ATTEMPT/KIND/FILE.levels: how loud each recording is, worked out from it (`recording.loudness`)
        and made again when it is gone."""
        return self.data / "loudness"

    @property
    def upstream(self) -> Path:
        """The default upstream: a folder."""
        return self.data / "upstream"

    @property
    def feed_key(self) -> Path:
        """The secret under which tokens for feeds are signed: web mints them, capture checks them."""
        return self.keys / "feed"

    @property
    def outbox(self) -> Path:
        """What was made to be sent upstream and is not proved to be there yet: outbox/EXAM/ATTEMPT/."""
        return self.data / "outbox"

    @property
    def proved(self) -> Path:
        """What was made for the newest bundle of each attempt and exam, once it is upstream: proved/EXAM/ATTEMPT/."""
        return self.data / "proved"

    @property
    def capacity(self) -> Path:
        """What `appliance capacity` measured last."""
        return self.data / "capacity.json"

    @property
    def seats(self) -> Path:
        """seats/ATTEMPT: an attempt that was admitted to a seat of this box."""
        return self.run / "seats"

    @property
    def errands(self) -> Path:
        """What the box's processes ask of the steward, who is root (`box.errand`), and what came of it."""
        return self.data / "errands"

    @property
    def provision(self) -> Path:
        """How the box was set up: provision.toml as it holds, the journal of first boot, what its self-test found."""
        return self.data / "provision"

    @property
    def backups(self) -> Path:
        """backups/*.age: the newest ones, encrypted (`appliance.backup`)."""
        return self.data / "backups"

    @property
    def cache(self) -> Path:
        return self.data / "cache"

    @property
    def logs(self) -> Path:
        return self.data / "log"

    @property
    def acme(self) -> Path:
        """acme/TOKEN: answers to an ACME server, which the web process shows under `/.well-known/acme-challenge/`."""
        return self.run / "acme"

    @property
    def ledger_socket(self) -> Path:
        return self.run / "ledger.sock"

    def capture_socket(self, worker: int) -> Path:
        """A capture worker's HTTP (WHIP, WHEP), behind nginx or the door."""
        return self.run / f"capture-{worker}.sock"

    @property
    def web_socket(self) -> Path:
        """The web process' HTTP, behind nginx or the door."""
        return self.run / "web.sock"

    @property
    def feeds(self) -> Path:
        """feeds/ATTEMPT.lock, held by the capture worker that carries the attempt."""
        return self.run / "feeds"

    @property
    def health(self) -> Path:
        return self.run / "health"

    @property
    def pictures(self) -> Path:
        return self.run / "pictures"

    @property
    def sounds(self) -> Path:
        return self.run / "sounds"

    @property
    def seen(self) -> Path:
        """seen/ATTEMPT.json: what is in a candidate's pictures at check-in (`box.seen`)."""
        return self.run / "seen"


def models_folder() -> Path:
    """The model pack belongs to the installation, not to the box's data."""
    return Path(os.environ.get("APPLIANCE_MODELS") or Path(sys.prefix) / "share" / "appliance" / "models")
