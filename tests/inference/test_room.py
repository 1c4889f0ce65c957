"""Events of the ledger and pictures in, events out: one attempt from equipment to the end, and restarts on the way."""

import hashlib
from itertools import pairwise

import pytest

from appliance.exam import events
from appliance.exam.call import RESTS
from appliance.exam.feed import Feed, Kind
from appliance.inference.look import Look
from appliance.inference.room import Room
from tests.inference.seen import every, face, seen

MODELS = {"faces": "YuNet 2023mar 8f2383e4"}
START = 1000.0
CAM = Feed("a1", Kind.WEBCAM)


class Ledger:
    """What the room was told and what it said; an event with a known id changes nothing, as in the real one."""

    def __init__(self, media):
        self.media = media
        self.events = []  # (wall, payload, id)
        self.ids = set()
        self.resent = 0
        self.now = START

    def room(self, *, looked_at=None):
        """A process that starts now and reads the ledger from the beginning."""
        room = Room(append=self.append, media=self.media, models=MODELS, now=self.now, looked_at=looked_at or {})
        for wall, payload, _ in list(self.events):
            room.tell(payload, chain="a1", exam="bio", at=wall)
        room.started()
        return room

    def append(self, payload, chain, exam, id):
        assert (chain, exam) == ("a1", "bio")
        if id in self.ids:
            self.resent += 1
            return
        self.ids.add(id)
        self.events.append((self.now, payload, id))

    def happen(self, room, payload, at):
        """Somebody else appends, and the room is told."""
        self.now = at
        self.events.append((at, payload, f"other-{len(self.events)}"))
        if room is not None:
            room.tell(payload, chain="a1", exam="bio", at=at)

    def look(self, room, looks):
        for one in looks:
            self.now = one.at
            room.see(CAM, one, f"jpeg {one.at}".encode())

    def beat(self, room, start, end):
        at = start
        while at <= end:
            self.now = at
            room.beat(at)
            at += 1.0

    def said(self, kind):
        return [payload for _, payload, _ in self.events if isinstance(payload, kind)]

    def unseen(self):
        """Spans in which nobody looked; that there is no microphone here is another matter."""
        return [missed for missed in self.said(events.AnalysisMissed) if missed.sense == "sight"]


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path)


def into_exam(ledger, room=None, at=START):
    ledger.happen(room, events.AttemptCreated(exam="bio", seat="1", name="A", candidate="c1"), at)
    ledger.happen(room, events.AttemptArrived(browser="b"), at)
    ledger.happen(room, events.AttemptSigned(statement_version="1", statement_sha256="", signature="A"), at)
    ledger.happen(room, events.FeedOpened(kind="webcam", connection="c", codecs=["h264"], opened_at=at), at)
    ledger.happen(room, events.AttemptEquipped(camera="c", microphone="m", surface="monitor"), at)
    ledger.happen(room, events.AttemptAdmitted(by="pia"), at)
    ledger.happen(room, events.AttemptStarted(ends_at=at + 5400), at)


def absent(start, seconds):
    return every(seconds, start=start, faces=(), persons=())


def test_it_watches_from_the_waiting_room_to_the_end(ledger):
    room = ledger.room()
    assert room.watched() == frozenset()
    into_exam(ledger, room)
    assert room.watched() == {CAM}
    ledger.happen(room, events.AttemptFinished(), START + 10)
    assert room.watched() == frozenset()


def test_before_the_own_start_was_heard_nothing_is_watched(ledger):
    room = Room(append=ledger.append, media=ledger.media, models=MODELS, now=START, looked_at={})
    into_exam(ledger, room)
    assert not room.ready
    assert room.watched() == frozenset()
    room.started()
    assert room.ready
    assert room.watched() == {CAM}


