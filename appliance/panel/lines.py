"""The display's four lines, of at most 21 characters each: what somebody who stands before the box wants to know. Never
the name of a candidate."""

import math
import textwrap
import unicodedata
from collections.abc import Callable, Sequence

from appliance.box.capacity import gigabytes
from appliance.panel.status import BoxState, Status, Wrong

WIDTH = 21
"""A display of 128 points has room for so many letters of 6."""

COUNT = 4

Words = Callable[..., str]
"""`words(key, **values)` of the catalogue."""

Lines = tuple[str, str, str, str]

_QUOTES = dict.fromkeys((0x201C, 0x201D, 0x201E, 0xAB, 0xBB), '"') | dict.fromkeys((0x2018, 0x2019, 0x201A), "'")
_PLAIN = _QUOTES | dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212), "-") | {0x2026: "..."}
_GIGABYTE = 1e9
_GROUP = 4
"""Bytes of a fingerprint that a person compares at once, as `appliance certificate show` prints them."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def of(state: BoxState, status: Status, words: Words) -> Lines:
    """What the box says of itself while nobody does anything at it."""
    if status is Status.IDENTIFY:
        return identifying(state, words)
    if status is Status.SHUTTING_DOWN:
        return going_off(state, words)
    word = words(f"display.{status}")
    if status is Status.FAULT:
        return _fault(state, word, words)
    if status in (Status.RECORDING, Status.RECORDING_ATTENTION):
        return _exam(state, word, words)
    return _calm(state, status, word, words)


def _calm(state: BoxState, status: Status, word: str, words: Words) -> Lines:
    if state.setup_code:
        return fitted(words("display.set_up"), state.setup_code, *_address(state, 2))
    if status is Status.ATTENTION and state.wrong:
        said = wrapped(state.wrong[0].sentence, 3)
        return fitted(_head(word, len(state.wrong)), *said, *_address(state, 3 - len(said)))
    named = state.name if not _bare(state.address).startswith(state.name) else ""
    said = _last(state, status, words)
    address = _address(state, 3 - len(said) if not named else 1)
    return fitted(word, named, *address, *said)


def identifying(state: BoxState, words: Words) -> Lines:
    """Which box this is, and that a page which shows the same fingerprint is really its. So short, the lines leave room
    for the address as a picture."""
    pairs = state.fingerprint.split(":")
    groups = [":".join(pairs[at : at + _GROUP]) for at in range(0, len(pairs), _GROUP)]
    return fitted(plain(state.name) or words("display.identify"), *_address(state, 2), *groups[:2])


def pairing(state: BoxState, words: Words, *, code: str, left: float) -> Lines:
    """Where to type what."""
    time = f"{int(left) // 60}:{int(left) % 60:02d}"
    address = _broken(f"{_bare(state.address)}/pair" if state.address else "/pair", ".-/", 2)
    return fitted(words("display.pair", left=time), words("display.pair_code", code=code), *address)


def holding(state: BoxState, words: Words, *, held: float, pair_from: float, off_at: float) -> Lines:
    """What letting go would do, and what comes next."""
    off = words("display.off_in", seconds=math.ceil(off_at - held))
    here = _candidates(state, words) if state.exam.present else ""
    if held >= pair_from:
        return fitted(words("display.let_go_pair"), off, here)
    coming = words("display.pair_in", seconds=math.ceil(pair_from - held))
    return fitted(words("display.let_go_identify"), coming, off, here)


def holding_for_reset(words: Words, *, left: float) -> Lines:
    """The button is down since the power came."""
    return fitted(
        words("display.reset"),
        words("display.hold_on", seconds=math.ceil(left)),
        *wrapped(words("display.reset_no"), 2),
    )


def refused(words: Words, *, candidates: int | None, left: float) -> Lines:
    """Why it does not switch off, and what does it all the same."""
    why = words("display.unknown") if candidates is None else words("display.candidates", count=candidates)
    again = words("display.again", seconds=math.ceil(left))
    return fitted(words("display.refused"), why, again, words("display.all_the_same"))


def going_off(state: BoxState, words: Words) -> Lines:
    """It switches off."""
    return fitted(words("display.shutting_down"), state.name, *wrapped(words("display.unplug"), 2))


def asking_for_reset(state: BoxState, words: Words, *, presses: int, left: float) -> Lines:
    """`presses`: how many are still needed."""
    return fitted(
        words("display.reset_asked"),
        words("display.reset_yes", presses=presses),
        words("display.reset_else", seconds=math.ceil(left)),
        state.name,
    )


def resetting(words: Words) -> Lines:
    """It was confirmed."""
    return fitted(words("display.reset"), *wrapped(words("display.resetting"), 3))


def noted(head: str, text: str) -> Lines:
    """A note of one sentence."""
    return fitted(head, *wrapped(text, 3))


def _exam(state: BoxState, word: str, words: Words) -> Lines:
    exam, head = state.exam, _head(word, len(state.wrong))
    recorded = words("display.recorded", recorded=exam.recorded, count=exam.to_record)
    if state.wrong:
        return fitted(head, recorded, *wrapped(state.wrong[0].sentence, 2))
    left = "" if exam.minutes_left is None else words("display.minutes_left", minutes=exam.minutes_left)
    return fitted(head, recorded, left, state.name)


def _fault(state: BoxState, word: str, words: Words) -> Lines:
    """The first fault, and below it, where there is room, how to reach the box."""
    faults = [wrong for wrong in state.wrong if wrong.fault]
    said = wrapped(_worst(state, faults, words), 2 if state.exam.to_record or state.setup_code else 3)
    rest = _address(state, 3 - len(said))
    if state.exam.to_record:
        rest = [words("display.recorded", recorded=state.exam.recorded, count=state.exam.to_record)]
    elif state.setup_code:
        rest = [words("display.setup", code=state.setup_code)]
    return fitted(_head(word, len(faults)), *said, *rest)


def _worst(state: BoxState, faults: Sequence[Wrong], words: Words) -> str:
    if not state.is_known:
        return words("display.stale")
    return faults[0].sentence if faults else words("display.not_up")


def _last(state: BoxState, status: Status, words: Words) -> list[str]:
    """What stands below status, name and address."""
    if status is Status.SYNCING:
        return [_waiting(state, words, "to_send")]
    if status is Status.OFFLINE:
        anything = state.waiting_objects or state.waiting_bytes
        return [_waiting(state, words, "waits") if anything else words("display.nothing_waits")]
    if status is Status.STARTING:
        return [words("display.first_boot")] if state.first_boot else []
    if state.exam.next_in is not None:
        return [_until(state.exam.next_in, words)]
    return [words("display.free", size=gigabytes(state.disk_free))] if state.disk_free else []


def _waiting(state: BoxState, words: Words, what: str) -> str:
    if not state.waiting_bytes:
        return words(f"display.{what}_files", count=state.waiting_objects)
    size = state.waiting_bytes
    amount = gigabytes(size) if size >= _GIGABYTE else f"{math.ceil(size / 1e6)} MB"
    return words(f"display.{what}", size=amount)


def _until(seconds: float, words: Words) -> str:
    """As one says it: 25 min, 3 h, 2 days."""
    if seconds < 2 * _HOUR:
        return words("display.next_minutes", minutes=max(0, math.ceil(seconds / _MINUTE)))
    if seconds < 2 * _DAY:
        return words("display.next_hours", hours=round(seconds / _HOUR))
    return words("display.next_days", days=round(seconds / _DAY))


def _candidates(state: BoxState, words: Words) -> str:
    return words("display.candidates", count=state.exam.present)


def _head(word: str, count: int) -> str:
    """More than one thing is wrong: how many, where there is room."""
    counted = f"{word} ({count})"
    return counted if count > 1 and len(counted) <= WIDTH else word


def _bare(address: str) -> str:
    return address.partition("://")[2].rstrip("/") or address


def _address(state: BoxState, most: int) -> list[str]:
    return _broken(_bare(state.address), ".-", most)


def _broken(text: str, after: str, most: int) -> list[str]:
    """A word without spaces over at most so many lines, broken after one of these characters where it can be."""
    text = plain(text)
    lines: list[str] = []
    while text and len(lines) < most:
        end = WIDTH
        if len(text) > WIDTH:
            end = max((text.rfind(one, 0, WIDTH) + 1 for one in after), default=0) or WIDTH
        lines.append(text[:end])
        text = text[end:]
    if text and lines:
        lines[-1] = cut(lines[-1] + text)
    return lines


def wrapped(text: str, most: int) -> list[str]:
    """A sentence over at most so many lines."""
    lines = textwrap.wrap(plain(text), WIDTH)
    return lines if len(lines) <= most else [*lines[: most - 1], cut(" ".join(lines[most - 1 :]))]


def cut(text: str) -> str:
    """To the width of the display."""
    return text if len(text) <= WIDTH else text[: WIDTH - 3].rstrip() + "..."


def plain(text: str) -> str:
    """In letters that a small font has (Latin-1), in one line."""
    letters = (_letter(one) for one in text.translate(_PLAIN))
    return " ".join("".join(letters).split())


def _letter(letter: str) -> str:
    """Itself, or what it is made of (ő: o), or a question mark."""
    if letter.isspace():
        return " "
    if letter <= "\u00ff" and letter.isprintable():
        return letter
    parts = "".join(one for one in unicodedata.normalize("NFKD", letter) if " " <= one <= "~")
    return parts or ("" if unicodedata.category(letter)[0] in "CM" else "?")


def fitted(*lines: str) -> Lines:
    """Four lines, what is empty at the end."""
    said = [cut(plain(line)) for line in lines]
    kept = [line for line in said if line][:COUNT]
    one, two, three, four = [*kept, *[""] * (COUNT - len(kept))]
    return one, two, three, four
