"""Ten seats on this machine, all at once: capture records and decodes what a load generator sends, detection looks.

The candidates' events are written as the pages would have them written; everything else is the box's own processes. A
seat more than the machine holds shows as looks that come late.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from appliance.bench.capture import clip, usage
from appliance.bench.capture.box import EXAM, Box, capturing
from appliance.bench.capture.job import helper
from appliance.bench.figures import Figures, spread
from appliance.bench.inference.material import Clip
from appliance.box import health
from appliance.config import InferenceSettings
from appliance.errors import Unavailable
from appliance.exam import events
from appliance.exam.feed import Feed, Kind
from appliance.exam.policy import ExamPolicy
from appliance.ledger.actions import exams
from appliance.ledger.record import Draft

SEATS = 10
CORES = (4, 8)
"""What other machines would hold, reckoned from what a seat costs here."""
SPARE = 0.15
"""Of a core's time, left free in that reckoning."""
READY_SECONDS = 60.0
WARM_UP_SECONDS = 12.0
SECONDS = 40.0
NAME = "inference"


def run(webcam: Clip) -> dict[str, Any]:
    """`seats_at_full_rate`: all of them, when they were looked at as often as they should be; else the share of them
    that the looks would have sufficed for."""
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as temporary, ExitStack() as stack:
        folder = Path(temporary)
        box = stack.enter_context(capturing(folder / "data", count=1))
        feeds = [Feed(f"seat{seat}", kind) for seat in range(1, SEATS + 1) for kind in (Kind.WEBCAM, Kind.SCREEN)]
        pid = stack.enter_context(_detecting(box))
        _seat(box, [feed.attempt for feed in feeds if feed.kind is Kind.WEBCAM])
        sender = stack.enter_context(helper("appliance.bench.capture.sender", _job(box, feeds, folder, webcam)))
        time.sleep(WARM_UP_SECONDS)
        return _watch(box, pid, sender.cpu)


def _watch(box: Box, pid: int, sender_cpu: Any) -> dict[str, Any]:
    rates: list[float] = []
    medians: list[float] = []
    late: list[float] = []
    before = (usage.cpu(pid), box.cpu() + box.decoder_cpu(), sender_cpu())
    began = time.monotonic()
    said: dict[str, Any] = {}
    while time.monotonic() - began < SECONDS:
        time.sleep(1.0)
        said = health.read(box.paths.health, NAME, now=time.time())
        rates.append(said["rate"])
        if ages := said["ages_ms"]:
            medians.append(ages["p50"])
            late.append(ages["p95"])
    passed = time.monotonic() - began
    after = (usage.cpu(pid), box.cpu() + box.decoder_cpu(), sender_cpu())
    detection, capture, sender = ((new - old) / passed for new, old in zip(after, before, strict=True))
    share = sum(rates) / len(rates) / (InferenceSettings().face_rate * SEATS)
    return {
        "seats": SEATS,
        "looks_to_wanted": round(share, 3),
        "seats_at_full_rate": SEATS if share >= 0.97 and said["share"] == 1.0 else int(SEATS * min(1.0, share)),
        "slowed_to": said["share"],
        "frame_to_tick_ms": {"p50": spread(medians)["p50"], "p95": spread(late)["p50"], "p95_worst": max(late)},
        "cores": {"detection": round(detection, 2), "capture": round(capture, 2), "sender": round(sender, 2)},
        "detection_mb": round(usage.resident_bytes(pid) / 1e6),
        "seats_on": {f"{cores}_cores": _held(cores, detection, capture) for cores in CORES},
    }


def _held(cores: int, detection: float, capture: float) -> Figures:
    """Detection runs on one thread, so its own bound is one core; what all cores would carry is said beside it."""
    each = detection / SEATS
    return {
        "by_one_thread_of_detection": int((1.0 - SPARE) / each),
        "by_all_cores": int(cores * (1.0 - SPARE) / (each + capture / SEATS)),
    }


@contextmanager
def _detecting(box: Box) -> Iterator[int]:
    command = [sys.executable, "-m", "appliance", "--data", str(box.paths.data), NAME]
    log = box.paths.logs / f"{NAME}.log"
    with open(log, "ab") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            deadline = time.monotonic() + READY_SECONDS
            while not health.read(box.paths.health, NAME, now=time.time())["healthy"]:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Unavailable("detection did not start", hint=log.read_text(encoding="utf-8")[-300:])
                time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()
            process.wait(10)


def _seat(box: Box, attempts: list[str]) -> None:
    """Everybody sits in the exam."""
    exam = ExamPolicy(exam=EXAM, title="Benchmark", starts_at=time.time(), minutes=60)
    box.writer.transact(lambda transaction: exams.create_exam(transaction, exam, by="bench"))
    for number, attempt in enumerate(attempts, 1):
        steps = (
            events.AttemptCreated(exam=EXAM, seat=str(number), name=f"Candidate {number}", candidate=attempt),
            events.AttemptEquipped(camera="", microphone="", surface="monitor"),
            events.AttemptAdmitted(by="bench"),
            events.AttemptStarted(ends_at=time.time() + 3600),
        )
        for step in steps:
            box.writer.append(Draft(payload=step, chain=attempt, exam=EXAM, actor="bench"))


def _job(box: Box, feeds: list[Feed], folder: Path, webcam: Clip) -> dict[str, Any]:
    camera = clip.of_pictures([picture for _, picture in webcam])
    made = {"camera": camera, "screen": clip.screen(), "tone": clip.tone()}
    for name, one in made.items():
        one.write(folder / name)
    return {"streams": box.streams(feeds, folder=folder)}
