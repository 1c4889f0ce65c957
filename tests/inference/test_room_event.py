"""A lab of several seats: what all of them show at once is one event of the room, and no flag on anybody."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.exam import events
from appliance.exam.events import BOX
from appliance.exam.feed import Feed, Kind
from appliance.inference.room import Room
from appliance.inference.room_event import MOST_HELD, RoomEvents
from appliance.inference.telling import Said
from tests.inference.seen import seen

pytestmark = pytest.mark.slow  # together too long for `make check`

START = 1000.0
DIM = {"face_light": 20.0}


class Lab:
    """Seats of one exam, the room that watches them, and the ledger between restarts."""

    def __init__(self, media, seats):
        self.media, self.names = media, [f"a{n}" for n in range(1, seats + 1)]
        self.events = []  # (wall, chain, payload, id)
        self.now = START
        self.room = self.begin()
        for name in self.names:
            for payload in (
                events.AttemptCreated(exam="bio", seat=name[1:], name="A", candidate=name),
                events.AttemptArrived(browser="b"),
                events.AttemptSigned(statement_version="1", statement_sha256="", signature="A"),
                events.FeedOpened(kind="webcam", connection="c", codecs=["h264"], opened_at=START),
                events.FeedOpened(kind="screen", connection="s", codecs=["h264"], opened_at=START),
                events.AttemptEquipped(camera="c", microphone="m", surface="monitor"),
                events.AttemptAdmitted(by="pia"),
                events.AttemptStarted(ends_at=START + 5400),
            ):
                self.happen(name, payload, START)

    def begin(self):
        """A process that starts now."""
        room = Room(append=self.append, media=self.media, models={}, now=self.now, looked_at={})
        for wall, chain, payload, _ in list(self.events):
            room.tell(payload, chain=chain, exam="bio", at=wall)
        room.started()
        return room

    def append(self, payload, chain, exam, id):
        """As the ledger does: an id that is known changes nothing, and what is new is heard again."""
        if id not in {known for *_, known in self.events}:
            self.events.append((self.now, chain, payload, id))

    def happen(self, name, payload, at):
        self.now = at
        self.events.append((at, name, payload, f"other-{len(self.events)}"))
        self.room.tell(payload, chain=name, exam="bio", at=at)

    def watch(self, start, end, dim=()):
        """Looks twice a second at every seat, a beat each second. `dim`: seat -> when its light goes out and when it is
        back."""
        spans = dict(dim)
        for half in range(round(2 * (end - start))):
            at = start + half / 2
            self.now = at
            for name in self.names:
                off, on = spans.get(name, (0.0, 0.0))
                facts = DIM if off <= at < on else {}
                self.room.see(Feed(name, Kind.WEBCAM), seen(at, changed=0.05, **facts), b"jpeg")
            if half % 2 == 0:
                self.room.beat(at)

    def lose(self, name, at):
        """The line of a seat breaks: nothing of it comes any more."""
        for kind in ("screen", "webcam"):
            gap = events.GapOpened(gap=f"{name}{kind}{at}", kind=kind, cause="no_media", starts_at=at)
            self.happen(name, gap, at + 2.1)

    def regain(self, name, since, at):
        for kind in ("screen", "webcam"):
            gap = {"gap": f"{name}{kind}{since}", "kind": kind, "cause": "no_media", "starts_at": since}
            self.happen(name, events.GapClosed(**gap, ends_at=at), at)

    def beat(self, start, end):
        at = start
        while at <= end:
            self.now = at
            self.room.beat(at)
            at += 1.0

    def raised(self):
        return [(chain, payload.code) for _, chain, payload, _ in self.events if isinstance(payload, events.FlagRaised)]

    def noticed(self):
        return [payload for _, _, payload, _ in self.events if isinstance(payload, events.RoomNoticed)]


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path, 6)


def out(names, at=START + 10, until=START + 40, step=0.0):
    return {name: (at + i * step, until) for i, name in enumerate(names)}


def test_the_light_goes_out_for_everybody(lab, tmp_path):
    lab.watch(START, START + 80, out(lab.names, step=0.5))
    assert lab.raised() == []
    begun, over = lab.noticed()
    assert (begun.exam, begun.code, begun.attempts, begun.onset_at) == ("bio", "lighting_poor", lab.names, START + 10)
    assert begun.ended_at is None
    assert over.event == begun.event
    assert START + 39 <= over.ended_at <= START + 43
    chains = {chain for _, chain, payload, _ in lab.events if isinstance(payload, events.RoomNoticed)}
    assert chains == {BOX}
    assert list(tmp_path.rglob("*.jpg")) == [], "no picture of a person stays for an event of the room"


def test_at_half_the_seats_it_is_the_room_and_below_that_it_is_people(lab):
    lab.watch(START, START + 30, out(lab.names[:3]))
    assert (lab.raised(), len(lab.noticed())) == ([], 1)


def test_at_two_of_six_it_is_not(lab):
    lab.watch(START, START + 30, out(lab.names[:2]))
    assert lab.raised() == [("a1", "lighting_poor"), ("a2", "lighting_poor")]
    assert lab.noticed() == []


def test_two_seats_are_no_room(tmp_path):
    lab = Lab(tmp_path, 2)
    lab.watch(START, START + 30, out(lab.names))
    assert len(lab.raised()) == 2
    assert lab.noticed() == []


def test_one_after_the_other_is_not_at_once(lab):
    lab.watch(START, START + 60, out(lab.names[:3], step=4.0, until=START + 60))
    assert len(lab.raised()) == 3
    assert lab.noticed() == []


def test_a_flag_waits_no_longer_than_its_own_rule(lab):
    lab.watch(START, START + 19.5, out(lab.names[:1]))
    assert lab.raised() == []
    lab.watch(START + 19.5, START + 21, out(lab.names[:1]))
    assert lab.raised() == [("a1", "lighting_poor")]


def test_a_seat_that_joins_within_three_seconds_belongs_to_it(lab):
    late = out(lab.names[:4]) | {"a5": (START + 12.5, START + 40)}
    lab.watch(START, START + 80, late)
    assert lab.raised() == []
    assert lab.noticed()[-1].attempts == lab.names[:5]


def test_one_that_comes_later_is_a_persons(lab):
    lab.watch(START, START + 80, out(lab.names[:4]) | {"a5": (START + 20, START + 40)})
    assert lab.raised() == [("a5", "lighting_poor")]


def test_a_restart_says_nothing_twice_and_goes_on(lab):
    dim = out(lab.names, until=START + 60)
    lab.watch(START, START + 25, dim)
    assert len(lab.noticed()) == 1
    lab.room = lab.begin()
    lab.watch(START + 25, START + 100, dim)
    assert lab.raised() == []
    begun, over = lab.noticed()
    assert begun.event == over.event
    assert START + 58 <= over.ended_at <= START + 62


def test_a_flag_that_was_said_before_a_restart_is_not_taken_back(lab):
    lab.watch(START, START + 25, out(lab.names[:2], until=START + 60))
    said = lab.raised()
    lab.room = lab.begin()
    lab.watch(START + 25, START + 80, out(lab.names[:2], until=START + 60))
    assert lab.raised() == said
    closed = [chain for _, chain, payload, _ in lab.events if isinstance(payload, events.FlagClosed)]
    assert sorted(closed) == ["a1", "a2"]


# --- the line ---


def test_a_switch_that_restarts_is_one_event(lab):
    lab.watch(START, START + 10)
    for i, name in enumerate(lab.names):
        lab.lose(name, START + 10 + i / 10)
    lab.beat(START + 13, START + 30)
    for i, name in enumerate(lab.names):
        lab.regain(name, START + 10 + i / 10, START + 30.5)
    lab.beat(START + 31, START + 70)
    assert lab.raised() == []
    assert [said.code for said in lab.noticed()] == ["network_lost", "network_lost"]
    lab.now = START + 71
    lab.room = lab.begin()
    lab.beat(START + 71, START + 90)
    assert (lab.raised(), len(lab.noticed())) == ([], 2)


def test_the_line_of_one_seat_is_one_flag(lab):
    lab.watch(START, START + 10)
    lab.lose("a1", START + 10)
    lab.beat(START + 13, START + 20)
    lab.regain("a1", START + 10, START + 20.5)
    lab.beat(START + 21, START + 60)
    assert lab.raised() == [("a1", "network_lost")]


def test_a_line_that_is_back_within_five_seconds_is_a_camera_that_was_away(lab):
    lab.watch(START, START + 10)
    lab.lose("a1", START + 10)
    lab.beat(START + 13, START + 13)
    lab.regain("a1", START + 10, START + 13.5)
    lab.beat(START + 14, START + 40)
    assert lab.raised() == [("a1", "camera_disconnected")]


def test_a_camera_alone_is_said_at_once(lab):
    lab.watch(START, START + 10)
    lab.happen("a1", events.GapOpened(gap="g", kind="webcam", cause="no_media", starts_at=START + 10), START + 12.1)
    lab.beat(START + 12.5, START + 12.5)
    assert lab.raised() == [("a1", "camera_disconnected")]


# --- by itself ---


def flag(name, *, code="noise", onset=START):
    return events.FlagRaised(
        flag=name,
        code=code,
        category="neutral",
        severity="low",
        kind="webcam",
        source="inference",
        onset_at=onset,
        position=None,
        stage="in_exam",
        rules="",
        models={},
        threshold=0.0,
        score=None,
        true=1,
        assessable=1,
        ticks=1,
        light=None,
        snapshots=[],
    )


def closed(name):
    return events.FlagClosed(flag=name, ended_at=START + 9, score=None, true=1, assessable=1, ticks=1, snapshots=[])


def nobody(_exam, _code, _onset):
    return frozenset(), 20


def take(room, name, payload, now):
    return [word.said.id for word in room.take(name, "bio", Said(f"{payload.TYPE} {payload.flag}", payload), now=now)]


def test_a_flag_that_ends_while_it_waits_is_said_before_its_end():
    room = RoomEvents(nobody)
    assert take(room, "a1", flag("f"), START) == []
    assert take(room, "a1", closed("f"), START + 1) == ["flag.raised f", "flag.closed f"]
    assert room.beat(START + 60) == []


def test_more_than_it_can_hold_is_said_at_once_the_oldest_first():
    room = RoomEvents(nobody)
    said = [take(room, f"a{n}", flag(f"f{n}", onset=START + 10 * n), START) for n in range(MOST_HELD + 2)]
    assert said[MOST_HELD:] == [["flag.raised f0"], ["flag.raised f1"]]
    assert room.hurried == 2


CODES = st.sampled_from(["noise", "network_lost", "multiple_people"])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 7), CODES), max_size=40), st.integers(1, 8))
def test_each_flag_is_said_once_or_part_of_one_event_and_its_end_goes_with_it(happened, seats):
    room = RoomEvents(lambda _exam, _code, _onset: (frozenset(), seats))
    said, dropped, noticed = Counter(), Counter(), []

    def go(words):
        for word in words:
            kind = dropped if word.dropped else said
            if isinstance(word.said.payload, events.RoomNoticed):
                noticed.append(word.said.payload)
            else:
                kind[word.said.payload.TYPE, word.said.payload.flag] += 1

    now = START
    flags = []
    for i, (at, seat, code) in enumerate(sorted(happened)):
        while now <= START + at:
            go(room.beat(now))
            now += 1.0
        flags.append((f"f{i}", f"a{seat}", code))
        payload = flag(f"f{i}", code=code, onset=START + at)
        go(room.take(f"a{seat}", "bio", Said(f"r{i}", payload), now=START + at))
    for name, attempt, _ in flags:
        go(room.take(attempt, "bio", Said(f"c{name}", closed(name)), now=now))
    for _ in range(60):
        now += 1.0
        go(room.beat(now))
    for name, _, code in flags:
        both = [
            (said["flag.raised", name], said["flag.closed", name]),
            (dropped["flag.raised", name], dropped["flag.closed", name]),
        ]
        assert sorted(both) == [(0, 0), (1, 1)]
        if code == "multiple_people":
            assert both[0] == (1, 1)
    begun = [one.event for one in noticed if one.ended_at is None]
    assert len(begun) == len(set(begun))
    assert sorted(begun) == sorted(one.event for one in noticed if one.ended_at is not None)
    assert all(len(one.attempts) >= 3 for one in noticed)
