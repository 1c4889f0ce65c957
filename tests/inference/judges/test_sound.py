"""What is made of what a microphone hears."""

from dataclasses import replace
from itertools import count

import pytest

from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.episode import Verdict
from appliance.inference.baseline import Baseline
from appliance.inference.judges import sound
from appliance.inference.judges.context import Context
from appliance.inference.judges.sound import BASE_LINE, Memory, voiced_seconds
from appliance.inference.judges.voices import split
from appliance.inference.onsets import Burst
from appliance.inference.sound import Heard, silence

ROOM = -60.0
CONTEXT = Context(base=Baseline(noise_db=ROOM))
TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE


def heard(at, *, level=ROOM, voice=0.0, **more):
    """Half a second that sounds the same throughout."""
    more = {"chances": (voice,) * 16, "floor": ROOM, "envelope": (level,) * 25, **more}
    return Heard(at=at, position=at, level=level, **more)


def judge(windows, context=CONTEXT, memory=None):
    """-> the ticks of each rule, in order."""
    memory, told = memory or Memory(), []
    for window in windows:
        memory, ticks = sound.judge(memory, window, context)
        told.append(ticks)
    return {code: [ticks[code] for ticks in told if code in ticks] for code in sound.CODES}


def verdicts(windows, code, context=CONTEXT):
    return [tick.verdict for tick in judge(windows, context)[code]]


# --- speech ---


def test_two_seconds_of_voice_are_speech_and_less_is_not():
    windows = [heard(0.5 * n, voice=0.9) for n in range(1, 6)]
    said = judge(windows)["speech"]
    assert [tick.verdict for tick in said] == [FALSE, FALSE, FALSE, TRUE, TRUE]
    assert said[3].why == {"voiced_s": 2.05, "level_db": ROOM}
    assert said[3].score == pytest.approx(2.05 / 4, abs=0.01)


def test_it_is_over_when_the_voice_is():
    windows = [heard(0.5 * n, voice=0.9 if n <= 5 else 0.0) for n in range(1, 8)]
    said = judge(windows)["speech"]
    assert [tick.verdict for tick in said[3:]] == [TRUE, TRUE, FALSE, FALSE]
    assert said[-1].score == 0.0


def test_two_seconds_count_within_four_only():
    spoken = [heard(0.5 * n, voice=0.9 if n <= 2 or n > 8 else 0.0) for n in range(1, 11)]
    assert TRUE not in verdicts(spoken, "speech")


def test_a_pause_within_a_sentence_is_part_of_it():
    sentence = [0.9] * 30 + [0.1] * 8 + [0.9] * 30
    assert voiced_seconds(sentence, 0.5) == pytest.approx(68 * 0.032)
    assert voiced_seconds([0.9] * 30 + [0.1] * 9 + [0.9] * 30, 0.5) == pytest.approx(60 * 0.032)
    assert voiced_seconds([0.4] * 100, 0.5) == 0.0
    assert voiced_seconds([0.9] + [0.4] * 9, 0.5) == pytest.approx(10 * 0.032)  # going on takes less than beginning


def test_the_threshold_of_the_exam_counts():
    strict = Context(rules=in_force(DetectionPolicy(numbers={"speech": {"threshold": 0.95}})))
    assert TRUE not in verdicts([heard(0.5 * n, voice=0.9) for n in range(1, 9)], "speech", strict)


def test_speech_that_is_louder_at_another_seat_is_no_speech_here():
    windows = [heard(0.5 * n, voice=0.9, elsewhere="S7") for n in range(1, 9)]
    said = judge(windows)
    for code in ("speech", "second_voice", "noise", "patterned_sound"):
        assert {tick.verdict for tick in said[code]} == {FALSE}
        assert said[code][-1].why == {"heard_at": "S7"}


def test_what_a_neighbour_said_does_not_count_when_the_candidate_answers():
    asked = [heard(0.5 * n, voice=0.9, elsewhere="S7") for n in range(1, 5)]
    answered = [heard(2.0 + 0.5 * n, voice=0.9) for n in range(1, 4)]
    assert TRUE not in verdicts([*asked, *answered], "speech")
    assert verdicts([*asked, *answered, heard(4.0, voice=0.9)], "speech")[-1] is TRUE


@pytest.mark.parametrize("code", ["speech", "second_voice", "noise", "patterned_sound"])
def test_clipped_sound_says_nothing_for_certain(code):
    assert set(verdicts([heard(0.5 * n, level=-1.0, voice=0.9, clipped=0.02) for n in range(1, 9)], code)) == {
        UNASSESSABLE
    }


@pytest.mark.parametrize("code", sound.CODES)
def test_where_no_sound_comes_nothing_can_be_judged(code):
    assert set(verdicts([silence(0.5 * n) for n in range(1, 9)], code)) == {UNASSESSABLE}


def test_without_the_model_voices_cannot_be_judged():
    said = judge([heard(0.5 * n, chances=None) for n in range(1, 9)])
    assert {code: ticks[-1].verdict for code, ticks in said.items()} == {
        "speech": UNASSESSABLE,
        "second_voice": UNASSESSABLE,
        "noise": UNASSESSABLE,
        "patterned_sound": FALSE,
        "mic_silent": FALSE,
    }


def test_a_clock_that_was_set_back_forgets_what_was_heard():
    windows = [heard(100.0 + 0.5 * n, voice=0.9) for n in range(3)]
    assert verdicts([*windows, heard(50.0, voice=0.9)], "speech")[-1] is FALSE


# --- second voice ---

ANN, BEN = (1.0, 0.0, 0.0), (0.3, 0.954, 0.0)  # cosine .3


