"""What people make of a recording: who watched what, notes, recommendations, the outcome, blind samples. Chain: the
attempt."""

from dataclasses import dataclass

from appliance.exam.events.catalogue import Payload, event


@event("recording.watched")
@dataclass(frozen=True, kw_only=True)
class RecordingWatched(Payload):
    """A person played this span of the recording (wall seconds); `kinds`: the feeds that were shown; `speed` 1.0: as it
    was."""

    kinds: list[str]
    starts_at: float
    ends_at: float
    speed: float
    by: str


@event("flag.noted")
@dataclass(frozen=True, kw_only=True)
class FlagNoted(Payload):
    """A note on a flag, for everybody who may see it."""

    note: str
    flag: str
    text: str
    by: str
    by_name: str


@event("recommendation.made")
@dataclass(frozen=True, kw_only=True)
class RecommendationMade(Payload):
    """A reviewer says what should happen next. `kind` of `exam.review.Recommendation`."""

    recommendation: str
    kind: str
    text: str
    by: str
    by_name: str


@event("recommendation.answered")
@dataclass(frozen=True, kw_only=True)
class RecommendationAnswered(Payload):
    """A second reviewer agrees with it, or not."""

    recommendation: str
    agreed: bool
    text: str
    by: str
    by_name: str


@event("recommendation.withdrawn")
@dataclass(frozen=True, kw_only=True)
class RecommendationWithdrawn(Payload):
    """Whoever made it takes it back."""

    recommendation: str
    text: str
    by: str


@event("outcome.recorded")
@dataclass(frozen=True, kw_only=True)
class OutcomeRecorded(Payload):
    """What the institution made of it, in its own words. A later one stands instead; "" takes it back."""

    outcome: str
    by: str
    by_name: str


@event("sample.drawn")
@dataclass(frozen=True, kw_only=True)
class SampleDrawn(Payload):
    """A random minute without a flag is given to a person, who is not told of any flags. `seed` and `among` (how many
    there were to draw from) say how it was drawn (`exam.sampling`)."""

    sample: str
    starts_at: float
    ends_at: float
    seed: str
    among: int
    by: str


@event("sample.judged")
@dataclass(frozen=True, kw_only=True)
class SampleJudged(Payload):
    """What was seen in it: `verdict` of `exam.sampling.Verdict`; `flag`: the one that was raised, or None."""

    sample: str
    verdict: str
    flag: str | None
    text: str
    by: str


@event("rule.muted")
@dataclass(frozen=True, kw_only=True)
class RuleMuted(Payload):
    """From here on a rule raises nothing for this candidate, because a lead found its detector wrong at the seat;
    `muted` false: it does again."""

    code: str
    muted: bool
    reason: str
    by: str
    by_name: str


@event("report.taken")
@dataclass(frozen=True, kw_only=True)
class ReportTaken(Payload):
    """Somebody opened or saved a report. Chain: the attempt, or the box for the report on a whole exam."""

    file: str
    by: str


@event("export.asked")
@dataclass(frozen=True, kw_only=True)
class ExportAsked(Payload):
    """Evidence is to leave the box: these feeds from `starts_at` to `ends_at` (wall seconds) as one MP4; `masked`: with
    a copy in which neighbours cannot be seen. `factor`: how the person proved to be there ("password", "totp")."""

    export: str
    kinds: list[str]
    starts_at: float
    ends_at: float
    masked: bool
    reason: str
    factor: str
    by: str
    by_name: str


@event("export.made", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class ExportMade(Payload):
    """It lies in `folder` (relative to the data folder). `files`: name -> SHA-256; `in_s`, `out_s`: where in the clip
    the span that was asked for begins and ends, since it is cut at key frames; `holes`: spans of wall seconds of which
    a feed has nothing, with its kind."""

    export: str
    folder: str
    files: dict[str, str]
    bytes: int
    in_s: float
    out_s: float
    holes: list[dict[str, object]]


@event("export.failed", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class ExportFailed(Payload):
    """It could not be made: "nothing_recorded", "unreadable", "deleted", "disk" or "too_large"."""

    export: str
    reason: str


@event("export.taken")
@dataclass(frozen=True, kw_only=True)
class ExportTaken(Payload):
    """Somebody saved a file of it."""

    export: str
    file: str
    by: str
