"""The words of a report. Codes that are not listed are shown as they are, so that a new one is never lost."""

import tomllib
from importlib.resources import files
from typing import Any

_WORDS: dict[str, dict[str, Any]] = tomllib.loads(
    (files("appliance") / "web" / "strings" / "en.flags.toml").read_text(encoding="utf-8")
)
"""The catalogue of the pages: a flag, a detector and a number are called the same on the wall and on paper."""

_FLAGS: dict[str, dict[str, str]] = _WORDS["flag"]

FEEDS = {"webcam": "webcam", "screen": "screen", "phone": "phone", "camera": "lab camera", "call": "proctor's voice"}
POSITIONS = {"oblique": "from the side", "paper": "over paper", "room": "of the room"}
"""Where a camera stood, as far as that is not what anybody expects."""

CAUSES = {
    "no_media": "connected, but nothing arrived",
    "connection_lost": "connection lost",
    "page_closed": "the page was closed",
    "replaced": "the same feed was published again",
    "capture_restarted": "the recorder was restarted",
    "storage_full": "the disk was full",
    "storage_failed": "the disk failed",
    "ledger_lost": "the reason was lost with the ledger",
    "not_playable": "no key frame yet",
    "removed": "the phone was removed",
    "network_lost": "the page had no network",
    "network_changed": "the page's network changed",
    "device_slept": "the candidate's computer slept",
    "page_reloaded": "the page was loaded again",
    "browser_crashed": "the browser ended without a goodbye",
    "ended": "the attempt was over",
    "late": "more feeds than the box could look at",
    "no_pictures": "nothing to look at arrived",
    "no_sound": "no sound arrived",
    "inference_down": "detection was not running",
}
SENSES = {"sight": "pictures", "hearing": "sound", "screen": "shared screen", "page": "page", "link": "connection"}
RULINGS = {
    "matched": "matched",
    "known": "known to whoever decided",
    "unverified": "not verified, may go on",
    "refused": "refused",
}
SEEN = {"done": "seen", "not_seen": "not seen", "unassessable": "could not be judged"}
STAGES = {
    "invited": "invited, never came",
    "consent": "at the consent page",
    "equipment": "at the equipment page",
    "waiting": "waiting to be admitted",
    "admitted": "admitted, not started",
    "in_exam": "in the exam",
    "arrived": "arrived",
    "identification": "showing an ID",
    "room_scan": "showing the room",
    "position": "taking position",
    "briefing": "reading the briefing",
    "printing": "printing",
    "on_break": "on a break",
    "paused": "paused",
    "check_out": "checking out",
    "submitted": "handed in",
    "refused": "not admitted",
    "ended": "ended",
}
STEPS = {
    "attempt.created": "Entered on the roster",
    "attempt.code_issued": "Join code issued",
    "attempt.assigned": "Assigned",
    "attempt.arrived": "Arrived",
    "attempt.rejoined": "Page opened again",
    "attempt.signed": "Consent and integrity statement signed",
    "attempt.equipped": "Camera, microphone and screen shared",
    "attempt.admitted": "Admitted",
    "attempt.started": "Exam opened",
    "attempt.finished": "Handed in",
    "attempt.moved": "Went on",
    "attempt.refused": "Not admitted",
    "attempt.time_set": "Time set",
    "attempt.time_warned": "Told the time left",
    "attempt.reseated": "Moved to another seat",
    "equipment.checked": "Self-test",
    "scan.asked": "Room scan asked for",
    "scan.recorded": "Room shown",
    "scan.reviewed": "Room scan looked at",
    "position.checked": "Position taken",
    "briefing.acknowledged": "Rules acknowledged",
    "section.opened": "Section opened",
    "break.begun": "Break begins",
    "break.ended": "Break ends",
    "page.photographed": "Page photographed",
    "page.accepted": "Page accepted",
    "paper.uploaded": "Paper as a PDF",
    "paper.counted": "Pages counted",
    "checkout.ticked": "Check-out",
    "media.deleted": "Files deleted",
    "attempt.ended": "Ended",
    "feed.opened": "Recording begins",
    "feed.closed": "Recording ends",
    "phone.scanned": "A phone asks to join",
    "phone.confirmed": "Phone confirmed",
    "phone.refused": "Phone refused or removed",
    "feed.positioned": "Camera placed",
    "call.started": "Call begins",
    "call.ended": "Call ends",
}
PAUSES = {"break": "break", "pause": "clock stopped by staff"}
TICKS = {"submitted": "Submitted", "scratch": "Scratch paper destroyed on camera", "released": "Released"}
TESTED = {
    "pass": "passed",
    "warn": "weak",
    "fail": "failed",
    "not_assessable": "not assessable",
    "not_required": "not required",
}
VERDICTS = {"clear": "looked at: clear", "again": "asked for once more"}
INQUIRIES = {"content": "Question on the content", "reply": "Reply to the receipt"}
DECISIONS = {
    "open": "Open",
    "confirmed": "Confirmed",
    "dismissed": "Dismissed",
    "inconclusive": "Inconclusive",
}
REASONS = {
    "innocent_action": "innocent action",
    "detector_error": "detector error",
    "accommodated": "accommodated",
    "room_event": "room event",
    "duplicate": "duplicate",
    "unclear_picture": "the picture is unclear",
    "not_recorded": "not recorded",
    "other_view_needed": "another view is needed",
    "context_needed": "context is needed",
}
MESSAGES = {"warning": "Warning", "phone": "Asked for the phone"}
MOMENTS = {"onset": "Onset", "peak": "Strongest", "last": "Last"}


