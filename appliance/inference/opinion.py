"""A second opinion on something held: EfficientNet-Lite3 trained on ImageNet.

SSD, trained on COCO, has never seen a wallet and calls it a phone. ImageNet has both.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.inference.boxes import Box, crop
from appliance.inference.models import Model, Picture

_SIDE = 280
_AROUND = 1.25  # the square to look at, in long sides of the box
_PHONES = [487, 590, 605]  # cellular telephone, hand-held computer, iPod
_WALLETS = [748, 893]  # purse, wallet


@dataclass(frozen=True, slots=True)
class Opinion:
    """How much like a phone, and how much like a wallet: the network's logits; 0 is a thing among a thousand."""

    phone: float
    wallet: float

    @property
    def lead(self) -> float:
        """How far the phone is ahead of the wallet."""
        return self.phone - self.wallet


class SecondOpinion:
    """Says what something looks like."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.version = model.version

    def of(self, picture: Picture, box: Box) -> Opinion | None:
        """None when the box lies outside of the picture."""
        half = max(box.width, box.height) * _AROUND / 2
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        part = crop(picture, Box(x - half, y - half, x + half, y + half))
        if part is None:
            return None
        small = np.asarray(cv2.resize(part[0], (_SIDE, _SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)
        logits = next(iter(self._model(np.ascontiguousarray(small[None, :, :, ::-1])).values()))[0]
        return Opinion(phone=float(logits[_PHONES].max()), wallet=float(logits[_WALLETS].max()))
