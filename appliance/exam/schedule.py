"""What can be held at the same time: exams in a room, candidates of a proctor (proctoring.md I19, M20, M92). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.exam.policy import HARD_RATIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An exam on the box's schedule. Times are wall seconds; `ratio`: candidates for one proctor; `watched`: how many
    each proctor watches in it."""

    exam: str
    begins_at: float
    over_at: float
    ratio: int
    watched: Mapping[str, int]

    def at(self, moment: float) -> bool:
        """Does it go on then?"""
        return self.begins_at <= moment < self.over_at


@dataclass(frozen=True, slots=True)
class TooMany:
    """`proctor` would watch `count` candidates at once, in these `exams`; `most` are allowed."""

    proctor: str
    count: int
    most: int
    exams: tuple[str, ...]

    def sentence(self) -> str:
        """For a person."""
        where = "" if len(self.exams) < 2 else f" at the same time, in {' and '.join(self.exams)}"
        return f"{self.proctor} would watch more than {self.most} candidates{where}"


def over_full(schedule: Sequence[Held], exam: str) -> list[TooMany]:
    """The proctors of this exam who would watch too many at once, in it or together with others. Where several exams
    are watched, the strictest ratio holds for the sum."""
    own = next(held for held in schedule if held.exam == exam)
    moments = {own.begins_at} | {held.begins_at for held in schedule if own.at(held.begins_at)}
    found = []
    for proctor in sorted(name for name, count in own.watched.items() if count):
        sums = [_at_once(schedule, proctor, moment) for moment in moments]
        worst = max(sums, key=lambda one: one.count - one.most)
        if worst.count > worst.most:
            found.append(worst)
    return found


def _at_once(schedule: Sequence[Held], proctor: str, moment: float) -> TooMany:
    held = [one for one in schedule if one.at(moment) and one.watched.get(proctor)]
    return TooMany(
        proctor,
        sum(one.watched[proctor] for one in held),
        min(HARD_RATIO, *(one.ratio for one in held)),
        tuple(one.exam for one in held),
    )
