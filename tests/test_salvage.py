"""No backup, but the disk: the recordings say whose they are."""

import pytest

from appliance import salvage
from appliance.box.paths import Paths
from appliance.errors import NotAllowed, NotFound
from appliance.exam.events import BOX, GapClosed, LedgerSalvaged, RoomWatched, SegmentClosed, SegmentDamaged
from appliance.exam.feed import Kind
from appliance.exam.gap import Cause
from appliance.ledger import chain, state, writer
from appliance.ledger.reader import links, opened
from appliance.recording.name import Name
from tests.capture.test_index import seconds
from tests.ledger import world

WALL = 1_795_000_000.0
ATTEMPT, ROOM = "ab" * 8, "cd" * 16


def record(paths, attempt, seat, kind, number, starts_at, content):
    folder = paths.media / "bio" / attempt / kind.value
    folder.mkdir(parents=True, exist_ok=True)
    (folder / str(Name(seat, kind, starts_at, number, ".mp4"))).write_bytes(content)


@pytest.fixture
def box(tmp_path, monkeypatch):
    """Recordings of one candidate with a hole of six seconds, one file that cannot be read, a room's camera; and no
    ledger."""
    monkeypatch.setenv("APPLIANCE_RUN", str(tmp_path / "run"))
    paths = Paths.of(tmp_path / "box").make()
    record(paths, ATTEMPT, "07", Kind.WEBCAM, 1, WALL, seconds(0, 4))
    record(paths, ATTEMPT, "07", Kind.WEBCAM, 2, WALL + 10, seconds(10, 4))
    record(paths, ATTEMPT, "07", Kind.SCREEN, 1, WALL, b"nonsense" * 100)
    record(paths, ROOM, "ceiling", Kind.CAMERA, 1, WALL, seconds(0, 4))
    return paths


def test_every_recording_is_in_the_new_ledger_with_its_seat_and_its_holes(box):
    found = salvage.salvage(box)
    assert (found.exams, found.recordings, found.damaged) == (1, 3, 1)
    with opened(box.database) as ledger, ledger.connect() as connection:
        (exam,) = state.exams(connection)
        assert (exam.exam, exam.starts_at) == ("bio", WALL)
        assert exam.ended_at is not None, "so its report is written and its evidence goes upstream"
        (attempt,) = state.attempts(connection, "bio")
        assert (attempt.attempt, attempt.seat) == (ATTEMPT, "07")
        said = [event.payload for event in ledger.events(chain=ATTEMPT)]
        segments = [one for one in said if isinstance(one, SegmentClosed)]
        assert [round(one.starts_at - WALL) for one in segments] == [0, 10]
        (hole,) = (one for one in said if isinstance(one, GapClosed))
        assert (hole.cause, round(hole.starts_at - WALL), round(hole.ends_at - WALL)) == (Cause.LEDGER_LOST, 4, 10)
        assert any(isinstance(one, SegmentDamaged) for one in said)
        assert any(isinstance(event.payload, RoomWatched) for event in ledger.events(chain=ROOM))
        (told,) = ledger.events(types=frozenset({LedgerSalvaged.TYPE}))
        assert told.payload.recordings == 3
        chain.check(links(connection, BOX), chain=BOX)


def test_a_ledger_that_is_whole_is_left_alone(box):
    with writer.opened(box.database) as ledger:
        world.build(ledger)
    with pytest.raises(NotAllowed, match="whole"):
        salvage.salvage(box)


def test_a_damaged_ledger_is_set_aside_first(box):
    with writer.opened(box.database) as ledger:
        world.build(ledger)
    damaged = bytearray(box.database.read_bytes())
    damaged[100:20_000] = b"x" * 19_900
    box.database.write_bytes(damaged)
    salvage.salvage(box)
    (aside,) = box.data.glob("replaced/*/ledger.sqlite3")
    assert aside.read_bytes() == bytes(damaged)


def test_without_recordings_there_is_nothing_to_salvage(tmp_path):
    with pytest.raises(NotFound):
        salvage.salvage(Paths.of(tmp_path / "empty"))
