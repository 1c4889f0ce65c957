"""What speaks against an update, before anything is changed. Pure, but for the question to the box's pages."""

import http.client
import json
from collections.abc import Callable
from pathlib import Path

from appliance.errors import BadInput, NotAllowed, StorageFull, Unavailable
from appliance.update.bundle import Manifest
from appliance.update.machine import SocketConnection

SPARE = 512 << 20
"""Bytes that stay free on the system's disk after all."""
_OVERRULED = frozenset({"process_unhealthy", "ledger_away"})
"""What an update may be the cure for: a person at the box may say so."""


def fits(manifest: Manifest, *, installed: str, architecture: str, newer: Callable[[str, str], bool],
         downgrade: bool) -> None:  # fmt: skip
    """Is it for this box? BadInput or NotAllowed says why not."""
    if manifest.package != "appliance":
        raise BadInput(f"the bundle is of {manifest.package}, not of the box", hint="Take another file.")
    if manifest.architecture != architecture:
        raise BadInput(
            f"the bundle is for {manifest.architecture}, this box is {architecture}",
            hint=f"Take the file whose name ends in _{architecture}.update.",
        )
    if manifest.version == installed:
        raise NotAllowed(f"the box has version {installed} already", hint="Nothing is to be done.")
    if not newer(manifest.version, installed) and not downgrade:
        raise NotAllowed(
            f"the bundle has version {manifest.version}, which is older than {installed}",
            hint="To go back all the same: appliance update install --downgrade FILE",
        )


def has_room(manifest: Manifest, *, free: int, installed_bytes: int, ledger_bytes: int) -> None:
    """The package is there as a file, both versions' files for a moment, the way back, and the ledger's copy."""
    needed = manifest.size + manifest.installed_kilobytes * 1024 + installed_bytes // 2 + 2 * ledger_bytes + SPARE
    if free < needed:
        raise StorageFull(
            f"the update needs {needed / 1e9:.1f} GB on the system's disk, {free / 1e9:.1f} GB are free",
            hint="Free some, then ask again. Nothing was changed.",
        )


def allowed(socket: Path, *, anyway: bool) -> None:
    """May the box stand still for some minutes? Its pages know whether an exam runs, is near, or is being closed."""
    connection = SocketConnection(socket)
    try:
        connection.request("GET", "/healthz/update")
        said = json.loads(connection.getresponse().read())
        reasons, sentences = list(said["reasons"]), list(said["sentences"])
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        if anyway:
            return
        raise Unavailable(
            "the box's pages do not answer, so nobody knows whether an exam runs",
            hint="If you know that none does: appliance update install --anyway FILE",
        ) from None
    finally:
        connection.close()
    held = [sentence for reason, sentence in zip(reasons, sentences, strict=True)
            if not (anyway and reason in _OVERRULED)]  # fmt: skip
    if held:
        raise NotAllowed(f"not now: {' '.join(held)}", hint="Ask again later; nothing was changed.")
