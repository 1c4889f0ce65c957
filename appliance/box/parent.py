"""A child process that does not outlive its parent, however the parent dies."""

import ctypes
import os
import signal
import sys

VARIABLE = "APPLIANCE_PARENT"
"""Set for a child to its parent's process id."""

_PR_SET_PDEATHSIG = 1


def follow() -> None:
    """Ask the kernel for SIGTERM when the parent named in the environment dies. Nothing happens where none is named."""
    wanted = os.environ.pop(VARIABLE, "")
    if not wanted:
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != int(wanted):  # it died before the kernel knew
        sys.exit(0)
