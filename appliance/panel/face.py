"""What the outputs show: the box's status, or what the panel is in the middle of. Pure."""

from appliance.panel.desk import Desk
from appliance.panel.driver import Face
from appliance.panel.lines import Words
from appliance.panel.status import BoxState


def of(desk: Desk, state: BoxState, now: float, *, words: Words, sounds: bool) -> Face:
    """Light, lines and tune of this moment (monotonic seconds)."""
    raise NotImplementedError
