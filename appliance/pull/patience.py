"""Asking a store again that goes away for a moment: a long look at many exams must not end with one refused request."""

import time
from collections.abc import Callable
from typing import TypeVar

from appliance.errors import StorageFull, Unavailable
from appliance.stores.port import Refused

TRIES = 4
"""Before each other one a pause twice as long, from a second on."""

T = TypeVar("T")


def patiently(
    call: Callable[[], T], *, pause: Callable[[float], None] = time.sleep, stopped: Callable[[], bool] = lambda: False
) -> T:
    """What the call says, at last; the error of its last try. What a person has to put right is not tried again."""
    for number in range(1, TRIES):
        try:
            return call()
        except (Refused, StorageFull):
            raise
        except Unavailable:
            if stopped():
                raise
            pause(2.0 ** (number - 1))
    return call()
