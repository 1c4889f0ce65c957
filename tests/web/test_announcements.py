"""What is said to several: announcements, the back channel of staff, the chat; who leads; what no candidate reaches."""

import re
import time

import pytest

from appliance.exam import codes
from appliance.exam.events import AnnouncementRead, ExamChanged, ExamPlanned, SectionReleased, StaffSaid
from appliance.exam.permissions import Action, Role, may
from appliance.exam.plan import ExamPlan, Release, Section
from appliance.ledger import state
from appliance.ledger.actions.messages import LONGEST
from appliance.web.audience import View, shown
from appliance.web.auth import Viewer
from appliance.web.strings import Catalogue

from .conftest import EXAM
from .test_conduct import WORDS, at, me, of_exam
from .test_table import endpoints, path_of

pytestmark = pytest.mark.slow

SECRET = "between us"


def viewer(house, role, name=""):
    person = house.attempts[0] if role is Role.CANDIDATE else name or role.value
    return Viewer(role, person, person, "token")


def told(house, who):
    """Every event of the exam as this person's page gets it."""
    events = house.services.reader.events(after=0, exam=EXAM)
    return list(shown(who, events, house.ask(lambda c: View.of(c, EXAM))))


def test_M57_an_announcement_goes_as_text_and_voice_to_those_one_sees_and_receipts_are_counted(house):
    for number in (0, 1):
        house.reach("in_exam", number)
    said = {"text": "Question 3: read “not”.", "spoken": True}
    own = house.user("proctor").post(of_exam("announcements"), json=said).json["announcement"]
    everybody = house.user("lead").post(of_exam("announcements"), json={"text": "5 more minutes"}).json["announcement"]
    heard = {number: me(house, number)["sitting"]["announcements"] for number in (0, 1)}
    assert [(one["announcement"], one["spoken"]) for one in heard[0]] == [(own, True), (everybody, False)]
    assert [one["announcement"] for one in heard[1]] == [everybody]
    assert house.candidate(1).post(f"/api/me/announcements/{own}/read").status_code == 404
    assert house.candidate(0).post(f"/api/me/announcements/{everybody}/read").status_code == 200
    counts = {one["announcement"]: (one["told"], one["read"]) for one in wall(house, "lead")["announcements"]}
    assert counts == {own: (1, 0), everybody: (2, 1)}
    assert len(house.events("announcement.read")) == 1


def wall(house, name):
    return house.user(name).get(of_exam("wall")).json


def test_M57_nobody_there_to_hear_it_and_no_candidate_of_ones_own(house):
    assert house.user("proctor").post(of_exam("announcements"), json={"text": "x"}).status_code == 409
    for attempt in house.attempts:
        house.do(lambda t, a=attempt: assign(t, a))
    answer = house.user("proctor").post(of_exam("announcements"), json={"text": "x"})
    assert answer.status_code == 403
    assert house.user("proctor").get(of_exam("staff")).status_code == 403


def assign(transaction, attempt):
    from appliance.ledger.actions import exams

    exams.assign(transaction, attempt, None, by="planner")


def test_M94_staff_talk_among_themselves_and_no_candidate_reaches_it(house):
    house.reach("in_exam")
    for name in ("proctor", "lead", "institution", "planner"):
        assert house.user(name).post(of_exam("staff"), json={"text": f"{SECRET} {name}"}).status_code == 201
    said = house.user("proctor2").get(of_exam("staff")).json["messages"]
    assert [(one["by"], one["by_name"]) for one in said][:2] == [("proctor", "The proctor"), ("lead", "The lead")]
    assert len(house.events("staff.said")) == 4
    assert SECRET in str(told(house, viewer(house, Role.PROCTOR)))
    assert SECRET in str(told(house, viewer(house, Role.INSTITUTION)))
    for role in (Role.CANDIDATE, Role.REVIEWER):
        assert SECRET not in str(told(house, viewer(house, role))), role
    client = house.candidate()
    for method, rule, action in endpoints(house.app):
        if method == "GET":
            answer = client.get(path_of(house, rule), headers={"Accept": "application/json"})
            assert SECRET.encode() not in answer.data, rule
            assert may(Role.CANDIDATE, action) or answer.status_code == 403, rule


def test_M16_M19_no_candidate_writes_to_or_sees_another(house):
    for number in (0, 1):
        house.reach("in_exam", number)
    theirs = [
        (method, rule)
        for method, rule, action in endpoints(house.app)
        if action is Action.TAKE_EXAM and ("<attempt>" in rule or "<exam>" in rule)
    ]
    assert theirs == []  # every way of a candidate says "me"
    first = house.candidate(0)
    assert first.post("/api/me/messages", json={"text": SECRET, "attempt": house.attempts[1]}).status_code == 201
    assert SECRET not in str(me(house, 1))
    for path in ("announcements", "staff"):
        assert first.post(of_exam(path), json={"text": "to all"}).status_code == 403
    assert first.post(at(house, "messages", 1), json={"text": "psst", "kind": "chat"}).status_code == 403


