"""What the panel is in the middle of, and what follows from what a hand, a page or an outcome says. Pure: whoever calls
`step` does what the intents ask for, and says here when it could not."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from appliance.box import pairing
from appliance.box.panel import Ask
from appliance.panel import status
from appliance.panel.button import OFF_AT, Signal
from appliance.panel.status import BoxState, Shown, Status

IDENTIFY_FOR = 30.0
INSIST_WITHIN = 30.0
READ = 3.0
"""Seconds that a refusal stands before somebody can insist: nobody has read it before."""

CONFIRM_WITHIN, CONFIRMATIONS = 15.0, 3
NOTE_FOR = 20.0
OFF_TAKES, RESET_TAKES = 120.0, 900.0
"""Seconds after which it did not happen."""

BUTTON = "button"
"""Who asks, where it is a hand at the box."""


class Sound(StrEnum):
    """What the buzzer may say (`face` has the tunes)."""

    IDENTIFY = "identify"
    PAIR = "pair"
    COUNT = "count"  # one more second of a hold
    REFUSED = "refused"  # the shutdown
    NOT_DONE = "not_done"  # anything else
    OFF = "off"
    RESET = "reset"  # it asks whether it shall
    FAULT = "fault"


class Saying(StrEnum):
    """What a note says, where it is no sentence of somebody else's."""

    NOT_CONFIRMED = "not_confirmed"  # the reset
    CANDIDATES = "candidates_here"  # no reset while they are here
    STILL_ON = "still_on"  # it did not switch off
    STILL_HERE = "still_here"  # the reset did not happen
    GUESSED = "guessed"  # the pair window is closed: too many codes were wrong
    FAILED = "failed"  # it was refused; `sentence` says why


@dataclass(frozen=True, slots=True)
class Identifying:
    """The box shows which one it is, from `since` until `until`."""

    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Pairing:
    """The window is open from `since` until `until`."""

    code: str
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Refused:
    """No shutdown because of so many candidates; None: nobody knows how many. Who holds again until `until` insists."""

    candidates: int | None
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Question:
    """Shall the box be reset? So many presses said yes."""

    since: float
    until: float
    presses: int = 0


