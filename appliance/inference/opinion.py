"""A closer look at one place: EfficientNet-Lite3 trained on ImageNet, and what of it makes a phone or a page.

SSD, trained on COCO, finds the places and seldom knows what is there. The features of this network do: a phone is told
by our own weights (`training/phones`), a wallet and a page by classes that ImageNet has.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np

from appliance.errors import IntegrityError
from appliance.inference import pack
from appliance.inference.boxes import Box, crop
from appliance.inference.models import FEATURES, Model, Numbers, Picture

_SIDE = 280
_AROUND = 1.25  # the square to look at, in long sides of the box
_PHONES = [487, 590, 605]  # cellular telephone, hand-held computer, iPod
_WALLETS = [748, 893]  # purse, wallet
_PAGES = [917, 918, 921, 922]  # comic book, crossword, book jacket, menu

VETO = 3.0  # how much each logit counts by which a wallet is ahead of a phone
_PAGE = 5.3  # logit at which a page is as likely as not; no other thing came above 5.1 (docs/detection.md)
_FEATURES = 1280


@dataclass(frozen=True, slots=True)
class Opinion:
    """What something looks like: how sure it is a phone, and a page, 0..1; `shape`: how sure it is a phone or something
    of a phone's shape; `lead`: logits by which ImageNet's phones are ahead of its wallets."""

    phone: float
    page: float
    shape: float
    lead: float


class PhoneHead:
    """Our own weights: a linear sum of the root of each feature and of the box's shape and size."""

    def __init__(self, weights: Numbers, bias: float) -> None:
        self._weights, self._bias = weights, bias

    def logit(self, features: Numbers, box: Box, *, area: float) -> float:
        """`area`: of the picture in pixels. Above 0 it is a phone."""
        return float(inputs(features, box, area=area) @ self._weights) + self._bias


def inputs(features: Numbers, box: Box, *, area: float) -> Numbers:
    """What the head decides by, [1283]."""
    aspect = math.log(max(box.width, 1.0) / max(box.height, 1.0))
    size = math.log(max(box.area, 1.0) / area) / 2
    return np.concatenate([np.sqrt(np.maximum(features, 0)), [aspect, abs(aspect), size]]).astype(np.float32)


def load_head(folder: Path) -> PhoneHead:
    """Out of the model pack: an .npz of `weights` [1283] and `bias`. IntegrityError when it is not that."""
    file = pack.locate(folder, "phones")
    try:
        with open(file, "rb") as data, np.load(data) as said:
            weights, bias = said["weights"].astype(np.float32), float(said["bias"])
    except (OSError, EOFError, KeyError, ValueError, TypeError, BadZipFile) as error:
        raise IntegrityError(f"{file.name} holds no weights: {error}", hint="Install the appliance anew.") from None
    if weights.shape != (_FEATURES + 3,) or not np.isfinite(weights).all():
        raise IntegrityError(f"{file.name} holds other weights than expected", hint="Install the appliance anew.")
    return PhoneHead(weights, bias)


class SecondOpinion:
    """Says what something looks like."""

    def __init__(self, model: Model, head: PhoneHead) -> None:
        self._model = model
        self._head = head
        self.version = pack.version("phones")

    def of(self, picture: Picture, box: Box) -> Opinion | None:
        """None when the box lies outside of the picture."""
        found = look_closer(self._model, picture, box)
        if found is None:
            return None
        features, logits = found
        lead = lead_of(logits)
        height, width = picture.shape[:2]
        shape = self._head.logit(features, box, area=width * height)
        return Opinion(
            phone=_share(shape + VETO * min(0.0, lead)),
            page=_share(float(logits[_PAGES].max()) - _PAGE),
            shape=_share(shape),
            lead=lead,
        )


def look_closer(model: Model, picture: Picture, box: Box) -> tuple[Numbers, Numbers] | None:
    """Features [1280] and ImageNet's logits [1000] of the square around a box; None when it lies outside."""
    around = square(box)
    part = crop(picture, around)
    if part is None:
        return None
    small = np.asarray(cv2.resize(part[0], (_SIDE, _SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)
    out = model(np.ascontiguousarray(small[None, :, :, ::-1]))
    logits = next(values for name, values in out.items() if name != FEATURES)
    return np.array(out[FEATURES][0], np.float32), np.array(logits[0], np.float32)


def lead_of(logits: Numbers) -> float:
    """By how many logits a phone is likelier than a wallet."""
    return float(logits[_PHONES].max() - logits[_WALLETS].max())


def square(box: Box) -> Box:
    """What is looked at for a box."""
    half = max(box.width, box.height) * _AROUND / 2
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return Box(x - half, y - half, x + half, y + half)


def _share(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
