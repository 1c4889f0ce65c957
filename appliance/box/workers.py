"""The processes that a box needs, and which of its capture workers carries an attempt.

All feeds of one attempt live on one worker. Which one is worked out from the attempt alone (rendezvous hashing: each
worker draws a number for it, the highest wins), so that everybody who asks comes to the same answer, and a worker that
is away or new moves only its own share.
"""

import hashlib
import re

from appliance.config import Settings

CAPTURE = "capture"
PANEL = "panel"
"""It runs beside the services: the box is whole without it."""

_NUMBERED = re.compile(r"-[1-9][0-9]{0,2}")


def worker(number: int) -> str:
    """The name of a capture worker; they count from 1."""
    return f"{CAPTURE}-{number}"


def workers(settings: Settings) -> list[str]:
    """Every capture worker of the box."""
    return [worker(number) for number in range(1, settings.capture.workers + 1)]


def services(settings: Settings) -> tuple[str, ...]:
    """Without each of these processes the box is not whole."""
    return ("web", *workers(settings), "inference", "sync", "door")


def service_of(process: str) -> str:
    """capture-2 -> capture: what the process is, whichever of them it is."""
    return _NUMBERED.sub("", process) if _NUMBERED.fullmatch(process.removeprefix(CAPTURE)) else process


def order(attempt: str, count: int) -> list[int]:
    """Workers 1 to `count`: the one that should carry the attempt first, then who stands in for it."""

    def drawn(number: int) -> bytes:
        return hashlib.sha256(f"{number}/{attempt}".encode()).digest()

    return sorted(range(1, count + 1), key=drawn, reverse=True)
