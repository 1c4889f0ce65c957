"""A terminal that shows the panel: a lamp, its rhythm, in words too, and the four lines. One of its own is drawn over
and over; where it is none, or others write there too, each change is a line. Escape sequences go to terminals only."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from appliance.box.panel import Trouble
from appliance.panel.driver import Face, PartGone
from appliance.panel.pattern import AMBER, BLUE, CYAN, GREEN, RED, WHITE, Colour, Curve, Pattern
from appliance.panel.status import Status

Words = Callable[..., str]

WIDTH = 21
"""Characters of a line."""

_WIDEST = 72
"""Of a terminal of 80 columns."""

_BAR = WIDTH
_RHYTHM_SECONDS = 0.2
"""What one character of the rhythm stands for."""

_LONGEST_RHYTHM = 40
_SHORTEST_SECONDS = 0.1
_AGAIN_SECONDS = 1.0
"""When a terminal takes nothing (somebody pressed Ctrl-S), it is tried again so much later, with what is newest."""

_COLOURS = ((RED, 31), (GREEN, 32), (AMBER, 33), (BLUE, 34), (CYAN, 36), (WHITE, 37))
_CLEAR, _HOME, _END_OF_LINE, _END = "\x1b[2J", "\x1b[H", "\x1b[K", "\x1b[J"
_HIDE, _SHOW, _PLAIN = "\x1b[?25l", "\x1b[?25h", "\x1b[0m"


class Terminal:
    """`path`: a device of its own (`[panel] console`); else `descriptor`, which others write to as well. `words`: the
    card for the wall has some for each pattern."""

    name = "console"
    driver = "terminal"

    def __init__(
        self, *, path: Path | None = None, descriptor: int = -1, words: Words | None = None, colour: bool = True
    ) -> None:
        self._words = words
        self._path = path
        self._given = descriptor
        self._colour = colour
        self._out = -1
        self._tty = False
        self._said = ""

    @property
    def about(self) -> str:
        return str(self._path or "")

    def open(self) -> None:
        self.close()
        self._out = self._given if self._path is None else _opened(self._path)
        self._tty = os.isatty(self._out)
        self._said = ""
        if self._tty and self._path:
            self._write(_CLEAR + _HIDE)

    def show(self, face: Face, now: float) -> float:
        since = max(0.0, now - face.since)
        drawn = self._tty and self._path is not None
        said = _said(face.status, self._words)
        if drawn:
            text = screen(face, said, since, colour=self._colour)
        else:
            text = line(face, said, colour=self._colour and self._tty)
        if text != self._said:
            self._said = text if self._write(text) else ""
            if not self._said:
                return _AGAIN_SECONDS
        return max(_SHORTEST_SECONDS, face.light.changes_in(since)) if drawn else float("inf")

    def close(self) -> None:
        """Leaves the terminal as it was, but for what it says."""
        out, self._out = self._out, -1
        if out < 0:
            return
        try:
            if self._tty and self._path:
                os.write(out, f"{_PLAIN}{_CLEAR}{_HOME}{_SHOW}".encode())
        except OSError:  # it is gone, or takes nothing
            pass
        finally:
            if self._path:
                os.close(out)

    def _write(self, text: str) -> bool:
        """All of it? What is cut off is written again, whole."""
        data = text.encode()
        try:
            return os.write(self._out, data) == len(data)
        except BlockingIOError:
            return False
        except OSError as error:
            raise PartGone(Trouble.UNPLUGGED, f"{self._path or 'the terminal'}: {error.strerror}") from None


def _opened(path: Path) -> int:
    try:
        out = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError:
        raise PartGone(
            Trouble.NOT_ALLOWED, f"{path} may not be written to", hint="Add the box's user to the group tty."
        ) from None
    except OSError as error:
        raise PartGone(
            Trouble.NOT_FOUND, f"{path}: {error.strerror}", hint="[panel] console names a terminal, as in /dev/tty1."
        ) from None
    if not stat.S_ISCHR(os.fstat(out).st_mode):
        os.close(out)
        raise PartGone(Trouble.NOT_FOUND, f"{path} is no terminal", hint="[panel] console names one, as in /dev/tty1.")
    return out


def _said(status: str, words: Words | None) -> str:
    """The status and its pattern; a status that is none of the box's (of a test) by its name."""
    if words is None or status not in set(Status):
        return status.replace("_", " ")
    return f"{words(f'light_card.{status}_name')} ({words(f'light_card.{status}_see')})"


def line(face: Face, said: str, *, colour: bool) -> str:
    """A change, on one line."""
    brightest = max((step.colour for step in face.light.steps), key=lambda one: one.red + one.green + one.blue)
    lines = " | ".join(_plain(one).strip() for one in face.lines if one.strip())
    return f"{_lamp(brightest, colour)} {said}: {rhythm(face.light)}  {lines}".rstrip() + "\n"


def screen(face: Face, said: str, since: float, *, colour: bool) -> str:
    """All of it, from the first column of the first row on."""
    bar = "" if face.bar is None else "▰" * round(face.bar * _BAR) + "▱" * (_BAR - round(face.bar * _BAR))
    rows = (
        "",
        f"   {_lamp(face.light.at(since), colour)}  {said[:_WIDEST]}",
        f"      {rhythm(face.light)}",
        "",
        f"   ┌{'─' * (WIDTH + 2)}┐",
        *(f"   │ {_plain(one)[:WIDTH]:<{WIDTH}} │" for one in (*face.lines, "", "", "", "")[:4]),
        f"   └{'─' * (WIDTH + 2)}┘",
        f"     {bar}" if bar else "",
        f"   {_plain(face.qr)[:_WIDEST]}" if face.qr else "",
    )
    return _HOME + "".join(f"{row}{_END_OF_LINE}\r\n" for row in rows) + _END


def rhythm(light: Pattern) -> str:
    """One round of the pattern, a character for each fifth of a second: what shines has the letter of its colour, so
    that nobody needs to see it. `~`: it grows or fades."""
    if light.steady:
        return _letter(light.steps[0].colour) * 5
    said = ""
    for step in light.steps:
        length = max(1, round(step.seconds / _RHYTHM_SECONDS))
        letter = _letter(step.colour)
        said += letter * length if step.curve is Curve.HOLD else (letter + "~") * ((length + 1) // 2)
    return said[:_LONGEST_RHYTHM]


def _letter(colour: Colour) -> str:
    return "." if _code(colour) == 0 else {31: "R", 32: "G", 33: "A", 34: "B", 36: "C", 37: "W"}[_code(colour)]


def _lamp(colour: Colour, coloured: bool) -> str:
    code = _code(colour)
    sign = "●" if code else "○"
    return f"\x1b[{code}m{sign}{_PLAIN}" if coloured and code else sign


def _code(colour: Colour) -> int:
    """The nearest of a terminal's colours; 0: dark."""
    full = max(colour.red, colour.green, colour.blue)
    if full < 0.1:
        return 0
    hue = colour.times(1 / full)
    return min(
        _COLOURS,
        key=lambda one: (one[0].red - hue.red) ** 2 + (one[0].green - hue.green) ** 2 + (one[0].blue - hue.blue) ** 2,
    )[1]


def _plain(text: str) -> str:
    """No name of anything writes to the terminal what is no text."""
    return "".join(one if one.isprintable() else "?" for one in text)
