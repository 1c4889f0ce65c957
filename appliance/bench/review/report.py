"""How long the reports on an exam take: 3 hours, 15 candidates, each with about 1,000 events in a real ledger.

What is timed is `report.write` alone, for every candidate and for the whole exam: collecting the facts, hashing 1,800
snapshots, JSON, CSV and PDF, on disk.
"""

import hashlib
import os
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from appliance.box.paths import Paths
from appliance.exam import events
from appliance.exam.events import BOX, Payload
from appliance.exam.flags import RULES, RULES_VERSION, Rule, Sense
from appliance.exam.permissions import Role
from appliance.exam.policy import ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.ledger import reader, writer
from appliance.ledger.actions import exams, users
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction, Writer
from appliance.report import write

CANDIDATES = 15
FLAGS = 40
MESSAGES = 60
GAPS = 30
EVENTS = 1_000
HOURS = 3.0
EXAM = "bench"
PIECE = 30.0
"""Seconds of a segment, of which each feed has 360."""

_CODES = tuple(code for code, rule in RULES.items() if rule.sense is Sense.SIGHT)
_PEOPLE = (("pia", Role.PROCTOR), ("lea", Role.LEAD), ("rob", Role.REVIEWER), ("rea", Role.REVIEWER))


def measure(folder: Path, *, candidates: int = CANDIDATES) -> dict[str, float]:
    """`report_s`: seconds for all reports of the exam; `report_cpu_s`: of the processors, all cores together;
    `report_bytes`: what they weigh. `folder` is empty."""
    paths = made(folder, candidates=candidates)
    with reader.opened(paths.database) as opened, opened.connect() as connection:
        began, spent = time.perf_counter(), time.process_time()
        write.write_all(connection=connection, paths=paths, exam=EXAM)
        seconds, spent = time.perf_counter() - began, time.process_time() - spent
    weight = sum(file.stat().st_size for file in paths.reports.rglob("report.*"))
    return {"report_s": round(seconds, 2), "report_cpu_s": round(spent, 2), "report_bytes": weight}


def made(folder: Path, *, candidates: int = CANDIDATES) -> Paths:
    """A box whose ledger has such an exam, with its snapshots."""
    paths = Paths(data=folder / "data", run=folder / "run").make()
    with writer.opened(paths.database) as ledger:
        begins_at = time.time() - HOURS * 3600 - 600
        attempts = ledger.transact(lambda transaction: _exam(transaction, candidates, begins_at))
        for number, attempt in enumerate(attempts):
            _Candidate(ledger, paths.media, attempt, begins_at, random.Random(number)).sit()  # noqa: S311
        _append(ledger, events.ExamEnded(exam=EXAM, reason="the time is over"), BOX, begins_at + HOURS * 3600, "lea")
    return paths


def _exam(transaction: Transaction, candidates: int, begins_at: float) -> list[str]:
    for user, role in _PEOPLE:
        users.create_user(transaction, user=user, name=user.title(), role=role, password_hash="x", by="bench")
    policy = ExamPolicy(exam=EXAM, title="Biology 101, final", starts_at=begins_at, minutes=round(HOURS * 60), ratio=15)
    exams.create_exam(transaction, policy, by="bench")
    roster = [RosterRow(str(n), f"2026-{n:04}", f"Candidate Number {n}", "pia") for n in range(1, candidates + 1)]
    exams.import_roster(transaction, EXAM, roster, by="bench")
    return [row.attempt for row, _ in exams.issue_codes(transaction, EXAM, key=b"k" * 32, by="bench")]


def _append(ledger: Writer, payload: Payload, chain: str, at: float, actor: str) -> None:
    ledger.append(_draft(payload, chain, at, actor))


def _draft(payload: Payload, chain: str, at: float, actor: str) -> Draft:
    draft = Draft(payload=payload, chain=chain, exam=EXAM, actor=actor)
    return replace(draft, at=replace(draft.at, wall=at))


