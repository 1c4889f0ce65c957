"""What the setup remembers while the web process runs: nothing that a restart may not forget."""

import threading
import time
from dataclasses import dataclass, field

from flask import current_app

from appliance.web.setup.capacity import Measuring
from appliance.web.setup.lockout import Lockout
from appliance.web.setup.trial import Camera

EXTENSION = "setup"
CHECKS_AT_ONCE = 2


@dataclass(slots=True)
class Workshop:
    """One for an app. `born_at`: wall seconds; `checking`: tests that may run at the same time, more are refused."""

    born_at: float = field(default_factory=time.time)
    lockout: Lockout = field(default_factory=Lockout)
    camera: Camera = field(default_factory=Camera)
    measuring: Measuring = field(default_factory=Measuring)
    checking: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(CHECKS_AT_ONCE))


def workshop() -> Workshop:
    """That of the app that is answering."""
    found: Workshop = current_app.extensions[EXTENSION]
    return found
