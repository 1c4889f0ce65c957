"""What the ledger has said of an attempt so far, as far as it is kept and changes no flag by itself."""

from collections.abc import Mapping
from dataclasses import replace
from functools import singledispatchmethod

from appliance.exam import events
from appliance.exam.accommodation import Switch
from appliance.exam.call import WRITTEN, Span, suspended
from appliance.exam.challenge import Step
from appliance.exam.events import Payload
from appliance.exam.feed import Kind
from appliance.exam.flags import RULES, Channel, Sense
from appliance.exam.stage import Step as Walk
from appliance.inference.baseline import Baseline
from appliance.inference.enrolment import Enrolment
from appliance.inference.judges import challenge
from appliance.inference.judges.challenge import Challenge
from appliance.inference.judges.session import Moment, Schedule
from appliance.inference.observe import Observation
from appliance.inference.telling import SOURCE

VISIBLE = "visible"
"""What a candidate says of a phone that lies in the picture (`PositionChecked.phone`)."""

_HEARD_AGAIN = (Sense.LINK, Sense.PAGE, Sense.SESSION)
"""Flags of these senses follow from events that a restarted process hears again; the others are taken over open."""

_MEASURED = frozenset({"stream_degraded", "early_departure"})
"""But these: how thin a stream was, and how long the box itself was away, is not in the ledger."""

_TURNS = frozenset(code for code, rule in RULES.items() if rule.channel is Channel.ATTENTION)
"""What rests while the candidate is asked to turn the head."""


