"""Which system stands before the page, by what its browser says of itself. Pure."""

from enum import StrEnum


class System(StrEnum):
    """Each has its own steps. `LAB`: all computers of a lab at once, as central IT does it."""

    WINDOWS = "windows"
    MACOS = "macos"
    IOS = "ios"
    ANDROID = "android"
    CHROMEOS = "chromeos"
    LINUX = "linux"
    LAB = "lab"


_MARKS = (
    ("CrOS", System.CHROMEOS),
    ("Android", System.ANDROID),
    ("iPhone", System.IOS),
    ("iPad", System.IOS),
    ("Windows", System.WINDOWS),
    ("Macintosh", System.MACOS),
    ("Linux", System.LINUX),
)
"""In this order: Android says Linux, too. A new iPad says Macintosh; the page for it says so."""


def of(user_agent: str, asked: str = "") -> System:
    """What was asked for, else what the browser says, else Windows, which most labs have."""
    if asked in {one.value for one in System}:
        return System(asked)
    return next((system for mark, system in _MARKS if mark in user_agent), System.WINDOWS)
