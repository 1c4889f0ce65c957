"""How the upstream is filled, on a real S3 server (JuiceFS) in the same run.

- speed: segments from the moment the ledger has them to the last of them in the bucket, against boto3's transfer
  manager with the same files, in turns; at least 0.8 of it. It checks by CRC, as it comes, where ours checks by SHA-256
  and MD5; what it reaches without any check stands beside it;
- memory: the sync process at its largest, with a small backlog and with one of many times more; at most 110 MB;
- a bad line: 16 Mbit/s that is cut for 8 s every 30 s, against the time that the bytes need while it is there; at
  most 1.3;
- a restart: 10,000 small objects that are there already, until the box knows; 30 s at most.
"""

import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from appliance.bench.figures import Figures
from appliance.bench.sync import peer
from appliance.bench.sync.box import Box
from appliance.bench.sync.line import ideal_seconds, laid
from appliance.bench.sync.server import Server, running
from appliance.errors import Unavailable

ROUNDS = 3
SEGMENTS, SEGMENT_BYTES = 144, 4_000_000
LINE_SEGMENTS = 25
SMALL, SMALL_BYTES = 10_000, 2_000
RATIO_LIMIT, RSS_LIMIT_MB, LINE_LIMIT, RECONCILE_LIMIT_S = 0.8, 110.0, 1.3, 30.0


def run() -> Figures:
    """The four keys, what they are held to, and what they were made of. Where something cannot be measured, its key is
    null and `not_measured` says why."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix="bench-sync-") as name:
        folder = Path(name)
        figures = _loopback(folder)
        figures |= _cut(folder)
    return {
        "ratio_vs_transfer_manager": figures.pop("ratio"),
        "rss_mb": figures.pop("rss"),
        "ratio_to_ideal_with_cuts": figures.pop("cuts"),
        "reconcile_s": figures.pop("reconcile"),
        "limits": {
            "ratio_vs_transfer_manager": RATIO_LIMIT,
            "rss_mb": RSS_LIMIT_MB,
            "ratio_to_ideal_with_cuts": LINE_LIMIT,
            "reconcile_s": RECONCILE_LIMIT_S,
        },
        **figures,
    }


def _loopback(folder: Path) -> dict[str, object]:
    with running(folder / "store") as server, _box(folder / "data", server) as box:
        ours, theirs, unchecked = [], [], []
        for number in range(ROUNDS):
            files = box.files(number, count=SEGMENTS, size=SEGMENT_BYTES)
            ours.append(_sent(box, server, number, files))
            theirs.append(peer.seconds(server, server.bucket(), files))
            unchecked.append(peer.seconds(server, server.bucket(), files, checked=False))
        small_rss = box.largest_mb()
        files = box.files(ROUNDS, count=SMALL, size=SMALL_BYTES)
        small = _sent(box, server, ROUNDS, files)
        large_rss = box.largest_mb()
        reconciled = _reconciled(box)
    size = SEGMENTS * SEGMENT_BYTES / 1e6
    return {
        "ratio": round(statistics.median(theirs) / statistics.median(ours), 2),
        "rss": round(max(small_rss, large_rss), 1),
        "reconcile": round(reconciled, 1),
        "mb_per_s": {
            "ours": round(size / statistics.median(ours), 1),
            "transfer_manager": round(size / statistics.median(theirs), 1),
            "transfer_manager_unchecked": round(size / statistics.median(unchecked), 1),
        },
        "rss_mb_by_backlog": {f"{SEGMENTS}_objects": round(small_rss, 1), f"{SMALL}_objects": round(large_rss, 1)},
        "small_objects_per_s": round(SMALL / small),
    }


def _cut(folder: Path) -> dict[str, object]:
    try:
        with (
            laid() as line,
            running(folder / "far", address=line.there, command=line.inside) as server,
            _box(folder / "far-data", server) as box,
        ):
            files = box.files(0, count=LINE_SEGMENTS, size=SEGMENT_BYTES)
            with line.cutting():
                took = _sent(box, server, 0, files)
    except Unavailable as error:
        return {"cuts": None, "not_measured": {"ratio_to_ideal_with_cuts": error.message}}
    ideal = ideal_seconds(LINE_SEGMENTS * SEGMENT_BYTES)
    return {"cuts": round(took / ideal, 2), "cut_line_s": {"took": round(took, 1), "ideal": round(ideal, 1)}}


@contextlib.contextmanager
def _box(data: Path, server: Server) -> Iterator[Box]:
    with Box.made(data, server, attempts=ROUNDS + 1) as box:
        box.start()
        yield box


def _sent(box: Box, server: Server, attempt: int, files: list[Path]) -> float:
    """Seconds from the ledger's news to the last object in the bucket, by the store's own clock, which is this
    machine's."""
    began = box.record(attempt, files)
    box.settled(objects=len(files))
    return server.last_modified(box.bucket, box.prefix(attempt)) - began


def _reconciled(box: Box) -> float:
    """Killed and started again, until nothing is left to be asked."""
    box.kill()
    began = time.monotonic()
    box.start()
    box.settled(objects=0)
    took = time.monotonic() - began
    if box.sent_objects():
        raise Unavailable(f"{box.sent_objects()} objects were sent again that the store had", hint="See sync's log.")
    return took