def test_two_voices_within_ten_seconds_are_a_second_voice():
    said = judge([replace_voice(n, voice) for n, voice in enumerate([ANN, ANN, ANN, BEN, BEN, BEN], start=1)])
    assert [tick.verdict for tick in said["second_voice"]] == [*[UNASSESSABLE] * 5, TRUE]
    assert said["second_voice"][-1].why == {"alike": 0.3, "windows": 6, "fewer": 3}


def replace_voice(n, voice):
    return replace(heard(0.5 * n, voice=0.9), voice=voice)


def test_one_voice_is_none_however_long_and_a_moment_of_another_is_not_enough():
    assert verdicts([replace_voice(n, ANN) for n in range(1, 20)], "second_voice")[-1] is FALSE
    assert verdicts([replace_voice(n, BEN if n in (5, 6) else ANN) for n in range(1, 20)], "second_voice")[-1] is FALSE


def test_voices_further_apart_than_ten_seconds_are_not_compared():
    apart = [replace_voice(n, ANN) for n in range(1, 4)] + [replace_voice(n + 24, BEN) for n in range(1, 4)]
    assert TRUE not in verdicts(apart, "second_voice")


def test_where_nobody_speaks_there_is_no_second_voice():
    assert verdicts([heard(0.5)], "second_voice") == [FALSE]


def test_splitting_puts_each_voice_to_its_like():
    alike, fewer = split([ANN, BEN, ANN, BEN, BEN])
    assert (alike, fewer) == (pytest.approx(0.3, abs=0.001), 2)
    assert split([ANN, ANN, ANN]) == (1.0, 0)


# --- noise ---


def test_a_steady_sound_far_above_the_floor_is_noise():
    assert verdicts([heard(0.5, level=ROOM + 15.5)], "noise") == [TRUE]
    assert verdicts([heard(0.5, level=ROOM + 14.5)], "noise") == [FALSE]


def test_a_voice_is_no_noise():
    assert verdicts([heard(0.5, level=ROOM + 40, voice=0.9)], "noise") == [FALSE]


def test_what_half_the_room_hears_is_nobodys_noise_but_it_is_one():
    alarm = heard(0.5, level=ROOM + 30, elsewhere="S7", everywhere=True)
    assert verdicts([alarm], "noise") == [TRUE]
    assert verdicts([alarm], "patterned_sound") == [FALSE]


def test_key_presses_are_no_noise():
    envelope = tuple(-25.0 if n % 5 < 3 else ROOM for n in range(25))
    assert verdicts([heard(0.5, level=-27.0, envelope=envelope)], "noise") == [FALSE]


def test_without_check_in_the_floor_is_that_of_the_first_seconds_without_a_voice():
    times = count(1)
    quiet = [heard(0.5 * next(times), level=-50.0) for _ in range(BASE_LINE)]
    spoken = [heard(0.5 * next(times), level=-20.0, voice=0.9) for _ in range(5)]
    fan = heard(0.5 * next(times), level=-34.0)
    said = judge([*quiet[:10], *spoken, *quiet[10:], fan], Context())["noise"]
    assert {tick.verdict for tick in said[: BASE_LINE + 4]} == {UNASSESSABLE}
    assert said[-1].verdict is TRUE
    assert said[-1].why == {"above_db": 16.0, "floor_db": -50.0}


# --- patterns ---


def knocks(*times, level=-30.0, levels=None, voice=0.0, until=None):
    """Everything up to `until`, with knocks at these times."""
    bursts = [Burst(at, level if levels is None else levels[n]) for n, at in enumerate(times)]
    last = until or max(times) + 3.0
    windows = [0.5 * n for n in range(1, int(last * 2) + 1)]
    return [heard(at, voice=voice, bursts=tuple(b for b in bursts if at - 0.5 < b.at <= at)) for at in windows]


CODE = [start + 0.4 * n for start in (1.0, 11.0, 21.0) for n in range(4)]


def test_M79_three_trains_of_even_knocks_are_a_pattern():
    said = judge(knocks(*CODE))["patterned_sound"]
    true = [tick for tick in said if tick.verdict is TRUE]
    assert [tick.why for tick in true] == [{"trains": 3}]
    assert 22.2 < true[0].at < 24.0


def test_two_trains_are_none():
    assert TRUE not in verdicts(knocks(*CODE[:8]), "patterned_sound")


def test_uneven_knocks_are_none():
    uneven = [start + gap for start in (1.0, 11.0, 21.0) for gap in (0.0, 0.3, 0.75, 1.05)]
    assert TRUE not in verdicts(knocks(*uneven), "patterned_sound")


def test_knocks_of_different_loudness_are_none():
    assert TRUE not in verdicts(knocks(*CODE, levels=[-30.0, -40.0, -25.0, -30.0] * 3), "patterned_sound")


def test_a_clock_is_none():
    assert TRUE not in verdicts(knocks(*[0.5 * n for n in range(1, 240)]), "patterned_sound")


def test_syllables_are_none():
    assert TRUE not in verdicts(knocks(*CODE, voice=0.9), "patterned_sound")


def test_trains_more_than_two_minutes_apart_are_none():
    rare = [start + 0.4 * n for start in (1.0, 80.0, 160.0) for n in range(4)]
    assert TRUE not in verdicts(knocks(*rare), "patterned_sound")


# --- silence ---


def test_less_than_the_noise_of_any_room_is_a_silent_microphone():
    assert verdicts([heard(0.5, level=-71.0)], "mic_silent") == [TRUE]
    assert verdicts([heard(0.5, level=-69.0)], "mic_silent") == [FALSE]
