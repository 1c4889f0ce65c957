"""From a file to a staged update: what root does before anything of the machine is changed.

`run` is what the steward and the command line call: it looks, sets a copy aside and lets systemd start
appliance-update.service. That unit calls `prepare`, and then the engine from its own copy.
"""

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from appliance.box import disk
from appliance.box.paths import Paths
from appliance.errors import ApplianceError, BadInput, NotAllowed, NotFound, Unavailable
from appliance.update import bundle, debian, engine, journal, rules
from appliance.update.bundle import Manifest
from appliance.update.journal import Journal, Step
from appliance.update.places import Places

UNIT = "appliance-update.service"
KEYS = (Path("/usr/share/appliance/update/keys"), Path("/etc/appliance/update-keys"))
"""Of who made the box, and of the site."""
_BACKUP_SECONDS = 1800


def run(paths: Paths, file: Path, *, by: str = "cli", downgrade: bool = False, anyway: bool = False) -> str:
    """Begin the update; -> a sentence. An ApplianceError says why not, and nothing is changed then."""
    places = Places(data=paths.data, run=paths.run)
    if journal.read(places) or places.request.exists():
        raise NotAllowed("an update is under way already", hint="appliance update status tells how far it is.")
    if os.geteuid() != 0:
        raise NotAllowed("only root can update the box", hint="sudo appliance update install FILE")
    places.own.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = None
    try:
        _copy(file, places.incoming)
        found = check(places, places.incoming, downgrade=downgrade, anyway=anyway)
    except ApplianceError as error:
        places.incoming.unlink(missing_ok=True)
        refuse(places, error, version=found.version if found else "", by=by)
        raise
    said = {
        "by": by,
        "boot": journal.boot_id(places),
        "downgrade": downgrade,
        "anyway": anyway,
        "version": found.version,
    }
    journal.write(places.request, said)
    _start(places)
    return f"The update to {found.version} has begun. The box is away for a few minutes; nobody need do anything."


def check(places: Places, file: Path, *, downgrade: bool = False, anyway: bool = False) -> Manifest:
    """Is it signed, whole, for this box, newer; is there room; is no exam near? Changes nothing."""
    manifest = bundle.opened(file, trusted())
    _look(places, manifest, downgrade=downgrade, anyway=anyway)
    return manifest


def trusted() -> list[Path]:
    """The keys that may sign."""
    return [key for folder in KEYS for key in sorted(folder.glob("*.pem"))]


def refuse(places: Places, error: ApplianceError, *, version: str, by: str) -> None:
    """Write down that it was refused, and why."""
    begun = Journal.begin(old=debian.installed(), new=version, by=by)
    journal.tell(places, begun.to(Step.REFUSED, reason=error.message, hint=error.hint))


def prepare(places: Places, *, backup: Callable[[str], None]) -> bool:
    """The unit's first half; -> whether the engine is to go on. Whatever is wrong is written into the state."""
    try:
        said = json.loads(places.request.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    begun = Journal.begin(old=debian.installed(), new=said["version"], by=said["by"], boot=said["boot"])
    if said["boot"] != journal.boot_id(places):
        reason = "The power went before anything was changed. The box is as it was."
        _clear(places)
        journal.tell(places, begun.to(Step.ABANDONED, reason=reason, hint="Ask for the update again."))
        return False
    journal.tell(places, begun)
    try:
        _stage(places, downgrade=said["downgrade"], anyway=said["anyway"])
        backup(f"before the update to {begun.new}")
        _set_engine_aside(places)
    except ApplianceError as error:
        _clear(places)
        journal.tell(places, begun.to(Step.REFUSED, reason=error.message, hint=error.hint))
        return False
    journal.keep(places, begun.to(Step.STAGED))
    places.request.unlink()
    return True


def back_up(why: str) -> None:
    """As the box's own user, by the box's own command."""
    command = ["/usr/bin/appliance", "backup", "--why", why]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_BACKUP_SECONDS)
    if done.returncode:
        raise Unavailable(
            f"the backup before the update failed: {' '.join(done.stderr.split())[-300:]}",
            hint="Set that right first (appliance backup); nothing was changed.",
        )


def _stage(places: Places, *, downgrade: bool, anyway: bool) -> None:
    manifest = bundle.opened(places.incoming, trusted(), to=places.staged)
    _look(places, manifest, downgrade=downgrade, anyway=anyway)
    said = debian.described(places.staged)
    if (said["Package"], said["Version"], said["Architecture"]) != (
        manifest.package, manifest.version, manifest.architecture,
    ):  # fmt: skip
        raise BadInput("the package in the bundle is another than its manifest says", hint="Ask who made it.")
    if wrong := debian.cannot_install(places.staged):
        raise Unavailable(f"dpkg would not install it: {wrong}", hint="Install what it needs with apt-get first.")
    if _version_of(places.installed) == debian.installed():
        places.installed.replace(places.previous)
    elif _version_of(places.previous) != debian.installed():
        debian.repack(places.previous)


def _look(places: Places, manifest: Manifest, *, downgrade: bool, anyway: bool) -> None:
    installed = debian.installed()
    if not installed:
        raise Unavailable("this box was not installed as a package", hint="Update it the way it was installed.")
    rules.fits(
        manifest, installed=installed, architecture=debian.architecture(), newer=debian.is_newer, downgrade=downgrade
    )
    rules.allowed(places.web_socket, anyway=anyway)
    ledger_bytes = sum(path.lstat().st_size for path in places.ledger.rglob("*")) if places.ledger.is_dir() else 0
    rules.has_room(
        manifest, free=shutil.disk_usage(places.own.parent).free, ledger_bytes=ledger_bytes,
        installed_bytes=manifest.installed_kilobytes * 1024,
    )  # fmt: skip


def _version_of(deb: Path) -> str:
    return debian.described(deb)["Version"] if deb.is_file() else ""


def _copy(file: Path, to: Path) -> None:
    """Root's own copy: what is proved is what is installed. Not through a link, and no device."""
    try:
        source = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(source).st_mode):
                raise BadInput(f"{file} is no file", hint="Name the bundle: NAME.update, where the stick is mounted.")
            with open(source, "rb", closefd=False) as data, open(to, "wb") as out:
                shutil.copyfileobj(data, out, 1 << 20)
        finally:
            os.close(source)
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}", hint="Is the stick plugged in and mounted?") from None
    except OSError as error:
        raise Unavailable(f"{file} could not be read: {error.strerror}", hint="Copy it to another stick.") from None


def _set_engine_aside(places: Places) -> None:
    shutil.rmtree(places.engine, ignore_errors=True)
    here = resources.files("appliance")
    for module in engine.MODULES:
        to = places.engine / "appliance" / f"{module}.py"
        disk.write(to, here.joinpath(f"{module}.py").read_bytes())


def _clear(places: Places) -> None:
    for file in (places.request, places.incoming, places.staged):
        file.unlink(missing_ok=True)


def _start(places: Places) -> None:
    done = subprocess.run(["systemctl", "start", "--no-block", UNIT], capture_output=True, text=True, check=False)
    if done.returncode:
        _clear(places)
        raise Unavailable(f"systemd would not start {UNIT}: {done.stderr.strip()}", hint="Nothing was changed.")
