"""A photographed page: checked, made anew without whatever else the file carries, and measured."""

import threading
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.errors import BadInput
from appliance.web.context import t
from appliance.web.photo import sides

LARGEST_FILE = 12_000_000
"""Bytes of one photo."""

SMALLEST, LARGEST, MOST_PIXELS = 600, 12_000, 110_000_000
"""Pixels of either side, and of the whole: phones have up to 108 million. A file may claim any size in a few bytes."""

_KEPT = 3000
_QUALITY = 85
_SIDE = 1600
_TILE = 64
_CONTRAST, _LEAST_CONTRAST = 0.06, 8.0
_RANK = 5

_decoding = threading.BoundedSemaphore(2)
"""A large photo takes some 100 MB for a moment: at most two at a time."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as it is kept: a JPEG of our own, `sharpness` and `light` (0 to 255) as measured."""

    jpeg: bytes
    sharpness: float
    light: float


def renew(data: bytes) -> Sheet:
    """The same page, upright, 3000 pixels at most, no metadata. BadInput when it is no JPEG, or not of a size that can
    be used."""
    if len(data) > LARGEST_FILE:
        raise BadInput(t("server.sheet_large"), hint=t("server.sheet_hint"))
    found = sides(data)
    if found is None:
        raise BadInput(t("server.sheet_none"), hint=t("server.sheet_hint"))
    width, height = found
    if min(found) < SMALLEST or max(found) > LARGEST or width * height > MOST_PIXELS:
        raise BadInput(t("server.sheet_size", width=width, height=height), hint=t("server.sheet_hint"))
    with _decoding:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), _reading(max(found)))
        if picture is None or max(picture.shape[:2]) > LARGEST:
            raise BadInput(t("server.sheet_none"), hint=t("server.sheet_hint"))
        picture = _at_most(picture, _KEPT)
        done = bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])
        return Sheet(done, *measure(picture))


def _reading(longest: int) -> int:
    """A picture of many more pixels than are kept is decoded at a half or a quarter at once."""
    if longest >= 4 * _KEPT:
        return int(cv2.IMREAD_REDUCED_COLOR_4)
    return int(cv2.IMREAD_REDUCED_COLOR_2 if longest >= 2 * _KEPT else cv2.IMREAD_COLOR)


def _at_most(picture: NDArray[Any], longest: int) -> NDArray[Any]:
    shrink = longest / max(picture.shape[:2])
    if shrink >= 1:
        return picture
    smaller: NDArray[Any] = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return smaller


def measure(picture: NDArray[Any]) -> tuple[float, float]:
    """-> (sharpness, light). Both on a picture whose longer side has 1600 pixels, so that a better camera does not look
    sharper.

    Sharpness: the variance of the Laplacian over the variance of the picture itself, in squares that hold writing or an
    edge; the fifth sharpest of them counts. Divided like this it does not depend on the light or on how dark the ink
    is; one square would be a speck of dust. 0 where next to nothing is on the page. Light: what three quarters of the
    picture do not exceed, which is the paper."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    scale = _SIDE / max(grey.shape)
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    light = float(np.percentile(grey, 75))
    calm = cv2.GaussianBlur(grey, (3, 3), 0).astype(np.float32)  # a camera's noise is no writing
    contrast, edges = _variances(calm), _variances(cv2.Laplacian(calm, cv2.CV_32F))
    written = contrast > max(_LEAST_CONTRAST, _CONTRAST * light) ** 2
    if np.count_nonzero(written) < _RANK:
        return 0.0, light
    return float(np.sort(edges[written] / contrast[written])[-_RANK]), light


def _variances(values: NDArray[Any]) -> NDArray[Any]:
    """Of each square of 64 pixels."""
    rows, columns = values.shape[0] // _TILE, values.shape[1] // _TILE
    squares = values[: rows * _TILE, : columns * _TILE].reshape(rows, _TILE, columns, _TILE)
    found: NDArray[Any] = squares.swapaxes(1, 2).reshape(rows * columns, -1).var(axis=1)
    return found
