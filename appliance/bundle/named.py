"""The files that events name by path and hash. Pure."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from appliance.ledger.chain import Link


def payloads(links: Iterable[Link], *types: str) -> Iterator[dict[str, Any]]:
    """What the events of these types say, but of those that were erased."""
    for link in links:
        if link.payload is not None and json.loads(link.body)["type"] in types:
            yield json.loads(link.payload)


_NAMED: dict[str, tuple[tuple[str, str], ...]] = {
    "identity.pictured": (("photo", "photo_sha256"), ("face", "face_sha256")),
    "identity.enrolled": (("face", "face_sha256"),),
    "evidence.kept": (("still", "still_sha256"), ("clip", "clip_sha256")),
    "page.photographed": (("path", "sha256"),),
    "paper.uploaded": (("path", "sha256"),),
}
"""Events that name files -> the fields of path and SHA-256."""


TYPES = frozenset(_NAMED) | {"scan.recorded"}
"""Of the events that `files` and `scans` look at."""


def files(links: Iterable[Link]) -> dict[str, str]:
    """Path under the media folder -> SHA-256 of what was kept for an attempt beside its recordings and snapshots:
    pictures of an ID or a face, moments that somebody kept, pages and papers, also what newer ones replaced."""
    found: dict[str, str] = {}
    for type, pairs in _NAMED.items():
        for said in payloads(links, type):
            found |= {str(said[path]): str(said[sha256]) for path, sha256 in pairs if said.get(path)}
    return found


def scans(links: Iterable[Link]) -> dict[str, tuple[str, float]]:
    """Path under the media folder -> SHA-256 of each clip of a room, and when it is to be deleted (wall seconds)."""
    return {
        str(said["path"]): (str(said["sha256"]), float(said["delete_at"])) for said in payloads(links, "scan.recorded")
    }


def deleted(links: Iterable[Link]) -> frozenset[str]:
    """Paths under the media folder of what was deleted by its date."""
    return frozenset(str(path) for said in payloads(links, "media.deleted") for path in said["files"])
