"""From what follows for flags to events of the ledger, with the pictures beside them."""

import logging
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.exam import events
from appliance.exam.detection import RuleSet
from appliance.exam.episode import Episode
from appliance.exam.events import Payload
from appliance.exam.feed import Kind
from appliance.exam.flags import Sense
from appliance.inference import snapshot
from appliance.inference.coverage import Missed
from appliance.inference.watch import Begun, Over, weight

log = logging.getLogger(__name__)

SOURCE = "inference"
_NAMESPACE = uuid.UUID("6f1f8f0e-4c1b-4a58-9a0e-1c5b0c9a7d11")


@dataclass(frozen=True, slots=True)
class Said:
    """An event to append. Its id comes from what it says, so that saying it again after a restart changes nothing."""

    id: str
    payload: Payload


class Telling:
    """Of one attempt. Writes the snapshots, and remembers those of the flags that are open."""

    def __init__(self, *, exam: str, attempt: str, media: Path, models: dict[str, str]) -> None:
        self.failed = 0  # snapshots that could not be written
        self._exam, self._attempt = exam, attempt
        self._media = media
        self._models = models
        self._snapshots: dict[str, list[dict[str, Any]]] = {}  # of the flags that are open, by flag

    def known(self, raised: events.FlagRaised) -> None:
        """An earlier process (or this one) raised it."""
        self._snapshots.setdefault(raised.flag, raised.snapshots)

    def flags(self, outputs: Iterable[Begun | Over], *, kind: Kind, rules: RuleSet, stage: str) -> Iterator[Said]:
        """What to append."""
        for output in outputs:
            flag = self._name(kind, output)
            snapshots = self._save(flag, output)
            if isinstance(output, Begun):
                self._snapshots[flag] = snapshots
                raised = self._raised(flag, output, snapshots, kind=kind, rules=rules, stage=stage)
                yield self.said(raised, flag)
            else:
                self._snapshots.pop(flag, None)
                yield self.said(_closed(flag, output, snapshots), flag)

    def missed(self, kind: Kind, missed: Missed, sense: Sense) -> Said:
        """A span that nobody looked at (or listened to)."""
        payload = events.AnalysisMissed(
            kind=kind.value,
            starts_at=missed.starts_at,
            ends_at=missed.ends_at,
            cause=missed.cause.value,
            sense=sense.value,
        )
        return self.said(payload, f"{kind.value}/{sense.value}/{missed.starts_at!r}")

    def covered(self, kind: Kind, counts: dict[str, list[int]]) -> Said:
        """What could be judged, at the end."""
        payload = events.AnalysisCovered(kind=kind.value, ticks=counts)
        return self.said(payload, "" if kind is Kind.WEBCAM else kind.value)

    def said(self, payload: Payload, key: str) -> Said:
        """The event with the id that follows from `key`."""
        return Said(uuid.uuid5(_NAMESPACE, f"{self._attempt}/{payload.TYPE}/{key}").hex, payload)

    def _name(self, kind: Kind, output: Begun | Over) -> str:
        what = output.code if kind is Kind.WEBCAM else f"{kind.value}/{output.code}"
        return uuid.uuid5(_NAMESPACE, f"{self._attempt}/{what}/{output.episode.onset_at!r}").hex

    def _save(self, flag: str, output: Begun | Over) -> list[dict[str, Any]]:
        kept = self._snapshots.get(flag, [])
        if not output.shots:
            return kept
        try:
            return snapshot.save(
                self._media, exam=self._exam, attempt=self._attempt, flag=flag, shots=output.shots, kept=kept
            )
        except OSError as error:  # a flag without its picture is better than no flag; health says so
            self.failed += 1
            log.error("a snapshot of flag %s cannot be written: %s", flag, error)
            return kept

    def _raised(
        self, flag: str, begun: Begun, snapshots: list[dict[str, Any]], *, kind: Kind, rules: RuleSet, stage: str
    ) -> events.FlagRaised:
        category, severity = weight(begun.code, begun.episode)
        of, rule = begun.episode, rules[begun.code]
        return events.FlagRaised(
            flag=flag,
            code=begun.code,
            category=category,
            severity=severity,
            kind=kind.value,
            source=SOURCE,
            onset_at=of.onset_at,
            position=of.position,
            stage=stage,
            rules=rules.version,
            models=self._models,
            threshold=rule.threshold,
            score=of.score,
            true=of.true,
            assessable=of.assessable,
            ticks=of.ticks,
            light=of.light,
            snapshots=snapshots,
            numbers={"seconds": rule.seconds, "share": rule.share, "hits": float(rule.hits), **rule.numbers},
            why=dict(of.why),
        )


def _closed(flag: str, over: Over, snapshots: list[dict[str, Any]]) -> events.FlagClosed:
    return events.FlagClosed(
        flag=flag,
        ended_at=over.ended_at,
        score=over.episode.score,
        true=over.episode.true,
        assessable=over.episode.assessable,
        ticks=over.episode.ticks,
        snapshots=snapshots,
    )


def episode_of(raised: events.FlagRaised) -> Episode:
    """The episode of a flag that an earlier process raised."""
    return Episode(
        onset_at=raised.onset_at,
        position=raised.position,
        last_at=raised.onset_at,
        score=raised.score,
        peak_at=raised.onset_at,
        true=raised.true,
        assessable=raised.assessable,
        ticks=raised.ticks,
        doubts=0,
        light=raised.light,
        lights=0 if raised.light is None else raised.ticks,
        why=raised.why,
    )
