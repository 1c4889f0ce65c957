"""The setup code: eight characters that prove that somebody stands at the box. Console, panel and the printed card show
it until setup is finished; then it is gone."""

import hmac
import secrets

from appliance.box import disk
from appliance.box.paths import Paths
from appliance.box.secret import made_once
from appliance.errors import BadInput
from appliance.exam import codes

FILE = "setup-code"


def make(paths: Paths) -> str:
    """The code, the same however often it is asked for; 0600, for whoever may read the box's folder."""
    paths.provision.mkdir(parents=True, exist_ok=True)
    return made_once(paths.provision / FILE, _new).decode("ascii")


def code(paths: Paths) -> str | None:
    """As `exam.codes` has it, without a dash; None where setup is finished, or first boot did not come so far."""
    try:
        return (paths.provision / FILE).read_text(encoding="ascii")
    except FileNotFoundError:
        return None


def shown(paths: Paths) -> str | None:
    """As people read it: XXXX-XXXX."""
    known = code(paths)
    return codes.shown(known) if known else None


def matches(paths: Paths, said: str) -> bool:
    """Is this the code? Case, spaces and dashes do not matter."""
    known = code(paths)
    try:
        typed = codes.normalise(said)
    except BadInput:
        return False
    return known is not None and hmac.compare_digest(known, typed)


def used(paths: Paths) -> None:
    """Setup is finished: nobody comes in by the code again."""
    (paths.provision / FILE).unlink(missing_ok=True)
    if paths.provision.is_dir():
        disk.sync_folder(paths.provision)


def _new() -> bytes:
    return codes.generate(secrets.token_bytes(codes.RANDOM_BYTES)).encode("ascii")
