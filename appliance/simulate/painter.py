"""A scene -> a picture: the room, the person in front of it, who joins, a hand on the lens, light and sensor noise.

Everything is done on the planes of I420, as the encoder wants them: a third of the work of doing it in colours.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from appliance.simulate.cutout import Cutout, Picture
from appliance.simulate.encode import Planes
from appliance.simulate.room import HEIGHT, WIDTH, room
from appliance.simulate.script import Scene

NOISE = 2.0
"""Of the sensor: standard deviation, grey levels."""

_POSE_PICTURES = 4
"""Head and shoulders are turned and sized anew so often: it is most of the work, and they turn slowly."""

_MARGIN = 96
_OUT = 1.15  # picture widths from the middle to where nobody is seen any more
_DARK_ROOM, _DARK_PERSON = 0.42, 0.16  # light that is left, of what was there
_HAND = (14, 122, 134)  # a lens with a finger on it: nearly black, a trace of red


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a seat differs from the others. `face`: width in pixels; `x`, `y`: where its middle is."""

    person: int
    room: int
    mirrored: bool
    warmth: float
    face: float
    x: float
    y: float
    phase: float

    @classmethod
    def of_seat(cls, seat: int) -> "Look":
        """Another one for each seat; two seats in a row do not show the same person."""
        step = seat * 0.618 % 1.0
        return cls(
            person=(seat + 1) % 2,
            room=seat,
            mirrored=seat % 4 in (1, 2),
            warmth=0.90 + 0.20 * (seat * 0.382 % 1.0),
            face=112.0 + 36.0 * step,
            x=WIDTH * (0.46 + 0.08 * (seat * 0.25 % 1.0)),
            y=HEIGHT * 0.37 + 20.0 * step,
            phase=seat * 1.7,
        )


