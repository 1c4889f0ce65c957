"""The stages of an attempt, and which step leads from one to the next: one pure machine (proctoring.md I8, I10).

Between the equipment and the waiting room lie stages that an exam may leave out; a `Route` says which ones are still to
be gone through.
"""

from dataclasses import dataclass
from enum import StrEnum

from appliance.errors import NotAllowed
from appliance.exam.events import (
    AttemptAdmitted,
    AttemptArrived,
    AttemptEnded,
    AttemptEquipped,
    AttemptFinished,
    AttemptMoved,
    AttemptRefused,
    AttemptSigned,
    AttemptStarted,
    BreakBegun,
    BreakEnded,
    Payload,
)


class Stage(StrEnum):
    """Where a candidate is, from the roster to the end."""

    INVITED = "invited"  # on the roster, code not used yet
    ARRIVED = "arrived"  # code used; "is this you?"
    CONSENT = "consent"  # consent and integrity statement to be signed
    EQUIPMENT = "equipment"  # signed; camera, microphone and screen to be shared and tested
    IDENTIFICATION = "identification"  # an ID to be shown
    ROOM_SCAN = "room_scan"  # the room to be shown
    POSITION = "position"  # face, hands, workspace to be in the picture
    BRIEFING = "briefing"  # the rules of this exam to be acknowledged
    WAITING = "waiting"  # everything done and recorded; waits to be admitted
    ADMITTED = "admitted"  # may start when the exam opens
    PRINTING = "printing"  # paper: the content is out, the working time has not begun
    IN_EXAM = "in_exam"
    ON_BREAK = "on_break"  # an authorised break
    PAUSED = "paused"  # staff stopped the clock
    CHECK_OUT = "check_out"  # handed in; pages, ticks, then the release
    SUBMITTED = "submitted"  # checked out
    REFUSED = "refused"  # not admitted
    ENDED = "ended"  # staff ended the attempt, or the exam ended


class Step(StrEnum):
    """What moves an attempt on."""

    ARRIVE = "arrive"
    CONFIRM = "confirm"
    SIGN = "sign"
    EQUIP = "equip"
    IDENTIFY = "identify"
    SCAN = "scan"
    TAKE_POSITION = "take_position"
    BRIEF = "brief"
    SEND_BACK = "send_back"  # to an earlier stage of the check-in, with a reason
    ADMIT = "admit"
    REFUSE = "refuse"
    PRINT = "print"
    START = "start"
    TAKE_BREAK = "take_break"
    RETURN = "return"
    PAUSE = "pause"
    RESUME = "resume"
    HAND_IN = "hand_in"
    FINISH = "finish"
    END = "end"


CHECK_IN = (
    Stage.ARRIVED,
    Stage.CONSENT,
    Stage.EQUIPMENT,
    Stage.IDENTIFICATION,
    Stage.ROOM_SCAN,
    Stage.POSITION,
    Stage.BRIEFING,
    Stage.WAITING,
)
"""In this order."""

OPTIONAL = (Stage.IDENTIFICATION, Stage.ROOM_SCAN, Stage.POSITION, Stage.BRIEFING)
"""What an exam may leave out, in order."""

CLOSED = frozenset({Stage.SUBMITTED, Stage.REFUSED, Stage.ENDED})
"""Nothing is recorded or looked at any more."""

RECORDED = frozenset(Stage) - CLOSED - {Stage.INVITED, Stage.ARRIVED, Stage.CONSENT}
"""A candidate's page may publish; recording begins by itself."""

WATCHED = frozenset(
    {Stage.WAITING, Stage.ADMITTED, Stage.PRINTING, Stage.IN_EXAM, Stage.ON_BREAK, Stage.PAUSED, Stage.CHECK_OUT}
)
"""Rules may raise flags: the candidate sits in position and has been told so. `rests` says which ones rest."""

AT_WORK = frozenset({Stage.PRINTING, Stage.IN_EXAM})
"""The content is out."""

_OF_THE_EXAM = frozenset(
    {
        "multiple_people",  # until the base line knows the neighbours; at check-in a person looks anyway
        "unapproved_app",
        "unapproved_url",
        "popup_seen",
        "no_progress",
        "erratic_paging",
        "focus_lost",
        "fullscreen_left",
        "clipboard",
        "print_screen",
    }
)
"""Rules about how somebody works: they rest until the exam is open. Who waits to be admitted may do as they like."""

_OF_THE_LINE = frozenset(
    {
        "camera_disconnected",
        "camera_permission_lost",
        "network_lost",
        "stream_degraded",
        "phone_cam_lost",
        "break_overrun",
    }
)
"""All that is judged while somebody is on a break, paused or checking out (proctoring.md 4.1 point 7, M85)."""

_OF_THE_SCHEDULE = frozenset({"late_arrival", "no_show"})
"""What is judged before anybody sits anywhere."""

_OF_THE_SEAT = frozenset(
    {
        "face_absent",
        "person_absent",
        "far_from_position",
        "exits_repeated",
        "hands_out_of_view",
        "hands_wandering",
        "looking_away",
        "looking_away_repeated",
        "looking_same_direction",
        "camera_gaze",
        "identity_unverifiable",
    }
)
"""Rules that rest while somebody prints: who fetches paper from a printer leaves the seat."""

FREE = frozenset({Stage.ON_BREAK, Stage.PAUSED, Stage.CHECK_OUT})
"""The candidate is let go for a while: nobody looks or listens, and nothing but the line is judged."""


