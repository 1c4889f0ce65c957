"""What the panel does outside of itself: it asks root, opens the pair window, tells the ledger. Root is asked by a
thread: an errand is a file on the data disk, and that may hang."""

import logging
import threading
import time
from collections.abc import Callable
from typing import assert_never

from appliance.box import errand, pairing
from appliance.box.errand import Verb
from appliance.box.paths import Paths
from appliance.errors import ApplianceError
from appliance.exam.events import (
    BoxStopping,
    PairingClosed,
    PairingOpened,
    PanelIdentified,
    Payload,
    PowerOffRefused,
)
from appliance.panel.desk import (
    BUTTON,
    ClosePairing,
    Event,
    Failed,
    Identify,
    Intent,
    Opened,
    OpenPairing,
    PowerOff,
    RefusePowerOff,
    Reset,
)

ASK_EVERY = 0.25
"""Seconds between two looks at what came of an errand."""

log = logging.getLogger(__name__)
Words = Callable[..., str]


class Hands:
    """`tell` says something to the ledger, and never waits."""

    def __init__(
        self, paths: Paths, *, tell: Callable[[Payload], None], words: Words, wall: Callable[[], float] = time.time
    ) -> None:
        self._paths, self._tell, self._words, self._wall = paths, tell, words, wall
        self._errand: _Errand | None = None
        self._open = False

    def do(self, intent: Intent) -> Event | None:
        """What comes of it at once; what comes later is in `outcome`."""
        match intent:
            case Identify():
                self._tell(PanelIdentified(by=intent.by))
            case OpenPairing():
                return self._open_pairing(intent.by)
            case ClosePairing():
                why = "asked" if intent.by else "over"
                self._close_pairing(intent.by, "guessed" if intent.by == pairing.GUESSES else why)
            case RefusePowerOff():
                self._tell(PowerOffRefused(by=BUTTON, candidates=intent.candidates))
            case PowerOff():
                self._tell(BoxStopping(what="power_off", by=BUTTON, candidates=intent.candidates))
                return self._ask(Verb.POWEROFF, {})
            case Reset():
                return self._ask(Verb.RESET, {"confirm": intent.confirm})
            case _:
                assert_never(intent)
        return None

    def outcome(self) -> Failed | None:
        """What became known since the last question: an errand was refused, or could not be left."""
        if self._errand is None or not self._errand.refused:
            return None
        refused, self._errand = self._errand.refused, None
        return Failed(sentence=refused)

    def forget_pairing(self) -> None:
        """One that a panel left open which is gone: nobody sees its code any more."""
        self._open = pairing.window(self._paths.run, now=self._wall()) is not None
        self._close_pairing("", "stopped")

    def stop(self) -> None:
        """Nothing is open any more."""
        self._close_pairing("", "stopped")
        if self._errand is not None:
            self._errand.over.set()

    def _open_pairing(self, by: str) -> Event:
        try:
            window = pairing.open_(self._paths.run, now=self._wall())
        except OSError as error:
            log.warning("the pair window cannot be opened: %s", error)
            return Failed(sentence=self._words("display.not_written"))
        self._open = True
        self._tell(PairingOpened(seconds=pairing.SECONDS, by=by))
        return Opened(code=window.shown, seconds=pairing.SECONDS)

    def _close_pairing(self, by: str, why: str) -> None:
        try:
            pairing.close(self._paths.run)
        except OSError as error:
            log.warning("the pair window cannot be closed; it closes by itself: %s", error)
        if self._open:
            self._open = False
            self._tell(PairingClosed(by=by, why=why))

    def _ask(self, verb: Verb, arguments: dict[str, str]) -> Failed | None:
        """One at a time: an older one that is still being left on a disk that hangs is not joined by another."""
        if self._errand is not None:
            self._errand.over.set()
            if self._errand.is_stuck:
                return Failed(sentence=self._words("display.not_written"))
        self._errand = _Errand(self._paths, verb, arguments)
        self._errand.start()
        return None


class _Errand(threading.Thread):
    """Leaves an errand, and waits for what comes of it. `refused`: in words, once it is."""

    def __init__(self, paths: Paths, verb: Verb, arguments: dict[str, str]) -> None:
        super().__init__(name=f"panel-{verb.value}", daemon=True)
        self._paths, self._verb, self._arguments = paths, verb, arguments
        self._left = False
        self.refused = ""
        self.over = threading.Event()

    @property
    def is_stuck(self) -> bool:
        """Is it still being left?"""
        return self.is_alive() and not self._left

    def run(self) -> None:
        try:
            mark = errand.ask(self._paths, self._verb, by=BUTTON, arguments=dict(self._arguments))
            self._left = True
            while not self.over.wait(ASK_EVERY):
                came = errand.outcome(self._paths, mark)
                if came is not None and not came.under_way:
                    self.refused = "" if came.done else came.sentence
                    return
        except (ApplianceError, OSError, ValueError, TypeError, KeyError) as error:
            log.warning("root could not be asked for %s: %s", self._verb.value, error)
            self.refused = getattr(error, "message", "") or getattr(error, "strerror", None) or str(error)
