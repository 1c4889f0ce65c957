"""What an attempt leaves behind, put into a real ledger and a real media folder, for tests."""

import contextlib
import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from appliance.exam import events
from appliance.exam.flags import RULES, RULES_VERSION
from appliance.exam.gap import Cause
from appliance.ledger.record import Draft
from appliance.ledger.writer import Writer
from tests.ledger import world as ledger_world
from tests.ledger.world import World

START = 1_763_805_600.0
"""2025-11-22 10:00:00 UTC"""


def jpeg(number: int) -> bytes:
    """A small real picture, another one for each number."""
    pixels = np.full((36, 64, 3), 30 + number % 200, np.uint8)
    cv2.circle(pixels, (number % 64, 18), 9, (200, 180, 90), -1)
    done, data = cv2.imencode(".jpg", pixels)
    assert done
    return data.tobytes()


@dataclass
class Evidence:
    """One box: appends as the processes of the box would."""

    writer: Writer
    media: Path
    world: World
    pictures: int = 0
    segments: dict[str, int] = field(default_factory=dict)
    together: list[Draft] | None = None

    def append(
        self,
        payload: events.Payload,
        chain: str,
        *,
        actor: str = "capture",
        exam: str | None = "bio",
        at: float | None = None,
    ) -> None:
        """`at`: wall seconds, where it matters when."""
        draft = Draft(payload=payload, chain=chain, exam=exam, actor=actor)
        draft = draft if at is None else replace(draft, at=replace(draft.at, wall=at))
        if self.together is None:
            self.writer.append(draft)
        else:
            self.together.append(draft)

    @contextlib.contextmanager
    def one_commit(self) -> Iterator[None]:
        """What is appended inside is committed at the end, all at once: quicker."""
        self.together = []
        yield
        drafts, self.together = self.together, None
        self.writer.append(*drafts)

    def write(self, path: str, data: bytes) -> str:
        file = self.media / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return hashlib.sha256(data).hexdigest()

    def record(
        self, attempt: str, kind: str, *, seconds: float = 60, piece: float = 30, at: float = START
    ) -> list[str]:
        """A feed opened, its segments; -> their paths. `close` ends it."""
        self.append(events.FeedOpened(kind=kind, connection="c" + kind, codecs=["h264", "opus"], opened_at=at), attempt)
        paths = []
        for n in range(int(seconds // piece)):
            number = self.segments[kind] = self.segments.get(kind, 0) + 1
            path = f"bio/{attempt}/{kind}/1-{kind}-20251122T100000.000Z-{number:05d}.mp4"
            data = f"{attempt}{kind}{number}".encode() * 50
            digest = self.write(path, data)
            self.append(
                events.SegmentClosed(
                    kind=kind,
                    number=number,
                    path=path,
                    starts_at=at + n * piece,
                    position=n * piece,
                    duration=piece,
                    bytes=len(data),
                    init_bytes=20,
                    sha256=digest,
                    codecs=["h264", "opus"],
                ),
                attempt,
            )
            paths.append(path)
        return paths

    def close(self, attempt: str, kind: str, *, at: float = START + 60) -> None:
        self.write(f"bio/{attempt}/{kind}/playlist.m3u8", b"#EXTM3U\n#EXT-X-ENDLIST\n")
        self.append(events.FeedClosed(kind=kind, connection="c" + kind, cause="ended", closed_at=at), attempt)

    def fill(self, attempt: str, gap: str, starts_at: float, seconds: float) -> None:
        """A part of a gap, brought late."""
        path = f"bio/{attempt}/webcam/{gap}-{starts_at:.0f}-late.mp4"
        ends_at = starts_at + seconds
        filled = events.GapFilled(gap=gap, kind="webcam", path=path, starts_at=starts_at, ends_at=ends_at)
        self.append(filled, attempt)

    def gap(self, attempt: str, *, at: float = START + 20, seconds: float | None = 4.5) -> str:
        gap = uuid.uuid4().hex
        cause = Cause.CONNECTION_LOST.value
        self.append(events.GapOpened(gap=gap, kind="webcam", cause=cause, starts_at=at), attempt)
        if seconds is not None:
            closed = events.GapClosed(gap=gap, kind="webcam", cause=cause, starts_at=at, ends_at=at + seconds)
            self.append(closed, attempt)
        return gap

    def picture(self, attempt: str, flag: str, moment: str, data: bytes | None = None) -> dict[str, object]:
        self.pictures += 1
        path = f"bio/{attempt}/snapshots/{flag}-{moment}.jpg"
        digest = self.write(path, jpeg(self.pictures) if data is None else data)
        return {"moment": moment, "path": path, "sha256": digest, "at": START + 12}

    def flag(
        self, attempt: str, code: str = "phone_visible", *, at: float = START + 10, pictures: bool = True, **said: Any
    ) -> str:
        """A flag of software, raised and closed; -> its id."""
        flag, rule = uuid.uuid4().hex, RULES[code]
        moments = ("onset", "peak", "last") if pictures else ()
        raised = events.FlagRaised(
            flag=flag,
            code=code,
            category=rule.category.value,
            severity=rule.severity.value,
            kind=rule.kinds[0].value,
            source="inference",
            onset_at=at,
            position=at - START,
            stage="in_exam",
            rules=RULES_VERSION,
            models={"ssd_mobilenet_v2_coco": "int8 5f3a"},
            threshold=rule.threshold,
            score=0.83,
            true=4,
            assessable=5,
            ticks=6,
            light=112.0,
            snapshots=[self.picture(attempt, flag, moment) for moment in moments[:2]],
            **said,
        )
        self.append(raised, attempt, actor="inference")
        closed = events.FlagClosed(
            flag=flag,
            ended_at=at + 7,
            score=0.91,
            true=11,
            assessable=13,
            ticks=14,
            snapshots=[*raised.snapshots, *[self.picture(attempt, flag, moment) for moment in moments[2:]]],
        )
        self.append(closed, attempt, actor="inference")
        return flag

    def decide(self, attempt: str, flag: str, decision: str = "confirmed", reason: str = "", note: str = "") -> None:
        self.append(
            events.FlagDecided(flag=flag, decision=decision, reason=reason, note=note, by="pia"), attempt, actor="pia"
        )

    def chat(self, attempt: str, text: str, *, kind: str = "chat", by: str = "pia") -> str:
        message = uuid.uuid4().hex
        sent = events.MessageSent(message=message, kind=kind, sender=by, sender_name=by.title(), text=text)
        self.append(sent, attempt, actor=by)
        return message

    def covered(self, attempt: str) -> None:
        ticks = {"face_absent": [5310, 5400], "phone_visible": [2650, 2700], "lighting_poor": [5400, 5400]}
        self.append(events.AnalysisCovered(kind="webcam", ticks=ticks), attempt, actor="inference")

    def finish(self, attempt: str) -> None:
        self.append(events.AttemptFinished(), attempt, actor="candidate")

    def end_exam(self) -> None:
        self.append(events.ExamEnded(exam="bio", reason="time is up"), events.BOX, actor="lea")

    def sit(self, seat: str) -> str:
        """One candidate through the exam: recorded, one gap, a decided and an open flag, chat; not over yet."""
        attempt = ledger_world.bring_to_exam(self.writer, self.world, seat)
        with self.one_commit():
            for kind in ("webcam", "screen"):
                self.record(attempt, kind)
            self.gap(attempt)
            self.decide(attempt, self.flag(attempt), "dismissed", "innocent_action", "a calculator")
            self.flag(attempt, "face_absent", at=START + 40)
            self.chat(attempt, "May I use a ruler?", by="candidate")
            warning = self.chat(attempt, "Please stay in the picture.", kind="warning")
            self.append(events.WarningAcknowledged(message=warning), attempt, actor="candidate")
        return attempt

    def over(self, attempt: str) -> None:
        """The candidate hands in, and every process of the box says its last about it."""
        with self.one_commit():
            self.finish(attempt)
            for kind in ("webcam", "screen"):
                self.close(attempt, kind)
            missed = events.AnalysisMissed(kind="webcam", starts_at=START + 30, ends_at=START + 38, cause="overload")
            self.append(missed, attempt, actor="inference")
            self.covered(attempt)


def build(writer: Writer, media: Path, *, seats: int = 2) -> Evidence:
    """An exam with a roster; nobody is there yet."""
    world = ledger_world.build(writer, seats=seats)
    evidence = Evidence(writer=writer, media=media, world=world)
    for process in ("capture", "inference", "sync"):
        started = events.ProcessStarted(process=process, version="0.1.0")
        evidence.append(started, events.BOX, actor=process, exam=None)
    return evidence
