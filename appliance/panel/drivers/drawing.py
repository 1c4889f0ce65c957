"""What the display shows, as a picture of 128 by 64 dots: a pure function of the face. The first line is large, because
it is read from where one stands; the others are for who bends down. A QR code stands at the right, the lines beside it.

The letters are Pillow's own. It has no umlauts, so these get their dots here; other accents are left out."""

import functools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from appliance.panel.driver import Face

WIDTH, HEIGHT = 128, 64
SHIFTS = ((0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1))
"""The picture goes round by two dots, so that no dot shines for years."""

ALL_ON = "all_on"
"""The status of a face of which every dot shines: the end-of-line test's."""

_W, _H = WIDTH - 2, HEIGHT - 2
_LARGE = (18, 17, 16, 15, 14, 13, 12, 11)
_SMALL, _BESIDE = (12, 11), (11,)
"""Of the other lines; beside a bar or a QR code."""

_SMALLEST = 10
_NARROW_SPACE = 11
"""At this size and below, a space is hardly seen: two stand for one."""

_PITCHES = {"full": (21, 13), "bar": (20, 12), "code": (18, 11)}
"""From the first line to the second, and from each to the next: alone, above a bar, beside a QR code."""

_BAR_HEIGHT = 4
_MARGIN = 4
"""Between the lines and a QR code."""

_BREAKS = " .:/-"
_DOTS = "\N{COMBINING DIAERESIS}"
_PLAINER = str.maketrans({"\N{EN DASH}": "-", "\N{EM DASH}": "-", "“": '"', "”": '"', "•": "·", "ß": "ss", "→": ">"})
_MORE = "·°…\N{RIGHT SINGLE QUOTATION MARK}«»"
"""What the letters have beyond ASCII."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of text, in letters that there are; `dotted`: which of them have two dots."""

    text: str
    dotted: tuple[int, ...]
    size: int

    @property
    def width(self) -> float:
        return float(_font(self.size).getlength(self.text, mode="1"))

    def draw(self, pen: Any, left: int, top: int) -> None:
        font = _font(self.size)
        pen.text((left, top), self.text, fill=1, font=font)
        for index in self.dotted:
            start, letter_top, end, _ = font.getbbox(self.text[index], mode="1")
            side = 2 if self.size >= 15 else 1
            before = font.getlength(self.text[: index + 1], mode="1") - font.getlength(self.text[index], mode="1")
            x = int(left + before + (start + end - 3 * side + 1) / 2)
            y = max(0, top + letter_top - side - 1)
            for dot in (x, x + 2 * side):
                pen.rectangle((dot, y, dot + side - 1, y + side - 1), fill=1)


def picture(face: Face, shift: tuple[int, int] = (0, 0), *, turn: int = 0) -> Any:
    """-> a PIL image of one bit a dot. A code beside which not all lines have room takes turns with them: at every
    other one, what has no room is left out from the end on."""
    from PIL import Image, ImageDraw

    image = Image.new("1", (WIDTH, HEIGHT), face.status == ALL_ON)
    if face.status == ALL_ON:
        return image
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1"
    left, top = shift
    height = _H if face.bar is None else _H - _BAR_HEIGHT - 1
    width, kind = _W, "full" if face.bar is None else "bar"
    rows, _ = _laid_out(face.lines, width, height, kind)
    if face.qr and (code := _code(face.qr)) is not None:
        narrow, all_of_it = _laid_out(face.lines, _W - code.width - _MARGIN, height, "code")
        if all_of_it or turn % 2:
            rows, width = narrow, _W - code.width - _MARGIN
            image.paste(code, (left + _W - code.width, top + (_H - code.height) // 2))
    for row, y in rows:
        row.draw(pen, left, top + y)
    if face.bar is not None:
        _bar(pen, (left, top + _H - _BAR_HEIGHT), width, face.bar)
    return image


def _laid_out(lines: Sequence[str], width: int, height: int, kind: str) -> tuple[list[tuple[_Row, int]], bool]:
    """-> rows and where each begins, and whether there is room for all."""
    head, pitch = _PITCHES[kind]
    first, *rest = lines or ("",)
    found = []
    y = 0
    for row in _fitted(first, width, _LARGE):
        found.append((row, y + max(0, (head - row.size) // 2 - 3)))
        y += head if row.size > _SMALLEST else pitch
    for line in rest:
        for row in _fitted(line, width, _SMALL if kind == "full" else _BESIDE):
            if row.text and y + row.size > height:
                return found, False
            found.append((row, y))
            y += pitch
    return found, True


def _fitted(text: str, width: int, sizes: Sequence[int]) -> list[_Row]:
    """As large as it fits in one row; else small, in several: broken between words, at a sign, or anywhere."""
    for size in (*sizes, _SMALLEST):
        if (row := _row(text, size)).width <= width:
            return [row]
    rows, rest = [], text.strip()
    while rest:
        length = next(n for n in range(len(rest), 0, -1) if n == 1 or _row(rest[:n], _SMALLEST).width <= width)
        if length < len(rest) and rest[length] != " ":
            length = max(rest.rfind(sign, 1, length) + 1 for sign in _BREAKS) or length
        rows.append(_row(rest[:length].rstrip(), _SMALLEST))
        rest = rest[length:].lstrip()
    return rows


def _row(text: str, size: int) -> _Row:
    letters, dotted = "", []
    for letter in text.translate(_PLAINER):
        taken_apart = unicodedata.normalize("NFD", letter)
        plain = taken_apart[0]
        if _DOTS in taken_apart[1:]:
            dotted.append(len(letters))
        if plain == " " and size <= _NARROW_SPACE:
            plain = "  "
        letters += plain if (plain.isascii() and plain.isprintable()) or plain in _MORE else "?"
    return _Row(letters, tuple(dotted), size)


def _bar(pen: Any, at: tuple[int, int], width: int, part: float) -> None:
    left, top = at
    pen.rectangle((left, top, left + width - 1, top + _BAR_HEIGHT - 1), outline=1)
    if full := round(min(1.0, max(0.0, part)) * (width - 1)):
        pen.rectangle((left, top, left + full, top + _BAR_HEIGHT - 1), fill=1)


@functools.lru_cache(maxsize=4)
def _code(said: str) -> Any:
    """Dark on light, two dots a module, and some light around it; None where it is too much to say: a code of one dot a
    module is read by no telephone."""
    import segno
    from PIL import Image

    code = segno.make(said, error="l", boost_error=False, micro=False)
    modules = len(code.matrix)
    if 2 * (modules + 2) > _H:
        return None
    border = min(2, (_H // 2 - modules) // 2)
    rows = [bytes(0 if dark else 255 for dark in row) for row in code.matrix_iter(border=border)]
    side = len(rows)
    return Image.frombytes("L", (side, side), b"".join(rows)).resize((2 * side, 2 * side), Image.Resampling.NEAREST)


@functools.cache
def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)
