"""What the other capture workers carry, from their health files: the budget of the lab is one for all of them."""

import logging
from pathlib import Path

from appliance.box import health
from appliance.capture.rate import Stream

log = logging.getLogger(__name__)


def streams(folder: Path, own: str, *, now: float) -> list[Stream]:
    """What the publications of the workers other than `own` would like to send. A worker that is silent for 5 s carries
    nothing."""
    found: list[Stream] = []
    for file in sorted(folder.glob("capture*.json")):
        state = health.read(folder, file.stem, now=now)
        if file.stem == own or not now - state.get("at", 0.0) <= health.STALE_SECONDS:
            continue
        try:
            found += [Stream.from_json(said) for said in state.get("streams", [])]
        except (ValueError, TypeError) as error:
            log.warning("%s says something else than its streams: %s", file.stem, error)
    return found
