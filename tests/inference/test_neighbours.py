"""Who sits at the seat and who beside it, on real clips of which the first seconds are taken for the check-in."""

from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from appliance.box.paths import models_folder
from appliance.inference import checkin
from appliance.inference.detectors import load_detectors
from appliance.inference.judges import presence
from appliance.inference.judges.context import Context
from appliance.inference.look import Look
from appliance.inference.observe import Observer
from appliance.inference.replay import pictures
from appliance.inference.track import Track
from appliance.inference.watch import Begun

FOOTAGE = Path(__file__).parents[3] / "shared" / "footage" / "clips"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not FOOTAGE.is_dir(), reason="the footage is not here"),
    pytest.mark.skipif(not (models_folder() / "pack.json").is_file(), reason="no model pack: appliance models prepare"),
]


@pytest.fixture(scope="module")
def detectors():
    return load_detectors(models_folder(), threads=1)


def clip(name):
    (found,) = FOOTAGE.glob(f"{name}_*")
    return found


def looks(filmed, detectors, until=12.0):
    """Twice a second, for faces and persons."""
    observer, due = Observer(detectors), 0.0
    for at, picture in filmed:
        if due <= at + 0.05 and at < until:
            due = at + 0.5
            yield observer.look(picture, at=at, position=at, wants={Look.FACES, Look.OBJECTS})


def raised(seen, *, check_in):
    """Flags of a clip; with `check_in` its first eight good pictures are the base line, and no rule holds before."""
    taking = ()
    track = Track(presence.judge, presence.Memory(), Context())
    found = []
    for look in seen:
        if check_in and track.context.base.zone is None:
            taking = checkin.add(taking, look, track.context)
            if base := checkin.base_line(taking):
                track.rest_on(base)
            continue
        found += [(out.code, out.episode.onset_at) for out in track.see(look) if isinstance(out, Begun)]
    return found


@pytest.mark.parametrize("name", ["A13", "A14", "A15"])
def test_whoever_comes_after_check_in_is_a_second_person(name, detectors):
    ((code, onset),) = raised(looks(pictures(clip(name)), detectors), check_in=True)
    assert code == "multiple_people"
    assert 4.0 <= onset <= 7.5


def beside(name, other):
    """A clip with another one, a quarter as large, at its right edge: somebody who sits farther back."""
    small = [cv2.resize(picture, (160, 120), interpolation=cv2.INTER_AREA) for _, picture in pictures(clip(other))]
    for n, (at, picture) in enumerate(pictures(clip(name))):
        both = picture.copy()
        both[180:300, 480:640] = small[n % len(small)]
        yield at, both


@pytest.fixture(scope="module")
def with_neighbour(detectors):
    return list(looks(beside("A01", "A31"), detectors))


def test_a_neighbour_who_was_there_at_check_in_is_none(with_neighbour):
    seen = with_neighbour
    assert raised(seen, check_in=True) == []
    assert [code for code, _ in raised(seen, check_in=False)] == ["multiple_people"]


def test_that_the_candidate_leaves_is_seen_beside_a_neighbour_who_stays(with_neighbour):
    twice = [*with_neighbour, *(replace(look, at=look.at + 12.0) for look in with_neighbour)]
    left = [
        replace(look, faces=_right(look.faces), persons=_right(look.persons)) if look.at >= 6.0 else look
        for look in twice
    ]
    assert raised(left, check_in=True) == [("face_absent", 6.0)]


def _right(found):
    """What lies at the neighbour's place."""
    return None if found is None else tuple(one for one in found if one.box.left > 470.0)
