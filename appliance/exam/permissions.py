"""Who may do what: one table, deny by default (proctoring.md 2.6).

Every route and every socket event names one Action. What a role may do is said here and nowhere else; whether it may do
it to *this* candidate (a proctor's assigned ones, a candidate's own) is `may_see`.
"""

from collections.abc import Collection
from enum import StrEnum


class Role(StrEnum):
    """A person's part. A user has one; a candidate is not a user but holds an attempt."""

    CANDIDATE = "candidate"
    PHONE = "phone"  # a candidate's second camera: it holds an attempt too, and may only publish its own feed
    PROCTOR = "proctor"
    LEAD = "lead"
    REVIEWER = "reviewer"
    PLANNER = "planner"
    INSTITUTION = "institution"
    STAFF = "staff"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Action(StrEnum):
    """What can be asked of the box."""

    PUBLIC = "public"  # sign-in pages, health, static files
    OWN_SESSION = "own_session"  # sign out, change theme: anyone signed in
    OWN_ACCOUNT = "own_account"  # one's own second factor
    TAKE_EXAM = "take_exam"  # a candidate's own attempt: steps, feeds, chat
    SHOW_PHONE = "show_phone"  # the phone's page: publish as the second camera
    WATCH = "watch"  # see wall, pictures, live streams, chat of assigned candidates; it changes nothing
    ADMIT = "admit"
    MESSAGE = "message"  # chat and warnings to a candidate
    CALL = "call"  # talk with a candidate
    CONFIRM_PHONE = "confirm_phone"  # let a phone in as a second camera
    DECIDE_IDENTITY = "decide_identity"  # say who sits there
    CHALLENGE = "challenge"  # ask a candidate to turn the head
    DECIDE_FLAG = "decide_flag"
    RAISE_FLAG = "raise_flag"
    CHECK_IN = "check_in"  # ask for the ID or the scan again, review the scan, tick the position
    REFUSE_ADMISSION = "refuse_admission"
    CONDUCT = "conduct"  # breaks, pauses, scans, another seat
    ANNOUNCE = "announce"  # to all candidates that one sees
    RELEASE = "release"  # give out the next section
    NOTE = "note"  # write down an irregularity
    KEEP = "keep"  # a still and a clip, in full resolution
    CHECK_OUT = "check_out"  # look at pages, let candidates go
    ROUTE_INQUIRY = "route_inquiry"  # pass a question on to the institution
    ANSWER_INQUIRY = "answer_inquiry"
    GRANT_TIME = "grant_time"  # extra time: the institution's, never a proctor's (I33)
    STAFF_CHAT = "staff_chat"
    DELEGATE = "delegate"  # let a proctor act as lead of one exam
    END_ATTEMPT = "end_attempt"
    OVERRIDE_END = "override_end"  # end without the acknowledged warnings
    REVIEW = "review"  # play recordings
    DISCUSS = "discuss"  # notes on flags, shared by all who may see them
    RECOMMEND = "recommend"  # what should happen next; a second reviewer answers
    RECORD_OUTCOME = "record_outcome"  # what the institution made of it (M103)
    SAMPLE = "sample"  # watch random minutes without flags
    MUTE_RULE = "mute_rule"  # a detector that is wrong at a seat: a lead's, by role or by delegation
    EXPORT = "export"  # take evidence out of the box, with a second factor
    HOLD = "hold"  # stop deletion (legal hold)
    ERASE = "erase"  # a candidate's data, on a lawful request
    READ_RETENTION = "read_retention"  # what is kept until when
    PLAN = "plan"  # create exams, rosters, assignments
    END_EXAM = "end_exam"
    READ_REPORT = "read_report"
    READ_FLAGS = "read_flags"  # the help page on flags
    READ_ACCOMMODATIONS = "read_accommodations"  # which candidate has which
    ACCOMMODATE = "accommodate"  # grant accommodations (M31)
    SEE_SEATS = "see_seats"  # the board of seats before the doors open, what a rehearsal found
    ARRANGE_SEATS = "arrange_seats"  # where seats are, which computer stands there, desk cards
    REHEARSE = "rehearse"  # simulated seats for some minutes
    SEE_BOX = "see_box"  # health, upstream state, no media
    MEND_BOX = "mend_box"  # press what mends it, power it off
    MANAGE_CERTIFICATE = "manage_certificate"  # whose certificate HTTPS shows: central IT's
    MANAGE_USERS = "manage_users"
    READ_LEDGER = "read_ledger"
    SET_UP = "set_up"  # a bare box, once: whoever typed its setup code, and no role (`web.setup.gate`)


USERS = tuple(role for role in Role if role not in (Role.CANDIDATE, Role.PHONE))
"""The roles of people who sign in with a name; a candidate and a phone hold an attempt."""

_EVERYONE = frozenset(Role)

