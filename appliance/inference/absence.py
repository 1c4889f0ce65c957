"""One absence is one flag: no other camera speaks of it while the webcam in front can tell."""

from collections.abc import Mapping

from appliance.exam.episode import Verdict
from appliance.exam.feed import Kind
from appliance.exam.flags import Sense
from appliance.inference.coverage import LONGEST
from appliance.inference.stream import Stream

_ABSENCES = frozenset({"person_absent", "exits_repeated"})


def told_in_front(streams: Mapping[Kind, Stream], kind: Kind, at: float) -> frozenset[str]:
    """The rules that rest at the feed `kind`, as the webcam tells the same."""
    if kind is Kind.WEBCAM:
        return frozenset()
    tick = streams[Kind.WEBCAM].tracks[Sense.SIGHT].ticks.get("face_absent")
    told = tick is not None and tick.verdict is not Verdict.UNASSESSABLE and abs(at - tick.at) <= LONGEST
    return _ABSENCES if told else frozenset()
