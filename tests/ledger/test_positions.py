"""Where a candidate's webcam stands when nobody has said anything."""

import pytest

from appliance.exam.events import BOX, ExamPlanned
from appliance.exam.feed import Kind, Position
from appliance.exam.plan import ExamKind, ExamPlan
from appliance.ledger import state
from appliance.ledger.actions import positions
from appliance.ledger.record import Draft
from tests.ledger import world as a_world


@pytest.mark.parametrize(
    ("kind", "said", "stands"),
    [
        (ExamKind.PAPER, None, Position.PAPER),
        (ExamKind.PAPER, Position.ROOM, Position.ROOM),
        (ExamKind.COMPUTER, None, Position.FRONT),
    ],
)
def test_M36_on_paper_the_camera_is_judged_as_one_from_the_side(writer, kind, said, stands):
    world = a_world.build(writer, seats=1)
    plan = ExamPlanned(exam="bio", plan=ExamPlan(kind=kind).to_json(), by="test")
    writer.append(Draft(payload=plan, chain=BOX, exam="bio", actor="test"))
    if said:
        attempt = world.attempts["1"]
        writer.transact(lambda t: positions.place(t, attempt, kind=Kind.WEBCAM, position=said, by="pia"))
    attempt = a_world.bring_to_exam(writer, world, "1")
    found = writer.transact(lambda t: state.positions(t.connection, attempt=attempt))
    assert found[Kind.WEBCAM] is stands
