"""The pictures of a flag are those of its episode: first true tick, strongest, last."""

from appliance.exam.episode import Tick, Verdict
from appliance.inference.watch import Begun, Over, Shot, Watch

CODE = "face_absent"


def fold(watch, said):
    """(seconds, true?, score) -> outputs; a tick each half second."""
    outputs = []
    for at, true, score in said:
        tick = Tick(at=at, verdict=Verdict.TRUE if true else Verdict.FALSE, position=at, score=score if true else 0.0)
        outputs += watch.fold({CODE: tick}, Shot(at, b"jpeg"))
    return outputs


def span(start, seconds, true, score=0.5):
    return [(start + n / 2, true, score) for n in range(int(seconds * 2))]


def test_the_first_picture_is_that_of_the_onset_even_after_a_spell_that_did_not_count():
    watch = Watch()
    spell = span(0, 3, True) + span(3, 2, False)  # too short to fire; false not long enough to be forgotten
    (begun,) = fold(watch, spell + span(5, 12, True) + [(17.0, True, 0.9), (17.5, True, 0.4)])
    assert isinstance(begun, Begun)
    assert begun.shots["onset"].at == begun.episode.onset_at
    assert begun.shots["peak"].at == begun.episode.peak_at
    (over,) = [o for o in fold(watch, span(18, 30, False)) if isinstance(o, Over)]
    moments = {moment: shot.at for moment, shot in over.shots.items()}
    assert moments == {"onset": over.episode.onset_at, "peak": 17.0, "last": 17.5}


def test_a_flag_taken_up_again_keeps_its_first_picture():
    watch = Watch()
    fold(watch, span(0, 10, True) + span(10, 4, False))
    outputs = fold(watch, span(14, 10, True, score=0.8) + span(24, 30, False))
    (over,) = [o for o in outputs if isinstance(o, Over)]
    assert over.shots["onset"].at == over.episode.onset_at == 0.0
    assert over.shots["peak"].at == over.episode.peak_at
    assert over.shots["last"].at == over.episode.last_at
