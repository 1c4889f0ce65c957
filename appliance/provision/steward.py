"""The steward: root, who does what the box's processes ask (`box.errand`), one after the other, and nothing else.

What waits is read, and what came of it is written, with the rights of the folder's owner: no link laid there leads root
anywhere.
"""

import logging
import time
from collections.abc import Callable, Mapping

from appliance.box import errand
from appliance.box.errand import Errand, Outcome, Verb
from appliance.box.paths import Paths
from appliance.errors import ApplianceError, Unavailable
from appliance.provision import reset
from appliance.provision.machine import Machine
from appliance.provision.owner import as_owner
from appliance.provision.verbs import apply, clock, front, power, restart, update
from appliance.provision.verbs.done import Done

log = logging.getLogger(__name__)

Do = Callable[[Errand, Machine, Paths], Done]

VERBS: Mapping[Verb, Do] = {
    Verb.APPLY: apply.do,
    Verb.FRONT: front.do,
    Verb.RESTART: restart.do,
    Verb.CLOCK: clock.do,
    Verb.UPDATE: update.do,
    Verb.RESET: reset.do,
    Verb.REBOOT: power.do,
    Verb.POWEROFF: power.do,
}

STALE_SECONDS = 600.0
"""An errand that lay so long, as before a power cut, is not done: who asked is not there any more."""

_NOT_AGAIN = frozenset({Verb.REBOOT, Verb.POWEROFF, Verb.RESET, Verb.UPDATE})
"""What is settled before it is done: the power goes with it, and it must not be done again at the next start."""


def run(paths: Paths, on: Machine, *, verbs: Mapping[Verb, Do] = VERBS, now: Callable[[], float] = time.time) -> int:
    """Everything that waits; -> how many errands were done or refused."""
    count = 0
    while waiting := _waiting(paths):
        for asked in waiting:
            log.info("asked by %s: %s", asked.by, asked.verb.value)
            outcome = _one(asked, paths, on, verbs, now)
            log.info("%s: %s", asked.verb.value, outcome.sentence)
            _settle(paths, outcome)
            count += 1
    return count


def _settle(paths: Paths, outcome: Outcome) -> None:
    try:
        with as_owner(paths.data):
            errand.settle(paths, outcome)
    except OSError as error:
        raise Unavailable(
            f"what came of an errand cannot be written: {error.strerror}",
            hint=f"Is the disk full? {paths.errands} and what is in it must be the box's own.",
        ) from None


def _waiting(paths: Paths) -> list[Errand]:
    with as_owner(paths.data):
        found = errand.waiting(paths)
        if not found:
            errand.sweep(paths)
        return found


def _one(asked: Errand, paths: Paths, on: Machine, verbs: Mapping[Verb, Do], now: Callable[[], float]) -> Outcome:
    def outcome(done: bool, sentence: str, hint: str = "", facts: dict[str, object] | None = None) -> Outcome:
        return Outcome(
            id=asked.id, verb=asked.verb, done=done, sentence=sentence, hint=hint, at=now(), facts=facts or {}
        )

    if asked.verb in _NOT_AGAIN:
        if now() - asked.at > STALE_SECONDS:
            return outcome(False, "This was asked too long ago, and is not done.", "Ask again if it is still wanted.")
        begun = "It was begun, and the box went away meanwhile."
        _settle(paths, outcome(False, begun, facts={"under_way": True}))
    try:
        done = verbs[asked.verb](asked, on, paths)
    except ApplianceError as error:
        return outcome(False, f"{error.message[:1].upper()}{error.message[1:]}.", error.hint)
    except Exception:
        # One errand that breaks must not keep the others waiting for ever; the log has the stack, a page never.
        log.exception("the errand %s broke", asked.id)
        return outcome(False, "It did not work, for a reason that nobody expected.", "The steward's journal says more.")
    return outcome(True, done.sentence, done.hint, done.facts)
