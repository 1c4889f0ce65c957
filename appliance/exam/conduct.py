"""Who may do what in which stage: one table for everything that staff and candidates do to an attempt. Pure.

Permissions (`exam.permissions`) say who may do it at all; this says when it makes sense. The server refuses the rest,
and pages show only what is possible.
"""

from enum import StrEnum

from appliance.errors import NotAllowed
from appliance.exam.plan import Mode
from appliance.exam.stage import AT_WORK, CHECK_IN, CLOSED, RECORDED, Stage


class Act(StrEnum):
    """Something done to one attempt."""

    CHAT = "chat"
    WARN = "warn"
    CALL = "call"
    DECIDE_IDENTITY = "decide_identity"
    ASK_ID_AGAIN = "ask_id_again"
    ASK_SCAN = "ask_scan"  # the first one, or again, also during the exam
    REVIEW_SCAN = "review_scan"
    TICK_POSITION = "tick_position"
    ADMIT = "admit"
    REFUSE = "refuse"
    RESEAT = "reseat"
    GIVE_BREAK = "give_break"
    END_BREAK = "end_break"
    PAUSE = "pause"
    RESUME = "resume"
    GRANT_TIME = "grant_time"
    RAISE_FLAG = "raise_flag"
    NOTE = "note"  # an irregularity
    KEEP = "keep"  # a still and a clip
    LISTEN = "listen"
    CHECK_PAGES = "check_pages"
    RELEASE = "release"  # from the check-out
    END = "end"


_AFTER_CAMERA = frozenset({Stage.ROOM_SCAN, Stage.POSITION, Stage.BRIEFING, Stage.WAITING})
_HERE = frozenset(Stage) - CLOSED - {Stage.INVITED}
_IN_CHECK_IN = frozenset(CHECK_IN)
_WORKING = AT_WORK | {Stage.ON_BREAK, Stage.PAUSED}

POSSIBLE: dict[Act, frozenset[Stage]] = {
    Act.CHAT: _HERE,
    Act.WARN: _HERE,
    Act.CALL: RECORDED,
    Act.DECIDE_IDENTITY: RECORDED,
    Act.ASK_ID_AGAIN: _AFTER_CAMERA | {Stage.IDENTIFICATION},
    Act.ASK_SCAN: frozenset({Stage.ROOM_SCAN, Stage.POSITION, Stage.BRIEFING, Stage.WAITING, Stage.ADMITTED})
    | _WORKING,
    Act.REVIEW_SCAN: RECORDED,
    Act.TICK_POSITION: frozenset({Stage.POSITION}),
    Act.ADMIT: frozenset({Stage.WAITING}),
    Act.REFUSE: _IN_CHECK_IN,
    Act.RESEAT: frozenset(Stage) - CLOSED,
    Act.GIVE_BREAK: frozenset({Stage.IN_EXAM}),
    Act.END_BREAK: frozenset({Stage.ON_BREAK}),
    Act.PAUSE: frozenset({Stage.IN_EXAM}),
    Act.RESUME: frozenset({Stage.PAUSED}),
    Act.GRANT_TIME: frozenset(Stage) - CLOSED - {Stage.CHECK_OUT},
    Act.RAISE_FLAG: frozenset(Stage) - {Stage.INVITED},
    Act.NOTE: frozenset(Stage),
    Act.KEEP: RECORDED,
    Act.LISTEN: RECORDED,
    Act.CHECK_PAGES: frozenset({Stage.CHECK_OUT}),
    Act.RELEASE: frozenset({Stage.CHECK_OUT}),
    Act.END: frozenset(Stage) - CLOSED,
}

LIVE = frozenset(
    {Act.WARN, Act.CALL, Act.GIVE_BREAK, Act.END_BREAK, Act.PAUSE, Act.RESUME, Act.ASK_SCAN, Act.LISTEN, Act.ADMIT}
)
"""What only an exam that somebody watches has (proctoring.md I3)."""


def possible(stage: Stage, mode: Mode = Mode.LIVE) -> frozenset[Act]:
    """What can be done now."""
    return frozenset(
        act for act, stages in POSSIBLE.items() if stage in stages and (mode is Mode.LIVE or act not in LIVE)
    )


def check(act: Act, stage: Stage, mode: Mode = Mode.LIVE) -> None:
    """NotAllowed, in words, where `act` is not possible now."""
    said = act.value.replace("_", " ")
    if mode is not Mode.LIVE and act in LIVE:
        raise NotAllowed(f"{said}: this exam is recorded and reviewed later; nobody watches it live")
    if stage not in POSSIBLE[act]:
        where = stage.value.replace("_", " ")
        raise NotAllowed(f"{said} is not possible while the candidate is in the stage {where}", hint="Reload the page.")
