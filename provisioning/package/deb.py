"""The tree becomes a .deb, the same bytes from the same commit."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from appliance.errors import ApplianceError

_DEBIAN = Path(__file__).parent / "debian"
DEPENDS = ", ".join(
    (
        "python3.11, libc6 (>= 2.35), libgcc-s1, libstdc++6, zlib1g",  # what the wheels link with
        "systemd, dbus, udev, util-linux, iproute2, e2fsprogs",  # units, errands, the data disk
        "nginx",  # what the lab's network sees
        "chrony, avahi-daemon, libnss-mdns, tzdata",  # time, and the name box.local
        "ca-certificates, openssl",  # upstream, and what people prove by hand
    )
)
_SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


def write(stage: Path, outdir: Path, *, version: str, epoch: int, compression: str = "zstd") -> Path:
    """-> OUTDIR/appliance_VERSION_ARCH.deb, whole or not at all."""
    architecture = _run(["dpkg", "--print-architecture"]).strip()
    control = stage / "DEBIAN"
    kilobytes = sum(path.lstat().st_size for path in stage.rglob("*") if path.is_file()) // 1024
    hashes = _hashes(stage)
    settings = sorted(f"/{path.relative_to(stage)}" for path in (stage / "etc").rglob("*") if path.is_file())
    control.mkdir()
    words = (_DEBIAN / "control").read_text("utf-8")
    for name, said in {
        "VERSION": version,
        "ARCH": architecture,
        "KILOBYTES": str(kilobytes),
        "DEPENDS": DEPENDS,
    }.items():
        words = words.replace(f"@{name}@", said)
    (control / "control").write_text(words, "utf-8")
    (control / "md5sums").write_text(hashes, "utf-8")
    (control / "conffiles").write_text("".join(f"{name}\n" for name in settings), "utf-8")
    for script in _SCRIPTS:
        if (_DEBIAN / script).is_file():
            shutil.copy(_DEBIAN / script, control / script)
            (control / script).chmod(0o755)
    _dates(stage, epoch)
    made = outdir / f"appliance_{version}_{architecture}.deb"
    new = made.with_suffix(".new")
    level = {"zstd": ["-z9"], "xz": ["-z6"], "none": []}[compression]
    command = ["dpkg-deb", "--root-owner-group", f"-Z{compression}", *level, "--build", str(stage), str(new)]
    _run(command, {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)})
    return new.rename(made)


def _hashes(stage: Path) -> str:
    """What `dpkg --verify appliance` compares with."""
    lines = []
    for path in sorted(stage.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.is_relative_to(stage / "etc"):
            with open(path, "rb") as data:
                said = hashlib.file_digest(data, "md5").hexdigest()
            lines.append(f"{said}  {path.relative_to(stage)}\n")
    return "".join(lines)


def _dates(stage: Path, epoch: int) -> None:
    for path in (stage, *stage.rglob("*")):
        os.utime(path, (epoch, epoch), follow_symlinks=False)


def _run(command: list[str], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise ApplianceError(f"{command[0]} failed: {done.stderr.strip()}", hint="Is there room on the disk?")
    return done.stdout
