"""What a shared screen shows. Pure (proctoring.md 4.2).

The numbers were tried on desktops drawn for it; docs/detection.md says on which.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from appliance.exam.detection import DetectionPolicy
from appliance.exam.episode import Tick
from appliance.inference import words
from appliance.inference.judges.context import Context, tick
from appliance.inference.ocr import Reading
from appliance.inference.screen import Popup, Screen
from appliance.inference.words import Match

PAGE = 0.10  # of the screen that is another when a page is turned; typing and a pointer change a hundredth of that
LONGEST_LINE = 80  # letters of a line that are kept with a flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """`pages`: when the screen became another one, within the rule's window. `app`, `site`: what `reading` names that
    `policy` does not want."""

    pages: tuple[float, ...] = ()
    reading: Reading | None = None
    policy: DetectionPolicy | None = None
    app: Match | None = None
    site: Match | None = None


def judge(memory: Memory, seen: Screen | Popup, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """A rule whose turn it was not has no tick."""
    if isinstance(seen, Popup):
        return memory, {"popup_seen": _popup_seen(seen, context)}
    if seen.changed is None and seen.moved is None and seen.reading is None:
        codes = ("unapproved_app", "unapproved_url", "popup_seen", "no_progress", "erratic_paging")
        return memory, {code: _say(seen, None) for code in codes}
    policy = context.rules.policy
    memory = _read(_turn(memory, seen, context), seen, policy)
    apps, sites = bool(policy.apps or policy.not_apps), bool(policy.sites or policy.not_sites)
    ticks = {
        "unapproved_app": _named("unapproved_app", memory.app, seen, context, listed=apps),
        "unapproved_url": _named("unapproved_url", memory.site, seen, context, listed=sites),
        "popup_seen": _say(seen, None if seen.moved is None else False),
        "no_progress": _no_progress(seen, context),
        "erratic_paging": _erratic_paging(memory, seen, context),
    }
    return memory, {code: tick for code, tick in ticks.items() if tick is not None}


def _say(
    seen: Screen | Popup,
    true: bool | None,
    *,
    score: float | None = None,
    doubt: bool = False,
    why: Mapping[str, Any] | None = None,
) -> Tick:
    return tick(seen.at, true, position=seen.position, score=score, doubt=doubt, why=why)


def _read(memory: Memory, seen: Screen, policy: DetectionPolicy) -> Memory:
    """Once for each reading: what stands there is the same for as long as the screen is."""
    if seen.reading is None or (seen.reading is memory.reading and policy is memory.policy):
        return memory
    lines = seen.reading.lines
    app, site = words.application(lines, policy), words.address(lines, policy)
    return replace(memory, reading=seen.reading, policy=policy, app=app, site=site)


def _named(code: str, found: Match | None, seen: Screen, context: Context, *, listed: bool) -> Tick | None:
    """Without a list there is nothing to judge by; until what is new was read, nothing is known."""
    if not listed or not seen.reads:
        return _say(seen, None)
    if seen.reading is None:
        return None
    if found is None:
        return _say(seen, False if seen.reading.whole else None)
    sure = found.score >= context.rules[code].threshold
    why = {"word": found.word, "line": found.line[:LONGEST_LINE]}
    return _say(seen, True if sure else None, score=found.score, doubt=found.doubt, why=why)


def _popup_seen(seen: Popup, context: Context) -> Tick:
    rule = context.rules["popup_seen"]
    lasted = seen.at - seen.since
    true = rule.threshold <= seen.share <= rule.numbers["largest"] and lasted <= rule.numbers["within"]
    return _say(seen, true, why={"seconds": round(lasted, 1), "share": round(seen.share, 3)} if true else None)


def _no_progress(seen: Screen, context: Context) -> Tick:
    """Nothing has moved, not even a little, since the screen has last been still."""
    return _say(seen, None if seen.changed is None else seen.changed < context.rules["no_progress"].threshold)


def _turn(memory: Memory, seen: Screen, context: Context) -> Memory:
    window = context.rules["erratic_paging"].numbers["window"]
    pages = tuple(at for at in memory.pages if 0 <= seen.at - at <= window)
    turned = seen.moved is not None and seen.moved >= PAGE
    return replace(memory, pages=(*pages, seen.at) if turned else pages)


def _erratic_paging(memory: Memory, seen: Screen, context: Context) -> Tick:
    turned = len(memory.pages)
    true = turned > context.rules["erratic_paging"].threshold
    return _say(seen, true if seen.moved is not None else None, why={"pages": turned} if true else None)
