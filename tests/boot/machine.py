"""A machine for tests: a Debian root that is really booted, with a lab's network of its own, and a plug to pull.

A root is made once (mmdebstrap) and kept under build/boot; each machine writes into a layer over it. systemd-nspawn
boots it in network namespaces: `box` is the machine's, `lab` is where browsers and other computers of the lab are.
"""

import contextlib
import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build" / "boot"
ADDRESS = "10.77.0.2"
NEEDED = ("systemd-nspawn", "mmdebstrap", "nsenter", "ip", "dpkg-deb", "curl")
SUITE = "bookworm"
FRESH = ("systemd", "systemd-sysv", "dbus", "udev", "procps", "iproute2", "ca-certificates")
"""What a bare Debian 12 has that this test looks at."""

_numbers = itertools.count(1)


def require() -> None:
    """Skip, with the reason, where a container cannot be booted."""
    if os.geteuid() != 0:
        pytest.skip("only root can boot a container")
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (`make test-boot` installs them)")


def sh(*command: str, seconds: float = 120.0, check: bool = True, text: str = "") -> str:
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=seconds, check=False, errors="replace"
    )
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


# --- roots ---


def package() -> Path:
    """The package of this tree, built if the tree is newer; BOOT_PACKAGE names one that is built already."""
    if given := os.environ.get("BOOT_PACKAGE"):
        return Path(given)
    folder = CACHE / "package"
    built = sorted(folder.glob("appliance_*.deb"), key=lambda file: file.stat().st_mtime)
    if not built or built[-1].stat().st_mtime < _newest():
        for old in built:
            old.unlink()
        sh(str(ROOT / "provisioning/package/build"), str(folder), seconds=600)
    return max(folder.glob("appliance_*.deb"), key=lambda file: file.stat().st_mtime)


def _newest() -> float:
    """When something was changed that goes into the package."""
    files = sh(
        "git", "-C", str(ROOT), "ls-files", "-z", "--", "appliance", "systemd", "provisioning", "docs", "hardware"
    )
    return max((ROOT / name).stat().st_mtime for name in files.split("\0") if name and (ROOT / name).exists())


def fresh(deb: Path) -> Path:
    """A bare Debian 12. What the package needs of Debian lies in apt's cache, so that the machine needs no network."""
    needs = sh("dpkg-deb", "--field", str(deb), "Depends")
    said = "\n".join([needs, *FRESH, SUITE])
    made = CACHE / f"debian-{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    if (made / "etc/debian_version").exists() and not (made / "unfinished").exists():
        return made
    shutil.rmtree(made, ignore_errors=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    # this machine's way to a Debian mirror, whatever it is; a machine without settings of its own uses Debian's
    sources = [str(file) for file in Path("/etc/apt/sources.list.d").glob("debian.sources")]
    hosts = [f"--aptopt={file}" for file in sorted(Path("/etc/apt/apt.conf.d").iterdir()) if _is_plain(file)]
    sh(
        "mmdebstrap", "--variant=minbase", "--skip=cleanup/apt", f"--include={','.join(FRESH)}", *hosts,
        f'--customize-hook=touch "$1/unfinished"; cp {deb} "$1/root/box.deb"',
        '--customize-hook=cp -L /etc/resolv.conf /etc/hosts "$1/etc/"',
        '--customize-hook=chroot "$1" apt-get install -y -q --no-install-recommends --download-only /root/box.deb',
        '--customize-hook=rm "$1/root/box.deb" "$1/etc/resolv.conf" "$1/unfinished"',
        '--customize-hook=: > "$1/etc/machine-id"; echo debian > "$1/etc/hostname"',
        SUITE, str(made), *sources, seconds=900,
    )  # fmt: skip
    return made


def _is_plain(file: Path) -> bool:
    """Proxies, dates and the like; not what calls programs of this machine."""
    words = file.read_text(errors="replace") if file.is_file() else ""
    return any(word in words for word in ("Acquire::", "Acquire {")) and "::Post-" not in words and "Hook" not in words


def installed(deb: Path) -> list[Path]:
    """The layers of a machine on which the package was installed, and which has never run."""
    base = fresh(deb)
    made = CACHE / f"installed-{_digest(deb)}"
    if not (made / "done").exists():
        for old in CACHE.glob("installed-*"):
            shutil.rmtree(old)
        with _layered([base], made) as root:
            shutil.copy(deb, root / "root/box.deb")
            sh("systemd-nspawn", "--quiet", "--keep-unit", "--register=no", "--private-network", "--as-pid2", "-D",
               str(root), "--setenv=DEBIAN_FRONTEND=noninteractive",
               "apt-get", "install", "-y", "-q", "--no-install-recommends", "/root/box.deb", seconds=300)  # fmt: skip
            (root / "root/box.deb").unlink()
        (made / "done").touch()
    return [made / "upper", base]


def _digest(file: Path) -> str:
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:12]


