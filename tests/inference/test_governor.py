"""When there are more feeds than time, all are looked at less often, and it is said."""

from appliance.inference.governor import SHARES, SHORT_SECONDS, WELL_SECONDS, Governor


def run(governor, seconds, demand, *, start=0.0):
    """`demand`: share of the time that looking at everything would take; -> the shares in force, each second."""
    shares = []
    for second in range(int(seconds)):
        wanted = demand * governor.share
        governor.weigh(start + second, busy=min(1.0, wanted), late=wanted > 1.0)
        shares.append(governor.share)
    return shares


def test_with_time_to_spare_nothing_changes():
    assert set(run(Governor(), 600, 0.9)) == {1.0}


def test_too_many_feeds_are_looked_at_less_often_until_the_time_suffices():
    governor = Governor()
    shares = run(governor, 60, 1.8)
    assert governor.share == 0.5
    assert shares == sorted(shares, reverse=True)


def test_a_short_peak_changes_nothing():
    governor = Governor()
    run(governor, SHORT_SECONDS - 1, 3.0)
    run(governor, 5, 0.5, start=SHORT_SECONDS)
    assert governor.share == 1.0


def test_it_goes_back_up_step_by_step_and_stays():
    governor = Governor()
    run(governor, 60, 4.0)
    assert governor.share <= 0.25
    shares = run(governor, 8 * WELL_SECONDS, 0.5, start=100.0)
    assert shares[-1] == 1.0
    assert len(set(shares)) == SHARES.index(shares[0]) + 1


def test_it_does_not_swing_between_two_steps():
    governor = Governor()
    run(governor, 60, 1.2)
    shares = run(governor, 300, 1.2, start=60.0)
    assert set(shares) == {0.75}


def test_there_is_a_least():
    governor = Governor()
    run(governor, 300, 100.0)
    assert governor.share == SHARES[-1] > 0
