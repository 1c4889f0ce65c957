"""The recovery key: an age identity (age-encryption.org/v1) that opens this box's backups. Made once; a person keeps it
in a safe, and then it goes from the box (`forget`). What encrypts stays: `keys/recovery.pub`.
"""

import contextlib
from pathlib import Path

from pyrage import x25519

from appliance.box.disk import sync_folder
from appliance.box.secret import made_once

_KEY, _PUBLIC = "recovery.key", "recovery.pub"


def recipient(keys: Path) -> str:
    """Whom backups are encrypted to, "age1..."; the key is made where there is none yet."""
    with contextlib.suppress(FileNotFoundError):
        return (keys / _PUBLIC).read_text(encoding="ascii").strip()
    key = made_once(keys / _KEY, f"{x25519.Identity.generate()}\n".encode)
    public = str(x25519.Identity.from_str(key.decode().strip()).to_public())
    return made_once(keys / _PUBLIC, f"{public}\n".encode).decode().strip()


def secret(keys: Path) -> str | None:
    """ "AGE-SECRET-KEY-1...", to be written down; None once it is not on the box any more."""
    try:
        return (keys / _KEY).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None


def forget(keys: Path) -> None:
    """A person has it. Only if backups go on being made to it."""
    recipient(keys)
    (keys / _KEY).unlink(missing_ok=True)
    sync_folder(keys)
