"""What one seat costs the recorder: a real capture worker on an empty folder receives some seats for some seconds."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from appliance.bench.capture import box as boxes
from appliance.bench.capture import clip, usage
from appliance.bench.capture.box import Box
from appliance.bench.capture.job import helper
from appliance.errors import Unavailable
from appliance.exam.feed import OWN, Feed, Kind

SEATS = 3
WARM_UP_SECONDS = 3.0
SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Received:
    """For each second of one seat: CPU seconds of the capture worker and of its decoder. Memory of both."""

    capture_cpu: float
    decoder_cpu: float
    seat_memory_bytes: int


def measure(*, seats: int = SEATS, seconds: float = SECONDS) -> Received:
    """Unavailable when the box cannot record what a few seats send."""
    with tempfile.TemporaryDirectory(prefix="appliance-capacity-") as temporary:
        folder = Path(temporary)
        files = {"picture": folder / "camera.clip", "screen": folder / "screen.clip", "sound": folder / "tone.clip"}
        clip.camera().write(files["picture"])
        clip.screen().write(files["screen"])
        clip.tone().write(files["sound"])
        with boxes.capturing(folder / "data") as box:
            return _receive(box, files, seats=seats, seconds=seconds)


def _receive(box: Box, files: dict[str, Path], *, seats: int, seconds: float) -> Received:
    feeds = [Feed(f"seat{number}", kind) for number in range(seats) for kind in OWN]
    streams = [
        {
            "picture": str(files["picture" if feed.kind is Kind.WEBCAM else "screen"]),
            "sound": str(files["sound"]) if feed.kind is Kind.WEBCAM else None,
            "whip": box.address(feed, "publish"),
        }
        for feed in feeds
    ]
    memory = _memory(box)
    with helper("appliance.bench.capture.sender", {"streams": streams}) as sender:
        time.sleep(WARM_UP_SECONDS)
        began, capture, decoder = time.monotonic(), box.cpu(), box.decoder_cpu()
        time.sleep(seconds)
        took, capture, decoder = time.monotonic() - began, box.cpu() - capture, box.decoder_cpu() - decoder
        memory = _memory(box) - memory
        sent = sum(sender.ask()["frames"])
    recorded = sum(box.recorded(feed) for feed in feeds)
    if recorded < 0.9 * sent:
        raise Unavailable(
            f"of {sent} pictures that {seats} seats sent only {recorded} were recorded",
            hint="This machine is too busy or too weak; stop what else runs on it and try again.",
        )
    each = took * seats
    return Received(capture / each, decoder / each, max(0, memory // seats))


def _memory(box: Box) -> int:
    own = list(box.pids.values())
    return sum(usage.resident_bytes(pid) for pid in own + [child for pid in own for child in usage.children(pid)])


def memory_available() -> int:
    """Bytes that processes can still have without swapping (proc(5), MemAvailable)."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise Unavailable("this system does not tell its memory")
