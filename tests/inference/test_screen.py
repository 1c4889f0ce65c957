"""Change on a shared screen: what is still, what is another page, and what lay over it for a while."""

import cv2
import numpy as np
import pytest

from appliance.inference.screen import Changes


def desktop(offset=0, *, seed=7):
    """A page of text, scrolled."""
    pixels = np.full((360, 640, 3), 245, np.uint8)
    rng = np.random.default_rng(seed)
    for row in range(60):
        y = 30 + row * 14 - offset
        for x in range(40, 560, 40):
            width = int(rng.integers(10, 36))
            if 8 < y < 350:
                pixels[y : y + 7, x : x + width] = 60
    return pixels


def over(picture, *, left=400, top=220, width=200, height=110, shade=30):
    shown = picture.copy()
    shown[top : top + height, left : left + width] = shade
    cv2.putText(shown, "Ben: is it 42?", (left + 10, top + 40), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (250, 250, 250), 1)
    return shown


def looks(*pictures):
    changes = Changes()
    return [changes.look(picture, at=float(at), position=None) for at, picture in enumerate(pictures)]


def popups(*pictures):
    return [popup for _, popup in looks(*pictures) if popup is not None]


def test_a_screen_that_stands_still_does_not_change_and_a_page_that_is_turned_does():
    (_, _), (same, _), (turned, _) = looks(desktop(), desktop(), desktop(seed=8))
    assert (same.changed, same.moved) == (0.0, 0.0)
    assert turned.moved > 0.1


def test_a_page_that_is_scrolled_a_little_is_no_other_page_but_it_has_changed():
    (_, _), (scrolled, _) = looks(desktop(), desktop(25))
    assert scrolled.moved == 0.0
    assert scrolled.changed > 0.1


def test_a_window_that_comes_and_goes_is_seen_when_it_goes():
    (found,) = popups(desktop(), over(desktop()), over(desktop()), over(desktop()), desktop())
    assert (found.since, found.at) == (1.0, 4.0)
    assert found.share == pytest.approx(200 * 110 / (640 * 360), abs=0.02)


def test_what_is_written_in_it_meanwhile_does_not_hide_it():
    chatty = over(desktop())
    cv2.putText(chatty, "no, 43", (410, 300), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (250, 250, 250), 1)
    assert len(popups(desktop(), over(desktop()), chatty, desktop())) == 1


@pytest.mark.parametrize(
    "pictures",
    [
        (desktop(), over(desktop()), over(desktop())),  # it stays
        (desktop(), desktop(100), desktop(200), desktop(300)),  # scrolling
        (desktop(), over(desktop(), width=8, height=12), desktop()),  # a pointer
        (desktop(), over(desktop()), desktop(200), over(desktop(200)), desktop(90)),  # nothing comes back as it was
    ],
    ids=["stays", "scrolls", "pointer", "another page"],
)
def test_what_is_no_pop_up(pictures):
    assert popups(*pictures) == []


def test_a_scroll_and_back_is_no_pop_up():
    assert popups(desktop(), desktop(100), desktop()) == []


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((360, 640, 3), np.uint8),
        np.zeros((10, 640, 3), np.uint8),
        np.zeros((360, 640), np.uint8),
        np.zeros((0, 0, 3), np.uint8),
    ],
    ids=["a pixel", "black", "a strip", "grey", "nothing"],
)
def test_a_picture_that_cannot_be_judged_gives_an_empty_look_and_no_pop_up_afterwards(picture):
    seen = looks(desktop(), picture, desktop(), desktop())
    assert (seen[1][0].changed, seen[1][0].moved) == (None, None)
    assert [popup for _, popup in seen if popup] == []
    assert seen[3][0].moved == 0.0


def test_a_large_picture_is_judged_like_a_small_one():
    large = cv2.resize(desktop(), (7680, 4320))
    (_, _), (seen, _) = looks(large, large)
    assert seen.moved == 0.0


def test_torn_pictures_are_movement_and_no_pop_up():
    rng = np.random.default_rng(3)
    torn = [desktop()]
    for _ in range(6):
        page = desktop()
        page[int(rng.integers(20, 180)) :] = np.roll(page, int(rng.integers(30, 300)), axis=1)[:1]
        torn.append(page)
    assert all(popup is None or popup.share <= 1.0 for _, popup in looks(*torn))
