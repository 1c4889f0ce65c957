"""A USB stick with the label CIDATA and a `provision.toml` on it: found, mounted read-only, read, and let go."""

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import BadInput, Unavailable
from appliance.provision import written
from appliance.provision.machine import Machine

LABEL = "CIDATA"
FILE = "provision.toml"
TOKEN = "provision.token"
_KINDS = ("vfat", "exfat", "iso9660", "ext4")
_MOUNT = "/run/appliance-stick"
_OPTIONS = "ro,nosuid,nodev,noexec"
_TOKEN_BYTES = 200


@dataclass(frozen=True, slots=True)
class Found:
    """`device`: as in /dev/sdb1. `content`: of provision.toml; `token`: what makes a box take it that is set up
    already."""

    device: str
    content: bytes
    token: str = ""


def look(on: Machine) -> Found | None:
    """The stick's provision.toml; None where there is no stick, or none with one. BadInput where there are two;
    Unavailable where it cannot be read."""
    found = [one for device in devices(on) if (one := read_from(device, on)) is not None]
    if len(found) > 1:
        raise BadInput(
            f"two sticks have a {FILE}: {' and '.join(one.device for one in found)}",
            hint="Nothing was taken of either. Pull one of them out, and start the box again.",
        )
    return found[0] if found else None


def devices(on: Machine) -> list[tuple[str, str]]:
    """(device, kind of file system) of what has the label, in small or capital letters. udev knows; where there is none
    the devices themselves are looked at."""
    ran = on.tell("lsblk", "--json", "--paths", "--output", "NAME,LABEL,FSTYPE")
    try:
        known = list(_flat(json.loads(ran.said)["blockdevices"])) if ran.code == 0 else []
    except (ValueError, KeyError, TypeError):
        known = []
    found = [
        (str(one["name"]), str(one["fstype"]))
        for one in known
        if str(one.get("label") or "").upper() == LABEL and one.get("fstype") in _KINDS
    ]
    return sorted(set(found or _probed(on)))


def _probed(on: Machine) -> Iterator[tuple[str, str]]:
    for label in (LABEL, LABEL.lower()):
        for device in on.tell("blkid", "-t", f"LABEL={label}", "-o", "device").said.split():
            kind = on.tell("blkid", "-o", "value", "-s", "TYPE", device).said
            if device.startswith("/dev/") and kind in _KINDS:
                yield device, kind


def _flat(tree: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    for one in tree:
        yield one
        children = one.get("children")
        if isinstance(children, list):
            yield from _flat(children)


def read_from(device: tuple[str, str], on: Machine) -> Found | None:
    """What one of `devices` says; it is mounted no longer than that."""
    name, kind = device
    with mounted(name, kind, on) as folder:
        return read(folder, name)


def read(folder: Path, device: str) -> Found | None:
    """What a mounted stick says. A link is not followed, and what is no plain file is not opened."""
    content = _file(folder / FILE, written.MAX_BYTES + 1, device)
    if content is None:
        return None
    token = _file(folder / TOKEN, _TOKEN_BYTES, device) or b""
    return Found(device, content, token.decode("ascii", "replace").strip())


def _file(file: Path, most: int, device: str) -> bytes | None:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as content:
            return content.read(most) if stat.S_ISREG(os.fstat(content.fileno()).st_mode) else None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable(
            f"the stick {device} cannot be read: {os.strerror(error.errno or 0).lower()}",
            hint="Nothing was taken of it. Was it pulled out? Put it back, and start the box again.",
        ) from None


@contextlib.contextmanager
def mounted(device: str, kind: str, on: Machine) -> Iterator[Path]:
    """Read-only, for as long as the block. Where systemd runs it mounts: first boot itself sees no devices."""
    folder = on.file(_MOUNT)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    by_systemd = on.file("/run/systemd/system").is_dir()
    how = ("systemd-mount", "--quiet", "--collect", "--fsck=no", "--no-ask-password") if by_systemd else ("mount",)
    which = ("--type", kind) if by_systemd else ("-t", kind)
    ran = on.tell(*how, *which, "-o" if not by_systemd else "--options", _OPTIONS, device, str(folder))
    if ran.code:
        raise Unavailable(
            f"the stick {device} cannot be mounted",
            hint="Nothing was taken of it. Is it whole? Format it as FAT, label CIDATA, and copy the file anew.",
        )
    try:
        yield folder
    finally:
        on.tell(*(("systemd-umount",) if by_systemd else ("umount", "--lazy")), str(folder))
        with contextlib.suppress(OSError):
            folder.rmdir()
