"""Does the store really take what this box sends? A small object goes there, is confirmed, and is read back.

In a process of its own, and for so long only: a store that hangs must not hold a thread of the box, and the store's
libraries take 20 MB that the pages do not need.
"""

import hashlib
import json
import secrets
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from appliance.config import UpstreamSettings
from appliance.errors import ApplianceError, Unavailable
from appliance.stores import places
from appliance.stores.port import ObjectStore, digest
from appliance.web.setup.finding import Finding, State

SECONDS = 25.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The store as somebody has just typed it. What is secret is in files that the store's libraries read."""

    url: str = ""
    folder: str = ""
    endpoint: str = ""
    region: str = ""
    credentials_file: str = ""
    ca_file: str = ""
    site: str = "site"
    box: str = "box"
    data: str = field(default="")

    def settings(self) -> UpstreamSettings:
        """As appliance.toml will have it."""
        said = {name: value for name, value in asdict(self).items() if name != "data" and value}
        return UpstreamSettings(**said)


def go(place: Place) -> float:
    """There and back; -> seconds. ApplianceError in the store's own words."""
    settings = place.settings()
    settings.check()
    folder = settings.folder_in(Path(place.data))
    if settings.folder and folder is not None and not folder.is_dir():
        raise Unavailable(
            f"there is no folder {settings.folder} on this box", hint="Is the disk or the stick plugged in and mounted?"
        )
    return _trip(places.of_box(settings, Path(place.data)), f"{place.site}/{place.box}/setup/")


def _trip(store: ObjectStore, under: str) -> float:
    """Objects are immutable and are never deleted by the box, so each trip leaves one of some 60 bytes."""
    began = time.monotonic()
    content = f"setup {time.time():.0f} {secrets.token_hex(8)}\n".encode()
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"{under}{sha256[:16]}.txt"
    store.put(key, content, sha256=sha256)
    if not store.confirm(key, content, sha256=sha256) or digest(store, key) != sha256:
        raise Unavailable(
            "the store took a small file, but gives back something else", hint="Show this to whoever runs the store."
        )
    return time.monotonic() - began


def look(place: Place, *, seconds: float = SECONDS) -> Finding:
    """The whole trip, bounded."""
    command = [sys.executable, "-m", "appliance.web.setup.round_trip"]
    try:
        done = subprocess.run(
            command, input=json.dumps(asdict(place)), capture_output=True, text=True, timeout=seconds, check=False
        )
        said = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return Finding(about="store", state=State.BAD, code="store_silent", values={"seconds": f"{seconds:.0f}"})
    except ValueError:  # killed, or out of memory
        return Finding(about="store", state=State.BAD, code="store_broken")
    if "error" in said:
        return Finding(about="store", state=State.BAD, code="said", said=said["error"], hint=said["hint"])
    return Finding(
        about="store",
        state=State.GOOD,
        code="store" if place.url else "store_folder",
        values={"seconds": f"{said['seconds']:.1f}"},
    )


def main() -> None:
    """A place as JSON on stdin; on stdout how long it took, or what the store said."""
    place = Place(**json.load(sys.stdin))
    try:
        said: dict[str, object] = {"seconds": go(place)}
    except ApplianceError as error:
        said = {"error": error.message, "hint": error.hint}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
