"""Who may wait, and who may be admitted, where an ID is asked for; and the steps of a challenge."""

import random
from itertools import pairwise

import pytest

from appliance.errors import NotAllowed
from appliance.exam import challenge, identity
from appliance.exam.challenge import OPEN_SECONDS, STEPS, Step
from appliance.exam.identity import GOES_ON, Ruling


def test_without_an_id_check_nobody_is_asked_anything():
    identity.check_shown(wanted=False, pictured=False, declined=False)
    identity.check_admission(wanted=False, ruling=None)


def test_who_waits_has_shown_the_id_or_said_no_to_that():
    identity.check_shown(wanted=True, pictured=True, declined=False)
    identity.check_shown(wanted=True, pictured=False, declined=True)
    with pytest.raises(NotAllowed, match="not been shown yet"):
        identity.check_shown(wanted=True, pictured=False, declined=False)


@pytest.mark.parametrize("ruling", sorted(GOES_ON))
def test_after_a_persons_word_a_candidate_may_be_admitted(ruling):
    identity.check_admission(wanted=True, ruling=ruling)


@pytest.mark.parametrize(("ruling", "why"), [(None, "nobody has decided"), (Ruling.REFUSED, "was refused")])
def test_without_it_or_when_refused_nobody_is(ruling, why):
    with pytest.raises(NotAllowed, match=why):
        identity.check_admission(wanted=True, ruling=ruling)


def test_a_challenge_never_asks_the_same_twice_in_a_row_and_comes_in_every_order():
    chance = random.Random(7)
    picked = {challenge.pick(chance.choice) for _ in range(500)}
    assert all(len(steps) == STEPS for steps in picked)
    assert all(before is not after for steps in picked for before, after in pairwise(steps))
    assert len(picked) == len(Step) * 2 * 2


def test_a_challenge_is_open_until_it_is_answered_or_too_old():
    assert challenge.is_open(asked_at=100.0, answered=False, now=100.0 + OPEN_SECONDS - 1)
    assert not challenge.is_open(asked_at=100.0, answered=True, now=101.0)
    assert not challenge.is_open(asked_at=100.0, answered=False, now=100.0 + OPEN_SECONDS)
