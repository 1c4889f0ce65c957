"""Factory reset: keys first, then everything else. Once begun it ends wiped: its mark lies in the data
folder until all else is gone, and first boot goes on with it."""

import json
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from appliance.box import disk, secret
from appliance.box.authority import own_names
from appliance.box.errand import Errand
from appliance.box.paths import Paths
from appliance.errors import ApplianceError, BadInput, NotAllowed, StorageFull
from appliance.provision import encryption, hostname, network
from appliance.provision.machine import Machine
from appliance.provision.owner import as_owner
from appliance.provision.steps import data_folder
from appliance.provision.verbs import apply, restart
from appliance.provision.verbs.done import Done

MARK = ".reset"
WAS = "was-reset.json"
PANEL = "appliance-panel.service"
"""It goes on until the machine starts again: it writes nothing in the data folder, and the light says that something is
being done."""

_FIRST = ("keys", "provision", "backups", "ledger")
_STAYS = (MARK, "lost+found", ".box.lock", ".writer.lock")


def do(errand: Errand, on: Machine, paths: Paths) -> Done:
    """{"confirm": the box's name} and, where evidence is here alone, {"lose_evidence": true}."""
    said = errand.arguments
    if set(said) - {"confirm", "lose_evidence"} or not isinstance(said.get("confirm"), str):
        raise BadInput("reset takes the box's name as confirm")
    may(paths, on, confirm=said["confirm"], lose_evidence=said.get("lose_evidence") is True)
    units = [unit for unit in restart.running(on) if unit != PANEL]
    if units:
        on.demand("systemctl", "stop", *units)
    sentences = begin(paths, on, by=errand.by, ours=True)
    on.demand("systemctl", "--no-block", "reboot")
    return Done(" ".join(sentences))


def may(paths: Paths, on: Machine, *, confirm: str, lose_evidence: bool) -> None:
    """BadInput or NotAllowed says why not, and nothing has changed."""
    name = hostname.current(on) or own_names()[0]
    if confirm != name:
        raise BadInput(
            f"{confirm[:80]!r} is not this box's name", hint="It stands on its console; type it as it stands there."
        )
    with as_owner(paths.data):
        evidence, running = here_alone(paths)
    if running:
        raise NotAllowed("an exam runs on this box", hint="End it first; then everything of it is signed and sent.")
    if evidence and not lose_evidence:
        raise NotAllowed(
            f"evidence of {evidence} attempts is on this box alone, and would be lost",
            hint="Wait until the upstream has it. To lose it all the same, say so (--lose-evidence).",
        )


def here_alone(paths: Paths) -> tuple[int, bool]:
    """How many attempts have evidence that nobody else has, and whether somebody sits in an exam. A ledger that cannot
    be read vouches for nothing."""
    from appliance.config import load
    from appliance.ledger import fleet, reader, state

    recorded = {one.name for exam in _folders(paths.media) for one in _folders(exam)}
    if not paths.database.exists():
        return len(recorded), False
    try:
        with reader.opened(paths.database) as ledger, ledger.connect() as connection:
            running = any(one.present for one in fleet.sittings(connection))
            rows = [row for exam in state.exams(connection) for row in state.attempts(connection, exam.exam)]
        upstream = load(paths.config).upstream.folder_in(paths.data)
    except (ApplianceError, OSError):
        return max(1, len(recorded)), False
    if upstream is not None and upstream.resolve().is_relative_to(paths.data):
        return len(recorded), running  # what is "upstream" is wiped with the rest
    stored = {row.attempt for row in rows if row.stored_at is not None}
    return len(recorded - stored), running


def _folders(folder: Path) -> Iterable[Path]:
    return [one for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".")] if folder.is_dir() else []


def begun(paths: Paths) -> bool:
    """Did the power go in the middle of one?"""
    with as_owner(paths.data):
        return (paths.data / MARK).exists()


def begin(paths: Paths, on: Machine, *, by: str, ours: bool) -> list[str]:
    """From here on there is no way back; -> what was done, in sentences. `ours`: the machine is told, too."""
    said = {"at": time.time(), "by": by}
    try:
        with as_owner(paths.data):
            secret.write(paths.data / MARK, json.dumps(said).encode())
    except OSError as error:
        raise _storage(error, "Nothing was wiped") from None
    return go_on(paths, on, ours=ours)


def go_on(paths: Paths, on: Machine, *, ours: bool) -> list[str]:
    """As far as it is not done. Idempotent."""
    done = _machine(paths, on) if ours else []
    try:
        with as_owner(paths.data):
            said = _said(paths.data / MARK)
            gone = _wipe(paths.data)
            done.insert(0, f"Wiped: {', '.join(gone)}." if gone else "Everything was wiped already.")
            paths.provision.mkdir(mode=0o700, exist_ok=True)
            note = json.dumps({**said, "sentences": done}, ensure_ascii=False).encode()
            secret.write(paths.provision / WAS, note)
            (paths.data / MARK).unlink()
            disk.sync_folder(paths.data)
    except OSError as error:
        raise _storage(error, "The reset is not finished; it goes on when the box starts") from None
    if ours:
        on.tell("systemd-run", "--wait", "--collect", "--quiet", "fstrim", str(paths.data))
    return done


def _machine(paths: Paths, on: Machine) -> list[str]:
    """The machine forgets its lab; an encrypted disk loses its key, so that nobody ever reads it again."""
    done = []
    device = encryption.header(paths.data, on)
    if device:
        encryption.erase(device, on)
        done.append(
            f"The key of the encrypted disk {device} is destroyed: format it anew before the next start"
            " (`appliance provision disk`, docs/provision.md)."
        )
    for path in (data_folder.KNOWN, network.NETWORKD, network.MANAGER, apply.SOURCES):
        on.remove(path)
    on.write("/etc/hostname", "proctor\n")
    done.append("The machine has forgotten its name, its network and its time servers.")
    return done


def _wipe(data: Path) -> list[str]:
    """Keys before what they open. What is gone by the time the power goes stays gone."""
    gone = []
    names = [*_FIRST, *sorted(one.name for one in data.iterdir() if one.name not in (*_FIRST, *_STAYS))]
    for name in names:
        place = data / name
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        elif place.exists() or place.is_symlink():
            place.unlink()
        else:
            continue
        disk.sync_folder(data)
        gone.append(name)
    return [name for name in gone if not name.startswith(".")]


def _said(file: Path) -> dict[str, object]:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return {"at": float(said["at"]), "by": str(said["by"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"at": time.time(), "by": "?"}


def _storage(error: OSError, so: str) -> StorageFull:
    why = os.strerror(error.errno or 0).lower()
    return StorageFull(f"the data folder cannot be written: {why}", hint=f"{so}. Is the disk read-only or broken?")