ALLOWED: dict[Action, frozenset[Role]] = {
    Action.PUBLIC: _EVERYONE,
    Action.OWN_SESSION: _EVERYONE,
    Action.OWN_ACCOUNT: frozenset(USERS),
    Action.TAKE_EXAM: frozenset({Role.CANDIDATE}),
    Action.WATCH: frozenset({Role.PROCTOR, Role.LEAD, Role.INSTITUTION}),
    Action.ADMIT: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.MESSAGE: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.SHOW_PHONE: frozenset({Role.PHONE}),
    Action.CALL: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.CONFIRM_PHONE: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.DECIDE_IDENTITY: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.CHALLENGE: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.DECIDE_FLAG: frozenset({Role.PROCTOR, Role.LEAD, Role.REVIEWER}),
    Action.RAISE_FLAG: frozenset({Role.PROCTOR, Role.LEAD, Role.REVIEWER}),
    Action.CHECK_IN: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.REFUSE_ADMISSION: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.CONDUCT: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.ANNOUNCE: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.RELEASE: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.NOTE: frozenset({Role.PROCTOR, Role.LEAD, Role.REVIEWER}),
    Action.KEEP: frozenset({Role.PROCTOR, Role.LEAD, Role.REVIEWER}),
    Action.CHECK_OUT: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.ROUTE_INQUIRY: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.ANSWER_INQUIRY: frozenset({Role.INSTITUTION}),
    Action.GRANT_TIME: frozenset({Role.INSTITUTION, Role.PLANNER}),
    Action.STAFF_CHAT: frozenset({Role.PROCTOR, Role.LEAD, Role.PLANNER, Role.INSTITUTION}),
    Action.DELEGATE: frozenset({Role.LEAD, Role.PLANNER, Role.ADMIN}),
    Action.END_ATTEMPT: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.OVERRIDE_END: frozenset({Role.LEAD}),
    Action.REVIEW: frozenset({Role.PROCTOR, Role.LEAD, Role.REVIEWER, Role.INSTITUTION}),
    Action.DISCUSS: frozenset({Role.PROCTOR, Role.LEAD, Role.REVIEWER, Role.INSTITUTION}),
    Action.RECOMMEND: frozenset({Role.LEAD, Role.REVIEWER}),
    Action.RECORD_OUTCOME: frozenset({Role.INSTITUTION}),
    Action.SAMPLE: frozenset({Role.LEAD, Role.REVIEWER}),
    Action.MUTE_RULE: frozenset({Role.PROCTOR, Role.LEAD}),
    Action.EXPORT: frozenset({Role.LEAD, Role.REVIEWER, Role.INSTITUTION}),
    Action.HOLD: frozenset({Role.INSTITUTION}),
    Action.ERASE: frozenset({Role.INSTITUTION}),
    Action.READ_RETENTION: frozenset({Role.LEAD, Role.REVIEWER, Role.PLANNER, Role.INSTITUTION}),
    Action.PLAN: frozenset({Role.PLANNER, Role.ADMIN}),
    Action.END_EXAM: frozenset({Role.LEAD, Role.PLANNER, Role.ADMIN}),
    Action.READ_REPORT: frozenset({Role.LEAD, Role.REVIEWER, Role.PLANNER, Role.INSTITUTION}),
    Action.READ_FLAGS: frozenset(USERS),
    Action.READ_ACCOMMODATIONS: frozenset({Role.PLANNER, Role.INSTITUTION}),
    Action.ACCOMMODATE: frozenset({Role.PLANNER, Role.INSTITUTION}),
    Action.SEE_SEATS: frozenset({Role.STAFF, Role.ADMIN, Role.PLANNER, Role.LEAD}),
    Action.ARRANGE_SEATS: frozenset({Role.STAFF, Role.ADMIN}),
    Action.REHEARSE: frozenset({Role.STAFF, Role.ADMIN}),
    Action.SEE_BOX: frozenset({Role.STAFF, Role.ADMIN, Role.PLANNER, Role.LEAD}),
    Action.MANAGE_CERTIFICATE: frozenset({Role.ADMIN}),
    Action.MEND_BOX: frozenset({Role.STAFF, Role.ADMIN}),
    Action.MANAGE_USERS: frozenset({Role.ADMIN}),
    Action.READ_LEDGER: frozenset({Role.AUDITOR}),
    Action.SET_UP: frozenset(),
}

ALL_SEATS = frozenset({Role.LEAD, Role.REVIEWER, Role.INSTITUTION})
"""Roles that see every candidate of an exam; a proctor sees the assigned ones only."""


def may(role: Role | None, action: Action) -> bool:
    """May this role do this at all? `None` is nobody signed in."""
    if action is Action.PUBLIC:
        return True
    return role is not None and role in ALLOWED[action]


def may_see(
    role: Role,
    *,
    person: str,
    assigned_to: str | None,
    holder: str | None = None,
    delegates: Collection[str] = (),
) -> bool:
    """May `person` see the attempt assigned to the proctor `assigned_to`? A candidate sees only the attempt that is
    `holder`'s, which is its own id. `delegates`: the proctors who act as lead of its exam."""
    if role in (Role.CANDIDATE, Role.PHONE):
        return holder is not None and person == holder
    if role in ALL_SEATS or leads(role, person=person, delegates=delegates):
        return True
    return role is Role.PROCTOR and assigned_to is not None and person == assigned_to


def leads(role: Role, *, person: str, delegates: Collection[str]) -> bool:
    """Does `person` act as lead of an exam whose `delegates` these are (M96)? A lead does so everywhere."""
    return role is Role.LEAD or (role is Role.PROCTOR and person in delegates)
