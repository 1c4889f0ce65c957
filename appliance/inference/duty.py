"""What of an attempt is to be looked at, listened to and read now."""

from collections.abc import Collection, Mapping

from appliance.exam.accommodation import Switch
from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.feed import OWN, Kind, Position
from appliance.exam.stage import CHECK_IN, CLOSED, WATCHED, Stage
from appliance.inference.coverage import Looks
from appliance.inference.enrolment import Enrolment
from appliance.inference.history import History
from appliance.inference.leave import Leave
from appliance.inference.stream import LOOKED_AT, SENSES, Stream

_PLACED = frozenset(CHECK_IN[CHECK_IN.index(Stage.EQUIPMENT) :])
"""What is in the picture is told to the candidate."""


class Duty:
    """It follows from the stage, the streams that come, and the rules that hold."""

    def __init__(self, *, looks: Mapping[Kind, Looks], policy: DetectionPolicy | None = None) -> None:
        self.stage = Stage.INVITED
        self.history = History()
        self._policy = policy or DetectionPolicy()
        self.rules = in_force(self._policy)
        self.streams = {kind: Stream(kind, rules=self.rules, looks=looks[kind]) for kind in SENSES}
        self._leave = Leave()
        self.feeds: Collection[Kind] = OWN  # what the candidate's computer is to send

    @property
    def watched(self) -> bool:
        """Rules may fire."""
        return self.stage in WATCHED

    @property
    def judged(self) -> bool:
        """What the candidate does is looked at and listened to."""
        return self.watched and not self._leave.free

    @property
    def closed(self) -> bool:
        return self.stage in CLOSED

    @property
    def looked_at(self) -> frozenset[Kind]:
        """The feeds whose pictures are to be judged now: those that are to come, and what other camera
        sends."""
        return self._cameras if self.judged else frozenset()

    @property
    def placed(self) -> dict[Kind, Position | None]:
        """The feeds of which the candidate is told what they show, while the check-in goes on, and where each camera
        stands."""
        return {kind: self.streams[kind].stands for kind in self._cameras} if self.stage in _PLACED else {}

    @property
    def _cameras(self) -> frozenset[Kind]:
        return frozenset(kind for kind in LOOKED_AT if kind in self.feeds or self.streams[kind].connections)

    @property
    def enrolment(self) -> Enrolment | None:
        """What is known of this candidate's face; None when no face is to be compared."""
        enrolment = self.history.enrolment
        over = self.closed or enrolment.declined or Switch.NO_MATCHING in self.history.switches
        return None if over else enrolment

    @property
    def watches_likeness(self) -> bool:
        """Looks at the webcam are held against the candidate's face."""
        return self.judged and ("identity_mismatch" in self.rules or "identity_unverifiable" in self.rules)

    @property
    def is_heard(self) -> bool:
        """Its microphone is to be listened to now."""
        webcam = self.streams[Kind.WEBCAM]
        return self.judged and bool(webcam.connections) and webcam.gap is None

    @property
    def is_shared(self) -> bool:
        """Its screen is to be looked at now."""
        return self.judged and bool(self.streams[Kind.SCREEN].connections)

    @property
    def is_read(self) -> bool:
        """What stands on its screen matters: the exam is open, and it says what may be seen."""
        policy = self._policy
        apps = (policy.apps or policy.not_apps) and "unapproved_app" in self.rules
        sites = (policy.sites or policy.not_sites) and "unapproved_url" in self.rules
        return self.stage is Stage.IN_EXAM and bool(apps or sites)
