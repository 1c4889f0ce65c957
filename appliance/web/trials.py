"""Trials of changed rules on stored sessions: each in a process of its own, below everything else; the newest of each
exam is remembered until the pages start anew."""

import contextlib
import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

from appliance.box.paths import Paths
from appliance.errors import ApplianceError, NotAllowed
from appliance.exam.detection import DetectionPolicy
from appliance.exam.trial import Trial

SECONDS = 60.0
"""How long one goes on; what it has not tried then stays untried, and is said."""

_GRACE = 30.0  # to load, and to end the session it is at
_MOST = 16  # exams that are remembered


@dataclass(slots=True)
class Run:
    """One trial. `trial` when it is over, `failure` when it gave up."""

    policy: DetectionPolicy
    done: int = 0
    of: int = 0
    trial: Trial | None = None
    failure: str = ""

    @property
    def over(self) -> bool:
        """It goes on no longer."""
        return self.trial is not None or bool(self.failure)


@dataclass(slots=True)
class Trials:
    """Of all exams. Thread-safe."""

    _runs: dict[str, Run] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def newest(self, exam: str) -> Run | None:
        """The last that was begun for an exam."""
        with self._lock:
            return self._runs.get(exam)

    def of(self, exam: str, policy: DetectionPolicy) -> Trial | None:
        """What came of trying these very rules, where they were the last that were tried."""
        run = self.newest(exam)
        return run.trial if run is not None and run.policy == policy else None

    def begin(self, paths: Paths, exam: str, policy: DetectionPolicy) -> Run:
        """Start one; NotAllowed while one goes on for any exam: two would take the time of the candidates' pictures."""
        with self._lock:
            if any(not run.over for run in self._runs.values()):
                raise NotAllowed("a trial goes on already", hint="It takes a minute at most; wait for it.")
            run = Run(policy)
            self._runs.pop(exam, None)
            self._runs[exam] = run
            while len(self._runs) > _MOST:
                del self._runs[next(iter(self._runs))]
        threading.Thread(target=_follow, args=(run, paths, exam), name=f"trial-{exam}", daemon=True).start()
        return run


def stored(paths: Paths) -> bool:
    """Is there any session to try rules on?"""
    return next(paths.media.glob("*/*/trace/*.jsonl.gz"), None) is not None


def _follow(run: Run, paths: Paths, exam: str) -> None:
    asked = ["thresholds", "--data", str(paths.data), "--exam", exam, "--json", "--seconds", str(SECONDS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child = subprocess.Popen(["nice", "-n", "15", sys.executable, "-m", "appliance", *asked], text=True, **pipes)
    ending = threading.Timer(SECONDS + _GRACE, child.kill)
    ending.start()
    trial = None
    try:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        with contextlib.suppress(BrokenPipeError), child.stdin:  # it gave up at once: it says why
            json.dump(run.policy.to_json(), child.stdin)
        for line in child.stdout:
            trial = _heard(run, json.loads(line)) or trial
        reason = child.stderr.read().strip().splitlines()
        child.wait()
        run.failure = "" if trial is not None else (reason[0] if reason else "it took too long")
    except (OSError, ValueError, ApplianceError) as error:
        run.failure = str(error)
    finally:
        ending.cancel()
        child.kill()
        child.wait()
        run.trial = trial if not run.failure else None


def _heard(run: Run, said: dict[str, Any]) -> Trial | None:
    if "trial" in said:
        return Trial.from_json(said["trial"])
    run.done, run.of = int(said["done"]), int(said["of"])
    return None
