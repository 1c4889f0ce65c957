"""The errors that a person may read.

    ApplianceError              something a person can act on: what, and what to do next
    |-- ConfigError             a setting is wrong: names the key and the file
    |-- BadInput                what somebody sent is wrong: names the field or the line
    |   `-- NotAllowed          it is well formed, but not now or not by this person
    |-- NotFound                no such exam, attempt, flag, file
    |-- Unavailable             a process, a device or the disk is not there just now; trying again may help
    |   `-- StorageFull         the data folder is full or read-only
    `-- IntegrityError          evidence does not prove what it should

Each carries a sentence (`str(error)`) and a hint: what the reader can do about it. Neither holds a stack, a secret or
the name of another candidate, so that both may be shown on a page.
"""


class ApplianceError(Exception):
    """`message` says what is wrong and where; `hint` says what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(ApplianceError):
    """A setting is wrong."""


class BadInput(ApplianceError):
    """What somebody sent is wrong."""


class NotAllowed(BadInput):
    """Well formed, but not now or not by this person."""


class NotFound(ApplianceError):
    """No such thing."""


class Unavailable(ApplianceError):
    """Not there just now; trying again may help."""


class StorageFull(Unavailable):
    """The data folder is full or read-only."""


class IntegrityError(ApplianceError):
    """Evidence does not prove what it should."""
