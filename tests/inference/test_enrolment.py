"""Whose face is held against what: events in, what is wanted out; no template without leave, none after the end."""

from appliance.exam import events
from appliance.exam.feed import Kind
from appliance.inference.coverage import Looks
from appliance.inference.enrolment import Enrolment, File, Shown, is_worth_keeping
from appliance.inference.seat import Seat
from appliance.inference.stream import SENSES
from tests.inference.heads import face, gone, sits

PICTURED = events.IdentityPictured(photo="p.jpg", photo_sha256="aa", face="f.jpg", face_sha256="bb")
ENROLLED = events.IdentityEnrolled(face="e.jpg", face_sha256="cc")
COMPARED = events.IdentityCompared(photo_sha256="aa", score=0.6, limit=0.363, reason="", model="SFace")


def after(*said):
    known = Enrolment()
    for payload in said:
        known = known.hear(payload)
    return known


def test_an_id_that_was_shown_is_to_be_compared_once():
    assert after(PICTURED).shown == Shown(File("p.jpg", "aa"), File("f.jpg", "bb"))
    assert after(PICTURED, COMPARED).shown is None


def test_an_answer_about_an_older_photo_changes_nothing():
    newer = events.IdentityPictured(photo="q.jpg", photo_sha256="dd", face="f.jpg", face_sha256="bb")
    assert after(PICTURED, newer, COMPARED).shown.photo.sha256 == "dd"


def test_a_face_is_taken_once_somebody_let_the_candidate_in():
    assert not after(PICTURED).let_in
    assert after(events.AttemptAdmitted(by="pia")).let_in
    for decision in ("matched", "known", "unverified"):
        assert after(events.IdentityDecided(decision=decision, by="pia")).let_in
    assert not after(events.IdentityDecided(decision="refused", by="pia")).let_in


def test_who_declined_has_nothing_compared():
    assert after(PICTURED, events.IdentityDeclined()).shown is None
    assert after(events.IdentityDeclined()).declined


def test_only_a_single_plain_face_straight_ahead_is_kept():
    assert is_worth_keeping(sits(1.0))
    for other in (
        gone(1.0),
        sits(1.0, yaw=20.0),
        sits(1.0, open=None),
        sits(1.0, covered=0.2),
        sits(1.0, of=face(width=70.0)),
        sits(1.0, faces=(face(), face(left=450.0))),
    ):
        assert not is_worth_keeping(other)


def seat(tmp_path, *said, at=1000.0):
    made = Seat("a1", exam="bio", looks={kind: Looks(process_at=0.0) for kind in SENSES}, media=tmp_path, models={})
    for payload in (
        events.AttemptArrived(browser="b"),
        events.AttemptSigned(statement_version="1", statement_sha256="", signature="A"),
        events.AttemptEquipped(camera="c", microphone="m", surface="monitor"),
        events.AttemptAdmitted(by="pia"),
        *said,
    ):
        made.hear(payload, at=at)
    return made


def test_a_restarted_process_knows_the_picture_that_was_taken(tmp_path):
    known = seat(tmp_path, ENROLLED)
    assert known.watches_likeness
    assert known.enrolment.face == File("e.jpg", "cc")


def test_nothing_is_held_of_who_declined_or_is_excused_or_is_gone(tmp_path):
    assert seat(tmp_path, ENROLLED, events.IdentityDeclined()).enrolment is None
    assert seat(tmp_path, ENROLLED, events.AttemptAccommodated(switches=["no_matching"])).enrolment is None
    assert seat(tmp_path, ENROLLED, events.AttemptFinished()).enrolment is None


def test_a_challenge_is_answered_and_attention_rests_meanwhile(tmp_path):
    asked = events.ChallengeAsked(challenge="c1", steps=["left", "blink"], by="pia")
    known = seat(tmp_path, events.AttemptStarted(ends_at=5000.0), asked)
    said = []
    for i in range(20):
        more, hungry = known.see(Kind.WEBCAM, sits(1001.0 + 0.25 * i, yaw=40.0, gaze=None, enrolled=False), b"jpeg")
        said += more
        assert "head" in hungry
    more, _ = known.see(Kind.WEBCAM, sits(1007.0), b"jpeg")
    more += known.see(Kind.WEBCAM, sits(1007.5, open=0.1), b"jpeg")[0]
    answers = [each.payload for each in more if isinstance(each.payload, events.ChallengeAnswered)]
    assert answers == [events.ChallengeAnswered(challenge="c1", seen=["done", "done"])]
    assert not [each for each in said if isinstance(each.payload, events.FlagRaised)]


def test_a_challenge_that_nobody_could_see_is_answered_all_the_same(tmp_path):
    known = seat(tmp_path, events.ChallengeAsked(challenge="c1", steps=["left"], by="pia"))
    assert [each.payload for each in known.beat(1030.0, {}) if "challenge" in each.payload.TYPE] == []
    answers = [each.payload for each in known.beat(1059.0, {}) if "challenge" in each.payload.TYPE]
    assert answers == [events.ChallengeAnswered(challenge="c1", seen=["unassessable"])]
