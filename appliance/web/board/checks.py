"""Checks of seats: a seat's page publishes as in an exam, and what arrives here is looked at, once in half a second.

Each is a practice run of one attempt, so receiver, decoder and detection are those of every exam; it ends as soon as
the check is over, and what was recorded goes with it.
"""

import logging
import math
import time
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from appliance.box import seen, sound
from appliance.box.paths import Paths
from appliance.box.token import Claim
from appliance.exam import seat_check
from appliance.exam.feed import Feed, Kind
from appliance.exam.own_runs import PERSON, OwnRun
from appliance.exam.plan import Level
from appliance.exam.seat_check import Look, Run, Step, Trouble
from appliance.ledger import board
from appliance.ledger.actions import board as actions
from appliance.ledger.actions import own_runs
from appliance.ledger.writer import Transaction
from appliance.web import status
from appliance.web.board.state import MOST, MOST_BESIDE_AN_EXAM, Check
from appliance.web.context import Services
from appliance.web.repeated import repeated

log = logging.getLogger(__name__)

EVERY_SECONDS = 0.5
_MINUTES = 5
_QUIETEST = -100.0


def begin(services: Services, *, machine: str, seat: str, width: int, height: int, microphone: bool) -> Check:
    """A new check of this seat; one that goes on is begun again. TooManyChecks where there is no room."""
    if (before := services.seats.check_of(machine)) is not None:
        _end(services, before, "begun again")
    with services.reader.connect() as connection:
        beside = board.is_exam_on(connection)
    services.seats.refuse_full(MOST_BESIDE_AN_EXAM if beside else MOST)

    def work(transaction: Transaction) -> tuple[str, str]:
        exam = own_runs.begin(transaction, OwnRun.SEAT_CHECK, minutes=_MINUTES, level=Level.CAMERA, by=PERSON)
        (attempt,) = own_runs.enter(transaction, exam, [seat], by=PERSON)
        own_runs.seat(transaction, attempt, browser=PERSON)
        return exam, attempt

    exam, attempt = services.writer.transact(work)
    run = Run(since=time.time(), width=width, height=height)
    run = run if microphone else seat_check.stop(run, Trouble.NO_MICROPHONE)
    check = Check(seat=seat, machine=machine, exam=exam, attempt=attempt, run=run)
    services.seats.begin(check)
    return check


def door(services: Services, check: Check) -> dict[str, str]:
    """Where the seat's page publishes."""
    return door_of(services, exam=check.exam, attempt=check.attempt, seat=check.seat)


def door_of(services: Services, *, exam: str, attempt: str, seat: str) -> dict[str, str]:
    """Where a camera of an own run publishes."""
    claim = Claim("publish", Feed(attempt, Kind.WEBCAM), exam, seat)
    return {"url": f"/whip/{attempt}/{Kind.WEBCAM.value}", "token": services.tokens.mint(claim)}


def trouble(services: Services, *, machine: str, seat: str, what: Trouble) -> None:
    """The page cannot send: that is the result, also where no check had begun."""
    check = services.seats.check_of(machine)
    if check is None:
        if what is not Trouble.NO_MICROPHONE:
            run = seat_check.stop(Run(since=time.time()), what)
            _conclude(services, seat, machine, run)
        return
    _goes_on(services, check, seat_check.stop(check.run, what))


def skip(services: Services, *, machine: str) -> None:
    """There is no test card and no phone at hand."""
    if (check := services.seats.check_of(machine)) is not None:
        _goes_on(services, check, seat_check.skip(check.run))


def look(services: Services, *, now: float) -> None:
    """Every check a step further. `now`: wall seconds."""
    checks = services.seats.checks()
    if not checks:
        return
    said = status.feeds(services.paths.health, now=now) or {}
    for check in checks:
        if not services.seats.is_present(check.machine):
            run = seat_check.stop(check.run, Trouble.GONE)
        else:
            run = seat_check.advance(check.run, what_is_there(services.paths, said, check.attempt, now=now))
        _goes_on(services, check, run)


def what_is_there(paths: Paths, said: dict[str, dict[str, Any]], attempt: str, *, now: float) -> Look:
    """What capture, decoder and detection know of this camera."""
    feed = Feed(attempt, Kind.WEBCAM)
    facts, found = said.get(str(feed), {}), seen.read(paths.seen, attempt, now).get(Kind.WEBCAM.value, {})
    measured = found.get("measured", {})
    arrives = status.arrives(facts)
    face = found.get("face")
    return Look(
        at=now,
        fps=float(facts["fps"]) if arrives else None,
        loss=facts.get("loss") if arrives else None,
        rtt_ms=facts.get("rtt_ms") if arrives else None,
        level=_level(paths, feed),
        picture_at=found.get("at"),
        light=measured.get("light"),
        face=None if face not in ("seen", "not_seen") else face == "seen",
        face_light=measured.get("face_light"),
        phone=measured.get("phone"),
    )


def _level(paths: Paths, feed: Feed) -> float | None:
    """Of the last half second, dB of full scale; None where no sound has come."""
    try:
        heard = sound.read(paths.sounds, feed)
    except (ValueError, TypeError):  # cut off: the next one is whole
        return None
    if heard is None or not len(heard[1]):
        return None
    newest = heard[1][-sound.RATE // 2 :].astype(np.float64) / 32768
    return max(_QUIETEST, 10 * math.log10(float(np.mean(newest**2)) + 1e-12))


def _goes_on(services: Services, check: Check, run: Run) -> None:
    there = services.seats.goes_on(check, run)
    if there is not None and run.step is Step.OVER:
        _conclude(services, there.seat, there.machine, run)
        _end(services, there, "the check is over")


def _conclude(services: Services, seat: str, machine: str, run: Run) -> None:
    facts = seat_check.facts_of(run)
    findings = seat_check.judge(facts)
    services.writer.transact(
        lambda transaction: actions.checked(transaction, seat=seat, machine=machine, facts=facts, findings=findings)
    )


def _end(services: Services, check: Check, reason: str) -> None:
    services.seats.end(check)
    services.writer.transact(lambda transaction: own_runs.end(transaction, check.exam, reason=f"seat check: {reason}"))


def watched(services: Services) -> AbstractContextManager[None]:
    """Looked at twice a second. What an earlier process left open is over first."""
    for exam in services.writer.transact(own_runs.tidy):
        log.warning("%s was left open and is ended", exam)
    return repeated(lambda: look(services, now=time.time()), name="seat checks", seconds=EVERY_SECONDS)
