"""The wall's JSON and one candidate's: the plan, the day of each candidate, what whom is told of it."""

import time

import pytest

from appliance.exam.conduct import Act
from appliance.exam.events import (
    AnnouncementRead,
    AttemptMoved,
    AttemptReseated,
    AttentionGiven,
    BreakBegun,
    BreakEnded,
    CheckoutTicked,
    EquipmentChecked,
    EvidenceKept,
    ExamAnnounced,
    ExamDelegated,
    InquiryAnswered,
    InquiryMade,
    IrregularityNoted,
    PagePhotographed,
    PositionChecked,
    ScanRecorded,
    SectionReleased,
    StaffSaid,
)
from appliance.exam.plan import CheckOut, ExamKind, Mode, Section
from appliance.ledger import state

from .conftest import EXAM

SECRETS = ("https://exam.test", "the-content", ".pdf", ".webm", ".jpg")


def wall(house, name="proctor"):
    answer = house.user(name).get(f"/api/exams/{EXAM}/wall")
    assert answer.status_code == 200
    return answer.json


def detail(house, name="proctor", number=0):
    answer = house.user(name).get(f"/api/attempts/{house.attempts[number]}")
    assert answer.status_code == 200
    return answer.json


def test_I32_the_wall_says_how_the_exam_is_held_and_never_what_it_asks(house):
    sections = (Section(title="Part A", link="https://exam.test/the-content", minutes=40, break_minutes=5),)
    house.reach("in_exam")
    house.plan(sections=sections, one_by_one=True, room="Lab 1", room_scan=True, items=("ruler",), contact="ext. 9")
    house.say(SectionReleased(exam=EXAM, section=1, by="lead"), None)
    said = wall(house)
    plan = said["plan"]
    assert (plan["mode"], plan["kind"], plan["level"], plan["second"]) == ("live", "computer", "full", "optional")
    assert (plan["feeds"], plan["required"], plan["items"]) == (["webcam", "screen"], ["face"], ["ruler"])
    assert (plan["attention_minutes"], plan["spot_check_minutes"], plan["contact"]) == (10, 15, "ext. 9")
    assert (plan["one_by_one"], plan["room_scan"], plan["position"], plan["known_allowed"]) == (True, True, False, True)
    assert (plan["check_out"], plan["pages"], plan["scratch"], plan["practice"]) == ("none", False, False, False)
    assert plan["opens_at"] == said["exam"]["starts_at"]
    (section,) = plan["sections"]
    assert (section["number"], section["title"], section["minutes"], section["break_minutes"]) == (1, "Part A", 40, 5)
    assert section["released_at"] == pytest.approx(time.time(), abs=5)
    assert said["attempts"][0]["room"] == "Lab 1"
    for name in ("proctor", "lead"):
        assert not any(secret in str((wall(house, name), detail(house, name))) for secret in SECRETS)


def test_I8_the_acts_of_a_tile_are_those_of_its_stage_and_differ(house):
    seen = {}
    for stage in ("arrived", "waiting", "in_exam", "submitted"):
        house.reach(stage)
        seen[stage] = set(wall(house)["attempts"][0]["acts"])
    assert {Act.ADMIT, Act.REFUSE} <= seen["waiting"]
    assert Act.ADMIT not in seen["arrived"] | seen["in_exam"]
    assert {Act.GIVE_BREAK, Act.PAUSE, Act.END, Act.KEEP} <= seen["in_exam"]
    assert seen["submitted"] == {Act.NOTE, Act.RAISE_FLAG}


def test_I3_record_and_review_has_no_live_controls_and_live_has_both(house):
    house.reach("in_exam")
    live = set(wall(house)["attempts"][0]["acts"])
    house.plan(mode=Mode.RECORD_REVIEW)
    said = wall(house)
    assert said["plan"]["mode"] == "record_review"
    later = set(said["attempts"][0]["acts"])
    assert live - later == {Act.WARN, Act.CALL, Act.GIVE_BREAK, Act.PAUSE, Act.ASK_SCAN, Act.LISTEN}
    assert {Act.NOTE, Act.RAISE_FLAG, Act.KEEP} <= later


