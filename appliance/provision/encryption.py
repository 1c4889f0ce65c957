"""Encryption of the data disk: LUKS2, opened by the box's TPM2 or by a key file. Formatting and erasing are done here;
opening is systemd's (crypttab)."""

from pathlib import Path

from appliance.box import mounts
from appliance.errors import BadInput, Unavailable
from appliance.provision.machine import Machine

LABEL = "APPLIANCE_DATA"
_NAME = "appliance-data"
_KEY_BYTES = 32


def of(folder: Path, on: Machine) -> str:
    """ "LUKS2" or the like where the device under the folder is encrypted, "" where it is not."""
    device = mounts.device(folder)
    if not device:
        return ""
    found = _kind(on, device)
    return found or next((kind for lower in _below(on, device) if (kind := _kind(on, lower))), "")


def header(folder: Path, on: Machine) -> str:
    """The device whose LUKS header opens the folder's disk, as in /dev/sda3; "" where it is not encrypted."""
    device = mounts.device(folder)
    for one in (device, *_below(on, device)) if device else ():
        if _kind(on, one):
            return next((f"/dev/{on.file(f'/sys/dev/block/{low}').resolve().name}" for low in _below(on, one)), "")
    return ""


def _kind(on: Machine, device: str) -> str:
    uuid = on.read(f"/sys/dev/block/{device}/dm/uuid")
    return uuid.split("-")[1] if uuid.startswith("CRYPT-") else ""


def _below(on: Machine, device: str) -> list[str]:
    """What a mapped device lies on, as MAJOR:MINOR, all the way down."""
    found = []
    for lower in sorted(on.file(f"/sys/dev/block/{device}/slaves").glob("*")):
        number = (lower / "dev").read_text(encoding="ascii").strip()
        found += [number, *_below(on, number)]
    return found


def format_partition(device: str, on: Machine, *, key_file: str = "", tpm: bool = False) -> list[str]:
    """Make a LUKS2 partition of an empty one; -> what is to be done next, in sentences. BadInput where something is on
    it already. Without a TPM the key lies in a file on the system disk: that protects a disk that is sold or thrown
    away, not a box that is stolen whole."""
    if not on.file(device).exists():
        raise BadInput(f"there is no device {device[:80]!r}", hint="`lsblk` shows what there is.")
    if on.tell("blkid", "-p", str(on.file(device))).code == 0:
        raise BadInput(f"{device} is not empty", hint="`wipefs -a DEVICE` empties it, and loses what is on it.")
    if not on.file(key_file).is_file() or on.file(key_file).stat().st_size < _KEY_BYTES:
        raise BadInput(
            f"the key file {key_file[:80]} is not there, or shorter than {_KEY_BYTES} bytes",
            hint=f"head -c 64 /dev/urandom > {key_file[:80]}; chmod 600 {key_file[:80]}",
        )
    # The key is random: nothing is won by making each guess slow, and the box starts sooner.
    on.demand(
        "cryptsetup", "luksFormat", "--type", "luks2", "--batch-mode", "--label", LABEL, "--pbkdf", "pbkdf2",
        "--pbkdf-force-iterations", "1000", "--key-file", key_file, str(on.file(device)),
    )  # fmt: skip
    if tpm:
        on.demand("systemd-cryptenroll", "--tpm2-device=auto", "--tpm2-pcrs=7", f"--unlock-key-file={key_file}", device)
    by = "tpm2-device=auto" if tpm else f"{key_file} luks"
    return [
        f"{device} is a LUKS2 partition with the label {LABEL}.",
        f"Write into /etc/crypttab: {_NAME} LABEL={LABEL} {'none ' if tpm else ''}{by}",
        f"Then: mkfs.ext4 /dev/mapper/{_NAME}, and mount it at /var/lib/appliance by /etc/fstab.",
    ]


def erase(device: str, on: Machine) -> None:
    """Destroy every key of it: what is on it can never be read again. Through systemd, which sees the devices."""
    if not device.startswith("/dev/"):
        raise Unavailable(f"{device} is no device")
    on.demand("systemd-run", "--wait", "--collect", "--quiet", "cryptsetup", "erase", "--batch-mode", device)
