"""What happens around a candidate while the exam goes on. Chain: the attempt."""

from dataclasses import dataclass, field

from appliance.exam.events.catalogue import Payload, event


@event("sections.ordered")
@dataclass(frozen=True, kw_only=True)
class SectionsOrdered(Payload):
    """The order in which this candidate works on the sections (numbers from 1); `seed` gives it again."""

    order: list[int]
    seed: str


@event("section.opened")
@dataclass(frozen=True, kw_only=True)
class SectionOpened(Payload):
    """The candidate opened the content of a section for the first time."""

    section: int


@event("announcement.read")
@dataclass(frozen=True, kw_only=True)
class AnnouncementRead(Payload):
    """The candidate has seen an announcement."""

    announcement: str


@event("attention.given")
@dataclass(frozen=True, kw_only=True)
class AttentionGiven(Payload):
    """Somebody who watches opened this candidate ("look") or listened to the sound ("listen")."""

    kind: str
    by: str


@event("irregularity.noted")
@dataclass(frozen=True, kw_only=True)
class IrregularityNoted(Payload):
    """A person wrote down what happened. `category` of `exam.irregularity`; `position`: seconds on the webcam's
    timeline, None where nothing was recorded."""

    irregularity: str
    category: str
    text: str
    happened_at: float
    position: float | None
    by: str
    by_name: str


@event("evidence.kept")
@dataclass(frozen=True, kw_only=True)
class EvidenceKept(Payload):
    """A person kept a still in full resolution and the clip around it. Paths are relative to the media folder;
    `clip` is "" where nothing but the still could be kept."""

    kept: str
    kind: str
    still: str
    still_sha256: str
    clip: str
    clip_sha256: str
    starts_at: float
    ends_at: float
    taken_at: float
    by: str


@event("evidence.asked")
@dataclass(frozen=True, kw_only=True)
class EvidenceAsked(Payload):
    """A person wants a moment to be kept. `position`: seconds on the feed's timeline, None: at `moment_at`, which is
    when it is (or was) as well as the box can tell. What comes of it is `evidence.kept` or `evidence.failed`."""

    kept: str
    kind: str
    position: float | None
    moment_at: float
    by: str


@event("evidence.failed")
@dataclass(frozen=True, kw_only=True)
class EvidenceFailed(Payload):
    """It could not be kept. `reason`: "nothing_recorded", "unreadable", "too_slow" or "disk"."""

    kept: str
    kind: str
    reason: str


@event("inquiry.made")
@dataclass(frozen=True, kw_only=True)
class InquiryMade(Payload):
    """A question for the institution, not for proctors. `kind`: "content", "accommodation" or "reply" (to the receipt);
    `by`: "candidate", or the user who passed it on."""

    inquiry: str
    kind: str
    text: str
    by: str


@event("inquiry.answered")
@dataclass(frozen=True, kw_only=True)
class InquiryAnswered(Payload):
    """The institution answered."""

    inquiry: str
    text: str
    by: str
    by_name: str


# --- check-out ---


@event("page.photographed")
@dataclass(frozen=True, kw_only=True)
class PagePhotographed(Payload):
    """A page of a paper exam, relative to the media folder. One of the same `number` replaces it. `sharpness` and
    `light` (0 to 255) were measured; `readable`: both are good enough."""

    page: str
    number: int
    path: str
    sha256: str
    bytes: int
    sharpness: float
    light: float
    readable: bool


@event("page.accepted")
@dataclass(frozen=True, kw_only=True)
class PageAccepted(Payload):
    """A person can read a page that the measures called unreadable."""

    page: str
    by: str


@event("paper.uploaded")
@dataclass(frozen=True, kw_only=True)
class PaperUploaded(Payload):
    """The worked paper as one PDF: uploaded, or made of the photographed pages (`made`)."""

    path: str
    sha256: str
    bytes: int
    pages: int
    made: bool


@event("paper.counted")
@dataclass(frozen=True, kw_only=True)
class PaperCounted(Payload):
    """How many pages there are, as a person says."""

    pages: int
    by: str


@event("checkout.ticked")
@dataclass(frozen=True, kw_only=True)
class CheckoutTicked(Payload):
    """One thing of the check-out is done: "submitted" (handed in where the exam is taken), "scratch" (scratch paper
    destroyed on camera), "released" (staff let the candidate go). `position`: seconds on the webcam's timeline, None
    where nothing was recorded."""

    tick: str
    by: str
    note: str = ""
    position: float | None = None


@event("media.deleted", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class MediaDeleted(Payload):
    """Files of this attempt were deleted. `what` of `exam.retention.Data`, or "practice" for all that a practice run
    recorded; `why`: "date" or "request"; `due_at`: the date. Paths are relative to the media folder, or begin with
    what else lies in the data folder ("exports/", "reports/", "work/")."""

    what: str
    files: list[str] = field(default_factory=list)
    bytes: int = 0
    why: str = "date"
    due_at: float = 0.0
