"""The data folder takes what is written to it, and is the one that this machine had before."""

import os
import secrets

from appliance.box import capacity, disk
from appliance.box.secret import made_once
from appliance.errors import StorageFull, Unavailable
from appliance.provision.owner import as_owner
from appliance.provision.steps.step import Boot, Said

KNOWN = "/etc/appliance/data-folder"
"""Which data folder this machine has. Without it, a disk that was not mounted would quietly become a second box."""

MARK = "id"
LEAST_BYTES = 64_000_000


def do(boot: Boot) -> Said:
    """StorageFull or Unavailable, and then nothing was made."""
    data = boot.paths.data
    known, mark = boot.on.read(KNOWN), boot.paths.provision / MARK
    try:
        with as_owner(data):
            if known and not mark.exists():
                raise Unavailable(
                    f"{data} is not the data folder that this machine had",
                    hint="Is the data disk plugged in and mounted? If it was replaced for good, run"
                    " `appliance provision first-boot --adopt`.",
                )
            free = capacity.free_bytes(data)
            if free < LEAST_BYTES:
                raise StorageFull(
                    f"{data} has {free // 1_000_000} MB free, and needs {LEAST_BYTES // 1_000_000} MB to begin",
                    hint="Delete what is not the box's from that disk, or use a larger one.",
                )
            boot.paths.make()
            boot.paths.provision.mkdir(mode=0o700, exist_ok=True)
            _write_for_good(boot)
            own = made_once(mark, lambda: secrets.token_hex(8).encode()).decode()
    except OSError as error:
        raise StorageFull(
            f"the data folder {data} cannot be written: {os.strerror(error.errno or 0).lower()}",
            hint="Check that its disk is mounted, not full and not read-only.",
        ) from None
    if boot.ours and known != own:
        if known:
            raise Unavailable(
                f"{data} is the data folder of another box",
                hint="Put its own disk back. If this one is to stay, run `appliance provision first-boot --adopt`.",
            )
        boot.on.write(KNOWN, f"{own}\n")
    return Said(f"The data folder is {data}, {capacity.gigabytes(capacity.free_bytes(data))} free.")


def _write_for_good(boot: Boot) -> None:
    """A page, with fsync of file and folder: a disk that fails does it here."""
    probe = boot.paths.provision / ".probe"
    disk.write(probe, os.urandom(4096))
    disk.sync_folder(probe.parent)
    probe.unlink()
