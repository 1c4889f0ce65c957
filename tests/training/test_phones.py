"""The head for phones: how its pictures are split, what it learns from, that it learns."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from appliance.inference.boxes import Box
from training.phones.fit import fit, rows
from training.phones.pictures import BLOCK, Shot, folds, read
from training.phones.views import DRAWN, FOUND, View, drawn

PHONE = ("phone", Box(10, 20, 110, 220))
SHOT = Shot(Path("a.jpg"), "cellphone", "ann", "held_up", "train", False, (PHONE,))
EMPTY = replace(SHOT, boxes=())


def view(*places):
    """Places as (value of every input, overlap with a phone, source, drawn as a phone)."""
    x = np.repeat(np.array([[value] for value, *_ in places], np.float32), 1283, axis=1)
    lead, overlap, source, phone = (np.array(v, np.float32) for v in zip(*((0, *p[1:]) for p in places), strict=True))
    return View(x, lead, overlap, source, phone, 0.0)


def test_nobody_is_in_two_folds_and_holders_of_phones_are_in_all():
    shots = [replace(s, who=f"{s.pose}{n % 6}") for n in range(60) for s in (SHOT, replace(EMPTY, pose="none"))]
    placed = folds(shots, 5)
    of = {shot.who: {fold for s, fold in zip(shots, placed, strict=True) if s.who == shot.who} for shot in shots}
    assert all(len(found) == 1 for found in of.values())
    assert {fold for shot, fold in zip(shots, placed, strict=True) if shot.phones} == set(range(5))


def test_pictures_of_nobody_in_particular_stay_together_in_blocks(tmp_path):
    images = [
        {"id": n, "file_name": f"{n}.jpg", "group": "desk", "person": None, "pose": "on_desk", "split": "train"}
        for n in range(3 * BLOCK)
    ]
    note = {"image_id": 0, "category_id": 1, "bbox": [10, 20, 100, 200]}
    said = {"categories": [{"id": 1, "name": "phone"}], "images": images, "annotations": [note]}
    (tmp_path / "annotations.json").write_text(json.dumps(said))
    shots = read(tmp_path)
    assert shots[0].boxes == (PHONE,)
    names = [shot.who for shot in shots]
    assert [names.count(name) for name in dict.fromkeys(names)] == [BLOCK] * 3


def test_a_place_that_half_covers_a_phone_teaches_nothing():
    x, y, weight = rows([view((1.0, 0.9, FOUND, 0), (2.0, 0.3, FOUND, 0), (3.0, 0.0, FOUND, 0), (4.0, 0.0, DRAWN, 0))])
    assert sorted(zip(x[:, 0], y, strict=True)) == [(1.0, 1.0), (3.0, 0.0), (4.0, 0.0)]
    assert weight.sum() == pytest.approx(1 + 2**0.5)


def test_a_phone_is_learned_also_as_it_was_drawn_mirrored_and_moved():
    places = list(drawn("phone", PHONE[1]))
    assert places == list(drawn("phone", PHONE[1]))
    assert len(places) == 6
    assert all(box.overlap(PHONE[1]) > 0.5 for box, _ in places)
    assert len(list(drawn("hand", PHONE[1]))) == 2


def test_the_head_learns_what_sets_phones_apart():
    random = np.random.default_rng(0)
    y = (random.random(400) < 0.2).astype(float)
    x = random.normal(size=(400, 300)).astype(np.float32)
    x[:, 7] += 3 * y
    weights, bias = fit(x, y, np.ones(400))
    said = x @ weights + bias
    assert np.argmax(np.abs(weights)) == 7
    assert (said[y == 1] > 0).mean() > 0.9
    assert (said[y == 0] < 0).mean() > 0.9
