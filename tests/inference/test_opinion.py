"""A closer look at one place: a phone by our own weights, a wallet and a page by what ImageNet knows."""

import numpy as np
import pytest

from appliance.errors import IntegrityError
from appliance.inference import pack
from appliance.inference.boxes import Box
from appliance.inference.models import FEATURES
from appliance.inference.opinion import PhoneHead, SecondOpinion, inputs, load_head

PICTURE = np.zeros((480, 640, 3), np.uint8)
PLACE = Box(100, 100, 200, 300)
PHONE, WALLET, PAGE, CHAIR = 487, 893, 922, 559


class Network:
    """Says the same of everything."""

    version = "a network"

    def __init__(self, **logits):
        self.logits = np.zeros((1, 1000), np.float32)
        for name, value in logits.items():
            self.logits[0, {"phone": PHONE, "wallet": WALLET, "page": PAGE, "chair": CHAIR}[name]] = value
        self.shapes = []

    def __call__(self, tensor):
        self.shapes.append(tensor.shape)
        return {"logits": self.logits, FEATURES: np.full((1, 1280), 4.0, np.float32)}


def opinion(bias=0.0, box=PLACE, **logits):
    head = PhoneHead(np.zeros(1283, np.float32), bias)
    return SecondOpinion(Network(**logits), head).of(PICTURE, box)


def test_the_head_decides_by_the_roots_of_features_and_by_shape_and_size():
    said = inputs(np.full(1280, 4.0, np.float32), PLACE, area=640 * 480)
    assert said[:1280] == pytest.approx(2.0)
    assert said[1280:] == pytest.approx([np.log(0.5), np.log(2), np.log(20000 / 307200) / 2])


def test_a_phone_is_above_one_half_where_the_head_says_so():
    assert opinion(bias=2.0).phone > 0.85
    assert opinion(bias=0.0).phone == pytest.approx(0.5)
    assert opinion(bias=-2.0).phone < 0.15


def test_a_wallet_takes_it_back_and_a_phone_adds_nothing():
    assert opinion(bias=2.0, wallet=2.0).phone < 0.05
    assert opinion(bias=2.0, phone=9.0, wallet=2.0).phone == opinion(bias=2.0).phone
    assert opinion(phone=3.0, wallet=1.0).lead == pytest.approx(2.0)


def test_a_page_by_the_classes_of_print_and_nothing_else():
    assert opinion(page=8.0).page > 0.9
    assert opinion(page=5.0).page < 0.6
    assert opinion(chair=12.0).page < 0.1


def test_a_place_outside_of_the_picture_has_no_opinion():
    assert opinion(box=Box(700, 10, 800, 100)) is None


def test_a_place_at_the_edge_is_looked_at_as_far_as_it_is_there():
    network = Network()
    assert SecondOpinion(network, PhoneHead(np.zeros(1283, np.float32), 0.0)).of(PICTURE, Box(600, 400, 700, 500))
    assert network.shapes == [(1, 280, 280, 3)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        b"PK\x03\x04 cut off",
        {"weights": np.zeros(10), "bias": 0.0},
        {"weights": np.full(1283, np.nan), "bias": 0.0},
        {"weights": np.zeros(1283)},
    ],
    ids=["empty", "text", "cut off", "too few", "no numbers", "no bias"],
)
def test_weights_that_are_none_are_refused(tmp_path, monkeypatch, content):
    file = tmp_path / "phones.npz"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        np.savez(file, **content)
    monkeypatch.setattr(pack, "locate", lambda folder, name: file)
    with pytest.raises(IntegrityError, match="weights") as caught:
        load_head(tmp_path)
    assert caught.value.hint