def test_M82_no_candidate_fetches_another_ones_stream_or_evidence(house):
    for number in (0, 1):
        house.reach("in_exam", number)
    client = house.candidate(0)
    for number in (0, 1):
        for path in ("picture/webcam", "scans/none", "judged", ""):
            assert client.get(at(house, path, number).rstrip("/")).status_code == 403
        assert client.post(at(house, "view", number), json={"kind": "webcam"}).status_code == 403
        assert client.get(f"/media/{EXAM}/{house.attempts[number]}/webcam/playlist.m3u8").status_code == 403
    assert house.attempts[1] not in str(me(house, 0))


def test_M94_M99_which_event_reaches_whom(house):
    """The table of the events that belong to no attempt."""
    for number in (0, 1):
        house.reach("in_exam", number)
    link = "https://exam.test/secret"
    plan = ExamPlan(sections=(Section(title="A", link=link),), one_by_one=True).to_json()
    house.say(ExamPlanned(exam=EXAM, plan=plan, by="planner"), None)
    row = house.ask(lambda c: state.exam(c, EXAM))
    kept = {field: getattr(row, field) for field in ExamChanged.__dataclass_fields__ if hasattr(row, field)}
    house.say(ExamChanged(**{**kept, "link": link}, by="planner"), None)
    house.say(SectionReleased(exam=EXAM, section=1, by="lead"), None)
    house.say(StaffSaid(exam=EXAM, message="m", text=SECRET, by="lead", by_name="L"), None)
    house.user("lead").post(of_exam("announcements"), json={"text": "to all"})
    house.user("proctor2").post(of_exam("announcements"), json={"text": "to one"})
    house.say(AnnouncementRead(announcement="none"), 1)
    everything = {"exam.planned", "exam.changed", "section.released", "staff.said", "exam.announced"}
    for role, types, heard in (
        (Role.PROCTOR, everything, ["to all"]),
        (Role.LEAD, everything, ["to all", "to one"]),
        (Role.INSTITUTION, everything, ["to all", "to one"]),
        (Role.REVIEWER, everything - {"staff.said"}, ["to all", "to one"]),
        (Role.CANDIDATE, everything - {"staff.said"}, ["to all"]),
    ):
        found = [e for e in told(house, viewer(house, role)) if e["type"] in everything]
        assert {e["type"] for e in found} == types, role
        announced = [e["payload"] for e in found if e["type"] == "exam.announced"]
        assert [said["text"] for said in announced] == heard, role
        assert link not in str(found), role
        if role is Role.CANDIDATE:
            assert all("attempts" not in said and "by" not in said for said in announced)
            assert {e["actor"] for e in found} == {"staff"}
        if role is Role.PROCTOR:
            assert announced[0]["attempts"] == [house.attempts[0]]


def test_a_granted_time_shows_watchers_the_new_time_only(house):
    house.reach("in_exam")
    house.user("institution").post(at(house, "extra-time"), json={"minutes": 10})
    (seen,) = [e for e in told(house, viewer(house, Role.PROCTOR)) if e["type"] == "attempt.time_set"]
    assert (seen["actor"], set(seen["payload"])) == ("institution", {"ends_at", "extra_minutes", "cause"})
    (own,) = [e for e in told(house, viewer(house, Role.CANDIDATE)) if e["type"] == "attempt.time_set"]
    assert own["payload"]["ends_at"] == house.attempt().ends_at
    assert "by" not in own["payload"]


def test_M99_sections_are_released_by_staff_of_the_exam_one_after_the_other(house):
    sections = tuple(Section(title=name, link=f"https://exam.test/{name}") for name in "ABC")
    house.plan(sections=sections, one_by_one=True, release=Release.CHECKS)
    client = house.user("proctor")
    assert client.post(of_exam("sections/3/release")).status_code == 409
    assert client.post(of_exam("sections/9/release")).status_code == 400
    for number in (1, 2, 2):  # a second time is no news
        assert client.post(of_exam(f"sections/{number}/release")).status_code == 200
    assert [e.payload.section for e in house.events("section.released")] == [1, 2]
    assert house.user("institution").post(of_exam("sections/3/release")).status_code == 403


def test_M96_a_delegate_overrides_an_end_there_and_nowhere_else(house):
    house.reach("in_exam", 1)
    lead, proctor = house.user("lead"), house.user("proctor")
    delegates, end = of_exam("delegates"), at(house, "end", 1)
    said = {"reason": "fire", "override": True}
    assert proctor.post(delegates, json={"user": "proctor", "active": True}).status_code == 403
    for nobody in ("guest@elsewhere", "institution", "reviewer"):
        refused = lead.post(delegates, json={"user": nobody, "active": True})
        assert (refused.status_code, "no proctor of this box" in refused.json["error"]) == (400, True)
    assert proctor.post(end, json=said).status_code == 403
    assert lead.post(delegates, json={"user": "proctor", "active": True}).status_code == 200
    page = proctor.get(f"/wall/{EXAM}").text
    assert '"override_end": true' in page
    assert '"host": true' in page
    for path in ("/exams", "/box", f"/reports/{EXAM}"):
        assert proctor.get(path).status_code == 403
    assert proctor.post(end, json={**said, "reason": ""}).status_code == 400
    assert proctor.post(end, json=said).status_code == 200
    assert lead.post(delegates, json={"user": "proctor", "active": False}).status_code == 200
    assert proctor.post(at(house, "end", 2), json=said).status_code == 403


