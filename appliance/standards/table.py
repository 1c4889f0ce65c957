"""Which event of the ledger is said in Caliper and xAPI, how, and with which of its fields; or why not. Pure.

A field that is not named here leaves the box in neither. Words that somebody wrote, names, pictures, scores of faces,
extra time and accommodations are named nowhere.
"""

from dataclasses import dataclass, field

from appliance.exam.events import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """`type` and `action` are Caliper's, `verb` is a key of `VERBS`; `fields` of the payload go along."""

    type: str = "Event"
    action: str
    verb: str
    fields: tuple[str, ...] = ()

    @property
    def profile(self) -> str:
        """Caliper's."""
        return _PROFILES[self.type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """How it is said depends on one field; `other` for what `by` does not name."""

    of: str
    by: dict[str, Said] = field(default_factory=dict)
    other: Said


@dataclass(frozen=True, slots=True)
class Withheld:
    """It is not said, and why."""

    why: str


_PROFILES = {
    "Event": "GeneralProfile",
    "AssessmentEvent": "AssessmentProfile",
    "SessionEvent": "SessionProfile",
}

_ADL = "http://adlnet.gov/expapi/verbs/"
_OWN = "urn:exam-appliance:verbs:"

VERBS: dict[str, str] = {
    **{name: _ADL + name for name in ("initialized", "suspended", "resumed", "completed", "terminated", "registered")},
    "logged-in": "https://w3id.org/xapi/adl/verbs/logged-in",
    **{
        name: _OWN + name
        for name in (
            "accepted", "acknowledged", "admitted", "asked", "closed", "corrected", "decided", "flagged", "kept",
            "lost", "moved", "noted", "opened", "recovered", "recommended", "refused", "reviewed", "scheduled",
            "signed", "stored", "submitted", "warned",
        )
    },
}  # fmt: skip
"""xAPI: the registry of ADL where it has the verb, else IRIs of our own."""


def _event(action: str, verb: str, *fields: str) -> Said:
    return Said(action=action, verb=verb, fields=fields)


def _assessment(action: str, verb: str, *fields: str) -> Said:
    return Said(type="AssessmentEvent", action=action, verb=verb, fields=fields)


def _session(action: str, verb: str) -> Said:
    return Said(type="SessionEvent", action=action, verb=verb)


_BOX = Withheld("it is about the box and the people who run it, not about an exam; metrics and the ledger have it")
_WORDS = Withheld("words between people; the report has them")
_NEED = Withheld("it may show an accommodation, which never leaves the box this way")
_BODY = Withheld("pictures and measures of a person stay in the evidence")
_FILES = Withheld("a file by path and hash: the manifest has it")
_LOOKS = Withheld("who looked at whom: the audit trail of the ledger has it")
_STEP = Withheld("a step within a step; the ledger has it")
_STAFF = Withheld("work of staff that changes nothing for a candidate; the ledger has it")

TABLE: dict[str, Said | Sorted | Withheld] = {
    # the exam
    "exam.created": _event("Created", "scheduled", "minutes", "starts_at"),
    "exam.changed": _event("Modified", "scheduled", "minutes", "starts_at"),
    "exam.ended": _event("Ended", "terminated"),
    "exam.planned": _STAFF,
    "exam.detection_set": _STAFF,
    "exam.delegated": _STAFF,
    "exam.announced": _WORDS,
    "exam.linked": _STAFF,
    "section.released": _event("Published", "opened", "section"),
    "content.stored": _FILES,
    "room.noticed": _event("Identified", "noted", "event", "code", "onset_at", "ended_at"),
    "notice.given": _BOX,
    "staff.said": _WORDS,
    # the attempt
    "attempt.created": _event("Added", "registered", "seat"),
    "attempt.code_issued": _STEP,
    "attempt.assigned": _STAFF,
    "attempt.accommodated": _NEED,
    "attempt.arrived": _session("LoggedIn", "logged-in"),
    "attempt.rejoined": _session("LoggedIn", "logged-in"),
    "attempt.signed": _event("Accepted", "signed", "statement_version"),
    "attempt.equipped": _event("Activated", "moved", "stage"),
    "attempt.admitted": _event("Accepted", "admitted"),
    "attempt.refused": _event("Declined", "refused"),
    "attempt.started": _assessment("Started", "initialized"),
    "attempt.moved": Sorted(
        of="step",
        by={
            "pause": _assessment("Paused", "suspended", "step"),
            "resume": _assessment("Resumed", "resumed", "step"),
            "hand_in": _event("Completed", "submitted", "step", "stage"),
        },
        other=_event("Modified", "moved", "step", "stage"),
    ),
    "attempt.time_set": _NEED,
    "attempt.time_warned": _STEP,
    "attempt.reseated": _event("Modified", "moved", "seat"),
    "attempt.finished": _assessment("Submitted", "completed"),
    "attempt.ended": _event("Ended", "terminated", "warnings", "overridden"),
    "break.begun": _assessment("Paused", "suspended"),
    "break.ended": _assessment("Resumed", "resumed"),
    "sections.ordered": _STEP,
    "section.opened": _event("Started", "opened", "section"),
    # check-in
    "equipment.checked": _STEP,
    "scan.asked": _STEP,
    "scan.recorded": _FILES,
    "scan.reviewed": _event("Reviewed", "reviewed", "scan", "verdict"),
    "position.checked": _BODY,
    "briefing.acknowledged": _event("Accepted", "acknowledged"),
    "identity.declined": _BODY,
    "identity.pictured": _BODY,
    "identity.compared": _BODY,
    "identity.enrolled": _BODY,
    "identity.decided": _event("Evaluated", "decided", "decision"),
    "challenge.asked": _STEP,
    "challenge.answered": _BODY,
    # evidence
    "feed.opened": _event("Started", "opened", "kind", "opened_at"),
    "feed.closed": _event("Ended", "closed", "kind", "cause", "closed_at"),
    "gap.opened": _event("Paused", "lost", "gap", "kind", "cause", "starts_at"),
    "gap.closed": _event("Resumed", "recovered", "gap", "kind", "cause", "starts_at", "ends_at"),
    "gap.filled": _FILES,
    "segment.closed": _FILES,
    "segment.damaged": _FILES,
    "feed.positioned": _STEP,
    "feed.aligned": _STEP,
    "room.watched": _STEP,
    "phone.invited": _STEP,
    "phone.scanned": _STEP,
    "phone.confirmed": _event("Accepted", "accepted", "pairing"),
    "phone.refused": _event("Declined", "refused", "pairing"),
    "page.reported": _STEP,
    "attempt.at_machine": _STEP,
    "evidence.asked": _STEP,
    "evidence.kept": _event("Saved", "kept", "kept", "kind", "starts_at", "ends_at"),
    "evidence.failed": _STEP,
    # detection and review
    "flag.raised": _event(
        "Tagged", "flagged", "flag", "code", "category", "severity", "kind", "onset_at", "position", "stage"
    ),
    "flag.closed": _event("Ended", "closed", "flag", "ended_at"),
    "flag.decided": _event("Evaluated", "decided", "flag", "decision", "reason"),
    "flag.noted": _WORDS,
    "irregularity.noted": _event("Commented", "noted", "irregularity", "category", "happened_at", "position"),
    "analysis.missed": _event("Skipped", "lost", "kind", "starts_at", "ends_at", "cause", "sense"),
    "analysis.covered": _event("Completed", "reviewed", "kind", "ticks"),
    "analysis.reduced": _BOX,
    "baseline.taken": _BODY,
    "rule.muted": _STAFF,
    "recommendation.made": _event("Recommended", "recommended", "recommendation", "kind"),
    "recommendation.answered": _event("Reviewed", "decided", "recommendation", "agreed"),
    "recommendation.withdrawn": _event("Removed", "corrected", "recommendation"),
    "outcome.recorded": Withheld("what the institution made of it is its own to say"),
    "sample.drawn": Withheld("which minutes are watched blind is told nobody"),
    "sample.judged": Withheld("which minutes are watched blind is told nobody"),
    "recording.watched": _LOOKS,
    "feed.viewed": _LOOKS,
    "attention.given": _LOOKS,
    "report.taken": _LOOKS,
    "export.asked": _LOOKS,
    "export.made": _LOOKS,
    "export.failed": _LOOKS,
    "export.taken": _LOOKS,
    # words
    "message.sent": Sorted(
        of="kind",
        by={"warning": _event("Sent", "warned", "message", "kind")},
        other=_event("Sent", "noted", "message", "kind"),
    ),
    "message.read": _STEP,
    "warning.acknowledged": _event("Accepted", "acknowledged", "message"),
    "announcement.read": _STEP,
    "call.started": _event("Started", "opened", "call"),
    "call.ended": _event("Ended", "closed", "call"),
    "inquiry.made": _event("Questioned", "asked", "inquiry", "kind"),
    "inquiry.answered": _WORDS,
    # check-out
    "page.photographed": _FILES,
    "page.accepted": _STEP,
    "paper.uploaded": _FILES,
    "paper.counted": _event("Reviewed", "reviewed", "pages"),
    "checkout.ticked": _event("Accepted", "acknowledged", "tick"),
    # upstream and keeping
    "report.asked": _STAFF,
    "report.written": _event("Created", "stored"),
    "upstream.attempt_stored": _event("Archived", "stored", "manifest_sha256", "objects", "bytes", "number"),
    "upstream.exam_stored": _event("Archived", "stored", "manifest_sha256", "number"),
    "upstream.failed": _BOX,
    "upstream.altered": _BOX,
    "upstream.restored": _BOX,
    "media.deleted": _event("Deleted", "corrected", "what", "due_at"),
    "hold.placed": Withheld("who is held, and why, concerns the institution alone"),
    "hold.lifted": Withheld("who is held, and why, concerns the institution alone"),
    "erasure.asked": Withheld("who asked to be erased concerns the institution alone"),
    "personal.erased": _event("Deleted", "corrected"),
    # LTI
    "lti.launched": _event("Launched", "opened", "platform", "attempt_number"),
    "lti.launch_refused": _BOX,
    "lti.assessment_started": _event("Launched", "opened", "platform", "attempt_number"),
    "lti.assessment_ended": _event("Returned", "closed", "platform", "attempt_number", "troubled"),
    "lti.control_sent": _event("Sent", "noted", "action", "status"),
    "lti.control_failed": _BOX,
    # the box and its people
    "access.refused": _BOX,
    "capacity.measured": _BOX,
    "machine.bound": _BOX,
    "machine.unbound": _BOX,
    "rehearsal.over": _BOX,
    "seat.checked": _BOX,
    "seats.arranged": _BOX,
    "seats.cards_renewed": _BOX,
    "capacity.refused": _BOX,
    "chain.anchored": _BOX,
    "ledger.overflowed": _BOX,
    "process.started": _BOX,
    "storage.low": _BOX,
    "storage.enough": _BOX,
    "user.created": _BOX,
    "user.signed_in": _BOX,
    "box.restored": _BOX,
    "update.installed": _BOX,
    "update.refused": _BOX,
    "update.rolled_back": _BOX,
    "ledger.salvaged": _BOX,
    "clock.jumped": _BOX,
    "issue.raised": _BOX,
    "issue.fix_asked": _BOX,
    "box.stopping": _BOX,
    "panel.identified": _BOX,
    "panel.pairing_opened": _BOX,
    "panel.pairing_closed": _BOX,
    "panel.power_off_refused": _BOX,
    "certificate.changed": _BOX,
    "issue.cleared": _BOX,
    "user.factor_set": _BOX,
    "user.factor_removed": _BOX,
    "user.passkey_added": _BOX,
    "user.passkey_removed": _BOX,
    "user.recovery_made": _BOX,
    "user.recovery_used": _BOX,
    "user.locked_out": _BOX,
    "user.unlocked": _BOX,
    "user.password_set": _BOX,
    "user.disabled": _BOX,
    "user.enabled": _BOX,
    "user.role_set": _BOX,
    "user.provider_set": _BOX,
    "user.sessions_ended": _BOX,
}

SAID = frozenset(name for name, row in TABLE.items() if not isinstance(row, Withheld))
"""Types of which something leaves the box."""


def of(payload: Payload | None) -> Said | None:
    """How an event is said; None where it is not, or was erased. A type that is not in the table is not said."""
    row = TABLE.get(payload.TYPE) if payload is not None else None
    if isinstance(row, Sorted):
        return row.by.get(getattr(payload, row.of), row.other)
    return row if isinstance(row, Said) else None


def page() -> str:
    """The table for docs/standards-events.md."""
    lines = ["| our event | Caliper 1.2 | xAPI verb | fields that go along |", "| --- | --- | --- | --- |"]
    for name, row in sorted(TABLE.items()):
        if isinstance(row, Withheld):
            lines.append(f"| `{name}` | - | - | not said: {row.why} |")
        elif isinstance(row, Sorted):
            lines += [_line(f"`{name}` ({row.of} {value})", said) for value, said in row.by.items()]
            lines.append(_line(f"`{name}` (any other {row.of})", row.other))
        else:
            lines.append(_line(f"`{name}`", row))
    return "\n".join(lines) + "\n"


def _line(name: str, said: Said) -> str:
    fields = ", ".join(f"`{one}`" for one in said.fields) or "-"
    return f"| {name} | {said.type} {said.action} ({said.profile}) | `{VERBS[said.verb]}` | {fields} |"
