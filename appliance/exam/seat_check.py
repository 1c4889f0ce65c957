"""The check of one seat: its steps, what is gathered on the way, and what makes a seat green, amber or red. Pure.

The seat's page publishes for real while this goes on; what is judged is what arrived at the box.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from statistics import median
from typing import Any

CONNECT_SECONDS = 15.0
"""Until the first picture; then something is in the way."""

LOOK_SECONDS = 6.0
"""Of light, sound and line."""

CARD_SECONDS = 20.0
"""To hold up the test card, or a phone."""

CARD_LOOKS = 3
"""Pictures in which it has to be seen: one alone may be chance."""

PHONE = 0.5
"""How sure the detector must be; the rule `phone_visible` asks for as much."""

STALE_SECONDS = 86_400.0
"""What was found yesterday says little of today."""

SILENCE = -75.0
FAINT = -55.0
NOISY = -32.0
"""dB of full scale: nothing at all; so quiet that a voice is hard to hear; a floor so loud that speech drowns."""

DARK, DIM, GLARE = 35.0, 65.0, 220.0
"""Mean luma of the picture. Below the first the rule `lighting_poor` speaks."""

SHADED = 45.0
"""Of the face itself: a window behind it."""

SLOW, HALTING = 5.0, 10.0
"""Pictures a second."""

SMALL = 480
"""Lines of a picture below which faces and phones are hard to make out."""

LOSSY, LOST = 0.005, 0.03
FAR, TOO_FAR = 100.0, 300.0
"""Share of packets that did not come at the first try; milliseconds there and back."""


class Point(StrEnum):
    """What a seat is looked at for, in this order."""

    CAMERA = "camera"
    LIGHT = "light"
    MICROPHONE = "microphone"
    LINE = "line"
    PHONE = "phone"


class Colour(StrEnum):
    """`OPEN`: not known yet, or not any more."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    OPEN = "open"


_WORSE = (Colour.GREEN, Colour.OPEN, Colour.AMBER, Colour.RED)


