"""Identity in the ledger: who has shown an ID, who declined, what a person decided, and what was ticked by eye."""

import pytest

from appliance.errors import BadInput, NotAllowed
from appliance.exam.accommodation import Switch
from appliance.exam.challenge import Seen, Step
from appliance.exam.detection import DetectionPolicy
from appliance.exam.events import (
    BOX,
    AttemptAccommodated,
    BaselineTaken,
    ChallengeAnswered,
    DetectionSet,
    IdentityCompared,
)
from appliance.exam.identity import Ruling
from appliance.exam.policy import Admission
from appliance.exam.stage import Stage
from appliance.ledger import detection, state
from appliance.ledger.actions import attempts, checkin, flags, identity
from appliance.ledger.record import Draft
from tests.ledger.world import KEY, bring_to_exam, build

PICTURES = {"photo": "bio/a/identity/1.jpg", "photo_sha256": "1" * 64, "face": "bio/a/identity/2.jpg"}
WANTED = DetectionPolicy(identity=True)
EQUIPPED = {"camera": "cam", "microphone": "mic", "surface": "monitor"}


class Exam:
    """Candidate 1 of an exam whose policy asks for an ID, in the stage EQUIPMENT."""

    def __init__(self, writer, *, admission=Admission.PROCTOR, policy=WANTED):
        self.writer = writer
        self.world = build(writer, admission=admission)
        self.attempt = self.world.attempts["1"]
        self.say(DetectionSet(exam="bio", policy=policy.to_json(), by="test", override=""), chain=BOX)
        self.do(lambda t: attempts.arrive(t, self.world.codes["1"], key=KEY, browser="test"))
        self.do(lambda t: attempts.confirm(t, self.attempt))
        self.do(lambda t: attempts.sign(t, self.attempt, signature="A", statement_version="1", statement_sha256="0"))

    def do(self, work):
        return self.writer.transact(work)

    def say(self, payload, *, chain=None):
        self.writer.append(Draft(payload=payload, chain=chain or self.attempt, exam="bio", actor="inference"))

    def show(self, sha="1"):
        said = {**PICTURES, "photo_sha256": sha * 64, "face_sha256": "2" * 64}
        self.do(lambda t: identity.picture(t, self.attempt, **said))

    def equip(self):
        self.do(lambda t: attempts.equip(t, self.attempt, **EQUIPPED))

    def go_on(self):
        """Camera and screen are there, then the ID."""
        if self.stage is Stage.EQUIPMENT:
            self.equip()
        self.do(lambda t: checkin.identify(t, self.attempt))

    def decide(self, decision, note=""):
        self.do(lambda t: identity.decide(t, self.attempt, decision=decision, note=note, by="pia"))

    def admit(self):
        self.do(lambda t: attempts.admit(t, self.attempt, by="pia"))

    @property
    def known(self):
        return self.do(lambda t: detection.identity(t.connection, self.attempt))

    @property
    def stage(self):
        return self.do(lambda t: state.attempt(t.connection, self.attempt)).stage


@pytest.fixture
def exam(writer):
    return Exam(writer)


def test_without_the_policy_nobody_shows_an_id_and_nothing_changes(writer):
    exam = Exam(writer, policy=DetectionPolicy())
    with pytest.raises(NotAllowed, match="no ID is asked for"):
        exam.show()
    exam.equip()
    exam.admit()
    assert exam.stage is Stage.ADMITTED


def test_nobody_waits_before_the_id_was_shown(exam):
    with pytest.raises(NotAllowed, match="has not been shown yet"):
        exam.go_on()
    assert exam.stage is Stage.IDENTIFICATION
    exam.show()
    exam.go_on()
    assert exam.stage is Stage.WAITING


def test_who_declines_waits_too_and_the_rules_about_faces_hold_no_longer(exam):
    of = {"exam": "bio", "attempt": exam.attempt}
    assert "identity_mismatch" in exam.do(lambda t: detection.rules(t.connection, **of))
    exam.do(lambda t: identity.decline(t, exam.attempt))
    exam.do(lambda t: identity.decline(t, exam.attempt))
    assert "identity_mismatch" not in exam.do(lambda t: detection.rules(t.connection, **of))
    exam.go_on()
    assert exam.stage is Stage.WAITING
    assert exam.known.photo is None


def test_admission_waits_for_a_persons_decision(exam):
    exam.show()
    exam.go_on()
    with pytest.raises(NotAllowed, match="nobody has decided yet"):
        exam.admit()
    exam.decide("known")
    exam.admit()
    assert exam.stage is Stage.ADMITTED
    assert (exam.known.decision, exam.known.decided_by) == (Ruling.KNOWN, "pia")


def test_M46_who_is_known_to_the_proctor_need_not_show_an_id(exam):
    exam.equip()
    exam.decide("known")
    assert exam.stage is Stage.WAITING
    assert (exam.known.photo, exam.known.decision, exam.known.decided_by) == (None, Ruling.KNOWN, "pia")


def test_M46_also_when_it_is_said_before(exam):
    exam.decide("known")
    exam.equip()
    assert exam.stage is Stage.WAITING


def test_I13_an_id_that_is_asked_for_again_is_shown_anew_and_decided_anew(exam):
    exam.show("1")
    exam.go_on()
    exam.decide("matched")
    exam.do(lambda t: attempts.send_back(t, exam.attempt, Stage.IDENTIFICATION, reason="blurred", by="pia"))
    assert (exam.stage, exam.known.decision) == (Stage.IDENTIFICATION, None)
    with pytest.raises(NotAllowed, match="has not been shown yet"):
        exam.go_on()
    exam.show("3")
    exam.go_on()
    assert exam.stage is Stage.WAITING
    with pytest.raises(NotAllowed, match="nobody has decided yet"):
        exam.admit()


