"""The figures as a person reads them."""

from collections.abc import Iterator, Mapping
from typing import Any

Figures = Mapping[str, Any]

_HEAD = f"{'flag':<24}{'episodes':>9}{'hits':>6}{'recall':>8}{'95 %':>14}{'precision':>11}{'false':>7}"
_HEAD += f"{'per hour':>10}{'at most':>9}{'delay':>8}{'p95':>7}{'twice':>7}{'coverage':>10}"


def lines(figures: Figures) -> Iterator[str]:
    """All of it; a dash is a rate that nothing supports."""
    yield f"preset {figures['preset']}, rules {figures['rules']}"
    yield f"{figures['clips']} clips of {figures['subjects']} people"
    yield from _whole(figures)
    yield ""
    yield from _flags(figures["flags"])
    for name, some in figures["origin"].items():
        yield ""
        yield f"--- {name} clips ---"
        yield from _whole(some)
        yield from _flags(some["flags"])
    yield ""
    yield from _ticks(figures)
    yield ""
    yield from _buckets(figures["buckets"])
    for key, what in (("misses", "missed"), ("false", "false alert"), ("uncounted", "not counted")):
        for said in figures[key]:
            yield f"{what}: {said['clip']} {' or '.join(said['codes'])} {said['start']:.1f}-{said['end']:.1f} s"
    for finding in figures["findings"]:
        yield f"NOT EVALUATED AS IT STANDS: {finding}"
    yield f"{_number(figures['realtime_factor'])} times as fast as it was recorded"


def _whole(said: Figures) -> Iterator[str]:
    rate, bound = said["false_alerts_per_candidate_hour"], said["false_alerts_per_candidate_hour_at_most"]
    yield (
        f"false alerts: {said['false_alerts']} in {said['hours']:.3f} candidate-hours = {_number(rate)} an hour"
        f" (resampled by person {_interval(said['false_alerts_per_candidate_hour_interval'])};"
        f" with 95 % confidence at most {_number(bound)})"
    )
    segment = said["segment"]
    yield (
        f"5-s segments (our reading): {segment['positive']} labelled, {segment['negative']} not;"
        f" found at 2 % false {_number(segment['tdr_at_2pct_far'])}, AUC {_number(segment['auc'])}"
        f" {_interval(segment['auc_interval'])} (with the {segment['negative_all'] - segment['negative']} that are"
        f" labelled for less than half as unlabelled: {_number(segment['tdr_at_2pct_far_all'])},"
        f" {_number(segment['auc_all'])})"
    )
    yield f"looks that could be judged: {_number(said['coverage'])} of all"


def _flags(flags: Figures) -> Iterator[str]:
    yield _HEAD
    for code, said in flags.items():
        yield (
            f"{code:<24}{said['episodes']:>9}{said['hits']:>6}{_number(said['recall']):>8}"
            f"{_interval(said['recall_interval']):>14}{_number(said['precision']):>11}{said['false_alerts']:>7}"
            f"{_number(said['false_alerts_per_hour']):>10}{_number(said['false_alerts_per_hour_at_most']):>9}"
            f"{_number(said['onset_delay_s']):>8}{_number(said['onset_delay_p95_s']):>7}{said['duplicates']:>7}"
            f"{_number(said['coverage']):>10}"
        )


def _ticks(figures: Figures) -> Iterator[str]:
    yield f"{'single looks':<24}{'true':>9}{'not':>8}{'AUC':>8}{'found at 2 % false':>20}"
    for code, said in figures["tick"].items():
        yield (
            f"{code:<24}{said['positive']:>9}{said['negative']:>8}{_number(said['auc']):>8}"
            f"{_number(said['tpr_at_2pct_fpr']):>20}"
        )


def _buckets(buckets: Figures) -> Iterator[str]:
    for trait, said in buckets.items():
        parts = [
            f"{value} {own['hours']:.3f} h, {own['false_alerts']} false, recall {_number(own['recall'])}"
            for value, own in said["values"].items()
        ]
        yield f"{trait}: {'; '.join(parts)}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _interval(ends: list[float] | None) -> str:
    return "-" if ends is None else f"{ends[0]:.2f}-{ends[1]:.2f}"
