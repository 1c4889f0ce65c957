import itertools

import pytest

from appliance.errors import NotAllowed
from appliance.exam.stage import CLOSED, RECORDED, WATCHED, Stage, Step, after

WAY = [Step.ARRIVE, Step.SIGN, Step.EQUIP, Step.ADMIT, Step.START, Step.FINISH]


def test_the_way_through_an_exam():
    stages = list(itertools.accumulate(WAY, after, initial=Stage.INVITED))
    assert stages == [
        Stage.INVITED,
        Stage.CONSENT,
        Stage.EQUIPMENT,
        Stage.WAITING,
        Stage.ADMITTED,
        Stage.IN_EXAM,
        Stage.FINISHED,
    ]


@pytest.mark.parametrize(("stage", "step"), list(itertools.product(Stage, Step)))
def test_every_other_step_is_refused_in_words(stage, step):
    stages = list(itertools.accumulate(WAY, after, initial=Stage.INVITED))
    allowed = {(at, by): to for at, by, to in zip(stages, WAY, stages[1:], strict=False)}
    allowed |= {(at, Step.END): Stage.ENDED for at in Stage if at not in CLOSED}
    if (stage, step) in allowed:
        assert after(stage, step) is allowed[stage, step]
    else:
        with pytest.raises(NotAllowed, match=f"not possible while the attempt is in stage {stage.value}"):
            after(stage, step)


def test_nothing_is_watched_that_is_not_recorded():
    assert WATCHED < RECORDED
    assert not RECORDED & CLOSED
