"""The arithmetic of the detection benchmark: where the time goes, and what other machines would hold."""

import numpy as np
import pytest

from appliance.bench.inference import material, seats
from appliance.bench.inference.pipeline import Taken


def test_all_of_the_time_is_accounted_for_by_name():
    taken = Taken(seconds=20.0, wall=10.0, cpu=9.0, networks=8.0, judges=0.5, calls={"faces": 40})
    ideal = 7.0
    assert ideal / taken.wall + sum(taken.rest(ideal).values()) == pytest.approx(1.0)


def test_more_cores_hold_more_seats_but_one_thread_is_one_core():
    four, eight = (seats._held(cores, detection=1.0, capture=0.5) for cores in (4, 8))
    assert four["by_one_thread_of_detection"] == eight["by_one_thread_of_detection"] == 8
    assert eight["by_all_cores"] == 45
    assert four["by_all_cores"] == 22


def test_without_footage_a_portrait_sways_and_another_sits_still(tmp_path):
    (sways,) = material.moving(tmp_path, None)
    still = material.everyday(tmp_path, None)[1]
    assert sways[-1][0] == pytest.approx(material.SWAY_SECONDS, abs=0.5)
    assert (
        np.abs(sways[4][1].astype(int) - sways[3][1]).mean() > 3 * np.abs(still[4][1].astype(int) - still[3][1]).mean()
    )
