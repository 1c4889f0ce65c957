"""The clips of a data set, one after the other, through the production code."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.errors import BadInput
from appliance.evaluate import match, segments, tally, ticks
from appliance.evaluate.dataset import Clip, Dataset
from appliance.evaluate.match import Alarm, Outcome
from appliance.evaluate.segments import Segment
from appliance.evaluate.tally import Tally
from appliance.evaluate.ticks import Scores
from appliance.exam.detection import RuleSet
from appliance.exam.flags import Channel, Rule
from appliance.inference.detectors import Detectors
from appliance.inference.replay import Replayed, live_pace, replay

_SHORTER = 1.0  # seconds by which a clip may end before it should


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A clip and what came of it. `seconds` is how long it was."""

    clip: Clip
    seconds: float
    outcome: Outcome
    tallies: Mapping[str, Tally]
    scores: Mapping[str, Scores]
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`took`: wall seconds for all of them; `findings`: what could not be played, and why."""

    played: tuple[Played, ...]
    findings: tuple[str, ...]
    took: float


def play(dataset: Dataset, detectors: Detectors, rules: RuleSet, *, say: Callable[[str], None]) -> Run:
    """Every clip that can be played. What cannot is named and left out."""
    played: list[Played] = []
    findings = list(dataset.findings)
    began = time.perf_counter()
    for clip in dataset.clips:
        say(f"{clip.name}")
        try:
            came = replay(clip.file, detectors, pace=live_pace(), rules=rules, portrait=clip.portrait)
        except BadInput as error:
            findings.append(f"{clip.name}: {error.message}")
            continue
        if clip.seconds is not None and came.seconds < clip.seconds - _SHORTER:
            findings.append(f"{clip.name}: ends after {came.seconds:.1f} s, the labels say {clip.seconds:g} s")
            continue
        played.append(judge(clip, came, dataset.codes, rules))
    return Run(played=tuple(played), findings=tuple(findings), took=time.perf_counter() - began)


def judge(clip: Clip, came: Replayed, codes: Mapping[str, tuple[str, ...]], rules: RuleSet) -> Played:
    """What came of a clip, held against its labels. Pure."""
    seconds = max(came.seconds, clip.seconds or 0.0)
    judged = {code for code, rule in rules.rules.items() if rule.sense in came.senses and _is_known(clip, rule)}
    expected = [e for e in match.episodes(clip.labels, codes, rules) if judged & set(e.codes)]
    alarms = [Alarm(found.code, found.onset, found.fired, found.end) for found in came.found]
    off = match.Uncounted.of(clip.labels, clip.ignored, codes, rules)
    outcome = match.match(expected, alarms, off)
    return Played(
        clip=clip,
        seconds=seconds,
        outcome=outcome,
        tallies=tally.of_clip(outcome, came.ticks, seconds=seconds),
        scores=ticks.scores(clip, came.ticks, codes, outcome),
        segments=tuple(segments.segments(clip, seconds, came.ticks, codes, judged)),
    )


def _is_known(clip: Clip, rule: Rule) -> bool:
    """Whose face it should be, where that matters."""
    return rule.channel is not Channel.IDENTITY or clip.portrait is not None
