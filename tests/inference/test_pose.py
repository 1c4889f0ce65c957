"""Angles of a head from points: known poses come back, and what is no head gives none."""

import cv2
import numpy as np
import pytest

from appliance.inference import pose


def projected(points, *, yaw=0.0, pitch=0.0, x=0.0):
    """Where a camera sees these points of a head, 60 cm away and `x` cm to the right, that is turned so."""
    across, _ = cv2.Rodrigues(np.array([0.0, np.radians(-yaw), 0.0]))
    down, _ = cv2.Rodrigues(np.array([np.radians(pitch), 0.0, 0.0]))
    turn, _ = cv2.Rodrigues(across @ down)
    camera = np.array([[640.0, 0, 320], [0, 640, 240], [0, 0, 1]])
    seen, _ = cv2.projectPoints(points, turn, np.array([x, 0.0, 60.0]), camera, None)
    return seen.reshape(-1, 2)


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (30, 0), (-30, 0), (0, 25), (0, -25), (60, 10), (-70, 0)])
def test_a_pose_comes_back(yaw, pitch):
    found = pose.from_five(projected(pose._FIVE, yaw=yaw, pitch=pitch), width=640, height=480)
    assert (found.yaw, found.pitch) == pytest.approx((yaw, pitch), abs=2)
    mesh = np.zeros((468, 2))
    mesh[list(pose._POINTS)] = projected(pose._FACE, yaw=yaw, pitch=pitch)
    found = pose.from_mesh(mesh, width=640, height=480)
    assert (found.yaw, found.pitch) == pytest.approx((yaw, pitch), abs=2)


def test_who_faces_the_camera_from_the_edge_of_the_picture_looks_at_it():
    aside = np.degrees(np.arctan2(20.0, 60.0))
    found = pose.from_five(projected(pose._FIVE, yaw=-aside, x=20.0), width=640, height=480)
    assert found.yaw == pytest.approx(0.0, abs=1)


@pytest.mark.parametrize(
    "points",
    [(), [(10.0, 10.0)] * 5, [(i * 1.0, i * 1.0) for i in range(5)], [(float("nan"), 0.0)] * 5, [(1e6, 1e6)] * 5],
    ids=["none", "one spot", "a line", "no numbers", "far away"],
)
def test_what_is_no_head_has_no_pose(points):
    assert pose.from_five(points, width=640, height=480) is None
