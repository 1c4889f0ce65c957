"""`python -m appliance.evidence JOB.json`: makes one clip, a process of its own.

The folder `out` of the job then holds the files and `result.json`: what they are made of, or `failed`, a reason as in
`export.failed`. A hostile recording can kill this process, never the one that asked for it.
"""

import json
import logging
import os
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
import cv2

from appliance.box import parent, process
from appliance.errors import ApplianceError
from appliance.evidence import pick
from appliance.evidence.cut import Clip, cut
from appliance.evidence.job import Job, NotMade

log = logging.getLogger("appliance.evidence")

RESULT = "result.json"
_MOST_MEMORY = 6_000_000_000
"""Of addresses: the library that runs the models reserves more than it uses."""
_CPU_SECONDS, _CPU_FACTOR = 300, 20
"""For the clip itself, and for each second of each feed of a masked copy."""


def make(job: Job) -> dict[str, Any]:
    """Write the clip, and the masked copy where it is wanted and can be made; -> what `result.json` says."""
    media, out = Path(job.media), Path(job.out)
    span = {"starts_at": job.starts_at, "ends_at": job.ends_at}
    picked = [pick.pick(feed, media, **span) for feed in job.feeds]
    if not any(one.pieces for one in picked):
        raise NotMade(_nothing(picked))
    clip = cut(picked, out, **span)
    return {
        "begins_at": round(clip.begins_at, 3),
        "seconds": round(clip.seconds, 3),
        "files": list(clip.files),
        "tracks": [asdict(track) for track in clip.tracks],
        "holes": [asdict(hole) for one in picked for hole in one.holes],
        "segments": list(pick.files(picked)),
        "masked": _masked(job, clip, out) if job.masked else None,
    }


def _nothing(picked: list[pick.Picked]) -> str:
    """Why there is nothing at all."""
    states = {one.state for feed in picked for one in feed.judged}
    return next((why for why in ("deleted", "unreadable") if why in states), _lost(states))


def _lost(states: set[str]) -> str:
    return "unreadable" if states & {"changed", "missing"} else "nothing_recorded"


def _masked(job: Job, clip: Clip, out: Path) -> dict[str, Any]:
    """What came of the masked copy; the clip stands without it. Models are loaded for this alone."""
    from appliance.evidence import masking

    try:
        find, version = masking.finder(Path(job.models))
        tracks = masking.copy(clip, out, bases={feed.kind: feed.base for feed in job.feeds}, find=find)
    except (ApplianceError, av.FFmpegError, ValueError) as error:
        (out / masking.COPY).unlink(missing_ok=True)
        log.warning("the masked copy cannot be made: %s", error)
        return {"file": None, "why": str(error)}
    return {"file": masking.COPY, "model": version, "tracks": tracks}


def _bound(job: Job) -> None:
    """Little of the machine: candidates are recorded meanwhile."""
    os.nice(15)
    span = (job.ends_at - job.starts_at) * len(job.feeds)
    seconds = _CPU_SECONDS + round(span * _CPU_FACTOR if job.masked else span)
    for what, most in (
        (resource.RLIMIT_AS, _MOST_MEMORY),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    cv2.setNumThreads(1)


def main() -> int:
    """Do the one job."""
    parent.follow()
    process.start_logging("evidence")
    job = Job.from_json(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    _bound(job)
    try:
        said = make(job)
    except NotMade as error:
        said = {"failed": error.reason}
    except OSError as error:
        log.error("the clip cannot be made: %s", error)
        said = {"failed": "unreadable" if isinstance(error, av.FFmpegError) else "disk"}
    except (av.FFmpegError, ValueError) as error:
        log.warning("the recording cannot be read: %s", error)
        said = {"failed": "unreadable"}
    (Path(job.out) / RESULT).write_text(json.dumps(said), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
