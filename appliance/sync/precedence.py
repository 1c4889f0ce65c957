"""Whose recordings wait, so that what says what happened is upstream before what shows it. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

REPORT_SECONDS = 40.0
"""Beside the wait for the last recordings: so long an exam's recordings wait for its report after the last bundle of it
was made. Then they go without: a report that cannot be written holds up no evidence."""


@dataclass(slots=True)
class Precedence:
    """`patience`: how long the last recordings of an exam are waited for (seconds)."""

    patience: float
    _known: dict[str, tuple[int, float]] = field(default_factory=dict)

    def resting(self, over: Collection[str], staged: Iterable[tuple[str, str | None]], *, now: float) -> set[str]:
        """Of the exams that are `over`, those whose own bundle is not `staged` and still may be. `staged`: exam and
        attempt, None for the exam's own."""
        bundles = list(staged)
        counts = Counter(exam for exam, _ in bundles)
        waiting = set(over) - {exam for exam, attempt in bundles if attempt is None}
        for exam in waiting:
            if self._known.get(exam, (-1, 0.0))[0] != counts[exam]:
                self._known[exam] = (counts[exam], now)
        self._known = {exam: known for exam, known in self._known.items() if exam in waiting}
        return {exam for exam, (_, since) in self._known.items() if now - since < self.patience + REPORT_SECONDS}
