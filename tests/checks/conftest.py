"""Facts of boxes: one that is well, one of a lab without any network, and one in the middle of an exam. Each check is
asked about the first two, and must be silent."""

import dataclasses

import pytest

from appliance.box.upstream import Backlog, Failure, Upstream
from appliance.checks.facts import Clock, Exam, Facts

NOW = 1_790_000_000.0
DAY = 86_400.0
NEEDED = ("web", "capture-1", "inference", "sync", "door")


def well(**changes) -> Facts:
    """A healthy box at rest; `changes`: what is otherwise."""
    processes = {name: {"healthy": True, "at": NOW - 0.5, "sentence": "ready"} for name in NEEDED}
    processes["inference"] |= {"feeds": {"a/webcam": {"looked_at": NOW - 0.4}}, "share": 1.0}
    processes["capture-1"] |= {"streams": [], "feeds": {"a/webcam": {"fps": 15.0, "bitrate": 800_000}}}
    usual = {
        "now": NOW,
        "built_at": NOW - 90 * DAY,
        "needed": NEEDED,
        "processes": processes,
        "certificates": {"box": NOW + 60 * DAY, "authority": NOW + 3000 * DAY},
        "upstream": Upstream(at=NOW - 1, store="s3", local=False, reachable=True, last_success=NOW - 60),
    }
    return Facts(**{**usual, **changes})


def offline(**changes) -> Facts:
    """A box that has never seen a network but the lab's: its own time, a store that is away for weeks."""
    away = Upstream(
        at=NOW - 1,
        store="s3",
        local=False,
        reachable=False,
        backlog=(Backlog(exam="e", attempt="a", objects=9, bytes=10**9, since=NOW - 30 * DAY),),
        failures=(Failure(kind="away", where="upstream", message="no route", hint="", since=NOW - 30 * DAY),),
    )
    usual = {"upstream": away, "clock": Clock(synchronised=False, error=None)}
    return well(**{**usual, **changes})


def examining(**changes) -> Facts:
    """While an exam goes on."""
    return well(**{"exam": Exam(runs=True, until=NOW + 3600), **changes})


def process(facts: Facts, name: str, **changes) -> Facts:
    """The same box, with one process otherwise."""
    said = {**facts.processes[name], **changes}
    return dataclasses.replace(facts, processes={**facts.processes, name: said})


@pytest.fixture(params=[well, offline], ids=["well", "offline"])
def calm(request) -> Facts:
    """Boxes of which nothing is to be said."""
    return request.param()
