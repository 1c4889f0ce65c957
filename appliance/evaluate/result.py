"""From what came of each clip to the figures of the whole set. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from appliance.evaluate import bootstrap, roc, tally
from appliance.evaluate.bootstrap import Interval
from appliance.evaluate.dataset import TRAITS, UNKNOWN
from appliance.evaluate.play import Played, Run
from appliance.evaluate.segments import FALSE_ALARM_RATE
from appliance.evaluate.ticks import Scores

Figures = dict[str, Any]


def of(run: Run, *, preset: str, rules: str) -> Figures:
    """All figures, as they stand in the JSON file. A rate that nothing supports is None."""
    played = run.played
    seconds = sum(p.seconds for p in played)
    natural = [p for p in played if p.clip.natural]
    composed = [p for p in played if not p.clip.natural]
    return {
        "preset": preset,
        "rules": rules,
        **_summary(played),
        "flags": _flags(played),
        "segment": _segment(played),
        "tick": _ticks(played),
        "realtime_factor": _round(seconds / run.took if run.took > 0 else None),
        "origin": {
            name: {**_summary(some), "flags": _flags(some), "segment": _segment(some)}
            for name, some in (("natural", natural), ("composed", composed))
            if some
        },
        "buckets": {trait: _bucket(played, trait) for trait in TRAITS},
        "misses": [_miss(p, e.codes, e.start, e.end) for p in played for e in p.outcome.missed],
        "false": [_miss(p, (a.code,), a.onset, a.end) for p in played for a in p.outcome.false],
        "uncounted": [_miss(p, (a.code,), a.onset, a.end) for p in played for a in p.outcome.uncounted],
        "findings": list(run.findings),
    }


def _summary(played: Sequence[Played]) -> Figures:
    hours = sum(p.seconds for p in played) / 3600.0
    false = [(p.clip.subject, len(p.outcome.false), p.seconds / 3600.0) for p in played]
    count = sum(number for _, number, _ in false)
    people = _by(false, lambda row: str(row[0]))
    interval = bootstrap.ratio(
        [sum(row[1] for row in rows) for rows in people.values()],
        [sum(row[2] for row in rows) for rows in people.values()],
    )
    every = tally.total(t for p in played for t in p.tallies.values())
    return {
        "clips": len(played),
        "subjects": len(people),
        "hours": _round(hours, 4),
        "false_alerts": count,
        "false_alerts_per_candidate_hour": _round(count / hours if hours else None),
        "false_alerts_per_candidate_hour_interval": _rounded(interval),
        "false_alerts_per_candidate_hour_at_most": _round(tally.upper_bound(count, hours)),
        "episodes": every.episodes,
        "hits": every.hits,
        "recall": _round(every.recall),
        "coverage": _round(every.coverage),
    }


def _flags(played: Sequence[Played]) -> Figures:
    """By code, of every rule that was judged at all."""
    codes = sorted({code for p in played for code in p.tallies})
    return {code: _flag(code, played) for code in codes}


def _flag(code: str, played: Sequence[Played]) -> Figures:
    some = [p for p in played if code in p.tallies]
    people = [tally.total(p.tallies[code] for p in own) for own in _by(some, lambda p: p.clip.subject).values()]
    whole = tally.total(people)
    return {
        "episodes": whole.episodes,
        "hits": whole.hits,
        "recall": _round(whole.recall),
        "recall_interval": _rounded(tally.recall_interval(people)),
        "precision": _round(whole.precision),
        "precision_interval": _rounded(tally.precision_interval(people)),
        "false_alerts": whole.false,
        "false_alerts_per_hour": _round(whole.false_per_hour),
        "false_alerts_per_hour_interval": _rounded(tally.false_interval(people)),
        "false_alerts_per_hour_at_most": _round(tally.upper_bound(whole.false, whole.hours)),
        "hours": _round(whole.hours, 4),
        "onset_delay_s": _round(tally.percentile(whole.delays, 0.5)),
        "onset_delay_p95_s": _round(tally.percentile(whole.delays, 0.95)),
        "duplicates": whole.duplicates,
        "duplicates_per_episode": _round(whole.duplicates / whole.hits if whole.hits else None),
        "uncounted": whole.uncounted,
        "coverage": _round(whole.coverage),
    }


def _segment(played: Sequence[Played]) -> Figures:
    """What is labelled for less than half is neither; `..._all` takes it for unlabelled."""
    people = list(_by(played, lambda p: p.clip.subject).values())
    every = sum((_scores(own, touched=True) for own in people), Scores())
    scores = [_scores(own, touched=False) for own in people]
    whole = sum(scores, Scores())
    return {
        "positive": len(whole.positive),
        "negative": len(whole.negative),
        "negative_all": len(every.negative),
        "tdr_at_2pct_far": _round(roc.rate_at(whole.positive, whole.negative, false_rate=FALSE_ALARM_RATE)),
        "tdr_at_2pct_far_all": _round(roc.rate_at(every.positive, every.negative, false_rate=FALSE_ALARM_RATE)),
        "auc_all": _round(every.auc),
        "auc": _round(whole.auc),
        "auc_interval": _rounded(
            bootstrap.statistic(len(scores), lambda drawn: sum((scores[i] for i in drawn), Scores()).auc)
        ),
    }


def _scores(played: Sequence[Played], *, touched: bool) -> Scores:
    of = [segment for p in played for segment in p.segments]
    return Scores(
        tuple(s.score for s in of if s.positive),
        tuple(s.score for s in of if not s.positive and (touched or not s.touched)),
    )


def _ticks(played: Sequence[Played]) -> Figures:
    by_code: dict[str, Scores] = defaultdict(Scores)
    for p in played:
        for code, scores in p.scores.items():
            by_code[code] += scores
    return {
        code: {
            "positive": len(scores.positive),
            "negative": len(scores.negative),
            "auc": _round(scores.auc),
            "tpr_at_2pct_fpr": _round(scores.tpr),
        }
        for code, scores in sorted(by_code.items())
    }


def _bucket(played: Sequence[Played], trait: str) -> Figures:
    found = {
        value: _summary(own) for value, own in sorted(_by(played, lambda p: p.clip.traits.get(trait, UNKNOWN)).items())
    }
    kept = ("hours", "false_alerts", "false_alerts_per_candidate_hour", "episodes", "hits", "recall", "coverage")
    return {
        "values": {value: {name: said[name] for name in kept} for value, said in found.items()},
        "gap_in_false_alerts": _gap(said["false_alerts_per_candidate_hour"] for said in found.values()),
        "gap_in_coverage": _gap(said["coverage"] for said in found.values()),
    }


def _gap(values: Iterable[float | None]) -> float | None:
    """Largest less smallest; None where there are not two to compare."""
    known = [value for value in values if value is not None]
    return _round(max(known) - min(known)) if len(known) > 1 else None


def _miss(played: Played, codes: Sequence[str], start: float, end: float) -> Figures:
    return {"clip": played.clip.name, "codes": list(codes), "start": _round(start, 2), "end": _round(end, 2)}


def _by(rows: Iterable[Any], key: Callable[[Any], str]) -> Mapping[str, list[Any]]:
    groups: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _round(value: float | None, places: int = 3) -> float | None:
    return None if value is None else round(value, places)


def _rounded(interval: Interval) -> list[float] | None:
    return None if interval is None else [round(end, 3) for end in interval]