@contextlib.contextmanager
def _layered(lowers: list[Path], folder: Path) -> Iterator[Path]:
    for name in ("upper", "work", "root"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={':'.join(map(str, lowers))},upperdir={folder / 'upper'},workdir={folder / 'work'}"
    sh("mount", "-t", "overlay", "overlay", "-o", options, str(folder / "root"))
    try:
        yield folder / "root"
    finally:
        sh("umount", "-l", str(folder / "root"))


# --- machines ---


class Machine:
    """One machine. `on` boots it, `off` shuts it down, `cut` pulls its plug; what it wrote stays."""

    def __init__(self, folder: Path) -> None:
        self.name = f"box{os.getpid() % 100_000}n{next(_numbers)}"
        self.folder = folder
        self.root = folder / "root"
        self.netns, self.lab = f"{self.name}-box", f"{self.name}-lab"
        self._nspawn: subprocess.Popen | None = None

    @classmethod
    @contextlib.contextmanager
    def of(cls, lowers: list[Path]) -> Iterator["Machine"]:
        """On these layers; everything is gone after the block."""
        made = cls(CACHE / "machines" / f"{os.getpid()}-{next(_numbers)}")
        try:
            with _layered(lowers, made.folder):
                made._plug_in()
                try:
                    yield made
                finally:
                    made.cut()
                    for name in (made.netns, made.lab):
                        sh("ip", "netns", "del", name, check=False)
        finally:
            shutil.rmtree(made.folder, ignore_errors=True)

    def _plug_in(self) -> None:
        for name in (self.netns, self.lab):
            sh("ip", "netns", "add", name)
            sh("ip", "-n", name, "link", "set", "lo", "up")
        sh("ip", "-n", self.lab, "link", "add", "lab0", "type", "veth", "peer", "name", "host0", "netns", self.netns)
        for name, device, address in ((self.lab, "lab0", "10.77.0.1/24"), (self.netns, "host0", f"{ADDRESS}/24")):
            sh("ip", "-n", name, "addr", "add", address, "dev", device)
            sh("ip", "-n", name, "link", "set", device, "up")

    def on(self, *, wait: bool = True) -> None:
        """Power. `wait`: until systemd says that it has started everything."""
        self._nspawn = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--boot", "--keep-unit", "--register=no", "--console=pipe",
             f"--network-namespace-path=/run/netns/{self.netns}", f"--machine={self.name}", "-D", str(self.root)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        if wait:
            self.until(lambda: self.state() in ("running", "degraded"), 180, "it does not boot")

    @property
    def leader(self) -> int:
        assert self._nspawn is not None
        task = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children")
        found = task.read_text().split() if task.exists() else []
        return int(found[0]) if found else 0

    def state(self) -> str:
        """What systemd says: starting, running, degraded, stopping."""
        if not self.leader or not Path(f"/proc/{self.leader}/root/run/systemd/private").exists():
            return "off"
        return self.run("systemctl", "is-system-running", check=False).strip()

    def run(self, *command: str, check: bool = True, seconds: float = 60.0, text: str = "", user: str = "root") -> str:
        """A command on the machine."""
        become = () if user == "root" else ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
        return sh(
            "nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-p", "-n", "-r", "-w",
            "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", "TERM=dumb",
            "DEBIAN_FRONTEND=noninteractive", *become, *command, check=check, seconds=seconds, text=text,
        )  # fmt: skip

    def off(self) -> float:
        """An orderly shutdown; -> seconds."""
        assert self._nspawn is not None
        began = time.monotonic()
        self.run("systemctl", "poweroff", check=False)
        self._nspawn.wait(60)
        return time.monotonic() - began

    def cut(self) -> None:
        """No power, from one moment to the next. (The kernel is the host's: what was not flushed is not lost here; for
        that see tests/chaos.)"""
        if self._nspawn is None or self._nspawn.poll() is not None:
            return
        for pid in (self.leader, self._nspawn.pid):
            with contextlib.suppress(ProcessLookupError):
                if pid:
                    os.kill(pid, signal.SIGKILL)
        self._nspawn.wait(30)
        time.sleep(0.2)

    # --- what can be seen of it ---

    @property
    def data(self) -> Path:
        return self.root / "var/lib/appliance"

    def file(self, path: str) -> Path:
        """Also what lies on its tmpfs."""
        return Path(f"/proc/{self.leader}/root{path}")

    def health(self, process: str) -> dict:
        try:
            return json.loads(self.file(f"/run/appliance/health/{process}.json").read_text())
        except (OSError, ValueError):
            return {"healthy": False}

    def unit(self, name: str, *keys: str) -> dict[str, str]:
        said = self.run("systemctl", "show", name, f"--property={','.join(keys)}")
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def pid(self, name: str) -> int:
        return int(self.unit(name, "MainPID")["MainPID"])

    def get(self, address: str, *options: str) -> tuple[int, str]:
        """As a computer of the lab asks; -> (status, text)."""
        said = sh("ip", "netns", "exec", self.lab, "curl", "-sk", "-m", "20", "-w", "\n%{http_code}", *options, address,
                  check=False)  # fmt: skip
        text, _, status = said.rpartition("\n")
        return int(status or 0), text

    def well(self) -> bool:
        """Is every process of the box healthy, as seen from the lab?"""
        return self.get(f"https://{ADDRESS}/healthz")[0] == 200

    def journal(self, *options: str) -> str:
        return self.run("journalctl", "--no-pager", "-b", "-o", "short-monotonic", *options, check=False)

    def until(self, true: Callable[[], bool], seconds: float, what: str) -> float:
        """-> seconds it took."""
        began = time.monotonic()
        while not true():
            if time.monotonic() - began > seconds:
                said = self.journal("-n", "80") if self.leader else "it is off"
                units = self.run("systemctl", "--no-pager", "--failed", check=False) if self.leader else ""
                raise AssertionError(f"{what}\n{self.get(f'https://{ADDRESS}/healthz')}\n{units}\n{said[-9000:]}")
            time.sleep(0.2)
        return time.monotonic() - began
