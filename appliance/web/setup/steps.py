"""The six steps of the setup, in their order."""

from enum import StrEnum


class Step(StrEnum):
    """What is asked in one page. The words are `setup.step.NAME` of the catalogue."""

    LAB = "lab"
    PEOPLE = "people"
    NETWORK = "network"
    CERTIFICATE = "certificate"
    UPSTREAM = "upstream"
    SEATS = "seats"

    @property
    def number(self) -> int:
        """From 1, as it is shown."""
        return ORDER.index(self) + 1

    @property
    def before(self) -> "Step | None":
        """Back; None from the first."""
        return ORDER[self.number - 2] if self.number > 1 else None

    @property
    def after(self) -> "Step | None":
        """On; None from the last."""
        return ORDER[self.number] if self.number < len(ORDER) else None


ORDER = tuple(Step)
