"""What a candidate's page can report of itself."""

from enum import StrEnum


class Fact(StrEnum):
    """One report. Those in pairs begin and end a state; the others are moments."""

    HIDDEN = "hidden"  # the page is not in front; value: "exam" where the exam itself runs in it, as of its end
    SHOWN = "shown"
    FULLSCREEN_LEFT = "fullscreen_left"
    FULLSCREEN_BACK = "fullscreen_back"
    PASTED = "pasted"  # value: characters
    COPIED = "copied"  # value: characters
    PRINT_SCREEN = "print_screen"
    DISPLAYS = "displays"  # value: how many, or "extended"
    SHARE_ENDED = "share_ended"
    SHARE_BACK = "share_back"
    SURFACE = "surface"  # value: monitor, window or browser
    MIC_MUTED = "mic_muted"
    MIC_BACK = "mic_back"
    CAMERA_LOST = "camera_lost"  # permission withdrawn, or the device is gone
    CAMERA_BACK = "camera_back"
    DEVICE = "device"  # value: kind and label of the camera or microphone now in use
    DROPPED = "dropped"  # value: how many older reports the page had to give up while it had no line
    REMOTE = "remote"  # value: what a lockdown browser or the platform said of remote control or a virtual machine


ENDS = {
    Fact.HIDDEN: Fact.SHOWN,
    Fact.FULLSCREEN_LEFT: Fact.FULLSCREEN_BACK,
    Fact.SHARE_ENDED: Fact.SHARE_BACK,
    Fact.MIC_MUTED: Fact.MIC_BACK,
    Fact.CAMERA_LOST: Fact.CAMERA_BACK,
}
"""What begins -> what ends it."""