def flag(code: str) -> str:
    """`face_absent` -> "No face seen"."""
    return _FLAGS[code]["title"] if code in _FLAGS else code


def innocent(code: str) -> str:
    """Usual innocent causes of a flag, as a list; "" where there are none to name."""
    return _FLAGS.get(code, {}).get("innocent", "")


def detector(channel: str) -> str:
    """`presence` -> "Presence"."""
    return str(_WORDS["channel"].get(channel, channel))


def number(code: str, name: str) -> str:
    """What a rule's number is called; `threshold` of each rule differs."""
    return str(_FLAGS.get(code, {}).get(name) or _WORDS["rule"].get(name, name))


def stake(code: str) -> str:
    """Low, Medium, High."""
    return str(_WORDS["stake"].get(code, code))


def why(values: dict[str, Any]) -> str:
    """What a judge saw: "direction left, yaw 41.2"."""
    return ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in values.items())


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return "; ".join(_plain(one) for one in value)
    return why(value) if isinstance(value, dict) else str(value)


def feed(kind: str, position: str | None = None) -> str:
    """The name of a feed: "phone", "phone, from the side"."""
    name = FEEDS.get(kind, kind)
    return f"{name}, {POSITIONS[position]}" if position in POSITIONS else name


def cause(code: str) -> str:
    """The cause of a gap, or why a span was not looked at."""
    return CAUSES.get(code, code.replace("_", " "))


def stage(code: str) -> str:
    """Where an attempt is."""
    return STAGES.get(code, code)


def step(event: str) -> str:
    """A line of the stage log."""
    return STEPS.get(event, event)


def decision(code: str) -> str:
    """What a person made of a flag."""
    return DECISIONS.get(code, code)


def reason(code: str) -> str:
    """Why a flag was dismissed, or cannot be decided."""
    return REASONS.get(code, code)


def moment(code: str) -> str:
    """Which of a flag's pictures."""
    return MOMENTS.get(code, code)


def irregularity(category: str) -> str:
    """`environment.power_outage` -> "environment: power outage"."""
    return category.replace(".", ": ").replace("_", " ")


def count(number: int, noun: str) -> str:
    """1 flag, 2 flags."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def was(number: int) -> str:
    """was, were."""
    return "was" if number == 1 else "were"


def has(number: int) -> str:
    """has, have."""
    return "has" if number == 1 else "have"


def be(number: int) -> str:
    """is, are."""
    return "is" if number == 1 else "are"


def length(seconds: float) -> str:
    """A span: 4.2 s, 3 min 05 s, 1 h 02 min 05 s."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return (f"{hours} h {minutes:02} min" if hours else f"{minutes} min") + f" {whole % 60:02} s"


def percent(share: float | None) -> str:
    """94 %; never rounded up to 100 or down to 0; "not looked at" where there is none."""
    if share is None:
        return "not looked at"
    if 0 < share < 1:
        return f"{min(99.9, max(0.1, share * 100)):.1f} %"
    return f"{share:.0%}".replace("%", " %")