class Trouble(StrEnum):
    """Why the page could not send at all."""

    NONE = ""
    DENIED = "denied"  # the person or the computer refused
    MISSING = "missing"  # there is no camera
    BUSY = "busy"  # another program has it
    INSECURE = "insecure"  # the address is not one that a browser gives a camera to
    FULL = "full"  # the box takes nobody else just now
    NO_LINE = "no_line"  # media do not arrive
    NO_MICROPHONE = "no_microphone"  # a camera, but no microphone
    GONE = "gone"  # the page was closed in the middle


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the box knows of a seat at one moment. `at`: wall seconds. None: not known. `picture_at`: of the newest
    picture that detection looked at; `level`: dB of full scale of the last half second of sound; `phone`: how sure
    detection is that there is one."""

    at: float
    fps: float | None = None
    loss: float | None = None
    rtt_ms: float | None = None
    level: float | None = None
    picture_at: float | None = None
    light: float | None = None
    face: bool | None = None
    face_light: float | None = None
    phone: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a check found. None: it could not be measured. `level`: the loudest half second, `floor`: the quietest;
    `card_looks`: pictures in which a phone was seen, of `looks` while it was asked for; `skipped`: nobody held one
    up."""

    trouble: Trouble = Trouble.NONE
    fps: float | None = None
    width: int | None = None
    height: int | None = None
    light: float | None = None
    face: bool | None = None
    face_light: float | None = None
    level: float | None = None
    floor: float | None = None
    loss: float | None = None
    rtt_ms: float | None = None
    card_looks: int = 0
    looks: int = 0
    skipped: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Facts":
        """From plain values; what is not known is left out: a newer box may know more."""
        known = {f.name for f in fields(cls)}
        values = {name: value for name, value in said.items() if name in known}
        return cls(**{**values, "trouble": Trouble(values.get("trouble", ""))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`code` names its words: `seat_board.said.CODE`, and for what is not green `seat_board.do.CODE`."""

    point: Point
    colour: Colour
    code: str


def judge(facts: Facts) -> tuple[Finding, ...]:
    """One finding for each point."""
    if facts.trouble in _STOPS:
        rest = (Finding(point=point, colour=Colour.OPEN, code="unknown") for point in list(Point)[1:])
        return Finding(point=Point.CAMERA, colour=Colour.RED, code=facts.trouble.value), *rest
    rules = {
        Point.CAMERA: _camera,
        Point.LIGHT: _light,
        Point.MICROPHONE: _microphone,
        Point.LINE: _line,
        Point.PHONE: _phone,
    }
    found = []
    for point, rule in rules.items():
        colour, code = rule(facts)
        found.append(Finding(point=point, colour=colour, code=code))
    return tuple(found)


_STOPS = frozenset(Trouble) - {Trouble.NONE, Trouble.NO_MICROPHONE}


def worst(colours: list[Colour]) -> Colour:
    """The colour of a seat: that of its worst point."""
    return max(colours, key=_WORSE.index, default=Colour.OPEN)


def _camera(facts: Facts) -> tuple[Colour, str]:
    if facts.fps is None:
        return Colour.RED, "no_picture"
    if facts.fps < SLOW:
        return Colour.RED, "slow"
    if facts.fps < HALTING:
        return Colour.AMBER, "halting"
    if facts.height is not None and facts.height < SMALL:
        return Colour.AMBER, "small"
    return Colour.GREEN, "camera_well"


def _light(facts: Facts) -> tuple[Colour, str]:
    if facts.light is None:
        return Colour.RED, "not_looked"
    cases = (
        (facts.light < DARK, Colour.RED, "dark"),
        (facts.face is False, Colour.AMBER, "no_face"),
        (facts.face_light is not None and facts.face_light < SHADED, Colour.AMBER, "backlit"),
        (facts.light < DIM, Colour.AMBER, "dim"),
        (facts.light > GLARE, Colour.AMBER, "glare"),
    )
    return next(((colour, code) for holds, colour, code in cases if holds), (Colour.GREEN, "light_well"))


def _microphone(facts: Facts) -> tuple[Colour, str]:
    if facts.trouble is Trouble.NO_MICROPHONE:
        return Colour.RED, "no_microphone"
    if facts.level is None or facts.level < SILENCE:
        return Colour.RED, "mic_silent"
    if facts.floor is not None and facts.floor > NOISY:
        return Colour.AMBER, "noisy"
    if facts.level < FAINT:
        return Colour.AMBER, "faint"
    return Colour.GREEN, "mic_well"


def _line(facts: Facts) -> tuple[Colour, str]:
    loss, rtt = facts.loss or 0.0, facts.rtt_ms or 0.0
    if loss >= LOST:
        return Colour.RED, "loss"
    if rtt >= TOO_FAR:
        return Colour.RED, "slow_line"
    if loss >= LOSSY:
        return Colour.AMBER, "some_loss"
    if rtt >= FAR:
        return Colour.AMBER, "long_line"
    return Colour.GREEN, "line_well"


def _phone(facts: Facts) -> tuple[Colour, str]:
    if facts.card_looks >= CARD_LOOKS:
        return Colour.GREEN, "card_seen"
    if facts.skipped:
        return Colour.AMBER, "card_skipped"
    return (Colour.RED, "card_not_seen") if facts.looks else (Colour.RED, "not_looked")


# --- the steps ---


class Step(StrEnum):
    """Where a check is."""

    CONNECTING = "connecting"
    LOOKING = "looking"  # sit as in the exam, and say something
    CARD = "card"  # hold up the test card
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One check. `since`: when its step began (wall seconds); `width`, `height`: of the camera's picture, as its page
    says."""

    step: Step = Step.CONNECTING
    since: float
    width: int | None = None
    height: int | None = None
    trouble: Trouble = Trouble.NONE
    looks: tuple[Look, ...] = ()
    card_at: frozenset[float] = field(default_factory=frozenset)
    card_of: frozenset[float] = field(default_factory=frozenset)
    skipped: bool = False

    def left(self, now: float) -> float:
        """Seconds that this step may still take."""
        return max(0.0, _LASTS.get(self.step, 0.0) - (now - self.since))


_LASTS = {Step.CONNECTING: CONNECT_SECONDS, Step.LOOKING: LOOK_SECONDS, Step.CARD: CARD_SECONDS}


def advance(run: Run, look: Look) -> Run:
    """What the box knows now may end a step."""
    if run.step is Step.OVER:
        return run
    if run.step is Step.CONNECTING:
        if look.fps and look.picture_at is not None and look.picture_at > run.since:
            return replace(run, step=Step.LOOKING, since=look.at)
        return run if run.left(look.at) else stop(run, Trouble.NO_LINE)
    run = replace(run, looks=(*run.looks, look))
    if run.step is Step.LOOKING:
        return run if run.left(look.at) else replace(run, step=Step.CARD, since=look.at)
    if look.picture_at is not None and look.picture_at >= run.since and look.phone is not None:
        run = replace(run, card_of=run.card_of | {look.picture_at})
        if look.phone >= PHONE:
            run = replace(run, card_at=run.card_at | {look.picture_at})
    over = len(run.card_at) >= CARD_LOOKS or not run.left(look.at)
    return replace(run, step=Step.OVER) if over else run


def skip(run: Run) -> Run:
    """Nobody has a card or a phone at hand: the rest counts."""
    return replace(run, step=Step.OVER, skipped=True) if run.step is Step.CARD else run


def stop(run: Run, trouble: Trouble) -> Run:
    """The page says that it cannot go on, or the box that nothing comes."""
    if trouble is Trouble.NO_MICROPHONE:
        return replace(run, trouble=trouble)
    return run if run.step is Step.OVER else replace(run, step=Step.OVER, trouble=trouble)


def facts_of(run: Run) -> Facts:
    """What a check that is over found. The light is that before a card was held up."""
    first = run.looks[0].at if run.looks else 0.0
    calm = [look for look in run.looks if look.at - first <= LOOK_SECONDS]
    levels = [look.level for look in run.looks if look.level is not None]
    faces = [look.face for look in calm if look.face is not None]
    return Facts(
        trouble=run.trouble,
        fps=_middle([look.fps for look in run.looks]),
        width=run.width,
        height=run.height,
        light=_middle([look.light for look in calm]),
        face=None if not faces else 2 * sum(faces) >= len(faces),
        face_light=_middle([look.face_light for look in calm]),
        level=max(levels, default=None),
        floor=min(levels, default=None),
        loss=max((look.loss for look in run.looks if look.loss is not None), default=None),
        rtt_ms=_middle([look.rtt_ms for look in run.looks]),
        card_looks=len(run.card_at),
        looks=len(run.card_of),
        skipped=run.skipped,
    )


def _middle(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 4) if known else None
