"""A screen: an exam page on which somebody types, and now and then scrolls."""

import cv2
import numpy as np

from appliance.simulate.encode import Planes, VideoEncoder
from appliance.simulate.reel import CHUNK_SECONDS, Chunk

WIDTH, HEIGHT = 1280, 720
FPS = 3
BITRATE = 500_000

_SENTENCE = (
    "the pressure of a gas in a closed vessel rises with its temperature because its particles move faster and meet "
    "the wall more often and harder so that the force on each area grows while volume and number of moles stay"
)
_WORDS = _SENTENCE.split()
_LINES, _COLUMNS = 12, 62
_LETTERS_A_PICTURE = 2
_SCROLL_EVERY = 45  # pictures
_PAPER, _INK, _FRAME = 246, 40, 205


class Page:
    """Makes the pictures of one screen, for ever. Grey: a page has little colour."""

    def __init__(self, number: int) -> None:
        self._random = np.random.default_rng(500 + number)
        self._number = number
        self._encoder = VideoEncoder(WIDTH, HEIGHT, fps=FPS, bitrate=BITRATE)
        self._picture: Planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        self._lines = [""]
        self._ahead = ""
        self._pictures = 0
        self._draw_all()

    def make(self) -> Chunk:
        """The next two seconds."""
        return tuple(self._next(key=n == 0) for n in range(round(FPS * CHUNK_SECONDS)))

    def _next(self, *, key: bool) -> bytes:
        self._pictures += 1
        if self._pictures % _SCROLL_EVERY == 0:
            self._lines = self._lines[-2:]
            self._draw_all()
        self._type()
        return self._encoder.encode(self._picture, key=key)

    def _type(self) -> None:
        while len(self._ahead) < _LETTERS_A_PICTURE:
            self._ahead += str(self._random.choice(_WORDS)) + " "
        if len(self._lines[-1]) >= _COLUMNS:
            self._lines.append("")
        if len(self._lines) > _LINES:
            self._lines = self._lines[-2:]
            self._draw_all()
        self._lines[-1] += self._ahead[:_LETTERS_A_PICTURE]
        self._ahead = self._ahead[_LETTERS_A_PICTURE:]
        self._draw_line(len(self._lines) - 1)

    def _draw_all(self) -> None:
        luma = self._picture[:HEIGHT]
        luma[:] = 228
        luma[:46] = 70 + 12 * self._number
        cv2.rectangle(luma, (60, 80), (1220, 690), (_PAPER,), -1)
        cv2.rectangle(luma, (60, 80), (1220, 690), (_FRAME,), 2)
        _write(luma, f"Question {1 + self._pictures // _SCROLL_EVERY % 20}: explain in your own words.", 90, 130, 1.0)
        for line in range(len(self._lines)):
            self._draw_line(line)

    def _draw_line(self, line: int) -> None:
        luma, y = self._picture[:HEIGHT], 190 + 40 * line
        luma[y - 28 : y + 10, 80:1210] = _PAPER
        _write(luma, self._lines[line], 90, y, 0.8)


def _write(luma: Planes, text: str, x: int, y: int, size: float) -> None:
    cv2.putText(luma, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, (_INK,), 2 if size >= 1 else 1, cv2.LINE_AA)
