"""The card for the wall: what each light of the box means, drawn from the patterns themselves. A picture is the light's
brightness over six seconds. It needs no colour: every colour has a hatching of its own, and the words say the rest."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from appliance.box.light_card import DARKNESS, Words, holds, rows
from appliance.errors import BadInput
from appliance.panel.pattern import AMBER, BLUE, CYAN, DARK, GREEN, PATTERNS, RED, WHITE, Colour, Curve, Pattern, Step

SECONDS = 6.0
"""Shown of each pattern: the slowest has four."""

TEMPLATE = Path(__file__).with_name("card.typ")
_WIDTH, _HEIGHT, _LAMP, _LEFT, _TOP, _BOTTOM = 600, 84, 36, 92, 8, 72
_SCALE = (_WIDTH - _LEFT - 4) / SECONDS
_SMOOTH = 24
"""Points of a curve."""

_PAINT: Mapping[Colour, tuple[str, str]] = {
    RED: ("#d11a1a", '<path d="M0 10L10 0" stroke="#fff" stroke-width="2"/>'),
    AMBER: ("#ffab1a", '<path d="M0 0L10 10" stroke="#000" stroke-width="1.6"/>'),
    GREEN: ("#2fae44", '<path d="M5 0V10" stroke="#000" stroke-width="1.6"/>'),
    BLUE: ("#2450e0", '<path d="M0 5H10" stroke="#fff" stroke-width="2"/>'),
    CYAN: ("#3cc4ee", '<circle cx="5" cy="5" r="1.9" fill="#000"/>'),
    WHITE: ("#ffffff", ""),
}
"""What each colour is painted and hatched with."""


def pictures() -> dict[str, str]:
    """File name -> SVG, of every status and of the dark light."""
    found = {f"{status}.svg": drawing(pattern) for status, pattern in PATTERNS.items()}
    return found | {f"{DARKNESS}.svg": drawing(Pattern((Step(SECONDS),)))}


def drawing(pattern: Pattern) -> str:
    """The lamp in its colours, and beside it how bright it is from second to second."""
    colours = list(dict.fromkeys(step.colour for step in pattern.steps if step.colour != DARK))
    hatchings = "".join(_hatching(colour) for colour in colours)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}">\n'
        f"<defs>{hatchings}</defs>\n"
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="#fff"/>\n'
        f"{_lamp(colours)}\n"
        f'<rect x="{_LEFT}" y="{_TOP}" width="{SECONDS * _SCALE:g}" height="{_BOTTOM - _TOP}" fill="#ececec"/>\n'
        f"{_lines(_block(*block) for block in blocks(pattern))}"
        f"{_ticks()}\n</svg>\n"
    )


def blocks(pattern: Pattern, seconds: float = SECONDS) -> Iterator[tuple[float, float, Step]]:
    """When each step shines, from and to, as long as the picture goes on. A light that stays on is one block."""
    start, number = 0.0, 0
    while start < seconds - 1e-6:
        step = pattern.steps[number % len(pattern.steps)]
        end = seconds if pattern.steady else min(seconds, start + step.seconds)
        if step.colour != DARK:
            yield start, end, step
        start, number = end, number + 1


def _hatching(colour: Colour) -> str:
    paint, lines = _PAINT[colour]
    return (
        f'<pattern id="{_id(colour)}" width="10" height="10" patternUnits="userSpaceOnUse">'
        f'<rect width="10" height="10" fill="{paint}"/>{lines}</pattern>'
    )


def _id(colour: Colour) -> str:
    return "c" + _PAINT[colour][0][1:]


def _lamp(colours: list[Colour]) -> str:
    """A bulb with rays; one half for each colour; crossed out where it is dark."""
    x, y, r = 42, _HEIGHT // 2, 22
    halves = [f"M{x} {y - r}A{r} {r} 0 0 0 {x} {y + r}Z", f"M{x} {y - r}A{r} {r} 0 0 1 {x} {y + r}Z"]
    fills = [colours[0], colours[-1]] if colours else []
    shapes = [f'<path d="{half}" fill="url(#{_id(fill)})"/>' for half, fill in zip(halves, fills, strict=False)]
    ring = f'<circle cx="{x}" cy="{y}" r="{r}" fill="none" stroke="#000" stroke-width="3"/>'
    if not colours:
        cross = f"M{x - 15} {y - 15}L{x + 15} {y + 15}M{x - 15} {y + 15}L{x + 15} {y - 15}"
        return f'{ring}<path d="{cross}" stroke="#000" stroke-width="3"/>'
    directions = [(1, 0), (0.707, 0.707), (0, 1), (-0.707, 0.707)]
    ends = [(a * side, b * side) for a, b in directions for side in (1, -1)]
    rays = "".join(
        f"M{x + a * (r + 5):.1f} {y + b * (r + 5):.1f}L{x + a * _LAMP:.1f} {y + b * _LAMP:.1f}" for a, b in ends
    )
    return f'{"".join(shapes)}{ring}<path d="{rays}" stroke="#000" stroke-width="4" stroke-linecap="round"/>'


def _block(start: float, end: float, step: Step) -> str:
    """As high as it is bright; where the picture ends within a step, the curve is cut there."""
    height = _BOTTOM - _TOP
    parts = [0.0, 1.0] if step.curve is Curve.HOLD else [n / _SMOOTH for n in range(_SMOOTH + 1)]
    shown = Pattern((step,))
    points = [(start, 0.0)]
    for part in parts:
        at = start + part * (end - start)
        bright = shown.at(min(at - start, step.seconds * 0.9999)) if step.curve is not Curve.HOLD else step.colour
        points.append((at, _most(bright) / _most(step.colour)))
    points.append((end, 0.0))
    path = "L".join(f"{_LEFT + at * _SCALE:.1f} {_BOTTOM - part * height:.1f}" for at, part in points)
    return (
        f'<path d="M{path}Z" fill="url(#{_id(step.colour)})" stroke="#000" stroke-width="2" stroke-linejoin="round"/>'
    )


def _most(colour: Colour) -> float:
    return max(colour.red, colour.green, colour.blue)


def _ticks() -> str:
    """A line below, and a mark for each second."""
    right = _LEFT + SECONDS * _SCALE
    marks = "".join(f"M{_LEFT + n * _SCALE:.1f} {_BOTTOM}v8" for n in range(int(SECONDS) + 1))
    return f'<path d="M{_LEFT} {_BOTTOM}H{right:g}{marks}" stroke="#000" stroke-width="2" fill="none"/>'


def _lines(parts: Iterator[str]) -> str:
    return "".join(f"{part}\n" for part in parts)


TITLES = ("title", "six_seconds", "button")


def pdf(words: Words, *, language: str = "en") -> bytes:
    """One A4 page for the wall, with the fonts that typst brings: the same bytes wherever it is made."""
    import typst

    said = {
        "language": language,
        "groups": [{"title": title, "rows": lights} for title, lights in rows(words)],
        "holds": holds(words),
        **{name: words(f"light_card.{name}") for name in TITLES},
    }
    with tempfile.TemporaryDirectory(prefix="card-") as name:
        folder = Path(name)
        for file, picture in pictures().items():
            (folder / file).write_text(picture, encoding="utf-8")
        (folder / "card.typ").write_bytes(TEMPLATE.read_bytes())
        (folder / "card.json").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
        made: bytes = typst.compile(
            folder / "card.typ", root=folder, format="pdf",
            ignore_system_fonts=True, pdf_standards=["ua-1", "a-2a"], timestamp=0,
        )  # fmt: skip
    return made


def save(file: Path, words: Words, *, language: str) -> int:
    """-> 0. BadInput where it cannot be written."""
    try:
        file.write_bytes(pdf(words, language=language))
    except OSError as error:
        raise BadInput(f"{file} cannot be written: {error.strerror}", hint="Name another folder.") from None
    print(file)
    return 0
