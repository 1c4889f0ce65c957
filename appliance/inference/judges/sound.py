"""What a microphone hears: voices, noise, patterns, nothing. Pure (proctoring.md 4.2).

Each number says what it was measured on in docs/detection.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from appliance.exam.episode import Tick
from appliance.inference.judges import knocks, voices
from appliance.inference.judges.context import Context, tick
from appliance.inference.judges.knocks import Knocks
from appliance.inference.sound import SECONDS, Heard
from appliance.inference.vad import CHUNK_SECONDS

CLIPPED = 0.01  # of the samples: the sound is cut, and what it was cannot be said for certain
HYSTERESIS = 0.15  # a voice goes on while it is this little less likely than it must be to begin
PAUSE = 8  # chunks (a quarter of a second) of a pause within a sentence
BASE_LINE = 20  # windows without a voice that make a noise floor, where check-in took none
MOSTLY = 0.5  # of a window that is a voice is no noise
CODES = ("speech", "second_voice", "noise", "patterned_sound", "mic_silent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`recent`: what was heard in the longest window of a rule; `floor`: the noise of the place, dB, and what it is
    being made of; `of_knocks`: sounds that may be a pattern."""

    recent: tuple[Heard, ...] = ()
    floor: float | None = None
    seen: tuple[float, ...] = ()
    of_knocks: Knocks = field(default_factory=Knocks)


def judge(memory: Memory, seen: Heard, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """Where no sound came nothing can be judged; where it is cut off at full scale, only that there is sound."""
    if seen.level is None:
        return memory, {code: tick(seen.at, None, position=seen.position) for code in CODES}
    longest = max(context.rules["speech"].numbers["window"], context.rules["second_voice"].numbers["window"])
    memory = _learn(replace(memory, recent=_last(memory.recent, seen, longest)), seen)
    of_knocks, patterned = knocks.judge(memory.of_knocks, seen, context)
    memory = replace(memory, of_knocks=of_knocks)
    ticks = {
        "speech": _speech(memory, seen, context),
        "second_voice": voices.judge(memory.recent, seen, context),
        "noise": _noise(memory, seen, context),
        "patterned_sound": patterned,
    }
    if seen.elsewhere:
        own = ("noise",) if seen.everywhere else ()  # what makes a noise in the whole room is nobody's
        ticks = {code: said if code in own else _elsewhere(said, seen) for code, said in ticks.items()}
    if seen.clipped >= CLIPPED:
        ticks = {code: tick(seen.at, None, position=seen.position) for code in ticks}
    return memory, {**ticks, "mic_silent": _silent(seen, context)}


def voiced_seconds(chances: Sequence[float], threshold: float) -> float:
    """How much of it is a voice, short pauses within a sentence included."""
    return sum(length for length in _stretches(chances, threshold)) * CHUNK_SECONDS


def _stretches(chances: Sequence[float], threshold: float) -> Iterator[int]:
    """Chunks of each stretch of voice."""
    length = pause = 0
    for chance in chances:
        if chance >= (threshold - HYSTERESIS if length and not pause else threshold):
            length, pause = length + pause + 1, 0
        elif length:
            pause += 1
        if pause > PAUSE:
            yield length
            length = pause = 0
    yield length


def _last(recent: tuple[Heard, ...], seen: Heard, seconds: float) -> tuple[Heard, ...]:
    """What is still young enough; a clock that was set back makes it forget the rest."""
    return (*(heard for heard in recent if 0 < seen.at - heard.at < seconds - SECONDS / 2), seen)


def _learn(memory: Memory, seen: Heard) -> Memory:
    """The noise floor: the median of the first windows without a voice."""
    if memory.floor is not None or any(chance >= MOSTLY for chance in seen.chances or ()):
        return memory
    levels = (*memory.seen, seen.steady)
    if len(levels) < BASE_LINE:
        return replace(memory, seen=levels)
    return replace(memory, seen=(), floor=median(levels))


def _say(seen: Heard, true: bool | None, *, score: float | None = None, why: dict[str, Any] | None = None) -> Tick:
    return tick(seen.at, true, position=seen.position, score=score, why=why)


def _elsewhere(said: Tick, seen: Heard) -> Tick:
    """The same is louder at another seat: it is that one's."""
    return tick(said.at, False, position=said.position, score=0.0, why={"heard_at": seen.elsewhere})


def _speech(memory: Memory, seen: Heard, context: Context) -> Tick:
    """So many seconds of voice within the window, and still some of it; what is at home elsewhere is none."""
    rule = context.rules["speech"]
    if seen.chances is None:
        return _say(seen, None)
    window = rule.numbers["window"]
    chances: list[float] = []
    for heard in _last(memory.recent[:-1], seen, window):
        chances += [0.0] * len(heard.chances or ()) if heard.elsewhere else heard.chances or ()
    goes_on = any(chance >= rule.threshold for chance in seen.chances)
    voiced = voiced_seconds(chances, rule.threshold) if goes_on else 0.0
    why = {"voiced_s": round(voiced, 2), "level_db": round(seen.level or 0.0, 1)}
    return _say(seen, voiced >= rule.numbers["voiced"], score=min(1.0, voiced / window), why=why)


def _noise(memory: Memory, seen: Heard, context: Context) -> Tick:
    """A steady sound far above the floor that is no voice."""
    floor = context.base.noise_db if context.base.noise_db is not None else memory.floor
    if floor is None or seen.chances is None:
        return _say(seen, None)
    rule, above = context.rules["noise"], seen.steady - floor
    voiced = voiced_seconds(seen.chances, MOSTLY) >= MOSTLY * SECONDS
    score = min(1.0, max(0.0, above / (2 * rule.threshold)))
    why = {"above_db": round(above, 1), "floor_db": round(floor, 1)}
    return _say(seen, above >= rule.threshold and not voiced, score=score, why=why)


def _silent(seen: Heard, context: Context) -> Tick:
    """Not even the noise of a room."""
    level, limit = seen.level or 0.0, context.rules["mic_silent"].threshold
    return _say(seen, level < limit, why={"level_db": round(level, 1)})
