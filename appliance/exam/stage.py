"""The stages of an attempt, and which step leads from one to the next."""

from enum import StrEnum

from appliance.errors import NotAllowed


class Stage(StrEnum):
    """Where a candidate is, from the roster to the end."""

    INVITED = "invited"  # on the roster, code not used yet
    CONSENT = "consent"  # code used; consent and integrity statement to be signed
    EQUIPMENT = "equipment"  # signed; camera, microphone and screen to be shared
    WAITING = "waiting"  # everything shared and recorded; waits to be admitted
    ADMITTED = "admitted"  # may start
    IN_EXAM = "in_exam"
    FINISHED = "finished"  # the candidate handed in
    ENDED = "ended"  # staff ended the attempt, or the exam ended


class Step(StrEnum):
    """What moves an attempt on."""

    ARRIVE = "arrive"
    SIGN = "sign"
    EQUIP = "equip"
    ADMIT = "admit"
    START = "start"
    FINISH = "finish"
    END = "end"


_NEXT: dict[tuple[Stage, Step], Stage] = {
    (Stage.INVITED, Step.ARRIVE): Stage.CONSENT,
    (Stage.CONSENT, Step.SIGN): Stage.EQUIPMENT,
    (Stage.EQUIPMENT, Step.EQUIP): Stage.WAITING,
    (Stage.WAITING, Step.ADMIT): Stage.ADMITTED,
    (Stage.ADMITTED, Step.START): Stage.IN_EXAM,
    (Stage.IN_EXAM, Step.FINISH): Stage.FINISHED,
} | {(stage, Step.END): Stage.ENDED for stage in Stage if stage not in (Stage.FINISHED, Stage.ENDED)}

CLOSED = frozenset({Stage.FINISHED, Stage.ENDED})
"""Nothing is recorded or looked at any more."""

RECORDED = frozenset({Stage.EQUIPMENT, Stage.WAITING, Stage.ADMITTED, Stage.IN_EXAM})
"""A candidate's page may publish; recording begins by itself."""

WATCHED = frozenset({Stage.WAITING, Stage.ADMITTED, Stage.IN_EXAM})
"""Rules may raise flags: the candidate sits in position and has been told so."""

OF_THE_EXAM = frozenset(
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


def after(stage: Stage, step: Step) -> Stage:
    """The stage that `step` leads to; NotAllowed when it does not fit."""
    try:
        return _NEXT[stage, step]
    except KeyError:
        raise NotAllowed(
            f"{step.value} is not possible while the attempt is in stage {stage.value}",
            hint="Reload the page to see the step that comes next.",
        ) from None
