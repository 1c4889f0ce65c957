"""What dpkg says of packages, and the package of what is installed made anew: whoever installed it may have kept no
copy, and there must be a way back."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from appliance.errors import Unavailable

PACKAGE = "appliance"
_SCRIPTS = ("preinst", "postinst", "prerm", "postrm", "md5sums", "conffiles")
_INFO = Path("/var/lib/dpkg/info")
_FIELDS = ("Package", "Version", "Architecture", "Maintainer", "Section", "Priority", "Installed-Size", "Pre-Depends",
           "Depends", "Recommends", "Conflicts", "Description")  # fmt: skip


def installed() -> str:
    """Its version; "" where the box was not installed as a package."""
    done = _run(["dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", PACKAGE], check=False)
    status, _, version = done.partition(" ")
    return version if status == "installed" else ""


def architecture() -> str:
    """This machine's, in Debian's words."""
    return _run(["dpkg", "--print-architecture"]).strip()


def is_newer(one: str, other: str) -> bool:
    """As Debian counts versions."""
    return subprocess.run(["dpkg", "--compare-versions", one, "gt", other], check=False).returncode == 0


def described(deb: Path) -> dict[str, str]:
    """Fields of a package file."""
    return {name: _run(["dpkg-deb", "-f", str(deb), name]).strip() for name in ("Package", "Version", "Architecture")}


def cannot_install(deb: Path) -> str:
    """-> "" or what dpkg would say (a package that it needs is missing)."""
    done = subprocess.run(["dpkg", "--simulate", "--install", str(deb)], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else " ".join(done.stderr.split())[-400:]


def repack(to: Path) -> None:
    """The installed package as a file again. Files that were changed by hand go in as they are."""
    with tempfile.TemporaryDirectory(prefix="repack-", dir=to.parent) as temporary:
        stage = Path(temporary) / "root"
        stage.mkdir(mode=0o755)
        for name in _run(["dpkg-query", "-L", PACKAGE]).splitlines():
            _take(Path(name), stage)
        (stage / "DEBIAN").mkdir()
        fields = {name: _run(["dpkg-query", "-W", f"-f=${{{name}}}", PACKAGE]) for name in _FIELDS}
        said = "".join(f"{name}: {value}\n" for name, value in fields.items() if value)
        (stage / "DEBIAN/control").write_text(said, encoding="utf-8")
        for script in _SCRIPTS:
            source = _INFO / f"{PACKAGE}.{script}"
            if source.is_file():
                shutil.copy(source, stage / "DEBIAN" / script)
        new = to.with_name(to.name + ".new")
        _run(["dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", str(stage), str(new)])
        new.replace(to)


def _take(source: Path, stage: Path) -> None:
    to = stage / source.relative_to("/")
    if source.is_symlink():
        to.symlink_to(source.readlink())
    elif source.is_dir():
        to.mkdir(mode=0o755, exist_ok=True)
    elif source.is_file():
        try:
            os.link(source, to)
        except OSError:
            shutil.copy2(source, to)


def _run(command: list[str], *, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise Unavailable(f"{command[0]} failed: {done.stderr.strip()[-300:]}", hint="Nothing was changed by it.")
    return done.stdout