def test_an_absence_is_raised_and_closed_with_its_numbers(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, [*every(6, start=START), *absent(START + 6, 12), *every(20, start=START + 18)])
    (raised,), (closed,) = ledger.said(events.FlagRaised), ledger.said(events.FlagClosed)
    assert (raised.code, raised.category, raised.severity, raised.stage) == (
        "face_absent",
        "integrity",
        "medium",
        "in_exam",
    )
    assert raised.onset_at == START + 6
    assert raised.position == START + 6 - 90.0
    assert (raised.true, raised.assessable, raised.ticks) == (17, 17, 17)
    assert (raised.source, raised.models, raised.threshold) == ("inference", MODELS, 0.6)
    assert raised.light == pytest.approx(130.0)
    assert closed.flag == raised.flag
    assert closed.ended_at == START + 17.5
    for snapshot in [*raised.snapshots, *closed.snapshots]:
        data = (ledger.media / snapshot["path"]).read_bytes()
        assert data == f"jpeg {snapshot['at']}".encode()
        assert hashlib.sha256(data).hexdigest() == snapshot["sha256"]
    assert {s["moment"]: s["at"] for s in closed.snapshots} == {
        "onset": START + 6,
        "peak": START + 6,
        "last": START + 17.5,
    }


def test_an_absence_with_a_person_in_the_picture_weighs_little(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, [*every(6, start=START), *every(10, start=START + 6, faces=())])
    (raised,) = ledger.said(events.FlagRaised)
    assert (raised.category, raised.severity) == ("uncertain", "low")


def test_the_end_closes_what_is_open_and_says_how_much_could_be_judged(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, [*every(6, start=START), *absent(START + 6, 12)])
    ledger.happen(room, events.AttemptEnded(by="pia", reason="", warnings=0, overridden=False), START + 18)
    (closed,), (covered, _) = ledger.said(events.FlagClosed), ledger.said(events.AnalysisCovered)
    assert closed.ended_at == START + 18
    assert covered.ticks["face_absent"] == [36, 36]
    assert covered.ticks["phone_visible"] == [18, 18]
    assert not ledger.unseen()


def test_I21_M29_a_lost_camera_fires_two_seconds_after_the_media_stopped_and_only_once(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, every(10, start=START))
    ledger.beat(room, START, START + 12)
    gap = {"gap": "g", "kind": "webcam", "cause": "no_media", "starts_at": START + 10}
    ledger.happen(room, events.GapOpened(**gap), START + 12.1)
    ledger.beat(room, START + 12.5, START + 12.5)
    (raised,) = ledger.said(events.FlagRaised)
    assert (raised.code, raised.onset_at, raised.category) == ("camera_disconnected", START + 10, "technical")
    assert [s["at"] for s in raised.snapshots] == [START + 9.5]
    ledger.beat(room, START + 13, START + 30)
    ledger.happen(room, events.GapClosed(**gap, ends_at=START + 30), START + 30)
    ledger.look(room, every(20, start=START + 31))
    ledger.beat(room, START + 31, START + 50)
    assert len(ledger.said(events.FlagRaised)) == 1
    (closed,) = ledger.said(events.FlagClosed)
    assert closed.ended_at == START + 30
    assert not ledger.unseen()


def test_a_gap_of_the_boxs_own_is_no_flag(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, every(10, start=START))
    gap = {"gap": "g", "kind": "webcam", "cause": "capture_restarted", "starts_at": START + 10}
    ledger.happen(room, events.GapOpened(**gap), START + 13)
    ledger.beat(room, START + 13, START + 30)
    ledger.happen(room, events.GapClosed(**gap, ends_at=START + 30), START + 30)
    assert not ledger.said(events.FlagRaised)


def test_a_gap_of_the_screen_is_none_of_ours(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, events.GapOpened(gap="g", kind="screen", cause="no_media", starts_at=START + 10), START + 12.5)
    ledger.beat(room, START + 12, START + 20)
    assert not ledger.said(events.FlagRaised)


def test_a_camera_that_was_lost_before_the_rules_hold_counts_from_then(ledger):
    room = ledger.room()
    ledger.happen(room, events.AttemptCreated(exam="bio", seat="1", name="A", candidate="c1"), START)
    ledger.happen(room, events.FeedOpened(kind="webcam", connection="c", codecs=["h264"], opened_at=START), START)
    ledger.happen(room, events.GapOpened(gap="g", kind="webcam", cause="no_media", starts_at=START), START + 2)
    ledger.happen(room, events.AttemptEquipped(camera="c", microphone="m", surface="monitor"), START + 20)
    assert not ledger.said(events.FlagRaised)
    ledger.beat(room, START + 21, START + 23)
    assert [raised.onset_at for raised in ledger.said(events.FlagRaised)] == [START + 20]


