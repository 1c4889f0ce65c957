"""Counters of sign-in, for the health file of the web process."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class SigningIn:
    """Since the process began. `wrong`: guesses that were not right; `waits`: that were not looked at, because of those
    before; `touch_failed`: the ledger could not note that a sign-in is in use."""

    done: int = 0
    wrong: int = 0
    waits: int = 0
    touch_failed: int = 0

    def facts(self) -> dict[str, int]:
        """By their names in the health file."""
        return {f"sign_in_{name}": value for name, value in asdict(self).items()}