def test_what_a_tile_knows_of_check_in_sitting_and_check_out(house):
    house.reach("in_exam")
    results = {"camera": {"state": "pass", "value": 720}}
    scan = {"path": "x/scan.webm", "sha256": "0", "bytes": 9, "seconds": 12.0, "delete_at": 9e9}
    page = {"path": "x/1.jpg", "sha256": "0", "bytes": 9, "sharpness": 5.0, "light": 90.0, "readable": False}
    for said in (
        EquipmentChecked(results=results),
        AttemptMoved(stage="room_scan", step="send_back", by="proctor", reason="too dark"),
        ScanRecorded(scan="s1", number=1, **scan),
        PositionChecked(seen={"face": "seen"}, ticked=["workspace"], phone="second_camera", by="proctor"),
        AttentionGiven(kind="listen", by="lead"),
        BreakBegun(minutes=5, until=9e9, by="proctor"),
        PagePhotographed(page="p1", number=1, **page),
        CheckoutTicked(tick="submitted", by="proctor"),
        AttemptReseated(seat="9", reason="loaner", by="proctor"),
    ):
        house.say(said)
    tile = wall(house)["attempts"][0]
    checkin, checkout = tile["checkin"], tile["checkout"]
    assert [(one["stage"], one["times"], one["reason"]) for one in checkin["returned"]] == [
        ("room_scan", 1, "too dark")
    ]
    assert checkin["selftest"]["results"] == results
    assert (checkin["posture"]["seen"], checkin["posture"]["ticked"]) == ({"face": "seen"}, ["workspace"])
    assert [(one["scan"], one["number"], one["there"], one["verdict"]) for one in checkin["scans"]] == [
        ("s1", 1, True, None)
    ]
    assert [(one["number"], one["readable"], one["accepted_by"]) for one in checkout["pages"]] == [(1, 0, None)]
    assert ([one["tick"] for one in checkout["ticks"]], checkout["paper"]) == (["submitted"], None)
    assert (tile["stage"], tile["seat"]) == ("on_break", "9")
    assert (tile["pause"]["kind"], tile["pause"]["until"]) == ("break", 9e9)
    attention = tile["attention"]
    assert (attention["looked_by"], attention["listened_by"]) == ("lead", "lead")
    assert attention["looked_at"] == attention["listened_at"] == pytest.approx(time.time(), abs=5)
    house.say(BreakEnded(overrun=0.0, by="candidate"))
    assert wall(house)["attempts"][0]["pause"] is None
    assert not any(secret in str(tile) for secret in SECRETS)


def test_M14_M97_a_tile_says_which_feeds_should_be_recorded_and_are_not(house):
    def trouble():
        return wall(house)["attempts"][0]["recording_trouble"]

    house.reach("equipment")
    assert trouble() == []
    house.reach("waiting")
    assert trouble() == ["webcam", "screen"]  # capture says nothing at all
    house.feeds_arrive("webcam")
    assert trouble() == ["screen"]
    house.feeds_arrive("webcam", "screen")
    assert trouble() == []
    house.feeds_arrive("webcam", "screen", silent=30.0)
    assert trouble() == ["webcam", "screen"]
    house.plan(kind=ExamKind.PAPER, check_out=CheckOut.PROCTOR)
    assert trouble() == ["webcam"]
    house.reach("in_exam")
    house.say(AttemptMoved(stage="submitted", step="finish", by="candidate", reason=""))
    assert trouble() == []


def test_M45_who_is_expected_arrived_checked_in_and_absent_of_the_own_candidates(house):
    house.plan(room="Lab 1", onboarding_minutes=15)
    house.reach("waiting", 0)
    house.reach("arrived", 1)
    assert wall(house, "proctor")["attendance"] == {
        "Lab 1": {"expected": 1, "arrived": 1, "checked_in": 1, "absent": 0}
    }
    everybody = {"expected": 3, "arrived": 2, "checked_in": 1, "absent": 0}
    assert wall(house, "lead")["attendance"] == {"Lab 1": everybody}


