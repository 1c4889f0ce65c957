"""Time as evidence needs it: wall clock, monotonic clock, boot, and whether the wall clock was synchronised."""

import ctypes
import functools
import time
from dataclasses import dataclass
from pathlib import Path

_STA_UNSYNC = 0x40


@dataclass(frozen=True, slots=True)
class Stamp:
    """One moment. `wall` seconds since the epoch; `monotonic_ns` since boot; `boot` the kernel's boot id."""

    wall: float
    monotonic_ns: int
    boot: str
    synchronised: bool


def now() -> Stamp:
    """This moment."""
    return Stamp(
        wall=time.time(),
        monotonic_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        boot=_boot_id(),
        synchronised=_synchronised(),
    )


@functools.cache
def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


class _Timex(ctypes.Structure):
    # struct timex of adjtimex(2); `modes`, `maxerror` (microseconds) and `status` are used, the rest is room for the
    # kernel to write in.
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def error_bound() -> float | None:
    """By how many seconds the wall clock may be wrong at most, as the kernel knows from whoever synchronises it; None
    while nobody does."""
    state = _kernel()
    return None if state is None or state.status & _STA_UNSYNC else state.maxerror / 1e6


def _synchronised() -> bool:
    state = _kernel()
    return state is not None and not state.status & _STA_UNSYNC


def _kernel() -> _Timex | None:
    """What the kernel says of its clock; None where it says nothing."""
    state = _Timex()
    return state if _libc().adjtimex(ctypes.byref(state)) >= 0 else None
