"""`appliance rehearse`: asks the running box for a rehearsal, follows it, and says what came of it."""

import argparse
import json
import signal
import time
from types import FrameType
from typing import Any

from appliance.box import health
from appliance.box.console import paths_of
from appliance.box.paths import Paths
from appliance.errors import NotAllowed, Unavailable
from appliance.rehearsal import files
from appliance.rehearsal.phase import Outcome, Phase
from appliance.rehearsal.verdict import Verdict

PATIENCE_SECONDS = 15.0
"""Without a word from the box."""

BY = "command line"
_LOOK_SECONDS = 0.5

_OUTCOMES = {
    Outcome.STOPPED.value: "it was stopped",
    Outcome.INTERRUPTED.value: "candidates came in, so it ended",
    Outcome.FAILED.value: "it could not go on",
}


def run(options: argparse.Namespace) -> int:
    """-> exit code: 1 where the lab cannot hold what was asked for. NotAllowed and Unavailable in words."""
    paths = paths_of(options)
    if not health.read(paths.health, "web", now=time.time())["healthy"]:
        raise Unavailable("the box does not run, or its pages do not", hint="Start it; a rehearsal needs all of it.")
    begun = time.time()
    files.ask(paths, seats=options.seats, minutes=options.minutes, by=BY)
    said = _follow(paths, begun, quiet=options.json)
    if said.get("outcome") == "refused":
        raise NotAllowed(str(said.get("error", "it was refused")), hint=str(said.get("hint", "")))
    report = said.get("report") or {}
    if options.json:
        print(json.dumps(report, indent=1))
    return _tell(report, str(said.get("outcome", "")), quiet=options.json)


def _follow(paths: Paths, begun: float, *, quiet: bool) -> dict[str, Any]:
    """Until it is over; a first Ctrl-C stops it in good order."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        files.stop(paths)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    before = signal.signal(signal.SIGINT, stop)
    try:
        last, heard = "", time.monotonic()
        while True:
            said = files.said(paths)
            if said.get("at", 0.0) < begun:
                said = {}
            if said.get("phase") == Phase.OVER.value:
                return said
            if said and said["at"] > time.time() - PATIENCE_SECONDS:
                heard = time.monotonic()
            if time.monotonic() - heard > PATIENCE_SECONDS:
                raise Unavailable("the box says nothing of the rehearsal", hint="See `appliance doctor`.")
            line = f"{said.get('phase', 'asked')}: {said.get('here', 0)} of {said.get('seats', '?')} seats send"
            if line != last and not quiet:
                print(line, flush=True)
            last = line
            time.sleep(_LOOK_SECONDS)
    finally:
        signal.signal(signal.SIGINT, before)


def _tell(report: dict[str, Any], outcome: str, *, quiet: bool) -> int:
    found = Verdict.of(report["verdict"]) if report.get("verdict") else None
    lines = [] if outcome == Outcome.DONE.value else [f"{_OUTCOMES.get(outcome, outcome)} {report.get('reason', '')}"]
    if found is not None and found.holds is not None:
        lines.append(f"this lab can hold {found.holds} seats; the weakest part is {found.weakest}")
        lines.append(f"{found.here} of {found.asked} seats sent, {found.real} of them lab computers")
        lines += [f"  {name}: {value}" for name, value in found.figures.items()]
        lines += [f"seat {one.seat}: {one.code} {one.value:g}" for one in found.seats]
    elif outcome == Outcome.DONE.value:
        lines.append("it was too short to say anything; give --minutes 1 or more")
    if not quiet:
        print("\n".join(lines))
    return 0 if outcome == Outcome.DONE.value and (found is None or (found.holds or 0) >= found.asked) else 1
