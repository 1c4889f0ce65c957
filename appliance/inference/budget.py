"""How often a voice is compared with others: each time costs as much as six looks at faces."""

from dataclasses import dataclass, replace

from appliance.inference.models import Numbers
from appliance.inference.sound import SECONDS, Heard
from appliance.inference.voiceprint import VoicePrinter

A_SECOND, MOST = 0.7, 12.0
"""d-vectors of one microphone: each costs 55 ms of a core, and two voices show in the seven of ten seconds."""


@dataclass(slots=True)
class Budget:
    """Of one microphone. `left`: d-vectors that it may still have; `spent` and `refused` count them."""

    left: float = MOST
    spent: int = 0
    refused: int = 0

    def take(self) -> bool:
        """One more, if there is one."""
        if self.left < 1.0:
            self.refused += 1
            return False
        self.left -= 1.0
        self.spent += 1
        return True


def printed(heard: Heard, voice: Numbers | None, printer: VoicePrinter | None, budget: Budget) -> Heard:
    """With the d-vector of `voice` (what was just heard, where that is a voice), if it is at home here and the budget
    allows it."""
    budget.left = min(MOST, budget.left + A_SECOND * SECONDS)
    if voice is None or printer is None or heard.elsewhere or not budget.take():
        return heard
    return replace(heard, voice=printer.print(voice))
