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


def identity_pictures(links: Iterable[Link]) -> dict[str, str]:
    """Path under the media folder -> SHA-256 of every picture of an ID or a face that was kept."""
    return {
        str(said[name]): str(said[f"{name}_sha256"])
        for said in payloads(links, "identity.pictured", "identity.enrolled")
        for name in ("photo", "face")
        if name in said
    }