def test_a_restart_goes_on_with_the_flag_that_is_open(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, [*every(6, start=START), *absent(START + 6, 10)])
    (raised,) = ledger.said(events.FlagRaised)
    ledger.now = START + 18
    room = ledger.room(looked_at=room.facts().looked_at)
    ledger.look(room, [*absent(START + 18, 4), *every(20, start=START + 22)])
    assert ledger.said(events.FlagRaised) == [raised]
    (closed,) = ledger.said(events.FlagClosed)
    assert closed.flag == raised.flag
    assert closed.ended_at == START + 21.5
    assert closed.true > raised.true
    assert closed.snapshots[0] == raised.snapshots[0]
    (missed,) = ledger.unseen()
    assert (missed.starts_at, missed.ends_at, missed.cause) == (START + 15.5, START + 18, "inference_down")


def test_a_restart_says_nothing_twice(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, [*every(6, start=START), *absent(START + 6, 12), *every(20, start=START + 18)])
    gap = {"gap": "g", "kind": "webcam", "cause": "no_media", "starts_at": START + 40}
    ledger.happen(room, events.GapOpened(**gap), START + 42.5)
    ledger.happen(room, events.GapClosed(**gap, ends_at=START + 50), START + 50)
    ledger.beat(room, START + 51, START + 70)
    before = len(ledger.events)
    ledger.now = START + 71
    room = ledger.room(looked_at=room.facts().looked_at)
    ledger.beat(room, START + 71, START + 90)
    unheard = [payload for payload in ledger.said(events.AnalysisMissed) if payload.sense == "hearing"]
    assert [payload for _, payload, _ in ledger.events[before:] if payload not in unheard] == []
    assert ledger.resent > 0


def test_what_ended_while_it_was_down_is_finished_after_the_restart(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, [*every(6, start=START), *absent(START + 6, 10)])
    ledger.happen(None, events.AttemptFinished(), START + 60)
    ledger.now = START + 100
    room = ledger.room(looked_at=room.facts().looked_at)
    (closed,) = ledger.said(events.FlagClosed)
    assert closed.ended_at == START + 60
    assert [covered.kind for covered in ledger.said(events.AnalysisCovered)] == ["webcam", "screen"]
    (missed,) = ledger.unseen()
    assert (missed.starts_at, missed.ends_at, missed.cause) == (START + 15.5, START + 60, "inference_down")
    before = len(ledger.events)
    ledger.room()
    assert len(ledger.events) == before


def test_pictures_that_do_not_come_are_missed_and_counted(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, every(4, start=START))
    for i in range(60):
        room.visited(CAM, START + 4 + i / 10)
    ledger.look(room, every(2, start=START + 10))
    (missed,) = ledger.unseen()
    assert (missed.starts_at, missed.ends_at, missed.cause) == (START + 3.5, START + 10, "no_pictures")
    assert room.facts().missed == {"no_pictures": 6.5}


def test_a_disk_that_refuses_a_snapshot_loses_no_flag(ledger):
    (ledger.media / "bio").write_text("a file where the folder should be")
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, [*every(6, start=START), *absent(START + 6, 12)])
    (raised,) = ledger.said(events.FlagRaised)
    assert raised.snapshots == []
    assert room.facts().snapshots_failed == 1


def test_a_picture_of_an_attempt_that_just_ended_is_ignored(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, events.AttemptFinished(), START + 1)
    before = len(ledger.events)
    assert room.see(CAM, seen(START + 2), b"") == frozenset()
    room.visited(CAM, START + 2)
    assert len(ledger.events) == before


