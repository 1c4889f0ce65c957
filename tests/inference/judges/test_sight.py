"""What each rule makes of one picture."""

import pytest

from appliance.exam.episode import Verdict
from appliance.inference.camera import View
from appliance.inference.judges import sight
from appliance.inference.judges.context import Context
from appliance.inference.judges.sight import Memory
from appliance.inference.observe import nothing
from tests.inference.seen import DARK, GOOD, every, face, person, phone, seen

CONTEXT = Context()


def judge(memory, look, context=CONTEXT):
    return sight.judge(memory, look, context)


TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE


@pytest.fixture
def settled():
    """A feed whose base line is known."""
    memory = Memory()
    for look in every(6, start=90.0):
        memory, _ = judge(memory, look)
    assert memory.of_camera.base == GOOD
    return memory


def verdicts(memory, look):
    return {code: tick.verdict for code, tick in judge(memory, look)[1].items()}


def test_a_candidate_in_good_light(settled):
    said = verdicts(settled, seen())
    assert TRUE not in said.values()
    assert {code for code, verdict in said.items() if verdict is FALSE} >= {
        "face_absent",
        "multiple_people",
        "exits_repeated",
        "phone_visible",
        "camera_covered",
        "camera_frozen",
        "lighting_poor",
    }


def test_a_picture_that_cannot_be_judged_says_nothing(settled):
    assert set(verdicts(settled, nothing(100.0, 10.0)).values()) == {UNASSESSABLE}


@pytest.mark.parametrize(
    ("faces", "expected"),
    [
        ((), TRUE),
        ((face(0.59),), TRUE),
        ((face(0.60),), FALSE),
        ((face(0.9, width=30),), UNASSESSABLE),  # sits too far away
        ((face(0.9, width=30), face(0.9, width=80)), FALSE),
        (None, UNASSESSABLE),  # no model
    ],
)
def test_face_absent(settled, faces, expected):
    assert verdicts(settled, seen(faces=faces, persons=()))["face_absent"] is expected


def test_an_absent_face_with_a_person_is_doubtful(settled):
    _, said = judge(settled, seen(faces=(), persons=(person(0.6),)))
    assert (said["face_absent"].verdict, said["face_absent"].doubt) == (TRUE, True)
    _, said = judge(settled, seen(faces=(), persons=(person(0.4),)))
    assert not said["face_absent"].doubt


def test_persons_of_the_last_look_hold_for_a_moment(settled):
    memory, _ = judge(settled, seen(100.0, faces=()))
    _, soon = judge(memory, seen(100.5, faces=(), persons=None, phones=None, waits=True))
    assert soon["face_absent"].doubt
    _, later = judge(memory, seen(103.0, faces=(), persons=None, phones=None, waits=True))
    assert not later["face_absent"].doubt


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"faces": (face(0.9), face(0.75, left=20.0))}, TRUE),
        ({"faces": (face(0.9), face(0.65, left=20.0))}, FALSE),
        ({"faces": (face(0.9), face(0.9, left=20.0, width=20))}, FALSE),  # a picture on the wall
        ({"persons": (person(0.9), person(0.6, left=480, right=640))}, TRUE),
        ({"persons": (person(0.9), person(0.4, left=480, right=640))}, FALSE),
        ({"persons": (person(0.9), person(0.6, left=120, right=300))}, FALSE),  # the same person twice
        ({"faces": None, "persons": None, "phones": None}, UNASSESSABLE),
        ({"faces": None}, FALSE),  # without the one model, the other
    ],
)
def test_multiple_people(settled, facts, expected):
    assert verdicts(settled, seen(**facts))["multiple_people"] is expected


