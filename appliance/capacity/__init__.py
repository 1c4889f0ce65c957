"""`appliance capacity`: measures how many seats this box carries, each part with the code that does the work."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from appliance.box import capacity
from appliance.box.capacity import Measured
from appliance.capacity import disk, looking, receiving
from appliance.config import Settings

Say = Callable[[str], None]


def measure(data: Path, settings: Settings, *, models: Path, say: Say) -> Measured:
    """Under a minute. ApplianceError when the box cannot record at all; parts that cannot be measured here are None."""
    say("disk: writing parts as a recording does, flushed each second")
    store = disk.measure(data, streams=disk.STREAMS)
    upstream = settings.upstream.folder_in(data)
    uplink = None
    if upstream is not None and not capacity.same_disk(data, upstream):
        say("uplink: copying to the upstream and reading back")
        uplink = disk.copy_rate(data, upstream)
    say(f"capture: receiving {receiving.SEATS} seats, webcam and screen each")
    received = receiving.measure()
    say("inference: looking at one seat, as fast as it goes")
    looked = looking.measure(models, settings=settings.inference)
    return Measured(
        at=time.time(),
        cores=float(len(os.sched_getaffinity(0))),
        capture_cpu=received.capture_cpu,
        decoder_cpu=received.decoder_cpu,
        memory_bytes=receiving.memory_available(),
        seat_memory_bytes=received.seat_memory_bytes,
        disk_bytes=store.bytes_a_second,
        flush_seconds=store.flush_seconds,
        detection_seconds=looked.seconds if looked else None,
        detection_cpu=looked.cpu if looked else None,
        uplink_bytes=uplink,
    )
