"""Reports that somebody wants now are written at once, and told; what was said since goes upstream without waiting."""

import pytest

from appliance.exam.events import AttemptStored, ReportAsked, ReportWritten
from tests.sync.rig import Rig, whole_exam

pytestmark = pytest.mark.slow


def ask(rig: Rig) -> None:
    rig.evidence.append(ReportAsked(exam="bio", by="lea", by_name="Lea"), "box", actor="lea")


def attempts_of(rig: Rig, cls) -> list[str | None]:
    """Of every event of a kind, whom it is about."""
    return [event.payload.attempt for event in rig.reader.events(types=frozenset({cls.TYPE}), limit=1000)]


def written(rig: Rig) -> list[str | None]:
    return attempts_of(rig, ReportWritten)


def test_while_the_exam_goes_on_they_are_written_and_stay_on_the_box(rig):
    attempt = rig.evidence.sit("1")
    rig.start()
    ask(rig)
    rig.until(lambda: None in written(rig))
    assert attempt in written(rig)
    assert len(written(rig)) == 3, "each of the two candidates, and the exam"
    rig.for_seconds(30)
    assert len(written(rig)) == 3
    assert not attempts_of(rig, AttemptStored)


def test_a_wish_outlives_the_process(rig):
    rig.evidence.sit("1")
    ask(rig)
    assert rig.start().status()["reports_asked"] == 1
    rig.until(lambda: None in written(rig))
    assert rig.service.status()["reports_asked"] == 0
    assert rig.start().status()["reports_asked"] == 0


@pytest.mark.parametrize("wanted", [True, False])
def test_after_the_end_what_was_said_since_goes_upstream_at_once(rig, wanted):
    whole_exam(rig)
    attempt = rig.evidence.world.attempts["1"]
    before = len(attempts_of(rig, AttemptStored))
    rig.evidence.chat(attempt, "later")
    if wanted:
        ask(rig)
    rig.for_seconds(20)
    stored = attempts_of(rig, AttemptStored)[before:]
    assert stored == ([attempt] if wanted else []), "else it waits until nothing was said for five minutes"
