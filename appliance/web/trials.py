"""Trials of changed rules on stored sessions: each in a process of its own, below everything else; the newest of each
exam is remembered until the pages start anew."""

import json
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from typing import Any

from appliance.box.paths import Paths
from appliance.errors import ApplianceError, NotAllowed
from appliance.exam.detection import DetectionPolicy, in_force
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
        if run is None or in_force(run.policy).rules != in_force(policy).rules:
            return None
        return run.trial

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
    """Start the process and listen to it until it is over."""
    asked = ["thresholds", "--data", str(paths.data), "--exam", exam, "--json", "--seconds", str(SECONDS)]
    command = ["nice", "-n", "15", sys.executable, "-m", "appliance", *asked]
    trial, failure = None, "it took too long"
    try:
        with tempfile.TemporaryFile("w+") as policy, tempfile.TemporaryFile("w+") as errors:
            json.dump(run.policy.to_json(), policy)
            policy.seek(0)
            with subprocess.Popen(command, stdin=policy, stdout=subprocess.PIPE, stderr=errors, text=True) as child:
                ending = threading.Timer(SECONDS + _GRACE, child.kill)
                ending.start()
                for line in child.stdout or ():
                    trial = _heard(run, json.loads(line)) or trial
                ending.cancel()
            errors.seek(0)
            failure = errors.readline().strip() or failure
    except (OSError, ValueError, KeyError, ApplianceError) as error:
        failure = str(error)
    run.trial, run.failure = trial, "" if trial is not None else failure


def _heard(run: Run, said: dict[str, Any]) -> Trial | None:
    if "trial" in said:
        return Trial.from_json(said["trial"])
    run.done, run.of = int(said["done"]), int(said["of"])
    return None
