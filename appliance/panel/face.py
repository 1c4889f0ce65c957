"""What the outputs show: the box's status, or what the panel is in the middle of. Pure."""

import math
from collections.abc import Mapping

from appliance.panel import lines
from appliance.panel.button import OFF_AT, PAIR_FROM, RESET_AT
from appliance.panel.desk import CONFIRMATIONS, Desk, Leaving, Note, Saying, Sound
from appliance.panel.driver import Face
from appliance.panel.lines import Lines, Words
from appliance.panel.pattern import PATTERNS, Tone, Tune
from appliance.panel.status import BoxState, Shown, Status

HELD_FROM = 0.7
"""Seconds: a shorter press needs no countdown."""

_BAR_STEPS = 40
"""A bar in so many steps: a display is not written for less."""

TUNES: Mapping[Sound, Tune] = {
    Sound.IDENTIFY: Tune((Tone(0.08, 2400),)),
    Sound.PAIR: Tune((Tone(0.1, 1800), Tone(0.05), Tone(0.15, 2400))),
    Sound.COUNT: Tune((Tone(0.08, 1800),), quiet=False),
    Sound.OFF: Tune((Tone(0.6, 1800),), quiet=False),
    Sound.REFUSED: Tune((Tone(0.15, 1200), Tone(0.05), Tone(0.5, 600)), quiet=False),
    Sound.NOT_DONE: Tune((Tone(0.15, 1200), Tone(0.05), Tone(0.5, 600))),
    Sound.RESET: Tune((Tone(0.1, 2400), Tone(0.1), Tone(0.1, 2400), Tone(0.1), Tone(0.1, 2400), Tone(1.5)), again=True),
    Sound.FAULT: Tune((Tone(0.25, 800), Tone(0.15), Tone(0.25, 800))),
}
"""The shutdown's countdown and what comes of it sound during an exam, too: who holds the button must hear it."""


def of(desk: Desk, state: BoxState, now: float, *, words: Words, sounds: bool) -> Face:
    """Light, lines and tune of this moment (monotonic seconds)."""
    light = _light(desk)
    tune = TUNES[desk.sound] if desk.sound and sounds else None
    return Face(
        status=light.status,
        light=PATTERNS[light.status],
        since=light.since,
        lines=_lines(desk, state, now, words),
        bar=_bar(desk, now),
        qr=_qr(desk, state),
        tune=None if tune is None or (tune.quiet and state.is_exam_on) else tune,
        tune_since=desk.sound_since,
    )


def _light(desk: Desk) -> Shown:
    """The question after the reset flashes three times, as it wants three presses. Who holds the button sees it fade
    from the moment on from which letting go means another thing; a refusal shows that somebody is wanted."""
    if desk.going is not None:
        return Shown(Status.SHUTTING_DOWN, desk.going.since)
    if desk.question is not None:
        return Shown(Status.IDENTIFY, desk.question.since)
    if desk.held >= PAIR_FROM and not desk.power_on:
        return Shown(Status.SHUTTING_DOWN, desk.held_since + PAIR_FROM)
    if desk.identifying is not None:
        return Shown(Status.IDENTIFY, desk.identifying.since)
    if desk.refused is not None and (wanted := _WANTED.get(desk.shown.status)):
        return Shown(wanted, desk.refused.since)
    return desk.shown


_WANTED: Mapping[Status, Status] = {
    Status.READY: Status.ATTENTION,
    Status.SYNCING: Status.ATTENTION,
    Status.OFFLINE: Status.ATTENTION,
    Status.STARTING: Status.ATTENTION,
    Status.RECORDING: Status.RECORDING_ATTENTION,
}


def _lines(desk: Desk, state: BoxState, now: float, words: Words) -> Lines:  # noqa: PLR0911 (a list of cases)
    if desk.going is not None:
        return lines.going_off(state, words) if desk.going.why is Leaving.OFF else lines.resetting(words)
    if desk.question is not None:
        left = CONFIRMATIONS - desk.question.presses
        return lines.asking_for_reset(state, words, presses=left, left=desk.question.until - now)
    if desk.power_on and desk.held:
        return lines.holding_for_reset(words, left=max(0.0, RESET_AT - desk.held))
    if desk.held >= HELD_FROM:
        return lines.holding(state, words, held=min(desk.held, OFF_AT), pair_from=PAIR_FROM, off_at=OFF_AT)
    if desk.note is not None:
        return _noted(desk.note, state, words)
    if desk.refused is not None:
        return lines.refused(words, candidates=desk.refused.candidates, left=max(0.0, desk.refused.until - now))
    if desk.pairing is not None:
        return lines.pairing(state, words, code=desk.pairing.code, left=max(0.0, desk.pairing.until - now))
    if desk.identifying is not None:
        return lines.identifying(state, words)
    return lines.of(state, desk.shown.status, words)


def _noted(note: Note, state: BoxState, words: Words) -> Lines:
    if note.saying is Saying.FAILED:
        return lines.noted(words("display.failed"), note.sentence)
    text = words(f"display.{note.saying}_text", count=state.exam.present)
    return lines.noted(words(f"display.{note.saying}"), text)


def _bar(desk: Desk, now: float) -> float | None:
    """How far the countdown is that the lines speak of."""
    if desk.going is not None:
        return None
    if desk.question is not None:
        return _part(now - desk.question.since, desk.question.until - desk.question.since)
    if desk.held >= HELD_FROM or (desk.power_on and desk.held):
        return _part(desk.held, RESET_AT if desk.power_on else OFF_AT)
    if desk.note is not None:
        return None
    running = desk.refused or desk.pairing
    return _part(now - running.since, running.until - running.since) if running else None


def _part(done: float, whole: float) -> float:
    return min(1.0, max(0.0, math.floor(done / whole * _BAR_STEPS) / _BAR_STEPS))


def _qr(desk: Desk, state: BoxState) -> str:
    """The address, where the lines show which box this is or how it is set up."""
    calm = not (desk.going or desk.question or desk.held or desk.note or desk.refused or desk.pairing)
    setting_up = state.setup_code and not state.is_exam_on
    if not state.address or not calm or not (desk.identifying or setting_up):
        return ""
    return state.address if "://" in state.address else f"https://{state.address}"
