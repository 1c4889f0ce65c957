"""A lab of 24 seats for half an hour: nothing grows, no queue is full, every second is on disk or in the gap ledger."""

import os

import pytest

from appliance.bench import soak
from appliance.bench.figures import lines

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))


@pytest.mark.long
@pytest.mark.timeout(MINUTES * 60 + 600)
def test_24_seats_leave_nothing_behind_and_nothing_out():
    seen = soak.run(MINUTES)
    print("\n".join(lines(seen)))
    assert seen["failures"] == []
    assert seen["minutes"] >= MINUTES - 0.1
    assert seen["frames_recorded_least"] >= soak.WHOLE
