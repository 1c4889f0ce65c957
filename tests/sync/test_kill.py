"""kill -9 at every step: before and after each thing that lasts, then a new process. The end is always the same."""

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from appliance.box import disk
from appliance.box.paths import Paths
from appliance.exam.events import AttemptStored, ExamStored, ReportWritten
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from appliance.proof.verify import verify
from tests.report import evidence as made
from tests.sync.rig import Killed, Rig, quick_report


class Fuse:
    """Everything that lasts goes through it: what sync puts on the disk, into the store and into the ledger. It blows
    at step `at` (from 0), before or after the thing was done."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.steps = at, after, 0

    def through(self, thing):
        def step(*args, **kwargs):
            self.steps += 1
            if self.steps - 1 != self.at:
                return thing(*args, **kwargs)
            if self.after:
                thing(*args, **kwargs)
            raise Killed

        return step

    def around(self, rig: Rig, monkeypatch) -> None:
        for name in ("write", "publish", "remove"):
            monkeypatch.setattr(disk, name, self.through(getattr(disk, name)))
        monkeypatch.setattr(rig.store, "put", self.through(rig.store.put))
        monkeypatch.setattr(rig.ledger, "append_and_wait", self.through(rig.ledger.append_and_wait))


def run(rig: Rig, monkeypatch, at: int, *, after: bool) -> tuple[int, list[str]]:
    """One candidate's exam with a kill at this step; -> (steps until then, what is upstream in the end)."""
    attempt = rig.evidence.sit("1")
    rig.evidence.over(attempt)
    rig.evidence.end_exam()
    fuse = Fuse(at, after=after)
    with monkeypatch.context() as patched:
        fuse.around(rig, patched)
        try:
            rig.start(fuse.through(quick_report))
            rig.until(rig.exam_stored)
            rig.turn()
            assert at >= fuse.steps
        except Killed:
            assert fuse.steps == at + 1
    rig.start()
    rig.until(rig.exam_stored)
    rig.for_seconds(30)
    assert verify(rig.paths.upstream).findings == []
    assert not list(rig.paths.outbox.rglob("*.*")), "nothing of it is left over"
    counted = dict.fromkeys((ReportWritten, AttemptStored, ExamStored), 0)
    for event in rig.reader.events(types=frozenset(cls.TYPE for cls in counted), limit=1000):
        counted[type(event.payload)] += 1
    assert counted == {ReportWritten: 3, AttemptStored: 2, ExamStored: 1}, "each said once"
    names = {attempt: "A", rig.evidence.world.attempts["2"]: "B"}
    found = []
    for stored in rig.store.list(""):
        parts = [names.get(part, part) for part in stored.key.split("/")]
        found.append("/".join(parts[:-1]) + "/" + parts[-1][-9:])
    assert not list(rig.paths.upstream.rglob("*.partial"))
    return fuse.steps, sorted(found)


@contextlib.contextmanager
def new_box(folder: Path) -> Iterator[Rig]:
    paths = Paths(data=folder / "data", run=folder / "run").make()
    with writer_module.opened(paths.database) as writer:
        evidence = made.build(writer, paths.media)
        with reader_module.opened(paths.database) as reader:
            yield Rig(paths, evidence, reader)
    shutil.rmtree(folder)


def kill_at(steps: Iterable[tuple[int, bool]], tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    with new_box(tmp_path / "undisturbed") as rig:
        _, expected = run(rig, monkeypatch, 10**9, after=False)
    for at, after in steps:
        with new_box(tmp_path / f"{at}-{after}") as rig:
            _, found = run(rig, monkeypatch, at, after=after)
        assert found == expected, f"killed {'after' if after else 'before'} step {at}"


def test_a_kill_here_and_there_changes_nothing(tmp_path, monkeypatch):
    kill_at([(3, True), (14, False), (60, True)], tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("after", [False, pytest.param(True, marks=pytest.mark.long)], ids=["before", "after"])
@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.long) for part in range(1, 4))])
def test_a_kill_at_any_step_changes_nothing(tmp_path, monkeypatch, after, part):
    with new_box(tmp_path / "count") as rig, monkeypatch.context() as quiet:
        quiet.setattr(os, "fsync", lambda _descriptor: None)
        steps, _ = run(rig, monkeypatch, 10**9, after=False)
    assert steps > 80
    kill_at([(at, after) for at in range(part, steps, 4)], tmp_path, monkeypatch)