def inquire(house, kind, number=0):
    house.say(InquiryMade(inquiry=kind, kind=kind, text=f"about {kind}", by="candidate"), number)
    house.say(InquiryAnswered(inquiry=kind, text=f"re {kind}", by="institution", by_name="Ines"), number)


def test_one_candidate_with_notes_evidence_questions_and_what_was_announced(house):
    house.reach("in_exam")
    kept = {
        "still": "x.jpg",
        "still_sha256": "0",
        "clip": "x.webm",
        "clip_sha256": "1",
        "starts_at": 1.0,
        "ends_at": 9.0,
    }
    house.say(EvidenceKept(kept="k1", kind="screen", taken_at=5.0, by="proctor", **kept))
    noted = {"category": "technical.network", "text": "<b>cable</b>", "happened_at": 5.0, "position": 2.5}
    house.say(IrregularityNoted(irregularity="i1", by="proctor", by_name="P", **noted))
    to_both = ExamAnnounced(
        announcement="a1", exam=EXAM, text="Hi", spoken=True, by="lead", by_name="L", attempts=house.attempts[:2]
    )
    house.say(to_both, None)
    house.say(AnnouncementRead(announcement="a1"))
    for kind in ("content", "accommodation", "reply"):
        inquire(house, kind)
    said = detail(house)
    (evidence,) = said["kept"]
    assert (evidence["kept"], evidence["has_clip"], "still" in evidence) == ("k1", True, False)
    assert [(one["text"], one["position"], one["by"]) for one in said["irregularities"]] == [
        ("<b>cable</b>", 2.5, "proctor")
    ]
    (heard,) = said["announcements"]
    assert (heard["text"], heard["read_at"]) == ("Hi", pytest.approx(time.time(), abs=5))
    assert {one["kind"]: (one["text"], one["answer"]) for one in said["inquiries"]} == {
        "content": ("about content", "re content"),
        "accommodation": ("", None),
        "reply": ("about reply", "re reply"),
    }
    texts = [one["text"] for one in detail(house, "institution")["inquiries"]]
    assert texts == ["about content", "about accommodation", "about reply"]
    assert wall(house, "proctor")["announcements"][0] | {"announced_at": 0} == {
        "announcement": "a1",
        "exam": EXAM,
        "text": "Hi",
        "spoken": True,
        "by": "lead",
        "by_name": "L",
        "announced_at": 0,
        "told": 1,
        "read": 1,
    }
    assert [(one["told"], one["read"]) for one in wall(house, "lead")["announcements"]] == [(2, 1)]


def test_M94_the_wall_of_those_who_take_part_has_the_talk_among_staff(house):
    for count in range(52):
        house.say(StaffSaid(exam=EXAM, message=f"m{count}", text=f"said {count}", by="lead", by_name="L"), None)
    for name in ("proctor", "lead", "institution"):
        said = wall(house, name)["staff_messages"]
        assert (len(said), said[-1]["text"]) == (50, "said 51"), name
    for attempt in house.attempts:
        house.user("planner").post(f"/exams/{EXAM}/assign", json={"attempt": attempt, "proctor": ""})
    assert wall(house, "proctor")["staff_messages"] == []


def test_M96_a_delegate_sees_all_candidates_of_that_exam_while_it_is_so(house):
    assert [one["seat"] for one in wall(house)["attempts"]] == ["1"]
    assert (wall(house)["host"], wall(house, "lead")["host"], wall(house, "institution")["host"]) == (
        False,
        True,
        False,
    )
    house.say(ExamDelegated(exam=EXAM, user="proctor", active=True, by="lead"), None)
    said = wall(house)
    assert ([one["seat"] for one in said["attempts"]], said["host"]) == (["1", "2", "3"], True)
    assert detail(house, number=1)["host"] is True
    assert f"/wall/{EXAM}" in house.user("proctor").get("/wall").text
    house.say(ExamDelegated(exam=EXAM, user="proctor", active=False, by="lead"), None)
    assert house.user("proctor").get(f"/api/attempts/{house.attempts[1]}").status_code == 403
    assert house.ask(lambda c: state.attempt(c, house.attempts[1])).proctor == "proctor2"