def test_after_a_first_sighting_the_next_picture_is_looked_at_closely(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    assert room.see(CAM, seen(START), b"") == frozenset()
    assert room.see(CAM, seen(START + 0.5, faces=(face(), face(left=20.0))), b"") == {Look.OBJECTS}


def test_an_erased_event_and_one_of_no_exam_are_passed_over(ledger):
    room = ledger.room()
    room.tell(None, chain="a1", exam="bio", at=START)
    room.tell(events.ProcessStarted(process="x", version="1"), chain="box", exam=None, at=START)
    assert room.watched() == frozenset()


def test_every_event_of_an_attempt_has_its_own_id(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, [*every(6, start=START), *absent(START + 6, 12), *every(20, start=START + 18)])
    ledger.look(room, [*absent(START + 38, 12), *every(20, start=START + 50)])
    flags = [raised.flag for raised in ledger.said(events.FlagRaised)]
    assert len(flags) == 2
    assert all(one != other for one, other in pairwise(flags))
    assert ledger.resent == 0


# --- calls ---


def test_a_rule_that_rests_during_a_call_judges_nothing_until_it_is_over(ledger, monkeypatch):
    """No rule about speech is there yet: the first of those that are stands for it."""
    monkeypatch.setitem(RESTS, "face_absent", (0.0, 5.0))
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, events.CallStarted(call="c1", by="pia", by_name="Pia"), START + 10)
    ledger.look(room, absent(START + 10, 30))
    assert ledger.said(events.FlagRaised) == []
    ledger.happen(room, events.CallEnded(call="c1", by="pia", reason="hung up"), START + 40)
    ledger.look(room, absent(START + 40, 5))
    assert ledger.said(events.FlagRaised) == []
    ledger.look(room, absent(START + 45.5, 15))
    (raised,) = ledger.said(events.FlagRaised)
    assert raised.code == "face_absent"
    assert raised.onset_at >= START + 45


def test_a_process_that_starts_anew_knows_of_the_call(ledger, monkeypatch):
    monkeypatch.setitem(RESTS, "face_absent", (0.0, 5.0))
    into_exam(ledger, ledger.room())
    ledger.happen(None, events.CallStarted(call="c1", by="pia", by_name="Pia"), START + 10)
    room = ledger.room()
    ledger.look(room, absent(START + 10, 30))
    assert ledger.said(events.FlagRaised) == []


# --- where the camera stands ---


def moved(ledger, room, position, at, kind="webcam"):
    ledger.happen(room, events.FeedPositioned(kind=kind, position=position, by="pia"), at)


@pytest.mark.parametrize("position", ["oblique", "paper"])
def test_a_camera_at_the_side_never_says_that_no_face_is_seen(ledger, position):
    room = ledger.room()
    into_exam(ledger, room)
    moved(ledger, room, position, START + 1)
    ledger.look(room, [*every(6, start=START + 2), *every(30, start=START + 8, faces=())])
    ledger.happen(room, events.AttemptFinished(), START + 40)
    assert ledger.said(events.FlagRaised) == []
    covered, _ = ledger.said(events.AnalysisCovered)
    assert "face_absent" not in covered.ticks, "what was not looked at is not counted as looked at"
    assert covered.ticks["multiple_people"][1] > 20


def test_other_rules_go_on_at_the_side(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    moved(ledger, room, "oblique", START + 1)
    ledger.look(room, every(8, start=START + 2, faces=(face(), face(left=450.0))))
    assert [flag.code for flag in ledger.said(events.FlagRaised)] == ["multiple_people"]


def test_a_camera_that_is_moved_to_the_side_ends_the_flag_that_is_open(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, [*every(6, start=START), *absent(START + 6, 12)])
    assert len(ledger.said(events.FlagRaised)) == 1
    moved(ledger, room, "paper", START + 19)
    (closed,) = ledger.said(events.FlagClosed)
    assert closed.ended_at == START + 19
    ledger.look(room, every(30, start=START + 20, faces=()))
    assert len(ledger.said(events.FlagRaised)) == 1


def test_a_camera_that_was_moved_while_nobody_looked_ends_it_too(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, [*every(6, start=START), *absent(START + 6, 12)])
    moved(ledger, None, "paper", START + 19)
    ledger.room()
    assert len(ledger.said(events.FlagClosed)) == 1


def test_a_camera_that_comes_back_to_the_front_is_looked_at_by_every_rule_again(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    moved(ledger, room, "paper", START + 1)
    moved(ledger, room, "front", START + 2)
    ledger.look(room, [*every(6, start=START + 3), *absent(START + 9, 12)])
    assert [flag.code for flag in ledger.said(events.FlagRaised)] == ["face_absent"]


def test_where_the_phone_stands_is_nothing_to_the_webcam(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    moved(ledger, room, "paper", START + 1, kind="phone")
    ledger.look(room, [*every(6, start=START + 2), *absent(START + 8, 12)])
    assert [flag.code for flag in ledger.said(events.FlagRaised)] == ["face_absent"]
