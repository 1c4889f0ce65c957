"""The pair window: for a few minutes after somebody at the box held its button, a computer of the lab may be bound to a
seat by a code that only the box's display (and staff's page of the panel) shows. It lies on tmpfs, is the panel's, and
goes with the power."""

import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.box import secret
from appliance.errors import BadInput
from appliance.exam import codes

FILE = "pairing.json"
SECONDS = 300.0
GUESSES = "guesses"
"""Who asks the panel to close the window, where too many codes were wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """`code`: as `exam.codes` has it; `until`: wall seconds; `id`: names this window, and is no secret."""

    id: str
    code: str
    until: float

    @property
    def shown(self) -> str:
        """As people read it: XXXX-XXXX."""
        return codes.shown(self.code)

    def matches(self, said: str) -> bool:
        """Is this the code? Case, spaces and dashes do not matter."""
        try:
            return hmac.compare_digest(self.code, codes.normalise(said))
        except BadInput:
            return False


def open_(run: Path, *, now: float, seconds: float = SECONDS) -> Window:
    """A new window with a code of its own; one that was open is closed by it."""
    code = codes.generate(secrets.token_bytes(codes.RANDOM_BYTES))
    window = Window(id=secrets.token_hex(4), code=code, until=now + seconds)
    secret.write(run / FILE, json.dumps(asdict(window)).encode())
    return window


def close(run: Path) -> None:
    """Nobody is bound by it any more."""
    (run / FILE).unlink(missing_ok=True)


def window(run: Path, *, now: float) -> Window | None:
    """The one that is open."""
    try:
        found = Window(**json.loads((run / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return found if now < found.until <= now + SECONDS else None