def test_two_persons_wait_for_the_next_look(settled):
    memory, _ = judge(settled, seen(persons=(person(), person(0.6, left=480, right=640))))
    assert "multiple_people" not in verdicts(memory, seen(100.5, persons=None, phones=None, waits=True))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((), FALSE),
        ((phone(0.50),), TRUE),
        ((phone(0.49),), FALSE),
        ((phone(0.20), phone(0.60)), TRUE),  # a phone beside a wallet
        (None, UNASSESSABLE),
    ],
)
def test_phone_visible(settled, found, expected):
    assert verdicts(settled, seen(phones=found))["phone_visible"] is expected


def test_phones_are_asked_for_only_in_their_turn(settled):
    assert "phone_visible" not in verdicts(settled, seen(phones=None, persons=None, waits=True))


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (GOOD, FALSE),
        (DARK, TRUE),
        (View(luma=30, contrast=6, edges=3, detail=0.2), TRUE),  # a finger on the lens
        (View(luma=30, contrast=30, edges=18, detail=0.1), FALSE),  # the light went out, the scene is there
        (View(luma=130, contrast=40, edges=15, detail=0.03), TRUE),  # blurred
        (View(luma=140, contrast=20, edges=5, detail=0.03), FALSE),  # a bare wall, the candidate is away
    ],
)
def test_camera_covered(settled, view, expected):
    assert verdicts(settled, seen(view=view))["camera_covered"] is expected


def test_without_a_base_line_only_darkness_is_certain():
    assert verdicts(Memory(), seen())["camera_covered"] is UNASSESSABLE
    assert verdicts(Memory(), seen(view=DARK))["camera_covered"] is TRUE


def test_a_covered_camera_can_judge_nothing_else(settled):
    said = verdicts(settled, seen(view=DARK, faces=(), persons=(), changed=0.0))
    assert said.pop("camera_covered") is TRUE
    assert set(said.values()) == {UNASSESSABLE}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"changed": 0.0}, TRUE),
        ({"changed": 0.0019}, TRUE),
        ({"changed": 0.0021}, FALSE),
        ({"changed": None}, UNASSESSABLE),  # the first picture
        ({"changed": 0.0, "faces": (), "persons": ()}, UNASSESSABLE),  # an empty room stands still by itself
        ({"changed": 0.0, "faces": (), "persons": (person(),)}, TRUE),
    ],
)
def test_camera_frozen(settled, facts, expected):
    assert verdicts(settled, seen(**facts))["camera_frozen"] is expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"face_light": 34.0}, TRUE),
        ({"face_light": 36.0}, FALSE),
        ({"face_light": 226.0}, TRUE),
        ({"face_light": None, "faces": (), "view": View(luma=30, contrast=30, edges=20, detail=0.1)}, TRUE),
        ({"face_light": None, "faces": ()}, FALSE),
    ],
)
def test_lighting_poor(settled, facts, expected):
    assert verdicts(settled, seen(**facts))["lighting_poor"] is expected


def test_the_base_line_follows_the_day_but_not_the_hand_on_the_lens(settled):
    evening = View(luma=100, contrast=40, edges=18, detail=0.1)
    memory = settled
    for look in every(100, start=200.0, view=evening):
        memory, _ = judge(memory, look)
    assert memory.of_camera.base.luma == pytest.approx(100, abs=2)
    for look in every(100, start=400.0, view=DARK, faces=()):
        memory, said = judge(memory, look)
    assert said["camera_covered"].verdict is TRUE
    assert memory.of_camera.base.luma == pytest.approx(100, abs=2)


def test_scores_lie_between_nothing_and_one(settled):
    for look in (seen(), seen(view=DARK), seen(faces=()), seen(phones=(phone(),)), seen(face_light=250.0)):
        for tick in judge(settled, look)[1].values():
            assert tick.score is None or 0.0 <= tick.score <= 1.0


def test_every_rule_but_the_connection_has_ticks():
    from appliance.exam.flags import RULES, Sense

    assert set(judge(Memory(), seen())[1]) <= {code for code, rule in RULES.items() if rule.sense is Sense.SIGHT}
