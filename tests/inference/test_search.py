"""Phones and pages of one picture: where is looked, how often, and what is remembered."""

import numpy as np
import pytest

from appliance.inference.boxes import Box
from appliance.inference.hands import Palm
from appliance.inference.objects import BOOK, PERSON, PHONE, Sighting
from appliance.inference.opinion import Opinion
from appliance.inference.search import CLOSER_LOOKS, Search, merge

PICTURE = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
PALM = Palm(Box(80, 300, 160, 380), 0.8, (120, 390), (120, 330))
NOTHING = Opinion(phone=0.02, page=0.02, shape=0.02, lead=0.0)
A_PHONE = Opinion(phone=0.9, page=0.02, shape=0.9, lead=3.0)
A_WALLET = Opinion(phone=0.01, page=0.02, shape=0.9, lead=-3.0)
A_PAGE = Opinion(phone=0.02, page=0.9, shape=0.02, lead=0.0)


def sighting(*places, kind=PHONE, score=0.2, width=640, height=480):
    scores = np.zeros((len(places), 91), np.float32)
    scores[:, kind] = score
    return Sighting(np.array(places, np.float32).reshape(-1, 4), scores, width, height)


class Finder:
    """Sees nothing in parts of the picture, or what it was told of the n-th."""

    def __init__(self, *seen):
        self.seen, self.looks = list(seen), []

    def look(self, piece):
        self.looks.append((piece.shape[1], piece.shape[0]))
        return self.seen.pop(0) if self.seen else sighting()


class Opinions:
    def __init__(self, opinion):
        self.opinion, self.asked = opinion, []

    def of(self, picture, box):
        self.asked.append(box)
        return self.opinion


def test_a_place_that_looks_like_a_phone_is_told_where_it_is():
    phones, pages = Search(Finder(), Opinions(A_PHONE)).look(PICTURE, sighting((300, 200, 360, 320)), [])
    (phone,) = phones
    assert (phone.box, phone.score, phone.lead) == (Box(300, 200, 360, 320), 0.9, 3.0)
    assert pages == ()


def test_a_wallet_is_told_too_with_what_speaks_against_a_phone():
    (wallet,), _ = Search(Finder(), Opinions(A_WALLET)).look(PICTURE, sighting((300, 200, 360, 320)), [])
    assert (wallet.score, wallet.shape, wallet.lead) == (0.01, 0.9, -3.0)


def test_the_corners_are_looked_at_in_turn_and_hands_each_time():
    finder = Finder()
    search = Search(finder, Opinions(NOTHING))
    for _ in range(2):
        search.look(PICTURE, sighting(), [PALM])
    corner, hand = finder.looks[:2]
    assert finder.looks == [corner, hand] * 2
    assert corner == (pytest.approx(0.62 * 640, abs=1), pytest.approx(0.62 * 480, abs=1))


def test_what_is_found_in_a_corner_lies_in_the_whole_picture():
    finder = Finder(sighting((10, 20, 70, 120)), sighting((10, 20, 70, 120)))
    search = Search(finder, Opinions(NOTHING))
    opinions = search._opinions
    search.look(PICTURE, sighting(), [])
    search.look(PICTURE, sighting(), [])
    left, right = opinions.asked
    assert (left.left, left.top) == (10, 20 + int(0.38 * 480))
    assert (right.left, right.top) == (10 + int(0.38 * 640), 20 + int(0.38 * 480))


def test_a_corner_that_shows_a_phone_is_looked_at_again():
    seen = sighting((10, 20, 70, 120))
    opinions = Opinions(A_PHONE)
    search = Search(Finder(seen, seen), opinions)
    search.look(PICTURE, sighting(), [])
    search.look(PICTURE, sighting(), [])
    assert opinions.asked[0] == opinions.asked[1]


def test_a_place_where_nothing_is_is_judged_once_while_it_looks_the_same():
    opinions = Opinions(NOTHING)
    search = Search(Finder(), opinions)
    for shift in (0, 2, 4):
        search.look(PICTURE, sighting((300 + shift, 200, 360 + shift, 320)), [])
    assert len(opinions.asked) == 1
    search.look(255 - PICTURE, sighting((300, 200, 360, 320)), [])
    assert len(opinions.asked) == 2


def test_what_may_be_a_phone_is_judged_each_time():
    opinions = Opinions(A_PHONE)
    search = Search(Finder(), opinions)
    for _ in range(3):
        search.look(PICTURE, sighting((300, 200, 360, 320)), [])
    assert len(opinions.asked) == 3


def test_many_places_cost_no_more_than_a_few_looks():
    places = [(40 * i, 60 * j, 40 * i + 30, 60 * j + 50) for i in range(15) for j in range(7)]
    opinions = Opinions(A_PHONE)
    search = Search(Finder(), opinions)
    for _ in range(10):
        opinions.asked.clear()
        search.look(PICTURE, sighting(*places), [PALM])
        assert len(opinions.asked) <= CLOSER_LOOKS


def test_small_print_of_the_room_is_no_page():
    small, large = (0, 0, 60, 60), (100, 100, 300, 400)
    _, pages = Search(Finder(), Opinions(A_PAGE)).look(PICTURE, sighting(small, large), [])
    assert [page.box for page in pages] == [Box(*large)]


def test_the_same_place_seen_twice_is_one():
    spots = sighting((100, 100, 160, 200), (300, 100, 360, 200)).spots()
    again = sighting((102, 101, 161, 202), score=0.4).spots()
    assert [spot.worth for spot in merge([*spots, *again])] == [again[0].worth, spots[1].worth]


@pytest.mark.parametrize(
    ("place", "kind", "score"),
    [
        ((0, 0, 640, 480), PHONE, 0.9),  # the whole picture
        ((0, 0, 8, 8), PHONE, 0.9),  # a speck
        ((100, 100, 160, 200), PERSON, 0.9),
        ((100, 100, 160, 200), BOOK, 0.16),
        ((100, 100, 160, 200), PHONE, 0.03),
    ],
)
def test_what_is_no_place_for_a_phone(place, kind, score):
    assert sighting(place, kind=kind, score=score).spots() == []


def test_anything_small_is_a_place_for_a_phone():
    assert len(sighting((100, 100, 160, 200), kind=BOOK, score=0.2).spots()) == 1