def rests(stage: Stage, code: str) -> bool:
    """Does the rule `code` judge nothing in this stage?"""
    if stage is Stage.CHECK_OUT and code == "early_departure":
        return False  # who leaves without having been released leaves early
    if stage in FREE:
        return code not in _OF_THE_LINE
    if stage not in WATCHED:
        return code not in _OF_THE_SCHEDULE
    if stage is Stage.PRINTING and code in _OF_THE_SEAT:
        return True
    return stage is not Stage.IN_EXAM and code in _OF_THE_EXAM


@dataclass(frozen=True, slots=True)
class Route:
    """What lies before one candidate. `wanted`: stages of `OPTIONAL` that the exam has; `passed`: those that are done;
    `prints`: paper is printed before the time runs; `checks_out`: handing in is not the end."""

    wanted: frozenset[Stage] = frozenset()
    passed: frozenset[Stage] = frozenset()
    prints: bool = False
    checks_out: bool = False

    def next(self) -> Stage:
        """The first stage after the equipment that is still to be gone through."""
        return next((stage for stage in OPTIONAL if stage in self.wanted - self.passed), Stage.WAITING)


_PLAIN: dict[tuple[Stage, Step], Stage] = {
    (Stage.INVITED, Step.ARRIVE): Stage.ARRIVED,
    (Stage.ARRIVED, Step.CONFIRM): Stage.CONSENT,
    (Stage.CONSENT, Step.SIGN): Stage.EQUIPMENT,
    (Stage.WAITING, Step.ADMIT): Stage.ADMITTED,
    (Stage.PRINTING, Step.START): Stage.IN_EXAM,
    (Stage.IN_EXAM, Step.TAKE_BREAK): Stage.ON_BREAK,
    (Stage.ON_BREAK, Step.RETURN): Stage.IN_EXAM,
    (Stage.IN_EXAM, Step.PAUSE): Stage.PAUSED,
    (Stage.PAUSED, Step.RESUME): Stage.IN_EXAM,
    (Stage.CHECK_OUT, Step.FINISH): Stage.SUBMITTED,
}
_ANYWHERE = {(stage, Step.END): Stage.ENDED for stage in Stage if stage not in CLOSED} | {
    (stage, Step.REFUSE): Stage.REFUSED for stage in CHECK_IN
}
_ONWARD = {
    (Stage.EQUIPMENT, Step.EQUIP),
    (Stage.IDENTIFICATION, Step.IDENTIFY),
    (Stage.ROOM_SCAN, Step.SCAN),
    (Stage.POSITION, Step.TAKE_POSITION),
    (Stage.BRIEFING, Step.BRIEF),
}


def after(stage: Stage, step: Step, route: Route = Route()) -> Stage:  # a frozen value
    """The stage that `step` leads to; NotAllowed when it does not fit. `SEND_BACK` has a goal: see `back_to`."""
    if (stage, step) in _ONWARD:
        return Route(route.wanted, route.passed | {stage}).next()
    if (stage, step) == (Stage.ADMITTED, Step.PRINT) and route.prints:
        return Stage.PRINTING
    if (stage, step) == (Stage.ADMITTED, Step.START) and not route.prints:
        return Stage.IN_EXAM
    if (stage, step) == (Stage.IN_EXAM, Step.HAND_IN) and route.checks_out:
        return Stage.CHECK_OUT
    if (stage, step) == (Stage.IN_EXAM, Step.FINISH) and not route.checks_out:
        return Stage.SUBMITTED
    try:
        return (_PLAIN | _ANYWHERE)[stage, step]
    except KeyError:
        raise _not_now(stage, step) from None


def back_to(stage: Stage, goal: Stage, route: Route) -> Stage:
    """`goal`, if somebody in `stage` can be sent back there to do it again; NotAllowed otherwise."""
    if goal in route.wanted and stage in CHECK_IN and CHECK_IN.index(goal) <= CHECK_IN.index(stage):
        return goal
    raise _not_now(stage, Step.SEND_BACK)


def _not_now(stage: Stage, step: Step) -> NotAllowed:
    return NotAllowed(
        f"{step.value.replace('_', ' ')} is not possible while the attempt is in stage {stage.value}",
        hint="Reload the page to see the step that comes next.",
    )


_REACHED: dict[type[Payload], Stage] = {
    AttemptArrived: Stage.ARRIVED,
    AttemptSigned: Stage.EQUIPMENT,
    AttemptAdmitted: Stage.ADMITTED,
    AttemptStarted: Stage.IN_EXAM,
    BreakBegun: Stage.ON_BREAK,
    BreakEnded: Stage.IN_EXAM,
    AttemptFinished: Stage.SUBMITTED,
    AttemptRefused: Stage.REFUSED,
    AttemptEnded: Stage.ENDED,
}

MOVING = frozenset({payload.TYPE for payload in _REACHED} | {AttemptEquipped.TYPE, AttemptMoved.TYPE})
"""Types of events after which an attempt may be in another stage."""


ENDING = frozenset(payload.TYPE for payload, stage in _REACHED.items() if stage in CLOSED)
"""Types of events that say that an attempt is over, also once their words are erased."""


def reached(payload: Payload | None) -> Stage | None:
    """The stage that an event says; None for one that moves nobody, or was erased."""
    if isinstance(payload, AttemptEquipped | AttemptMoved):
        return Stage(payload.stage)
    return None if payload is None else _REACHED.get(type(payload))