@dataclass
class _Candidate:
    """Three hours of one; everything is in the ledger after `sit`."""

    ledger: Writer
    media: Path
    attempt: str
    begins_at: float
    chance: random.Random

    def sit(self) -> None:
        self.drafts: list[Draft] = []
        over = self.begins_at + HOURS * 3600
        self._say(events.AttemptStarted(ends_at=over), self.begins_at, "candidate")
        for kind in ("webcam", "screen"):
            opened = events.FeedOpened(kind=kind, connection=kind, codecs=["h264", "opus"], opened_at=self.begins_at)
            self._say(opened, self.begins_at, "capture")
        for number in range(FLAGS):
            self._flag(number)
        for number in range(MESSAGES):
            self._message(number)
        for number in range(GAPS):
            self._gap(number)
        ticks = {code: [9_000 + self.chance.randrange(1_800), 10_800] for code in _CODES}
        self._say(events.AnalysisCovered(kind="webcam", ticks=ticks), over, "inference")
        self._review(over)
        self._segments(EVENTS - len(self.drafts) - 3)
        for kind in ("webcam", "screen"):
            closed = events.FeedClosed(kind=kind, connection=kind, cause="ended", closed_at=over)
            self._say(closed, over, "capture")
        self._say(events.AttemptFinished(), over, "candidate")
        self.ledger.append(*sorted(self.drafts, key=lambda draft: draft.at.wall))

    def _say(self, payload: Payload, at: float, actor: str) -> None:
        self.drafts.append(_draft(payload, self.attempt, at, actor))

    def _any_time(self) -> float:
        return self.begins_at + 60 + self.chance.random() * (HOURS * 3600 - 180)

    def _flag(self, number: int) -> None:
        code, at = _CODES[number % len(_CODES)], self._any_time()
        flag, rule = f"{self.attempt}f{number}", RULES[code]
        pictures = [self._picture(flag, moment, number, at) for moment in ("onset", "peak", "last")]
        seen: dict[str, Any] = {"score": 0.91, "true": 11, "assessable": 13, "ticks": 14}
        raised = events.FlagRaised(
            flag=flag,
            code=code,
            category=rule.category.value,
            severity=rule.severity.value,
            kind="webcam",
            source="inference",
            onset_at=at,
            position=at - self.begins_at,
            stage="in_exam",
            rules=RULES_VERSION,
            models={"yolox_nano": "1.2 5f3a"},
            threshold=rule.threshold,
            light=112.0,
            snapshots=pictures[:2],
            numbers=_numbers(rule),
            why={"direction": "left", "yaw": 31.4},
            **seen,
        )
        self._say(raised, at + 3, "inference")
        self._say(events.FlagClosed(flag=flag, ended_at=at + 7, snapshots=pictures, **seen), at + 8, "inference")
        decision, reason = (("dismissed", "innocent_action"), ("confirmed", ""), ("inconclusive", "unclear_picture"))[
            number % 3
        ]
        if number % 7:
            decided = events.FlagDecided(flag=flag, decision=decision, reason=reason, note="Looked at twice.", by="pia")
            self._say(decided, at + 90, "pia")
        if number % 5 == 0:
            noted = events.FlagNoted(note=f"{flag}n", flag=flag, text="The lamp.", by="rob", by_name="Rob")
            self._say(noted, at + 120, "rob")

    def _picture(self, flag: str, moment: str, number: int, at: float) -> dict[str, Any]:
        data = _jpeg(self.chance.randrange(1 << 30))
        path = f"{EXAM}/{self.attempt}/snapshots/{flag}-{moment}.jpg"
        file = self.media / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return {"moment": moment, "path": path, "sha256": hashlib.sha256(data).hexdigest(), "at": at + number % 5}

    def _message(self, number: int) -> None:
        by = "candidate" if number % 2 else "pia"
        text = ("May I use the ruler that is on the desk? ", "Yes, if it has no writing on it. ")[number % 2] * 2
        message = f"{self.attempt}m{number}"
        sent = events.MessageSent(message=message, kind="chat", sender=by, sender_name=by.title(), text=text)
        self._say(sent, self._any_time(), by)

    def _gap(self, number: int) -> None:
        at, gap = self._any_time(), f"{self.attempt}g{number}"
        said: dict[str, Any] = {
            "gap": gap,
            "kind": ("webcam", "screen")[number % 2],
            "cause": "connection_lost",
            "starts_at": at,
        }
        self._say(events.GapOpened(**said), at + 2, "capture")
        self._say(events.GapClosed(**said, ends_at=at + 5), at + 5, "capture")

    def _review(self, over: float) -> None:
        for number in range(20):
            starts_at = self.begins_at + number * 300
            watched = events.RecordingWatched(
                kinds=["webcam", "screen"], starts_at=starts_at, ends_at=starts_at + 240, speed=2.0, by="rob"
            )
            self._say(watched, over - 1, "rob")
        made = events.RecommendationMade(
            recommendation=f"{self.attempt}r", kind="refer", text="Two spans to look at.", by="rob", by_name="Rob"
        )
        self._say(made, over - 0.5, "rob")

    def _segments(self, wanted: int) -> None:
        """What is left of the events: pieces of recording."""
        for number in range(max(0, wanted)):
            kind, place = ("webcam", "screen")[number % 2], number // 2
            path = f"{EXAM}/{self.attempt}/{kind}/{place:05}.mp4"
            at = self.begins_at + place * PIECE
            closed = events.SegmentClosed(
                kind=kind,
                number=place,
                path=path,
                starts_at=at,
                position=place * PIECE,
                duration=PIECE,
                bytes=4_000_000,
                init_bytes=900,
                sha256=hashlib.sha256(path.encode()).hexdigest(),
                codecs=["h264", "opus"],
            )
            self._say(closed, at + PIECE, "capture")
            file = self.media / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            os.truncate(file, closed.bytes)  # as long as it should be, and takes no room


def _numbers(rule: Rule) -> dict[str, float]:
    return {"seconds": rule.seconds, "share": rule.share, "hits": float(rule.hits), **rule.numbers}


def _jpeg(seed: int) -> bytes:
    """A picture as a snapshot is, 640 by 360, about 50 kB; another one for each seed."""
    noise = np.random.default_rng(seed).integers(0, 255, (90, 160, 3), dtype=np.uint8)
    done, data = cv2.imencode(".jpg", cv2.resize(noise, (640, 360)), [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert done
    return data.tobytes()
