"""What lies or is held in the picture. Pure (proctoring.md 4.2).

Each number says what it was measured on in docs/detection.md.
"""

from dataclasses import dataclass

from appliance.exam.episode import Tick
from appliance.inference.judges.context import Context, tick
from appliance.inference.observe import Observation
from appliance.inference.scene import Phone

WALLET = -1.0  # lead of the phone over the wallet below which it is a wallet
LESS_SURE = 0.35  # a score that counts when the close look at the hand agrees
UNSURE = 0.30  # a score that counts when the second opinion is a phone ...
LIKELY, AHEAD = 4.5, 2.0  # ... which it is from this likeness and lead on


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Nothing yet: each picture speaks for itself."""


def judge(memory: Memory, seen: Observation, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """A rule whose turn it was not has no tick."""
    ticks = {"phone_visible": _phone_visible(seen, context)}
    return memory, {code: tick for code, tick in ticks.items() if tick is not None}


def _say(seen: Observation, true: bool | None, *, score: float | None = None) -> Tick:
    light = None if seen.view is None else seen.view.luma
    return tick(seen.at, true, position=seen.position, score=score, light=light)


def _phone_visible(seen: Observation, context: Context) -> Tick | None:
    if seen.phones is None:
        return None if seen.waits else _say(seen, None)
    best = max(seen.phones, key=lambda phone: phone.score, default=None)
    sure = context.rules["phone_visible"].threshold
    return _say(seen, any(is_phone(p, sure=sure) for p in seen.phones), score=best.score if best else None)


def is_phone(phone: Phone, *, sure: float) -> bool:
    """Sure, or less sure but confirmed by another look; and no wallet."""
    opinion = phone.opinion
    if opinion is not None and opinion.lead < WALLET:
        return False
    if phone.score >= sure or (phone.agreed and phone.score >= LESS_SURE):
        return True
    confirmed = opinion is not None and opinion.phone >= LIKELY and opinion.lead >= AHEAD
    return confirmed and phone.score >= UNSURE
