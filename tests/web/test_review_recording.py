"""The recording under review: what the page draws, the parts of files, what was played. Bad recordings too."""

import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.bench.review import damage
from appliance.bench.review.recording import lay
from appliance.exam.events import (
    AnalysisMissed,
    FlagNoted,
    MediaDeleted,
    MessageSent,
    RecommendationMade,
    SampleDrawn,
    SampleJudged,
    SegmentDamaged,
)
from appliance.exam.feed import Kind
from appliance.ledger.record import Draft
from appliance.recording import mp4
from appliance.recording.name import OPEN, Name

from .conftest import EXAM

pytestmark = pytest.mark.slow

SECONDS = 80
KINDS = (Kind.WEBCAM, Kind.PHONE)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files of two feeds, made once; they ended ten minutes ago."""
    media = tmp_path_factory.mktemp("files")
    begins_at = float(round(time.time()) - SECONDS - 600)
    where = {"exam": EXAM, "attempt": "made", "seat": "1"}
    said = lay(media, **where, begins_at=begins_at, hours=SECONDS / 3600, kinds=KINDS, small=True)
    return media / EXAM / "made", said


class Recorded:
    """A candidate of the house whose recording is there."""

    def __init__(self, house, files, number=0):
        self.house, self.attempt = house, house.attempts[number]
        folder, self.laid = files
        self.folder = house.services.paths.media / EXAM / self.attempt
        shutil.copytree(folder, self.folder)
        drafts = []
        for at, payload in self.laid.said:
            if hasattr(payload, "path"):
                payload = replace(payload, path=payload.path.replace("/made/", f"/{self.attempt}/"))
            if hasattr(payload, "gap"):
                payload = replace(payload, gap=payload.gap.replace("made", self.attempt))
            draft = Draft(payload=payload, chain=self.attempt, exam=EXAM, actor="capture")
            drafts.append(replace(draft, at=replace(draft.at, wall=at)))
        house.services.writer.append(*drafts)

    def names(self, kind="webcam"):
        return sorted(file.name for file in (self.folder / kind).glob("*.mp4"))

    def file(self, number, kind="webcam"):
        return self.folder / kind / self.names(kind)[number]

    def ask(self, who="lead", **query):
        answer = self.house.user(who).get(f"/api/review/{self.attempt}", query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json

    def feed(self, kind="webcam", **query):
        return next(feed for feed in self.ask(**query)["feeds"] if feed["kind"] == kind)

    def states(self, kind="webcam"):
        return [one["state"] for one in self.feed(kind)["segments"]]

    def parts(self, name, kind="webcam", who="lead"):
        return self.house.user(who).get(f"/api/review/{self.attempt}/{kind}/parts/{name}")

    def play(self, *spans, who="lead"):
        said = [
            {"starts_at": self.laid.begins_at + a, "ends_at": self.laid.begins_at + b, "kinds": kinds, "speed": speed}
            for a, b, kinds, speed in spans
        ]
        return self.house.user(who).post(f"/api/review/{self.attempt}/watched", json={"spans": said})


@pytest.fixture
def recorded(house, files):
    house.reach("in_exam")
    return Recorded(house, files)


def test_an_attempt_without_any_recording_is_drawn_with_its_feeds_empty(house):
    house.reach("in_exam")
    said = house.user("lead").get(f"/api/review/{house.attempts[0]}").json
    assert [(feed["kind"], feed["segments"]) for feed in said["feeds"]] == [("webcam", []), ("screen", [])]
    assert said["live"]
    assert said["starts_at"] <= said["ends_at"]
    assert not said["may"]["export"], "there is nothing to take out"
    assert house.user("lead").get(f"/review/{EXAM}/{house.attempts[0]}").status_code == 200
    assert house.user("lead").get(f"/review/other/{house.attempts[0]}").status_code == 404


def test_I3_the_page_is_told_every_piece_every_gap_and_how_well_clocks_are_known(recorded):
    missed = {"kind": "webcam", "cause": "late", "sense": "sight"}
    at = recorded.laid.begins_at
    recorded.house.say(AnalysisMissed(**missed, starts_at=at + 5, ends_at=at + 9), actor="inference")
    said = recorded.ask()
    webcam, phone = recorded.feed("webcam"), recorded.feed("phone")
    assert webcam["begins_at"] - at == pytest.approx(0, abs=1e-3)
    assert phone["begins_at"] - at == pytest.approx(8, abs=1e-3), "it was brought in later"
    assert set(recorded.states()) == {"there"}
    assert [one["file"] for one in webcam["segments"]] == recorded.names()
    assert all(one["position"] == one["starts_at"] - at for one in webcam["segments"])
    (gap,) = webcam["gaps"]
    assert (gap["cause"], gap["filled"], gap["ends_at"] - gap["starts_at"]) == ("connection_lost", 0, 5)
    (gap,) = phone["gaps"]
    assert gap["filled"] == 4, "the page brought a part of it later"
    assert [one["late"] for one in phone["segments"]].count(True) == 1
    assert (webcam["uncertainty_ms"], webcam["delay_ms"], webcam["position"]) == (12.0, 38.0, "front")
    assert said["missed"] == [{**missed, "starts_at": at + 5, "ends_at": at + 9}]
    assert [one["stage"] for one in said["stages"]] == [
        "arrived",
        "consent",
        "equipment",
        "waiting",
        "admitted",
        "in_exam",
    ]
    assert said["stages"][-1]["ends_at"] is None


def test_flags_notes_and_kept_moments_stand_with_it(recorded):
    flag = recorded.house.flag()
    said = recorded.ask()
    assert [one["flag"] for one in said["flags"]] == [flag]
    assert said["flags"] == recorded.house.user("lead").get(f"/api/attempts/{recorded.attempt}").json["flags"]


def test_a_piece_that_is_missing_deleted_or_changed_says_so(recorded):
    gone, deleted, short = (recorded.file(number) for number in (1, 2, 3))
    path = f"{EXAM}/{recorded.attempt}/webcam/{deleted.name}"
    damage.missing(gone)
    damage.missing(deleted)
    damage.cut_short(short)
    recorded.house.say(MediaDeleted(what="webcam", files=[path], bytes=1), actor="sync")
    said = recorded.feed()["segments"]
    assert [one["state"] for one in said[:5]] == ["there", "missing", "deleted", "changed", "there"]
    assert said[2]["deleted_at"] - time.time() == pytest.approx(0, abs=5)
    assert "deleted_at" not in said[1]


def test_what_is_being_written_is_there_by_the_name_it_will_have(recorded):
    whole = recorded.file(-1)
    name = Name.parse(whole.name)
    data = recorded.file(0).read_bytes()
    open_name = str(replace(name, number=99, starts_at=name.starts_at + 8))
    (recorded.folder / "webcam" / (open_name + OPEN)).write_bytes(data[: len(data) - 100])
    last = next(one for one in recorded.feed()["segments"] if one["file"] == open_name)
    scan = mp4.scan(recorded.folder / "webcam" / (open_name + OPEN))
    assert (last["state"], last["bytes"], last["duration"]) == ("open", scan.whole_bytes, 7.0)
    for asked in (open_name, open_name + OPEN):
        said = recorded.parts(asked).json
        assert len(said["parts"]) == 7
        assert "problem" not in said, "that its end is not there yet is no trouble"


def test_where_the_parts_of_a_file_lie(recorded):
    said = recorded.parts(recorded.names()[1]).json
    scan = mp4.scan(recorded.file(1))
    assert (said["init_bytes"], said["format"], said["codecs"]) == (scan.init_bytes, "mp4", ["h264", "opus"])
    assert said["parts"] == [[p.offset, p.length, p.position, p.duration, int(p.key)] for p in scan.parts]
    assert [part[4] for part in said["parts"]] == [1, 0] * 4, "a key frame each two seconds"


@pytest.mark.parametrize(("harm", "left"), [(damage.cut_short, 4), (damage.corrupt, 4), (damage.headless, 0)])
def test_a_file_that_cannot_be_read_whole_says_so_and_gives_what_there_is(recorded, harm, left):
    assert len(recorded.parts(recorded.names()[1]).json["parts"]) == 8, "remembered, but only for those very bytes"
    harm(recorded.file(1))
    said = recorded.parts(recorded.names()[1])
    assert said.status_code == 200
    assert len(said.json["parts"]) <= left
    assert said.json["problem"].endswith("plays.")


def test_a_header_that_changed_in_the_middle_is_another_header(recorded):
    before = recorded.parts(recorded.names()[1]).json
    damage.other_size(recorded.file(1))
    after = recorded.parts(recorded.names()[1]).json
    assert [part[2] for part in after["parts"]] == [part[2] for part in before["parts"]]
    with open(recorded.file(0), "rb") as one, open(recorded.file(1), "rb") as other:
        assert one.read(before["init_bytes"]) != other.read(after["init_bytes"])
    assert recorded.states()[1] == "changed"


def test_only_names_of_this_very_feed_are_answered(recorded):
    name = recorded.names()[0]
    damage.missing(recorded.file(3))
    beside = recorded.folder / "webcam" / "secret.mp4"
    beside.write_bytes(b"secret")
    for asked, kind in (
        ("secret.mp4", "webcam"),
        ("playlist.m3u8", "webcam"),
        (name, "phone"),
        ("..%2fwebcam%2f" + name, "webcam"),
        (str(replace(Name.parse(name), seat="2")), "webcam"),
        (str(replace(Name.parse(name), number=9999)), "webcam"),
    ):
        assert recorded.parts(asked, kind).status_code == 404, asked
    assert recorded.parts(name, "sofa").status_code == 400


def test_a_file_that_is_not_on_the_disk_has_no_parts(recorded):
    name = recorded.names()[0]
    damage.missing(recorded.file(0))
    assert recorded.parts(name).status_code == 404


def test_I2_a_proctor_reviews_the_assigned_candidates_only(recorded):
    assert recorded.ask("proctor")["seat"] == "1"
    for path in ("", "/webcam/loudness", f"/webcam/parts/{recorded.names()[0]}"):
        assert recorded.house.user("proctor2").get(f"/api/review/{recorded.attempt}{path}").status_code == 403
    assert recorded.play((1, 5, ["webcam"], 1.0), who="proctor2").status_code == 403


def test_who_looked_at_which_feed_is_in_the_ledger_once(recorded):
    for number in (0, 1):
        recorded.parts(recorded.names()[number])
    seen = [event.payload for event in recorded.house.events("feed.viewed")]
    assert [(one.by, one.kind, one.what) for one in seen] == [("lead", "webcam", "recording")]


MAY = {
    "proctor": {"decide", "raise", "discuss"},
    "lead": {"decide", "raise", "discuss", "recommend", "export", "mute", "sample"},
    "reviewer": {"decide", "raise", "discuss", "recommend", "export", "sample"},
    "institution": {"discuss", "export"},
}


def test_I2_what_a_person_may_do_is_said_by_role_and_only_what_fits(recorded):
    for who, may in MAY.items():
        assert {name for name, allowed in recorded.ask(who)["may"].items() if allowed} == may
    recorded.house.reach("submitted")
    for who in MAY:
        said = recorded.ask(who)["may"]
        assert said["outcome"] == (who == "institution"), "the outcome is of an attempt that is over"
        assert not said["mute"], "no more flags come"


# --- the same person, or the same seat, twice ---


def test_two_attempts_at_one_seat_at_the_same_time_are_told(recorded, files):
    house = recorded.house
    assert recorded.ask()["overlaps"] == []
    Recorded(house, files, 1)
    rename = "UPDATE attempt SET candidate = 'c-1' WHERE attempt = ?"
    house.do(lambda t: t.connection.exec_driver_sql(rename, (house.attempts[1],)))
    (found,) = recorded.ask()["overlaps"]
    assert (found["attempt"], found["why"], found["seat"]) == (house.attempts[1], "candidate", "2")
    assert found["ends_at"] - found["starts_at"] == pytest.approx(SECONDS)
    assert recorded.ask("proctor")["overlaps"] == [], "of a candidate that one does not see nothing is told"


# --- a random minute ---


def test_whoever_watches_a_random_minute_sees_no_flags_until_it_is_judged(recorded):
    house, at = recorded.house, recorded.laid.begins_at
    house.flag()
    house.say(MessageSent(message="m1", kind="chat", sender="pia", sender_name="Pia", text="Is all well?"), actor="pia")
    drawn = SampleDrawn(sample="s1", starts_at=at, ends_at=at + 60, seed="1", among=3, by="reviewer")
    house.say(drawn, actor="reviewer")
    said = recorded.ask("reviewer", sample="s1")
    assert said["sample"] == {"sample": "s1", "starts_at": at, "ends_at": at + 60}
    hidden = ("flags", "notes", "recommendations", "irregularities", "kept", "messages", "calls", "breaks")
    assert [said[name] for name in hidden] == [[]] * len(hidden)
    assert said["outcome"] is None
    assert not said["may"]["decide"]
    assert recorded.ask("lead", sample="s1")["sample"] is None, "it was drawn for somebody else"
    assert len(recorded.ask("lead", sample="s1")["flags"]) == len(recorded.ask("lead")["messages"]) == 1
    house.say(SampleJudged(sample="s1", verdict="clear", flag=None, text="", by="reviewer"), actor="reviewer")
    said = recorded.ask("reviewer", sample="s1")
    assert (said["sample"], len(said["flags"])) == (None, 1)


# --- what was played ---


def test_what_was_played_is_one_event_for_a_stretch_however_often_it_is_said(recorded):
    both = ["phone", "webcam"]
    assert recorded.play((10, 20, both, 2.0), (20, 30, both, 2.0), (30, 30.4, both, 2.0)).json == {"written": 1}
    assert recorded.play((10, 30, both, 2.0)).json == {"written": 0}
    assert recorded.play((12, 25, ["webcam"], 4.0)).json == {"written": 0}, "seen before, slower"
    assert recorded.play((25, 40, ["webcam"], 2.0)).json == {"written": 1}, "only what is new of it"
    assert recorded.play((10, 20, both, 1.0)).json == {"written": 1}, "now as it was"
    assert recorded.play((10, 20, both, 2.0), who="reviewer").json == {"written": 1}, "by somebody else"
    at = recorded.laid.begins_at
    found = [event.payload for event in recorded.house.events("recording.watched")]
    assert [(one.by, one.starts_at - at, one.ends_at - at, one.speed) for one in found] == [
        ("lead", 10, pytest.approx(30.4), 2.0),
        ("lead", pytest.approx(30.4), 40, 2.0),
        ("lead", 10, 20, 1.0),
        ("reviewer", 10, 20, 2.0),
    ]
    assert len(recorded.ask()["watched"]) == 4


def test_what_nobody_can_have_played_is_refused_and_nothing_is_written(recorded):
    for span in (
        (-60, 5, ["webcam"], 1.0),
        (20, 10, ["webcam"], 1.0),
        (10, 20, ["webcam"], 100.0),
        (10, 20, ["webcam"], 0.0),
        (10, 20, [], 1.0),
        (10, 20, ["camera"], 1.0),
        (10, 20, ["webcam"] * 9, 1.0),
        (10, 20, [7], 1.0),
        (10, 1e300, ["webcam"], 1.0),
        (10, 20, ["webcam"], float("nan")),
    ):
        assert recorded.play((10, 20, ["webcam"], 1.0), span).status_code == 400, span
    assert recorded.play(*[(10, 20, ["webcam"], 1.0)] * 51).status_code == 400
    assert recorded.house.events("recording.watched") == []


def test_a_page_that_says_it_all_the_time_is_told_to_wait_and_counted(recorded):
    answers = [recorded.play((n, n + 2, ["webcam"], 1.0)).status_code for n in range(0, 30, 2)]
    assert answers.count(200) == 12
    assert answers[-1] == 503
    assert recorded.house.services.reviewing.watched_refused == 3
    assert recorded.house.services.reviewing.facts()["review_watched_refused"] == 3
    assert len(recorded.house.events("recording.watched")) == 12


# --- the contract between server and page ---

TYPES = Path(__file__).parents[2] / "appliance/web/frontend/src/review/types.ts"


def fields(interface):
    """(those that must be there, those that may be) of an interface of types.ts."""
    text = re.sub(r"/\*\*.*?\*/", "", TYPES.read_text(encoding="utf-8"), flags=re.DOTALL)
    pattern = rf"interface {interface}( extends Span)? {{\n(.*?)^}}"
    head, body = re.search(pattern, text, re.DOTALL | re.MULTILINE).groups()
    found = re.findall(r"^  (\w+)(\??):", body, re.MULTILINE)
    inherited = {"starts_at", "ends_at"} if head else set()
    return {name for name, maybe in found if not maybe} | inherited, {name for name, maybe in found if maybe}


def test_what_the_page_is_told_is_what_its_types_say(recorded, files):
    house = recorded.house
    Recorded(house, files, 1)
    house.do(lambda t: t.connection.exec_driver_sql("UPDATE attempt SET candidate = 'c-1'"))
    house.say(SegmentDamaged(kind="webcam", path=f"{EXAM}/{recorded.attempt}/webcam/x.mp4", reason="no header"))
    flag = house.flag()
    house.say(FlagNoted(note="n1", flag=flag, text="The lamp.", by="lead", by_name="The lead"))
    made = {"recommendation": "r1", "kind": "refer", "text": "Look again.", "by": "lead", "by_name": "The lead"}
    house.say(RecommendationMade(**made))
    recorded.play((1, 9, ["webcam"], 1.0))
    said = recorded.ask()
    feed = said["feeds"][0]
    assert feed["damaged"] == [{"file": "x.mp4", "reason": "no header"}]
    for interface, told in (
        ("Review", said),
        ("Feed", feed),
        ("Segment", feed["segments"][0]),
        ("Gap", feed["gaps"][0]),
        ("Stage", said["stages"][0]),
        ("FlagNote", said["notes"][0]),
        ("Recommendation", said["recommendations"][0]),
        ("Overlap", said["overlaps"][0]),
        ("Parts", recorded.parts(recorded.names()[0]).json),
        ("Loudness", house.user("lead").get(f"/api/review/{recorded.attempt}/webcam/loudness").json),
    ):
        must, may = fields(interface)
        assert must <= set(told) <= must | may, interface
    rights = re.search(r"may: Record<(.*?), boolean>", TYPES.read_text(encoding="utf-8"))[1]
    assert set(said["may"]) == set(re.findall(r'"(\w+)"', rights))