def test_refusing_needs_a_note_and_keeps_the_candidate_waiting(exam):
    exam.show()
    exam.go_on()
    with pytest.raises(BadInput, match="needs a note"):
        exam.decide("refused", "  ")
    exam.decide("refused", "another person's card")
    with pytest.raises(NotAllowed, match="was refused"):
        exam.admit()
    exam.decide("matched")
    exam.admit()


def test_an_exam_that_admits_by_itself_does_so_with_the_decision(writer):
    exam = Exam(writer, admission=Admission.AUTOMATIC)
    exam.show()
    exam.go_on()
    assert exam.stage is Stage.WAITING
    exam.decide("refused", "no card")
    assert exam.stage is Stage.WAITING
    exam.decide("matched")
    assert exam.stage is Stage.ADMITTED


def test_new_pictures_make_the_comparison_and_the_decision_before_void(exam):
    exam.show("1")
    exam.say(IdentityCompared(photo_sha256="1" * 64, score=0.61, limit=0.36, reason="", model="m"))
    exam.decide("refused", "blurred")
    assert (exam.known.score, exam.known.score_limit, exam.known.note) == (0.61, 0.36, "blurred")
    exam.show("3")
    exam.say(IdentityCompared(photo_sha256="1" * 64, score=0.61, limit=0.36, reason="", model="m"))
    assert (exam.known.score, exam.known.decision, exam.known.note) == (None, None, None)


def test_after_a_decision_to_go_on_no_new_picture_comes(exam):
    exam.show()
    exam.decide("unverified")
    with pytest.raises(NotAllowed, match="has decided already"):
        exam.show("3")


def test_saying_a_decision_again_is_no_event(exam):
    exam.show()
    before = exam.writer.head
    exam.decide("matched")
    exam.decide("matched")
    assert exam.writer.head == before + 1


@pytest.mark.parametrize("said", [{"decision": "guilty"}, {"decision": "refused", "note": "x" * 501}])
def test_what_is_no_decision_is_refused(exam, said):
    exam.show()
    with pytest.raises(BadInput):
        exam.decide(**said)


# --- the challenge ---


def ask(exam):
    return exam.do(lambda t: identity.ask_challenge(t, exam.attempt, by="pia", choose=lambda steps: steps[0]))


def asked(exam):
    return exam.do(lambda t: detection.challenges(t.connection, exam.attempt))


def test_a_challenge_is_asked_once_at_a_time_and_answered(exam):
    exam.show()
    with pytest.raises(NotAllowed, match="not watched"):
        ask(exam)
    exam.go_on()
    name = ask(exam)
    with pytest.raises(NotAllowed, match="just been asked"):
        ask(exam)
    exam.say(ChallengeAnswered(challenge=name, seen=["done", "not_seen", "unassessable"]))
    (row,) = asked(exam)
    assert row.steps == (Step.LEFT, Step.RIGHT, Step.LEFT)
    assert row.seen == (Seen.DONE, Seen.NOT_SEEN, Seen.UNASSESSABLE)
    ask(exam)
    assert [one.seen is None for one in asked(exam)] == [False, True]


# --- what no model sees ---


def test_a_person_ticks_what_no_model_sees_once(writer):
    world = build(writer)
    attempt = bring_to_exam(writer, world, "1")

    def tick(code):
        return writer.transact(lambda t: flags.raise_flag(t, attempt, by="pia", note="", code=code))

    flag = tick("headphones")
    found = writer.transact(lambda t: state.flag(t.connection, flag))
    assert (found.code, found.source, found.category, found.severity) == ("headphones", "pia", "uncertain", "medium")
    with pytest.raises(NotAllowed, match="noted already"):
        tick("headphones")
    tick("smart_wearable")
    with pytest.raises(BadInput, match="nothing that a person ticks"):
        tick("phone_visible")


def test_what_is_not_applied_to_a_candidate_is_not_ticked_and_no_reason_is_given(writer):
    world = build(writer)
    attempt = bring_to_exam(writer, world, "1")
    said = AttemptAccommodated(switches=[Switch.HEARING_AID.value])
    writer.append(Draft(payload=said, chain=attempt, exam="bio", actor="test"))
    row = writer.transact(lambda t: state.attempt(t.connection, attempt))
    assert "headphones" not in writer.transact(lambda t: flags.tickable(t.connection, row))
    with pytest.raises(NotAllowed, match="or the rule is not applied") as refused:
        writer.transact(lambda t: flags.raise_flag(t, attempt, by="pia", note="", code="headphones"))
    assert "hearing" not in f"{refused.value} {refused.value.hint}"


def test_the_base_line_of_a_camera_and_its_microphone_are_one_row(exam):
    exam.say(BaselineTaken(kind="webcam", values={"yaw": 3.0}, objects=["cup"], late=False))
    exam.say(BaselineTaken(kind="webcam", values={"noise_db": -55.0}, objects=[], late=False))
    (row,) = exam.do(lambda t: detection.baselines(t.connection, exam.attempt))
    assert (row.kind, row.values, row.objects) == ("webcam", {"yaw": 3.0, "noise_db": -55.0}, ["cup"])