class History:
    """`seat`: its name, as the people in the room know it; `progress`: what is known of coming and going; `challenge`:
    the one that is open; `told`: the coverage stands in the ledger, and nothing more is to be said; `declared`: as
    `judges.context.Context.declared`."""

    def __init__(self) -> None:
        self.seat = ""
        self.told = False
        self.declared: bool | None = None
        self.progress = Moment(at=0.0)
        self.enrolment = Enrolment()
        self.challenge: Challenge | None = None
        self._granted: frozenset[Switch] = frozenset()
        self.muted: frozenset[str] = frozenset()  # codes that a lead silenced at this seat
        self._declined: frozenset[Switch] = frozenset()  # by the candidate: it stays, whatever is granted
        self._calls: dict[str, Span] = {}
        self._written: tuple[Span, ...] = ()  # the last message
        self._schedule: Schedule | None = None
        self._extra_minutes = 0
        self._inherited: dict[tuple[Kind, str], events.FlagRaised] = {}

    @property
    def switches(self) -> frozenset[Switch]:
        """What was granted or declined: rules that they switch off do not hold."""
        return self._granted | self._declined

    def hear(self, payload: Payload, at: float) -> None:
        """An event of the attempt, at wall second `at`."""
        self.enrolment = self.enrolment.hear(payload)
        self._hear(payload, at)

    def resting(self, at: float) -> frozenset[str]:
        """The rules that judge nothing at this moment: during a call, around a message, or while the head is to be
        turned."""
        resting = frozenset(code for code in RULES if suspended(code, self._calls.values(), at))
        resting |= frozenset(code for code in WRITTEN if suspended(code, self._written, at, rests=WRITTEN))
        return resting if self.challenge is None else resting | _TURNS

    def plan(self, schedule: Schedule | None) -> None:
        """When the exam is, and how long; the candidate's own time is added to it."""
        self._schedule = schedule
        if schedule is not None:
            schedule = replace(schedule, minutes=schedule.minutes + self._extra_minutes)
        self.progress = replace(self.progress, schedule=schedule)

    def look(self, seen: Observation, base: Baseline) -> bool:
        """A look at the webcam; -> whether a challenge is open, for which each picture counts."""
        if self.challenge is not None:
            self.challenge = challenge.look(self.challenge, seen, base)
        return self.challenge is not None

    def answer(self, now: float) -> events.ChallengeAnswered | None:
        """What was seen of the challenge, once that is known; then it is over."""
        asked = self.challenge
        if asked is None or (seen := challenge.answer(asked, now)) is None:
            return None
        self.challenge = None
        return events.ChallengeAnswered(challenge=asked.name, seen=[each.value for each in seen])

    def take_inherited(self) -> Mapping[tuple[Kind, str], events.FlagRaised]:
        """The flags that an earlier process left open, once."""
        inherited, self._inherited = self._inherited, {}
        return inherited

    @singledispatchmethod
    def _hear(self, _payload: Payload, _at: float) -> None:
        """Nothing that is kept."""

    @_hear.register
    def _(self, payload: events.AttemptCreated, _at: float) -> None:
        self.seat = payload.seat
        self._grant(payload.extra_minutes)

    @_hear.register
    def _(self, payload: events.AttemptReseated, _at: float) -> None:
        self.seat = payload.seat

    @_hear.register
    def _(self, payload: events.TimeSet, _at: float) -> None:
        self._grant(payload.extra_minutes)

    @_hear.register
    def _(self, _payload: events.AttemptArrived, at: float) -> None:
        self.progress = replace(self.progress, arrived_at=at)

    @_hear.register
    def _(self, _payload: events.AttemptStarted, at: float) -> None:
        self.progress = replace(self.progress, started_at=at)

    @_hear.register
    def _(self, _payload: events.AttemptFinished, at: float) -> None:
        if self.progress.handed_in_at is None:
            self.progress = replace(self.progress, handed_in_at=at)

    @_hear.register
    def _(self, payload: events.AttemptMoved, at: float) -> None:
        if payload.step == Walk.HAND_IN:
            self.progress = replace(self.progress, handed_in_at=at)

    @_hear.register
    def _(self, payload: events.BreakBegun, _at: float) -> None:
        self.progress = replace(self.progress, break_until=payload.until, break_minutes=payload.minutes)

    @_hear.register
    def _(self, _payload: events.BreakEnded, _at: float) -> None:
        self.progress = replace(self.progress, break_until=None)

    @_hear.register
    def _(self, _payload: events.MessageSent, at: float) -> None:
        self._written = (Span(at, at),)

    @_hear.register
    def _(self, payload: events.PositionChecked, _at: float) -> None:
        if payload.phone:
            self.declared = payload.phone == VISIBLE

    @_hear.register
    def _(self, payload: events.AttemptAccommodated, _at: float) -> None:
        known = {switch.value for switch in Switch}
        self._granted = frozenset(Switch(said) for said in payload.switches if said in known)

    @_hear.register
    def _(self, payload: events.RuleMuted, _at: float) -> None:
        self.muted = self.muted | {payload.code} if payload.muted else self.muted - {payload.code}

    @_hear.register
    def _(self, _payload: events.IdentityDeclined, _at: float) -> None:
        self._declined = frozenset({Switch.NO_MATCHING})

    @_hear.register
    def _(self, payload: events.CallStarted, at: float) -> None:
        self._calls[payload.call] = Span(at)

    @_hear.register
    def _(self, payload: events.CallEnded, at: float) -> None:
        if begun := self._calls.get(payload.call):
            self._calls[payload.call] = Span(begun.started_at, at)

    @_hear.register
    def _(self, payload: events.ChallengeAsked, at: float) -> None:
        steps = tuple(Step(said) for said in payload.steps if said in {step.value for step in Step})
        self.challenge = Challenge(name=payload.challenge, steps=steps, asked_at=at)

    @_hear.register
    def _(self, payload: events.ChallengeAnswered, _at: float) -> None:
        if self.challenge is not None and self.challenge.name == payload.challenge:
            self.challenge = None

    @_hear.register
    def _(self, payload: events.FlagRaised, _at: float) -> None:
        """Of those that this component raised, what a new process has to go on with."""
        ours = payload.source == SOURCE and payload.code in RULES
        if ours and (RULES[payload.code].sense not in _HEARD_AGAIN or payload.code in _MEASURED):
            self._inherited[Kind(payload.kind), payload.code] = payload

    @_hear.register
    def _(self, payload: events.FlagClosed, _at: float) -> None:
        self._inherited = {key: raised for key, raised in self._inherited.items() if raised.flag != payload.flag}

    @_hear.register
    def _(self, _payload: events.AnalysisCovered, _at: float) -> None:
        self.told = True

    def _grant(self, minutes: int) -> None:
        """All the time that is added to the exam's for this candidate."""
        self._extra_minutes = minutes
        self.plan(self._schedule)
