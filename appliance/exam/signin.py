"""How people sign in: what proves it, and how long who guesses wrong must wait. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class How(StrEnum):
    """What a sign-in was proved by."""

    PASSWORD = "password"
    TOTP = "totp"  # password, and a code of an app
    PASSKEY = "passkey"  # alone: it asked for a finger, a face or a PIN itself
    SECOND_PASSKEY = "second_passkey"  # password, and a passkey
    RECOVERY = "recovery"  # password, and a recovery code
    OIDC = "oidc"  # the site's own sign-in


@dataclass(frozen=True, slots=True)
class Patience:
    """So many wrong guesses in a row are free; then each costs a wait, the first `first` seconds, then twice as long
    each time, up to `longest`. Whoever guesses nothing for `forgets` seconds begins anew. No wait is for ever: who is
    kept out by somebody else's guessing has another way in (docs/sign-in.md)."""

    free: int
    first: float = 30.0
    longest: float = 900.0
    forgets: float = 24 * 3600.0

    def wait(self, wrong: int) -> float:
        """Seconds to wait after so many wrong guesses in a row."""
        if wrong < self.free:
            return 0.0
        return float(min(self.longest, self.first * 2 ** min(wrong - self.free, 30)))


ACCOUNT = Patience(free=5)
"""Guesses at one account's password; those at its second factor and recovery codes are counted apart."""

ADDRESS = Patience(free=20)
"""Guesses from one address: a whole lab may sit behind it."""


def left(until: float, *, now: float, patience: Patience) -> float:
    """Seconds still to wait; never more than the longest wait, even when the clock was set back meanwhile."""
    return max(0.0, min(until - now, patience.longest))
