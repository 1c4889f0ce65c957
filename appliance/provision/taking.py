"""May what a stick says be taken? A fresh box takes it. One that somebody set up, or that has evidence, does not:
whoever plugs in a stick would own the box. Unless the stick carries the token that an administrator made for it."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from appliance.box.paths import Paths
from appliance.provision import apply, setup_code, written
from appliance.provision.seed import Seed
from appliance.provision.stick import Found
from appliance.provision.written import WrongSeed

TAKEN = "stick.json"
READY = "ready"
_TOKEN = "stick-token"


class Why(StrEnum):
    """What came of looking."""

    NONE = "none"
    SAME = "same"
    TAKEN = "taken"
    WRONG = "wrong"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Taking:
    """`findings`: what is wrong in the file, by line."""

    why: Why
    sentence: str
    hint: str = ""
    findings: tuple[tuple[int, str], ...] = ()


def take(paths: Paths, found: Found | None, *, now: float) -> Taking:
    """Keep what the stick says as what the box is to be (`provision/wanted.toml`), if it may be. Idempotent."""
    if found is None:
        return Taking(Why.NONE, "There is no stick with a provision.toml.", "The setup page asks for what is missing.")
    mark = hashlib.sha256(found.content).hexdigest()
    if last(paths) == mark:
        return Taking(Why.SAME, f"The provision.toml of the stick {found.device} is applied already.")
    try:
        seed = written.parse(written.decoded(found.content), now=now)
    except WrongSeed as wrong:
        return Taking(
            Why.WRONG,
            f"The provision.toml of the stick {found.device} was not used: {wrong.message}.",
            "Correct it (`appliance provision check FILE` says the same), and start the box again.",
            tuple(wrong.findings),
        )
    if not is_fresh(paths) and not _is_token(paths, found.token):
        return Taking(
            Why.REFUSED,
            f"The provision.toml of the stick {found.device} was not used: this box is set up already.",
            "To change it by a stick, run `appliance provision token` and save what it prints as provision.token"
            " on the stick. To begin anew: `appliance provision reset`.",
        )
    apply.private(paths.provision / "stick.toml", written.dumps(seed).encode())
    said = {"sha256": mark, "device": found.device, "at": now}
    apply.private(paths.provision / TAKEN, json.dumps(said).encode())
    (paths.provision / _TOKEN).unlink(missing_ok=True)
    return Taking(Why.TAKEN, f"The provision.toml of the stick {found.device} is taken.")


def seed(paths: Paths) -> Seed:
    """What a stick said last; an empty seed where none did."""
    try:
        return written.read((paths.provision / "stick.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Seed()


def last(paths: Paths) -> str:
    """Which file was taken last: its SHA-256; "" where none was."""
    try:
        return str(json.loads((paths.provision / TAKEN).read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def is_fresh(paths: Paths) -> bool:
    """Nobody can sign in yet, and nothing was recorded."""
    begun = (paths.provision / READY).exists()
    return not _has_any(paths.media) and (not begun or setup_code.code(paths) is not None)


def token(paths: Paths) -> str:
    """A new token, for one stick; the one before is good no more. Only its hash stays here."""
    said = secrets.token_hex(16)
    apply.private(paths.provision / _TOKEN, _hash(said).encode())
    return said


def _is_token(paths: Paths, said: str) -> bool:
    try:
        known = (paths.provision / _TOKEN).read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return bool(said) and hmac.compare_digest(known, _hash(said))


def _hash(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()


def _has_any(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
