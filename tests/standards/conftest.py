"""An exam with everything in it, in a real ledger: what the standards are said of."""

import shutil

import pytest

from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.exam import events
from appliance.ledger.reader import opened as reading
from appliance.ledger.writer import opened
from tests.ledger import world
from tests.report.evidence import Evidence


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """One ledger for all tests of a file: they only read it."""
    made = Paths.of(tmp_path_factory.mktemp("standards") / "data").make()
    yield made
    shutil.rmtree(made.run)


@pytest.fixture(scope="module")
def held(paths):
    """Two candidates; the first has a flag, a pause, a break, words that nobody else may read, and is over."""
    with opened(paths.database) as writer:
        made = world.build(writer)
        evidence = Evidence(writer, paths.media, made)
        ada, ben = (world.bring_to_exam(writer, made, seat) for seat in ("1", "2"))
        say = evidence.append
        with evidence.one_commit():
            say(events.AttemptAccommodated(switches=["face_covering"]), ada, actor="planner")
            say(events.TimeSet(ends_at=2e9, extra_minutes=30, cause="granted", by="planner"), ada, actor="planner")
            say(_flag(), ada, actor="inference")
            say(events.FlagDecided(flag="f1", decision="confirmed", reason="", note="it rang: SECRET", by="pia"), ada)
            say(events.BreakBegun(minutes=5, until=2e9, by="pia"), ada, actor="pia")
            say(events.BreakEnded(overrun=0.0, by="pia"), ada, actor="pia")
            say(events.AttemptMoved(stage="paused", step="pause", by="pia", reason="SECRET"), ada, actor="pia")
            say(events.AttemptMoved(stage="in_exam", step="resume", by="pia", reason=""), ada, actor="pia")
            text = {"sender": "pia", "sender_name": "Pia SECRET", "text": "SECRET"}
            say(events.MessageSent(message="m1", kind="warning", **text), ada, actor="pia")
            say(events.AttemptFinished(), ada, actor="candidate")
            say(events.AttemptEnded(by="lea", reason="SECRET", warnings=1, overridden=False), ben, actor="lea")
    return made


def _flag():
    return events.FlagRaised(
        flag="f1", code="phone_visible", category="integrity", severity="high", kind="webcam", source="inference",
        onset_at=1.7e9, position=12.0, stage="in_exam", rules="1", models={}, threshold=0.5, score=0.9, true=3,
        assessable=4, ticks=4, light=90.0, snapshots=[], note="SECRET", why={"text": "SECRET"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def ledger(held, paths):
    with reading(paths.database) as reader:
        yield reader


@pytest.fixture
def settings():
    return Settings()
