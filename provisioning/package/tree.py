"""The package's files, each where it lies on an installed box."""

import compileall
import json
import re
import shutil
from pathlib import Path

from appliance.errors import NotAllowed, NotFound
from appliance.inference import pack
from provisioning.package import sbom

HOME = Path("opt/appliance")
"""What Python takes for an environment of its own."""
_PYTHON = "/usr/bin/python3.11"
_NOT_OURS = shutil.ignore_patterns("__pycache__", "frontend", "node_modules", "*.pyc")
_FOR_DEVELOPERS = shutil.ignore_patterns("design.md", "development.md", "coverage.*")
_UNITS = (".service", ".target", ".path", ".timer", ".socket", ".slice")
_FRAGMENTS = {
    "sysusers.d": "usr/lib/sysusers.d",
    "tmpfiles.d": "usr/lib/tmpfiles.d",
    "udev": "usr/lib/udev/rules.d",
    "chrony": "etc/chrony/conf.d",
    "avahi": "etc/avahi/services",
    "networkd": "usr/lib/systemd/network",
    "journald": "usr/lib/systemd/journald.conf.d",
    "system.conf.d": "usr/lib/systemd/system.conf.d",
    "sysctl.d": "usr/lib/sysctl.d",
    "polkit": "usr/share/polkit-1/rules.d",
}
"""Folder of `systemd/` -> where its files go."""


def make(root: Path, stage: Path, *, site: Path, version: str, epoch: int) -> None:
    """Lay all of it out below `stage`; NotFound says what of the tree is not made yet."""
    library = stage / HOME / "lib/python3.11/site-packages"
    shutil.copytree(site, library, symlinks=True)
    _ours(root, library / "appliance", version)
    _bytecode(library, stage)
    _environment(root, stage)
    _models(root, stage / HOME / "share/appliance/models")
    _machine(root / "systemd", stage)
    _front(root / "hardware", stage)
    _words(root, stage)
    bill = sbom.made(root, site, version=version, epoch=epoch, models=stage / HOME / "share/appliance/models")
    if found := sbom.findings(bill["components"]):
        raise NotAllowed(f"{found[0].component}: {found[0].why}", hint="provisioning/package/licences lists them all.")
    (stage / "usr/share/doc/appliance/sbom.cdx.json").write_text(json.dumps(bill, indent=1), "utf-8")
    _modes(stage)


def _ours(root: Path, package: Path, version: str) -> None:
    for built in ("web/static/dist/.vite/manifest.json", "sync/bundle_page/index.html"):
        if not (root / "appliance" / built).is_file():
            raise NotFound(f"the front end is not built: no appliance/{built}", hint="Run: make setup")
    shutil.copytree(root / "appliance", package, ignore=_NOT_OURS)
    said = package / "__init__.py"
    said.write_text(re.sub(r'__version__ = ".*"', f'__version__ = "{version}"', said.read_text("utf-8")), "utf-8")


def _bytecode(library: Path, stage: Path) -> None:
    """Made now, because the box's user may not write there; it holds as long as the files do, whatever their dates."""
    compileall.compile_dir(
        library, quiet=2, workers=0, stripdir=str(stage), prependdir="/",
        invalidation_mode=compileall.py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )  # fmt: skip


def _environment(root: Path, stage: Path) -> None:
    commands = stage / HOME / "bin"
    commands.mkdir()
    (commands / "python3").symlink_to(_PYTHON)
    (commands / "python").symlink_to("python3")
    said = "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11\n"
    (stage / HOME / "pyvenv.cfg").write_text(said, "utf-8")
    _copy(Path(__file__).parent / "launcher", commands / "appliance")
    _copy(Path(__file__).parent / "wrapper", stage / "usr/bin/appliance")
    _copy(Path(__file__).parent / "update", stage / "usr/lib/appliance/update")
    keys = stage / "usr/share/appliance/update/keys"
    keys.mkdir(parents=True)
    for key in sorted((root / "provisioning/update/keys").glob("*.pem")):
        _copy(key, keys / key.name)


def _models(root: Path, folder: Path) -> None:
    made = root / ".venv/share/appliance/models"
    for name in pack.assets():
        pack.locate(made, name)  # says which file is missing or damaged
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns(".*"))


def _machine(systemd: Path, stage: Path) -> None:
    for file in sorted(systemd.iterdir()):
        if file.suffix in _UNITS:
            _copy(file, stage / "usr/lib/systemd/system" / file.name)
        elif file.is_dir() and file.suffix == ".d" and Path(file.stem).suffix in _UNITS:
            shutil.copytree(file, stage / "usr/lib/systemd/system" / file.name)
        elif file.name in _FRAGMENTS:
            for fragment in sorted(file.iterdir()):
                _copy(fragment, stage / _FRAGMENTS[file.name] / fragment.name)


def _front(hardware: Path, stage: Path) -> None:
    """Who may touch what is at the box's front, whose the power key is, and what a Pi's firmware is told."""
    config = hardware / "config"
    _copy(config / "99-appliance-panel.rules", stage / "usr/lib/udev/rules.d/99-appliance-panel.rules")
    _copy(config / "50-appliance-power.conf", stage / "usr/lib/systemd/logind.conf.d/50-appliance-power.conf")
    _copy(config / "config.txt", stage / "usr/share/appliance/pi/config.txt")


def _words(root: Path, stage: Path) -> None:
    documents = stage / "usr/share/doc/appliance"
    shutil.copytree(
        root / "docs", documents, ignore=shutil.ignore_patterns("design.md", "development.md", "coverage.*")
    )
    shutil.copytree(root / "hardware", documents / "hardware")
    _copy(Path(__file__).parent / "debian/copyright", documents / "copyright")
    for name in ("LICENSE", "THIRD_PARTY.md", "CHANGELOG.md"):
        _copy(root / name, documents / name)


def _copy(source: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, to)


def _modes(stage: Path) -> None:
    """Whatever umask made the tree."""
    for path in (stage, *stage.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