class Leaving(StrEnum):
    """Why the box goes away."""

    OFF = "off"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Going:
    """It was asked for at `since`."""

    why: Leaving
    since: float


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person at the box should read."""

    saying: Saying
    since: float
    until: float
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Times are monotonic seconds. `held`: how long the button is down, and since when (`power_on`: since the power
    came); the rest is None where the panel is not in the middle of it."""

    shown: Shown
    held: float = 0.0
    held_since: float = 0.0
    power_on: bool = False
    identifying: Identifying | None = None
    pairing: Pairing | None = None
    refused: Refused | None = None
    question: Question | None = None
    going: Going | None = None
    note: Note | None = None
    sound: Sound | None = None
    sound_since: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time passes: many times a second, with `Button.held` and `Button.power_on`."""

    held: float = 0.0
    power_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody at a page wants it."""

    what: Ask
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The pair window is open, for so many seconds, with this code (as people read it)."""

    code: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """What an intent asked for could not be done, or the steward refused it: in words for a person."""

    sentence: str


Event = Signal | Tick | Asked | Opened | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify:
    """Tell who is signed in that somebody looks for this box. `by`: BUTTON, or who asked."""

    by: str
    seconds: float = IDENTIFY_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPairing:
    """Open the pair window, and say `Opened` or `Failed`."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePairing:
    """Nobody is bound by it any more. `by`: "" where its time is over."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusePowerOff:
    """Tell the ledger: somebody wanted the box off, and so many candidates are in an exam. None: nobody knows."""

    candidates: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerOff:
    """Ask root to switch off; say `Failed` where that is refused. `insisted`: it was refused before, because of so many
    candidates (None: nobody knows)."""

    candidates: int | None
    insisted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """Ask root to make the box as it was when it was new. `confirm`: its name. Never with `lose_evidence`."""

    confirm: str


Intent = Identify | OpenPairing | ClosePairing | RefusePowerOff | PowerOff | Reset


def start(now: float) -> Desk:
    """Nobody did anything yet."""
    return Desk(shown=Shown(Status.STARTING, now - status.SHOWN_FOR))


def step(desk: Desk, event: Event, state: BoxState, now: float) -> tuple[Desk, tuple[Intent, ...]]:
    """What comes of it."""
    if isinstance(event, Tick):
        return _tick(desk, event, state, now)
    if isinstance(event, Failed):
        return _failed(desk, event, now), ()
    if desk.going is not None:
        return desk, ()  # it goes off: nothing else is begun
    if isinstance(event, Opened):
        return replace(desk, pairing=Pairing(event.code, now, now + event.seconds)), ()
    if isinstance(event, Asked):
        return _asked(desk, event, now)
    return _signalled(desk, event, state, now)


def _signalled(desk: Desk, signal: Signal, state: BoxState, now: float) -> tuple[Desk, tuple[Intent, ...]]:
    if signal is Signal.PRESSED:
        return _touched(desk, now), ()
    if signal is Signal.RESET_HELD:
        asking = replace(desk, question=Question(now, now + CONFIRM_WITHIN), identifying=None)
        return _sounding(asking, Sound.RESET, now), ()
    if desk.question is not None:
        return _answered(desk, desk.question, signal, state, now)
    if signal is Signal.TAPPED:
        return _identify(desk, BUTTON, now) if desk.identifying is None else (replace(desk, identifying=None), ())
    if signal is Signal.PAIR:
        return _sounding(desk, Sound.PAIR, now), (OpenPairing(by=BUTTON),)
    return _off(desk, state, now) if signal is Signal.OFF else (desk, ())


def _touched(desk: Desk, now: float) -> Desk:
    """Somebody is at the button: they have read the note, and who begins to hold while the refusal stands is heard."""
    refused = desk.refused
    if refused is not None:
        refused = replace(refused, until=max(refused.until, now + OFF_AT + 1))
    return replace(desk, note=None, refused=refused)


def _asked(desk: Desk, asked: Asked, now: float) -> tuple[Desk, tuple[Intent, ...]]:
    if asked.what is Ask.IDENTIFY:
        return _identify(desk, asked.by, now)
    if asked.what is Ask.PAIR:
        return desk, (OpenPairing(by=asked.by),)
    if desk.pairing is None:
        return desk, ()
    desk = replace(desk, pairing=None)
    if asked.by == pairing.GUESSES:
        desk = _noted(desk, Saying.GUESSED, now)
    return desk, (ClosePairing(by=asked.by),)


def _identify(desk: Desk, by: str, now: float) -> tuple[Desk, tuple[Intent, ...]]:
    """Who asks again is shown it for longer; the light goes on as it is."""
    since = desk.identifying.since if desk.identifying else now
    desk = replace(desk, identifying=Identifying(since, now + IDENTIFY_FOR))
    return _sounding(desk, Sound.IDENTIFY, now), (Identify(by=by),)


def _off(desk: Desk, state: BoxState, now: float) -> tuple[Desk, tuple[Intent, ...]]:
    """Not while candidates are here, and not while nobody can say whether they are; unless somebody read that, and
    wants it again. Who insisted did so for a number of candidates: more of them is a new question."""
    candidates = state.candidates
    before = desk.refused
    if before is not None and now - before.since < READ:
        return desk, ()
    insisted = before is not None and (
        candidates is None or (before.candidates is not None and candidates <= before.candidates)
    )
    if candidates == 0 or insisted:
        going = replace(desk, going=Going(Leaving.OFF, now), refused=None, identifying=None)
        return _sounding(going, Sound.OFF, now), (PowerOff(candidates=candidates, insisted=insisted),)
    refused = replace(desk, refused=Refused(candidates, now, now + INSIST_WITHIN))
    return _sounding(refused, Sound.REFUSED, now), (RefusePowerOff(candidates=candidates),)


def _answered(
    desk: Desk, question: Question, signal: Signal, state: BoxState, now: float
) -> tuple[Desk, tuple[Intent, ...]]:
    """Only short presses say yes; a hold says no."""
    if signal is not Signal.TAPPED:
        return _noted(replace(desk, question=None), Saying.NOT_CONFIRMED, now), ()
    if (presses := question.presses + 1) < CONFIRMATIONS:
        return _sounding(replace(desk, question=replace(question, presses=presses)), Sound.COUNT, now), ()
    desk = replace(desk, question=None)
    if state.exam.present:
        return _noted(desk, Saying.CANDIDATES, now), ()
    going = replace(desk, going=Going(Leaving.RESET, now))
    return _sounding(going, Sound.OFF, now), (Reset(confirm=state.name),)


def _failed(desk: Desk, failed: Failed, now: float) -> Desk:
    return _noted(replace(desk, going=None), Saying.FAILED, now, sentence=failed.sentence)


def _tick(desk: Desk, tick: Tick, state: BoxState, now: float) -> tuple[Desk, tuple[Intent, ...]]:
    before = desk
    desk = _over(_held(desk, tick, now), now)
    desk = replace(desk, shown=status.steady(desk.shown, status.of(state), now))
    if desk.held and math.floor(desk.held) > math.floor(before.held):
        desk = _sounding(desk, Sound.COUNT, now)
    elif desk.shown.status is Status.FAULT and before.shown.status is not Status.FAULT:
        desk = _sounding(desk, Sound.FAULT, now)
    closed = before.pairing is not None and desk.pairing is None
    return desk, (ClosePairing(by=""),) if closed else ()


def _held(desk: Desk, tick: Tick, now: float) -> Desk:
    goes_on = 0 < desk.held <= tick.held
    since = desk.held_since if goes_on else now - tick.held
    return replace(desk, held=tick.held, held_since=since if tick.held else 0.0, power_on=tick.power_on)


def _over(desk: Desk, now: float) -> Desk:
    """What has had its time."""
    if desk.identifying is not None and now >= desk.identifying.until:
        desk = replace(desk, identifying=None)
    if desk.pairing is not None and now >= desk.pairing.until:
        desk = replace(desk, pairing=None)
    if desk.refused is not None and now >= desk.refused.until:
        desk = replace(desk, refused=None)
    if desk.note is not None and now >= desk.note.until:
        desk = replace(desk, note=None)
    if desk.question is not None and now >= desk.question.until:
        desk = _noted(replace(desk, question=None), Saying.NOT_CONFIRMED, now)
    if desk.going is not None and now - desk.going.since >= _takes(desk.going):
        saying = Saying.STILL_ON if desk.going.why is Leaving.OFF else Saying.STILL_HERE
        desk = _noted(replace(desk, going=None), saying, now)
    return desk


def _takes(going: Going) -> float:
    return OFF_TAKES if going.why is Leaving.OFF else RESET_TAKES


def _noted(desk: Desk, saying: Saying, now: float, *, sentence: str = "") -> Desk:
    noted = replace(desk, note=Note(saying, now, now + NOTE_FOR, sentence))
    return _sounding(noted, Sound.NOT_DONE, now)


def _sounding(desk: Desk, sound: Sound, now: float) -> Desk:
    return replace(desk, sound=sound, sound_since=now)
