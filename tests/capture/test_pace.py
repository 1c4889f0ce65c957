from appliance.capture.pace import LOSS, ROUND_TRIP_SECONDS, SLOW_SECONDS, Pace


def test_a_line_that_keeps_losing_is_too_slow():
    pace = Pace()
    for second in range(4):
        pace.lost(LOSS, now=float(second))
        assert not pace.too_slow(now=float(second))
    assert pace.too_slow(now=SLOW_SECONDS)


def test_a_good_report_makes_it_good_again():
    pace = Pace()
    pace.lost(0.5, now=0.0)
    pace.lost(0.05, now=3.0)
    pace.lost(0.5, now=3.5)
    assert not pace.too_slow(now=5.0)
    assert pace.too_slow(now=3.5 + SLOW_SECONDS)


def test_a_line_that_does_not_answer_or_late_is_too_slow():
    for seconds in (None, ROUND_TRIP_SECONDS):
        pace = Pace()
        pace.answered(seconds, now=0.0)
        pace.answered(seconds, now=2.0)
        assert not pace.too_slow(now=3.9)
        assert pace.too_slow(now=4.0)


def test_a_lossy_line_that_answers_in_time_is_watched_on():
    pace = Pace()
    for second in range(60):
        pace.lost(0.1, now=float(second))
        pace.answered(0.3, now=float(second))
    assert not pace.too_slow(now=60.0)


def test_one_good_sign_does_not_hide_the_other_bad_one():
    pace = Pace()
    for second in range(5):
        pace.lost(0.6, now=float(second))
        pace.answered(0.01, now=float(second))
    assert pace.too_slow(now=4.0)
