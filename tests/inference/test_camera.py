"""Light, structure and stillness of a picture."""

import cv2
import numpy as np
import pytest

from appliance.inference import camera
from appliance.inference.camera import STILL, Stillness

rng = np.random.default_rng(7)


@pytest.fixture
def scene():
    """Something with coarse and fine structure, as a room has."""
    coarse = cv2.resize(rng.integers(40, 220, (12, 16, 3), np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(rng.integers(0, 40, (240, 320, 3), np.uint8), (640, 480))
    return np.clip(coarse.astype(int) + fine - 20, 0, 255).astype(np.uint8)


def test_blur_takes_detail_and_leaves_the_scene(scene):
    sharp = camera.measure(camera.shrink(scene))
    soft = camera.measure(camera.shrink(cv2.GaussianBlur(scene, (0, 0), 8)))
    assert soft.detail < 0.4 * sharp.detail
    assert soft.edges > 0.6 * sharp.edges
    assert soft.luma == pytest.approx(sharp.luma, abs=2)


def test_a_dark_picture_with_noise_has_no_edges(scene):
    noise = rng.integers(0, 12, scene.shape, np.uint8)
    dark = camera.measure(camera.shrink(noise))
    assert dark.luma < 10
    assert dark.edges < 0.1 * camera.measure(camera.shrink(scene)).edges


@pytest.mark.parametrize("shape", [(48, 48, 3), (48, 4096, 3), (4096, 48, 3), (480, 640, 3)])
def test_any_shape_can_be_measured(shape):
    view = camera.measure(camera.shrink(np.full(shape, 128, np.uint8)))
    assert view.luma == pytest.approx(128, abs=1)
    assert view.edges == pytest.approx(0, abs=1e-3)


def test_a_standing_picture_is_still_through_the_noise_of_an_encoder(scene):
    stillness = Stillness()
    assert stillness.changed(camera.shrink(scene)) is None
    for _ in range(20):
        noisy = np.clip(scene.astype(int) + rng.integers(-2, 3, scene.shape), 0, 255).astype(np.uint8)
        assert stillness.changed(camera.shrink(noisy)) < STILL


def test_something_that_moves_slowly_is_not_still(scene):
    """Each picture differs little from the one before, but the first and the last are far apart."""
    stillness = Stillness()
    shares = []
    for step in range(12):
        moved = scene.copy()
        moved[100:300, 100:300] = np.clip(moved[100:300, 100:300].astype(int) + 2 * step, 0, 255)
        shares.append(stillness.changed(camera.shrink(moved)))
    assert max(shares[1:]) > STILL


def test_another_size_is_another_picture(scene):
    stillness = Stillness()
    stillness.changed(camera.shrink(scene))
    assert stillness.changed(camera.shrink(scene[:, :320])) is None
