"""What the candidate's page reports of itself. Pure (proctoring.md 4.2).

It is the page's word. A page says when a state begins and when it ends; between the two it is silent, so a `Beat` asks
again. Of what a page never said anything nothing can be judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from appliance.exam.episode import Tick
from appliance.exam.flags import Severity
from appliance.exam.page import ENDS, Fact
from appliance.inference.judges.context import Context, tick

INSIDE = "exam"
"""The value of `hidden` and `shown` where the exam itself runs in what was hidden. An exam that a link opens in another
tab does not: the page behind it is out of sight because the candidate is at work."""

RELOADED = "reloaded"
"""The value of `share_ended` where the page was loaded again: any browser wants a click then."""

PATIENCE = 15.0  # seconds for that click and the choice of a screen; nobody was measured

WHOLE = "monitor"
"""The surface that is to be shared."""

HELD = {
    Fact.FULLSCREEN_LEFT: "fullscreen_left",
    Fact.SHARE_ENDED: "share_lost",
    Fact.MIC_MUTED: "mic_muted",
    Fact.CAMERA_LOST: "camera_permission_lost",
}
"""States that are true for as long as they last, by what begins them."""

BEGINS = {end: begin for begin, end in ENDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The page says that `fact` was so at wall second `at`."""

    at: float
    fact: Fact
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A moment at which the page said nothing new."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`since`: the states that hold -> when they began; `said`: the last value of every fact that was reported,
    states by what begins them; `devices`: camera and microphone -> label; `absences`: when the exam was back in
    front, of those that count."""

    since: Mapping[Fact, float] = field(default_factory=dict)
    said: Mapping[Fact, str] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)
    absences: tuple[float, ...] = ()


def judge(memory: Memory, seen: Report | Beat, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """A report says something about its own rules, a beat about all."""
    if isinstance(seen, Beat):
        return memory, _beat(memory, seen.at, context)
    before, memory = memory, _learn(memory, seen, context)
    return memory, _report(before, memory, seen, context)


def back(memory: Memory, at: float) -> Memory:
    """The candidate was let go until `at`: what the page did meanwhile began now, and no absence of before counts."""
    return replace(memory, since={fact: max(began, at) for fact, began in memory.since.items()}, absences=())


def _learn(memory: Memory, seen: Report, context: Context) -> Memory:
    since = dict(memory.since)
    begin = BEGINS.get(seen.fact, seen.fact)
    absences = memory.absences
    if seen.fact in ENDS:
        since.setdefault(seen.fact, seen.at)
    elif seen.fact in BEGINS:
        began = since.pop(begin, None)
        if begin is Fact.HIDDEN and began is not None and seen.at - began >= context.rules["focus_lost"].seconds:
            absences = (*_recent(memory, seen.at, context), seen.at)
    devices = dict(memory.devices)
    if seen.fact is Fact.DEVICE:
        kind, _, label = seen.value.partition(": ")
        devices[kind] = label
    said = {**memory.said, begin: seen.value}
    return replace(memory, since=since, said=said, devices=devices, absences=absences)


def _recent(memory: Memory, now: float, context: Context) -> tuple[float, ...]:
    window = context.rules["focus_lost"].numbers["window"]
    return tuple(at for at in memory.absences if now - at <= window)


def _report(before: Memory, memory: Memory, seen: Report, context: Context) -> dict[str, Tick]:
    at, begin = seen.at, BEGINS.get(seen.fact, seen.fact)
    if begin is Fact.HIDDEN:
        return _front(before, memory, seen, context)
    if begin in HELD:  # at its end it has still been so
        of = memory if begin in memory.since else before
        return {HELD[begin]: _held(of, begin, at)}
    match seen.fact:
        case Fact.PASTED:
            return {"clipboard": _pasted(seen, context)}
        case Fact.PRINT_SCREEN:
            return {"print_screen": tick(at, True)}
        case Fact.DEVICE:
            return {"device_switched": _switched(before, seen)}
        case _:
            return _standing(memory, at, context)


def _beat(memory: Memory, at: float, context: Context) -> dict[str, Tick]:
    quiet = False if memory.said else None  # moments: a page that speaks would have said
    ticks = {code: _held(memory, begin, at) for begin, code in HELD.items()} | _standing(memory, at, context)
    ticks |= {code: tick(at, quiet) for code in ("clipboard", "print_screen", "device_switched")}
    ticks["typing_without_chat"] = tick(at, None)
    if (focus := _focus(memory, at, context)) is not None:
        ticks["focus_lost"] = focus
    return ticks


def _held(memory: Memory, begin: Fact, at: float) -> Tick:
    if begin not in memory.said:
        return tick(at, None)
    began = memory.since.get(begin)
    if began is None:
        return tick(at, False)
    said = memory.said[begin]
    if said == RELOADED and at - began < PATIENCE:
        return tick(at, None)
    return tick(at, True, why={"said": said} if said else {})


def _standing(memory: Memory, at: float, context: Context) -> dict[str, Tick]:
    """What was reported once and holds until something else is."""
    displays, surface, remote = (memory.said.get(fact, "") for fact in (Fact.DISPLAYS, Fact.SURFACE, Fact.REMOTE))
    many = _count(displays)
    shared = Fact.SHARE_ENDED not in memory.since and surface != ""
    return {
        "second_display": tick(
            at, None if many is None else many > context.rules["second_display"].threshold, why={"displays": displays}
        ),
        "share_wrong_surface": tick(at, surface != WHOLE if shared else None, why={"surface": surface}),
        "remote_or_vm": tick(at, remote != "" if Fact.REMOTE in memory.said else None, why={"said": remote}),
    }


def _count(displays: str) -> int | None:
    """More than one is "extended" where the browser does not say how many."""
    if displays == "extended":
        return 2
    return int(displays) if displays.isdecimal() else None


def _pasted(seen: Report, context: Context) -> Tick:
    if not seen.value.isdecimal():
        return tick(seen.at, None)
    characters = int(seen.value)
    return tick(seen.at, characters > context.rules["clipboard"].threshold, why={"characters": characters})


def _switched(before: Memory, seen: Report) -> Tick:
    kind, _, label = seen.value.partition(": ")
    known = before.devices.get(kind)
    return tick(seen.at, known not in (None, label), why={"device": kind, "from": known, "to": label})


# --- the exam in front ---


def _front(before: Memory, memory: Memory, seen: Report, context: Context) -> dict[str, Tick]:
    """Where it went out of sight an absence may begin; where it is back it is known how long that was."""
    if seen.value != INSIDE:
        return {"focus_lost": tick(seen.at, None)}
    began = before.since.get(Fact.HIDDEN)
    if seen.fact is Fact.HIDDEN:
        return {"focus_lost": tick(seen.at, True)} if began is None else {}
    if began is None:
        return {"focus_lost": tick(seen.at, False)}
    return {"focus_lost": _away(seen.at, began, context, times=len(memory.absences))}


def _focus(memory: Memory, at: float, context: Context) -> Tick | None:
    """None while an absence is shorter than what tells a long one: how heavy it is is not known before."""
    if memory.said.get(Fact.HIDDEN) != INSIDE:
        return tick(at, None)
    began = memory.since.get(Fact.HIDDEN)
    if began is None:
        return tick(at, False)
    if at - began < context.rules["focus_lost"].threshold:
        return None
    return _away(at, began, context, times=len(_recent(memory, at, context)) + 1)


def _away(at: float, began: float, context: Context, *, times: int) -> Tick:
    """Long, or often, weighs more than a short one."""
    rule = context.rules["focus_lost"]
    heavy = at - began >= rule.threshold or times >= rule.numbers["times"]
    why = {"seconds": round(at - began, 1), "times": times}
    return tick(at, True, why={**why, "severity": Severity.MEDIUM.value} if heavy else why)
