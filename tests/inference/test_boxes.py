"""Rectangles."""

import numpy as np
import pytest

from appliance.inference.boxes import Box, crop, suppress


def test_overlap_and_share():
    box, half = Box(0, 0, 10, 10), Box(5, 0, 15, 10)
    assert box.overlap(half) == pytest.approx(1 / 3)
    assert box.share_in(half) == pytest.approx(0.5)
    assert box.overlap(Box(20, 20, 30, 30)) == 0.0
    assert Box(0, 0, 0, 0).overlap(Box(0, 0, 0, 0)) == 0.0
    assert Box(3, 3, 3, 3).share_in(box) == 0.0


def test_a_box_upside_down_has_no_area():
    assert Box(10, 10, 0, 0).area == 0.0


def test_crop_keeps_to_the_picture():
    picture = np.arange(20 * 30 * 3, dtype=np.uint32).reshape(20, 30, 3).astype(np.uint8)
    piece, place = crop(picture, Box(-5.5, -5, 10.2, 100))
    assert piece.shape == (20, 11, 3)
    assert place == Box(0, 0, 11, 20)
    assert crop(picture, Box(40, 0, 50, 10)) is None
    assert crop(picture, Box(5, 5, 5, 5)) is None


def test_suppress_keeps_the_best_of_each_place():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60], [0, 0, 10, 10]], np.float32)
    scores = np.array([0.5, 0.9, 0.4, 0.1], np.float32)
    assert list(suppress(boxes, scores, overlap=0.5)) == [1, 2]
    assert list(suppress(boxes[:0], scores[:0], overlap=0.5)) == []
