"""Backups go upstream like everything else: `SITE/BOX/_box/backups/NAME`, encrypted as they lie on the box."""

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

from appliance.errors import Unavailable
from appliance.stores.port import ObjectStore

log = logging.getLogger(__name__)

FOLDER = "_box/backups"


class Copies:
    """Belongs to one thread. What was sent is known by asking the store again after a restart: a put is idempotent.
    `claim`: raises while the name in the store is another box's."""

    def __init__(self, folder: Path, store: ObjectStore, *, site: str, box: str, claim: Callable[[], object]) -> None:
        self._folder, self._store, self._claim = folder, store, claim
        self._place = f"{site}/{box}/{FOLDER}"
        self._sent: set[str] = set()
        self.waiting = 0

    def turn(self) -> None:
        """Send what is not there yet, the newest first: it is the one that is needed. While the store is away they
        wait; how many is in the health file, why is said by whoever sends evidence."""
        files = sorted(self._folder.glob("[!.]*.age"), key=lambda file: file.name, reverse=True)
        left = [file for file in files if file.name not in self._sent]
        self.waiting = len(left)
        try:
            for file in left:
                self._send(file)
                self._sent.add(file.name)
                self.waiting -= 1
        except Unavailable as error:
            log.info("%d backups wait for the upstream: %s", self.waiting, error.message)

    def _send(self, file: Path) -> None:
        with open(file, "rb") as source:
            sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        self._claim()
        key = f"{self._place}/{file.name}"
        if self._store.put(key, file, sha256=sha256) and not self._store.confirm(key, file, sha256=sha256):
            raise Unavailable(f"the upstream does not give back {file.name} as it was sent", hint="It is tried again.")
