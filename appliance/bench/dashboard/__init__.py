"""What the pages cost and how soon they know: `appliance bench dashboard`.

Four questions, each against a limit in the same run: how soon an event is on sixty pages, and is none lost; how soon a
chat message is; how many frames a second a wall of fifteen candidates with three feeds each renders in a real Chromium;
how soon a wall that missed ten thousand events is current. The web process and its ledger are the box's own, on a port
of their own; the pages of the first two are WebSockets of one process that stands beside them on the same machine, so
its share of the processor is in the figures too.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from appliance.bench.dashboard import load, rendering, site
from appliance.bench.dashboard.site import Site
from appliance.bench.figures import Figures

EVENT_LIMIT_MS = 50.0
CHAT_LIMIT_MS = 1000.0
FPS_LIMIT = 30.0
CATCH_UP_LIMIT_SECONDS = 1.0
MISSED = 10_000


def run() -> Figures:
    """`event_ms`: from the append to the arrival, over all pages; `lost`: (page, event) pairs that never arrived;
    `wall_fps`: None where there is no browser; `catch_up_s`: the median of some returns. Ratios to a limit are good
    below 1, that of `wall_fps` above."""
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as folder, site.serving(Path(folder), MISSED) as house:
        rendered = rendering.measure(house)
        shared = load.share(house)
        returned = load.catch_up(house)
        web = _last_words(house)
    return {
        **shared,
        **rendered,
        **returned,
        "ratio_to_limit": _ratios(shared, rendered, returned),
        "web": web,
    }


def _ratios(shared: dict[str, Any], rendered: dict[str, Any], returned: dict[str, Any]) -> dict[str, float | None]:
    fps = rendered["wall_fps"]
    return {
        "event_p95": round(shared["event_ms"]["p95"] / EVENT_LIMIT_MS, 2),
        "chat_p95": round(shared["chat_ms"]["p95"] / CHAT_LIMIT_MS, 2),
        "wall_fps": None if fps is None else round(fps / FPS_LIMIT, 2),
        "catch_up": round(returned["catch_up_s"] / CATCH_UP_LIMIT_SECONDS, 2),
    }


def _last_words(house: Site) -> dict[str, Any]:
    """Counters of the web process that should stand still."""
    said = house.health()
    names = ("sockets_refused", "sockets_too_slow", "health_left_out", "refused")
    return {name: said.get(name) for name in names} | {"measured_at": time.strftime("%H:%M")}
