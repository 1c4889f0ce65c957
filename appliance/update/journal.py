"""The journal of an update: one step after the other, each on disk before it begins. Needs only Debian's Python."""

import contextlib
import json
import os
import time
import uuid
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from appliance.update.places import Places


class Step(StrEnum):
    """How far it is. The last four are ends."""

    PREPARING = "preparing"  # proving, copying, backing up; there is no journal yet
    STAGED = "staged"  # proved, backed up, the way back is there; nothing is changed
    INSTALLING = "installing"  # the packages may be half one and half the other
    JUDGING = "judging"  # the new version is in place; is the box well?
    ROLLING_BACK = "rolling_back"  # the old package goes in again
    BACK = "back"  # the old version is in place; is the box well?
    DONE = "done"
    ROLLED_BACK = "rolled_back"
    ABANDONED = "abandoned"
    REFUSED = "refused"


ENDS = frozenset({Step.DONE, Step.ROLLED_BACK, Step.ABANDONED, Step.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """`old` and `new`: versions. `reason`: why it was not done, in words. `healthy`: was the box well in the end?"""

    step: Step
    old: str
    new: str
    by: str
    boot: str
    began_at: float
    at: float
    reason: str = ""
    hint: str = ""
    healthy: bool = True
    steps: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def begin(cls, *, old: str, new: str, by: str, boot: str = "") -> "Journal":
        now = time.time()
        return cls(step=Step.PREPARING, old=old, new=new, by=by, boot=boot, began_at=now, at=now)

    def to(self, step: Step, **changes: Any) -> "Journal":
        """The same, one step further."""
        now = time.time()
        passed = [*self.steps, {"step": step.value, "at": now}]
        return replace(self, step=step, at=now, steps=passed, **changes)


def boot_id(places: Places) -> str:
    """Which boot of the machine this is. Not the kernel's own id: in a container, units may see another one."""
    if not places.mark.exists():
        write(places.mark, {"boot": uuid.uuid4().hex})
    return str(json.loads(places.mark.read_text(encoding="utf-8"))["boot"])


def keep(places: Places, journal: Journal) -> Journal:
    """On disk, and told; an end closes the journal."""
    if journal.step in ENDS:
        tell(places, journal)
        places.journal.unlink(missing_ok=True)
    else:
        write(places.journal, asdict(journal))
        tell(places, journal)
    return journal


def tell(places: Places, journal: Journal) -> None:
    """updates/state.json for the box's own user: made anew each time, because that folder is not root's."""
    owner = places.data.stat()
    places.state.parent.mkdir(mode=0o750, exist_ok=True)
    write(places.state, asdict(journal), owner=(owner.st_uid, owner.st_gid))


def read(places: Places) -> Journal | None:
    """The update under way; None when there is none."""
    return _read(places.journal)


def told(places: Places) -> Journal | None:
    """The last one there was, as pages have it."""
    return _read(places.state)


def _read(file: Path) -> Journal | None:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return Journal(**{**said, "step": Step(said["step"])})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):  # ours are whole or not there; this is nobody's
        file.replace(file.with_suffix(".odd"))
        return None


def write(file: Path, said: dict[str, Any], owner: tuple[int, int] | None = None) -> None:
    """Whole or not at all, and never through a link. With `owner`, folder and file become theirs."""
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    new = f".{file.name}.new"
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new, dir_fd=folder)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640, dir_fd=folder)
        with open(descriptor, "w", encoding="utf-8") as out:
            json.dump(said, out, ensure_ascii=False)
            out.flush()
            os.fsync(out.fileno())
            if owner:
                os.fchown(out.fileno(), *owner)
                os.fchown(folder, *owner)
        os.rename(new, file.name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    finally:
        os.close(folder)
