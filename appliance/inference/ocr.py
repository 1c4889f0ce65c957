"""Reads what a shared screen says it shows, its titles and addresses: PP-OCRv6 finds lines, and says what stands there.

The decoding follows RapidOCR 3.10.0 (Apache-2.0), without turned text: on a screen lines are level. What was read is
held in memory for as long as it is judged, and never stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np

from appliance.errors import IntegrityError
from appliance.inference import models, pack
from appliance.inference.models import Model, Numbers, Picture

MODELS = ("text_lines", "text")
"""Of the pack."""

LOOKED_AT = (736, 1280)
"""Height and width in which lines are looked for. Smaller, and the 12 pixels of a title on a 1080p screen are lost."""

MOST_LINES = 48
"""Lines that are read of one screen. An exam's page has some 40; a page full of small text more."""

TOP, BOTTOM = 0.15, 0.94
"""Shares of the height above and below which windows and the desktop have their bars: read first."""

WIDEST_TITLE = 0.40
"""Share of the picture's width: outside of the bars a wider line is a text, not what a window is called."""

_TEXT = 0.3  # of the map: what PP-OCR's own settings say, as the next three do
_LINE = 0.5
_UNCLIP = 1.6  # how much a line grows from the core that the map shows
_THINNEST = 3
_HEIGHT = 48  # of a line that is read
_STEP = 160  # widths in pixels: a few shapes, each compiled once
_WIDEST = 1280


@dataclass(frozen=True, slots=True)
class Line:
    """`text` with the mean score of its letters, 0..1; its edges in shares of the picture."""

    text: str
    score: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def in_a_bar(self) -> bool:
        """Where windows and the desktop say what they are."""
        return self.bottom <= TOP or self.top >= BOTTOM


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The lines of a picture, bars first; `whole`: there was time for all."""

    lines: tuple[Line, ...]
    whole: bool


class TextReader:
    """Reads one picture at a time; not to be shared between threads."""

    def __init__(self, places: Model, letters: Model, alphabet: Sequence[str]) -> None:
        self._places, self._letters = places, letters
        self._alphabet = ("", *alphabet, " ")

    def read(self, picture: Picture, *, go_on: Callable[[], bool]) -> Reading:
        """What stands in `picture`. Before each line `go_on` is asked whether there is time for it."""
        lines: list[Line] = []
        for left, top, right, bottom in self._find(picture):
            if not go_on():
                return Reading(lines=tuple(lines), whole=False)
            text, score = self._say(picture[top:bottom, left:right])
            if text:
                height, width = picture.shape[:2]
                lines.append(Line(text, score, left / width, top / height, right / width, bottom / height))
        return Reading(lines=tuple(lines), whole=True)

    def _find(self, picture: Picture) -> list[tuple[int, int, int, int]]:
        """left, top, right, bottom in pixels, bars first, then from top to bottom."""
        height, width = picture.shape[:2]
        scale = min(LOOKED_AT[0] / height, LOOKED_AT[1] / width)
        small = cv2.resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))))
        canvas = np.full((*LOOKED_AT, 3), 127, np.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small
        (found,) = self._places(_tensor(canvas)).values()
        boxes = []
        for x, y, w, h in _cores(found[0, 0]):
            grow = _UNCLIP * w * h / (2 * (w + h))
            sides = np.array([x - grow, y - grow, x + w + grow, y + h + grow]) / scale
            left, right = np.clip(sides[[0, 2]].round().astype(int), 0, width)
            top, bottom = np.clip(sides[[1, 3]].round().astype(int), 0, height)
            if right - left > _THINNEST and bottom - top > _THINNEST:
                boxes.append((int(left), int(top), int(right), int(bottom)))

        def in_a_bar(box: tuple[int, int, int, int]) -> bool:
            return bool(box[3] <= TOP * height or box[1] >= BOTTOM * height)

        boxes = [box for box in boxes if in_a_bar(box) or box[2] - box[0] <= WIDEST_TITLE * width]
        return sorted(boxes, key=lambda box: (not in_a_bar(box), box[1], box[0]))[:MOST_LINES]

    def _say(self, line: Picture) -> tuple[str, float]:
        height, width = line.shape[:2]
        wide = min(max(1, round(width * _HEIGHT / height)), _WIDEST)
        padded = np.full((_HEIGHT, -(-wide // _STEP) * _STEP, 3), 127, np.uint8)
        padded[:, :wide] = cv2.resize(line, (wide, _HEIGHT))
        (found,) = self._letters(_tensor(padded)).values()
        best, scores = found[0].argmax(axis=1), found[0].max(axis=1)
        kept = (best != 0) & (best != np.concatenate(([-1], best[:-1])))  # blanks and repetitions say nothing
        text = "".join(self._alphabet[i] for i in best[kept]).strip()
        return text, float(scores[kept].mean()) if kept.any() else 0.0


def load(folder: Path, *, threads: int = 1, cache: Path | None = None) -> TextReader:
    """The two networks of the pack in `folder`. NotFound, IntegrityError or Unavailable says what is wrong."""
    places = models.load(MODELS[0], folder=folder, threads=threads, cache=cache, shape=(1, 3, *LOOKED_AT))
    letters = models.load(MODELS[1], folder=folder, threads=threads, cache=cache)
    return TextReader(places, letters, _alphabet(pack.locate(folder, MODELS[1])))


def _alphabet(file: Path) -> list[str]:
    """The letters that the network knows, as its authors wrote them into it."""
    # its hash was just checked: nobody else wrote it
    said = ElementTree.parse(file).find("./rt_info/framework/character")  # noqa: S314
    if said is None:
        raise IntegrityError(f"{file.name} does not say which letters it knows", hint="Run: appliance models prepare")
    return said.attrib["value"].removesuffix("\n").split("\n")


def _tensor(picture: Picture) -> Numbers:
    """-1..1, as both networks were trained."""
    scaled = (picture.astype(np.float32) / 127.5 - 1.0).transpose(2, 0, 1)
    return np.ascontiguousarray(scaled[None])


def _cores(chart: Numbers) -> list[tuple[int, int, int, int]]:
    """Left, top, width, height of what the map of text shows as a line."""
    mask = (chart > _TEXT).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    sums = np.bincount(labels.ravel(), weights=chart.ravel(), minlength=count)
    found = []
    for label in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[label])
        if min(w, h) >= _THINNEST and sums[label] / area >= _LINE:
            found.append((x, y, w, h))
    return found
