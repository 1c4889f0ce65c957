"""The machine as root sees it: files under a root folder, and the commands that change it. Tests give a folder and a
runner that only takes notes."""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.box import disk
from appliance.errors import Unavailable

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: `code`, and what it said."""

    code: int
    said: str = ""


Runner = Callable[[Sequence[str]], Ran]


def really(command: Sequence[str]) -> Ran:
    """Run it. No shell, no standard input, bounded in time; a command that is not there ends with 127."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_SECONDS, check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    except FileNotFoundError:
        return Ran(127, f"{command[0]}: not there")
    except subprocess.TimeoutExpired:
        return Ran(124, f"{command[0]}: no answer within {PATIENCE_SECONDS:.0f} s")
    return Ran(done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace").strip()[-2000:])


@dataclass(frozen=True, slots=True)
class Machine:
    """`root`: "/" on a real one."""

    root: Path = Path("/")
    run: Runner = field(default=really)

    def file(self, path: str) -> Path:
        """A file of the machine, by its absolute path."""
        return self.root / path.removeprefix("/")

    def read(self, path: str) -> str:
        """What it says, stripped; "" where there is none."""
        try:
            return self.file(path).read_text(encoding="utf-8", errors="replace").replace("\0", "").strip()
        except OSError:
            return ""

    def write(self, path: str, text: str, *, mode: int = 0o644) -> bool:
        """Whole or not at all; -> did it change? Unavailable where the disk does not take it."""
        file = self.file(path)
        try:
            if not file.is_symlink() and file.is_file() and file.read_text(encoding="utf-8") == text:
                return False
            file.parent.mkdir(parents=True, exist_ok=True)
            new = file.with_name(f".{file.name}.new")
            new.unlink(missing_ok=True)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
            with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fchmod(out.fileno(), mode)
                os.fsync(out.fileno())
            new.replace(file)
            disk.sync_folder(file.parent)
        except OSError as error:
            raise Unavailable(
                f"{path} cannot be written: {error.strerror}", hint="Is the machine's disk full or read-only?"
            ) from None
        return True

    def remove(self, path: str) -> bool:
        """-> was it there?"""
        try:
            self.file(path).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise Unavailable(f"{path} cannot be removed: {error.strerror}") from None
        return True

    def link(self, path: str, target: str) -> bool:
        """A symbolic link; -> did it change?"""
        file = self.file(path)
        try:
            if file.is_symlink() and str(file.readlink()) == target:
                return False
            new = file.with_name(f".{file.name}.new")
            new.unlink(missing_ok=True)
            new.symlink_to(target)
            new.replace(file)
            disk.sync_folder(file.parent)
        except OSError as error:
            raise Unavailable(f"{path} cannot be written: {error.strerror}") from None
        return True

    def tell(self, *command: str) -> Ran:
        """A command that may fail: the caller looks."""
        return self.run(command)

    def demand(self, *command: str, hint: str = "") -> str:
        """A command that must work; -> what it said. Unavailable else, with its own last line."""
        ran = self.run(command)
        if ran.code:
            last = ran.said.splitlines()[-1][:200] if ran.said else f"exit code {ran.code}"
            raise Unavailable(f"`{' '.join(command[:4])}` did not work: {last}", hint=hint)
        return ran.said

    def active(self, unit: str) -> bool:
        """Does systemd run it?"""
        return self.run(("systemctl", "is-active", "--quiet", unit)).code == 0