@pytest.mark.parametrize("path", ["messages", "irregularities", "inquiries"])
def test_5000_characters_are_refused_in_words_and_nothing_is_written(lasting, path):
    answer = lasting.user("proctor").post(at(lasting, path), json={"text": "x" * 5_000, "category": "other"})
    assert answer.status_code == 400
    assert answer.json["error"].startswith("The field text has 5000 characters; at most ")
    assert not lasting.events("message.sent") + lasting.events("irregularity.noted") + lasting.events("inquiry.made")


def test_I16_I28_chat_in_the_onboarding_arrives_within_a_second_whatever_the_script_and_is_saved(house):
    house.reach("equipment")
    page = house.sockets.test_client(house.app, flask_test_client=house.candidate())
    house.follower.deliver()
    page.get_received()
    for words in [*WORDS, "x" * LONGEST]:
        began = house.services.writer.head
        sent = house.user("proctor").post(at(house, "messages"), json={"text": words, "kind": "chat"})
        assert sent.status_code == 201
        house.follower.deliver()
        (batch,) = [said["args"][0] for said in page.get_received() if said["name"] == "events"]
        (event,) = batch["events"]
        assert (event["payload"]["text"], event["payload"]["sender"]) == (words, "staff")
        assert event["seq"] == began + 1
        assert house.candidate().post("/api/me/messages", json={"text": words}).status_code == 201
        house.follower.deliver()
        page.get_received()
    log = house.user("proctor").get(at(house, "")[:-1]).json["messages"]
    assert [one["text"] for one in log] == [words for each in [*WORDS, "x" * LONGEST] for words in (each, each)]
    last = log[-1]["message"]
    house.user("proctor").post(at(house, "read"), json={"message": last})
    seen = [one for one in me(house)["messages"] if one["sender"] == "candidate"]
    assert all(one["read_at"] is not None for one in seen)
    page.disconnect()


def test_what_is_announced_and_said_among_staff_stays_what_was_typed(house):
    house.reach("in_exam")
    for words in WORDS:
        house.user("proctor").post(of_exam("announcements"), json={"text": words})
        house.user("proctor").post(of_exam("staff"), json={"text": words})
    assert [one["text"] for one in me(house)["sitting"]["announcements"]] == WORDS
    assert [one["text"] for one in house.user("lead").get(of_exam("staff")).json["messages"]] == WORDS


REPLIES = {
    "rules": {"desk", "face", "quiet", "share"},
    "technical help": {"camera", "seen", "someone_comes"},
    "not a proctor's": {"passed_on", "no_extra_time"},
}
"""What a quick reply may be about. A new one finds its place here, or is none."""


def test_I31_quick_replies_are_about_rules_and_technical_help_and_never_about_the_content():
    words = Catalogue.load(strict=True).to_json()
    said = {key.rpartition(".")[2]: text for key, text in words.items() if key.startswith("board.quick_reply.")}
    assert set(said) == set().union(*REPLIES.values())
    for reply in REPLIES["not a proctor's"]:
        assert "your institution" in said[reply]
    assert not [text for text in said.values() if re.search(r"answer|correct|solution|points|the task", text, re.I)]


def test_M13_nobody_takes_part_without_a_code(lasting):
    nobody = lasting.client()
    for method, rule, action in endpoints(lasting.app):
        if action is Action.TAKE_EXAM:
            answer = nobody.open(path_of(lasting, rule), method=method, json={}, headers={"Accept": "application/json"})
            assert answer.status_code == 401, rule
    unknown = codes.shown(codes.generate(bytes(codes.RANDOM_BYTES)))
    assert nobody.post("/join", json={"code": unknown}).status_code == 409
    assert nobody.get("/api/me").status_code == 401


def test_M101_the_statement_is_shown_signed_and_kept_with_its_version_and_time(house):
    house.reach("consent")
    shown_now = me(house)["statement"]
    assert shown_now["version"] in house.client().get("/statement").text
    assert house.candidate().post("/api/me/sign", json={"signature": "Ada Lovelace"}).status_code == 200
    (signed,) = house.events("attempt.signed")
    assert (signed.payload.signature, signed.payload.statement_version) == ("Ada Lovelace", shown_now["version"])
    assert len(signed.payload.statement_sha256) == 64
    assert signed.wall == pytest.approx(time.time(), abs=10)
