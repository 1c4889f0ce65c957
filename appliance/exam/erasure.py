"""What is left of a candidate's events after an erasure, and which words of staff are about a candidate. Pure."""

import re

STAYS = frozenset(
    {
        # what went, what is held, who asked
        "hold.placed",
        "hold.lifted",
        "erasure.asked",
        "media.deleted",
        "personal.erased",
        # steps, without their reasons
        "attempt.code_issued",
        "attempt.assigned",
        "attempt.admitted",
        "attempt.started",
        "attempt.finished",
        "sections.ordered",
        "section.opened",
        "break.begun",
        "break.ended",
        # files by path and hash: what a manifest proves, and what a deletion names
        "feed.opened",
        "feed.closed",
        "feed.positioned",
        "feed.aligned",
        "segment.closed",
        "gap.opened",
        "gap.closed",
        "gap.filled",
        "room.watched",
        "scan.recorded",
        "identity.pictured",
        "identity.enrolled",
        "evidence.kept",
        "evidence.asked",
        "evidence.failed",
        "page.photographed",
        "page.accepted",
        "paper.uploaded",
        "paper.counted",
        "export.made",
        "export.failed",
        "export.taken",
        # what was looked at, and by whom
        "analysis.missed",
        "analysis.covered",
        "flag.closed",
        "feed.viewed",
        "recording.watched",
        "attention.given",
        "report.taken",
        "sample.drawn",
        "call.started",
        "call.ended",
        "message.read",
        "warning.acknowledged",
        "announcement.read",
    }
)
"""Types of events of an attempt's chain whose payload outlives an erasure: ids, times, paths, hashes and numbers that
the box, its reports and its proofs go on with. No words that somebody wrote about a candidate, nothing of the
candidate's own, no measure of a body. Every other type loses its payload, also one that is new here."""

WORDS_OF_STAFF = frozenset({"exam.announced", "staff.said"})
"""Events of the box's chain in which staff may have named a candidate."""

SHORTEST_NAME = 3
"""Characters. A shorter word of a name says nothing by itself."""


def about(text: str, *, name: str, candidate: str) -> bool:
    """Does this text name the candidate: by any word of the name, or by the number? One remark too many is better than
    one too few."""
    said = [*re.findall(r"\w+", name), candidate.strip()]
    known = [re.escape(word) for word in said if len(word) >= SHORTEST_NAME]
    return bool(known) and re.search(rf"(?<!\w)(?:{'|'.join(known)})(?!\w)", text, re.IGNORECASE) is not None
