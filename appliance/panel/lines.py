"""The display's four lines, of at most 21 characters each: what somebody who stands before the box wants to know."""

from collections.abc import Callable

from appliance.panel.status import BoxState, Status

WIDTH = 21
COUNT = 4

Words = Callable[..., str]
Lines = tuple[str, str, str, str]


def of(state: BoxState, status: Status, words: Words) -> Lines:
    """What the box says of itself while nobody does anything at it."""
    raise NotImplementedError
