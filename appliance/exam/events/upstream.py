"""Reports, and what reached the object store. Chain: box."""

from dataclasses import dataclass

from appliance.exam.events.catalogue import Payload, event


@event("report.asked")
@dataclass(frozen=True, kw_only=True)
class ReportAsked(Payload):
    """Somebody wants the reports on an exam and its candidates now, be it over or not."""

    exam: str
    by: str
    by_name: str


@event("report.written", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class ReportWritten(Payload):
    """An integrity report exists; `files`: name -> sha256, in `folder` relative to the data folder. `attempt` is None
    for the report on the whole exam."""

    exam: str
    attempt: str | None
    folder: str
    files: dict[str, str]


@event("upstream.attempt_stored", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class AttemptStored(Payload):
    """Every file of an attempt and its signed manifest are upstream and were read back. `position` is the last event
    of the attempt's chain that the manifest covers; `number` counts its manifests (events after the first make
    another)."""

    exam: str
    attempt: str
    manifest_sha256: str
    objects: int
    bytes: int
    position: int = 0
    number: int = 1


@event("upstream.exam_stored", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class ExamStored(Payload):
    """Everything of an ended exam is upstream; `number` counts the exam's manifests."""

    exam: str
    manifest_sha256: str
    attempts: int
    number: int = 1


@event("upstream.failed", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class UpstreamFailed(Payload):
    """The upstream refused or is not there; said once for each cause until it works again."""

    where: str
    reason: str
    hint: str


@event("upstream.altered", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class UpstreamAltered(Payload):
    """The store does not have an attempt any more as it was stored: nothing of it is deleted here while that is so.
    `missing`: keys that are gone there, `other`: keys with other content, the first ones of each; `objects`: how many
    there are; `finding`: stands for all of them. Said once for each finding."""

    exam: str
    attempt: str
    missing: list[str]
    other: list[str]
    objects: int
    finding: str
    hint: str


@event("upstream.restored", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class UpstreamRestored(Payload):
    """The store has it again as it was stored. `sent`: how many objects this box had to send again."""

    exam: str
    attempt: str
    sent: int