class _Layer:
    """A person as planes, at the size of this seat, ready to be put anywhere."""

    def __init__(self, cutout: Cutout, *, face: float, mirrored: bool, warmth: float) -> None:
        colour, alpha, (x, y) = cutout.colour, cutout.alpha, cutout.face
        if mirrored:
            colour, alpha, x = colour[:, ::-1], alpha[:, ::-1], colour.shape[1] - x
        tinted = (colour * np.array([2 - warmth, 1.0, warmth], np.float32)).clip(0, 255).astype(np.uint8)
        size = face / cutout.face_width
        even = [2 * math.ceil(side * size / 2) for side in colour.shape[1::-1]]
        sized = cv2.resize(tinted, even, interpolation=cv2.INTER_AREA if size < 1 else cv2.INTER_CUBIC)
        solid = cv2.resize(np.ascontiguousarray(alpha), even, interpolation=cv2.INTER_AREA)
        self.middle = (x * size, y * size)
        half = cv2.resize(solid, (even[0] // 2, even[1] // 2), interpolation=cv2.INTER_AREA)
        self._hole = [255 - solid, 255 - half, 255 - half]
        planes = _split(np.asarray(cv2.cvtColor(sized, cv2.COLOR_BGR2YUV_I420), np.uint8))
        self._put = 0
        self._posed: list[tuple[Planes, Planes]] = []
        self._filled = [
            cv2.multiply(plane, a, scale=1 / 255) for plane, a in zip(planes, (solid, half, half), strict=True)
        ]

    def put(self, planes: list[Planes], *, x: float, y: float, size: float, tilt: float, light: float) -> None:
        """Onto the planes, the face's middle at x, y. `tilt` in degrees."""
        if self._put % _POSE_PICTURES == 0:
            self._pose(size, tilt)
        self._put += 1
        left, top = round((x - self.middle[0]) / 2), round((y - self.middle[1]) / 2)
        for number, (plane, (over, through)) in enumerate(zip(planes, self._posed, strict=True)):
            fold = 2 if number == 0 else 1
            part, piece = _overlap(plane.shape, over.shape, left * fold, top * fold)
            if not plane[part].size:
                continue
            shown = cv2.convertScaleAbs(over[piece], alpha=light) if number == 0 and light < 1.0 else over[piece]
            plane[part] = cv2.add(cv2.multiply(plane[part], through[piece], scale=1 / 255), shown)

    def _pose(self, size: float, tilt: float) -> None:
        self._posed = []
        for number, (filled, hole) in enumerate(zip(self._filled, self._hole, strict=True)):
            fold = 1.0 if number == 0 else 0.5
            move = cv2.getRotationMatrix2D((self.middle[0] * fold, self.middle[1] * fold), tilt, size)
            span = (filled.shape[1], filled.shape[0])
            over, through = cv2.warpAffine(filled, move, span), cv2.warpAffine(hole, move, span, borderValue=255)
            self._posed.append((np.asarray(over, np.uint8), np.asarray(through, np.uint8)))


def _overlap(
    under: tuple[int, ...], over: tuple[int, ...], left: int, top: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where a picture put at left, top lies on another: there, and in itself."""
    rows = slice(max(0, top), max(0, min(under[0], top + over[0])))
    columns = slice(max(0, left), max(0, min(under[1], left + over[1])))
    rows_over = slice(rows.start - top, rows.stop - top)
    return (rows, columns), (rows_over, slice(columns.start - left, columns.stop - left))


class Painter:
    """Paints one seat. Not two calls at once."""

    def __init__(self, look: Look, everybody: list[Cutout]) -> None:
        self._look = look
        who = everybody[look.person % len(everybody)]
        other = everybody[(look.person + 1) % len(everybody)]
        self._person = _Layer(who, face=look.face, mirrored=look.mirrored, warmth=look.warmth)
        self._other = _Layer(other, face=look.face * 0.8, mirrored=not look.mirrored, warmth=look.warmth)
        self._room = np.asarray(cv2.cvtColor(_warmed(room(look.room), look.warmth), cv2.COLOR_BGR2YUV_I420), np.uint8)
        self._noise = Noise(look.room)

    def paint(self, scene: Scene, seconds: float) -> Planes:
        """I420, 640 x 480."""
        look, picture = self._look, self._room.copy()
        planes = _split(picture)
        if scene.dark:
            cv2.convertScaleAbs(planes[0], planes[0], alpha=1 - scene.dark * (1 - _DARK_ROOM))
        light = 1 - scene.dark * (1 - _DARK_PERSON)
        if scene.joined:
            side = -1 if look.mirrored else 1
            x = look.x + side * WIDTH * (0.30 + 0.5 * (1 - scene.joined))
            self._other.put(planes, x=x + 4 * _wave(seconds, 4.7, 1.0), y=look.y - 30, size=1.0, tilt=0.0, light=light)
        if scene.away < 1:
            self._sit(planes, scene.away, seconds, light)
        if scene.dark:
            _fade(planes[1:], 1 - scene.dark * (1 - _DARK_ROOM))
        if scene.covered:
            _cover(planes, scene.covered)
        self._noise.add(planes[0])
        return picture

    def _sit(self, planes: list[Planes], away: float, seconds: float, light: float) -> None:
        """Nobody sits still: sways, breathes, tilts the head."""
        look = self._look
        x = look.x + 7 * _wave(seconds, 7.3, look.phase) + 4 * _wave(seconds, 3.1, 2 * look.phase)
        x += away * away * WIDTH * _OUT * (1 if look.mirrored else -1)
        y = look.y + 3 * _wave(seconds, 4.2, look.phase) + 2 * _wave(seconds, 9.1, look.phase)
        size = 1 + 0.012 * _wave(seconds, 4.2, 1.0 + look.phase) + 0.01 * _wave(seconds, 23.0, look.phase)
        self._person.put(planes, x=x, y=y, size=size, tilt=1.6 * _wave(seconds, 5.9, look.phase), light=light)


class Noise:
    """A sensor's: one large field, another part of it for each picture."""

    def __init__(self, seed: int, *, width: int = WIDTH, height: int = HEIGHT) -> None:
        self._random = np.random.default_rng(seed)
        field = self._random.normal(128, NOISE, (height + _MARGIN, width + _MARGIN))
        self._field: Planes = field.round().clip(0, 255).astype(np.uint8)
        self._at = (0, 0)

    def add(self, luma: Planes, *, brightness: float = 0.0, again: bool = False) -> None:
        """In place; `brightness` in grey levels; `again`: the same noise as last time, as from a camera that hangs."""
        height, width = luma.shape
        if not again:
            self._at = (int(self._random.integers(_MARGIN)), int(self._random.integers(_MARGIN)))
        top, left = self._at
        part = self._field[top : top + height, left : left + width]
        cv2.addWeighted(luma, 1, part, 1, brightness - 128, luma)


def _split(picture: Planes) -> list[Planes]:
    """The planes Y, U, V of an I420 picture, as views."""
    height, width = picture.shape[0] * 2 // 3, picture.shape[1]
    rest = picture[height:].reshape(2, height // 2, width // 2)
    return [picture[:height], rest[0], rest[1]]


def _warmed(colour: Picture, warmth: float) -> Picture:
    return (colour * np.array([2 - warmth, 1.0, warmth], np.float32)).clip(0, 255).astype(np.uint8)


def _fade(chroma: list[Planes], light: float) -> None:
    """Little light has little colour."""
    for plane in chroma:
        cv2.convertScaleAbs(plane, plane, alpha=light, beta=128 * (1 - light))


def _cover(planes: list[Planes], share: float) -> None:
    """A hand comes from above."""
    for plane, value in zip(planes, _HAND, strict=True):
        plane[: round(plane.shape[0] * share)] = value


def _wave(seconds: float, period: float, phase: float) -> float:
    return math.sin(2 * math.pi * seconds / period + phase)
